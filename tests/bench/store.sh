#!/bin/bash
# store.sh BUILD: figures of the log as a database: the tail with a backlog
# behind it, seeks, many partitions. What run.sh says of its table and
# variables holds here; results go to BUILD/bench/store. And:
#
#	BENCH_BACKLOG	MiB behind the tail (8192), sparse
#	BENCH_PARTS	partitions (10000)
#	BENCH_HUGE	partitions to be tried beyond that, such as 100000
set -eu

# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"
setup "$1" store
BACKLOG=${BENCH_BACKLOG:-8192}
PARTS=${BENCH_PARTS:-10000}
EACH=1000	# partitions of a topic

make_lines
intro

# ms NAME: of microseconds, nothing where there are none
ms() { [ -z "${WALL[$1]:-}" ] || calc "${WALL[$1]} / 1000"; }

# --- a backlog ------------------------------------------------------------
# topic_id BROKER TOPIC
topic_id() { "$BIN/klog-topics" -q -b "$1" describe "$2" | cut -f 8 | head -n 1; }

broker tail -X flush.acks=os
"$BIN/klog-topics" -q -b "127.0.0.1:$broker_port" create deep flat > /dev/null
id=$(topic_id "127.0.0.1:$broker_port" deep)
stop "$broker_pid"
"$MEAS/sparselog" "$WORK/tail/deep-0" "$id" "$BACKLOG" 1700000000000 \
    > "$WORK/records"
broker tail -X flush.acks=os
tail=127.0.0.1:$broker_port tail_pid=$broker_pid

# at_tail NAME TOPIC: from the first line written until a consumer that waited
# at the end has the last one.
at_tail() {
	local start reader log line=
	# every run starts alike: nothing waits to be written, which from some
	# gigabytes on slows writers down, and there is memory at hand
	sync
	for log in "$WORK"/tail/*-0/*.log; do
		forget "$log"
	done
	at_hand
	"$BIN/klog-consume" -v -b "$tail" -o end -c "$tail_lines" "$2" \
	    2>&9 > /dev/null &
	reader=$!
	# it says where it begins, and only then asks for more
	until [[ $line == *"(log "* ]]; do
		read -r -t 20 line <&9
	done
	start=$EPOCHREALTIME
	"$BIN/klog-produce" -q -b "$tail" "$2" < "$WORK/part"
	wait "$reader"
	keep "$1" "$(since "$start")"
}

# slow_reader: some 80 MB/s, from the beginning, which are looked at no further:
# what that costs is not the broker's; sets slow. Returns when it has some.
slow_reader() {
	rm -f "$WORK/reading"
	"$BIN/klog-consume" -q -b "$tail" deep 2> /dev/null |
	    "$MEAS/sip" 4194304 50 "$WORK/reading" &
	slow=$!
	for _ in $(seq 500); do
		[ ! -e "$WORK/reading" ] || break
		sleep 0.01
	done
}

# both ends are open, so that nobody waits to open one or finds none
mkfifo "$WORK/said"
exec 9<> "$WORK/said"
tail_lines=$(((LINES_N + 3) / 4))
head -n "$tail_lines" "$LINES" > "$WORK/part"
room "$((tail_lines * 200))"
at_tail warm flat
for _ in $(seq "$((RUNS * 5))"); do
	at_tail tail_flat flat
	at_tail tail_deep deep
done
read -r times a b < <(turns tail_deep tail_flat)
row "consume at the tail, $BACKLOG MiB behind it, against none" "<=" \
    "$times" 1.05 1 x "$a s / $b s, medians of $((RUNS * 5)) in turn"

for _ in $(seq "$((RUNS * 5))"); do
	at_tail tail_alone deep
	slow_reader
	at_tail tail_slow deep
	kill "$slow" 2> /dev/null || :
	wait "$slow" 2> /dev/null || :
done
read -r times a b < <(turns tail_slow tail_alone)
row "the same beside a slow reader of the backlog" "<=" \
    "$times" 1.1 1.05 x "$a s / $b s"
stop "$tail_pid"
rm -rf "$WORK/tail"

# --- 50 GB ----------------------------------------------------------------
broker big -X flush.acks=os
"$BIN/klog-topics" -q -b "127.0.0.1:$broker_port" create fifty > /dev/null
id=$(topic_id "127.0.0.1:$broker_port" fifty)
stop "$broker_pid"
"$MEAS/sparselog" "$WORK/big/fifty-0" "$id" 51200 1700000000000 \
    > "$WORK/records"
for i in $(seq "$RUNS"); do
	start=$EPOCHREALTIME
	broker big -X flush.acks=os
	keep open50 "$(since "$start")"
	[ "$i" = "$RUNS" ] || stop "$broker_pid"
done
row "50 GiB (sparse), reopened after a clean stop" "<=" "${WALL[open50]}" \
    1 0.1 s "$(find "$WORK/big/fifty-0" -name '*.log' | wc -l) segments"
got=$("$BIN/klog-consume" -q -b "127.0.0.1:$broker_port" -o 49990..50000 \
    -f '%o %S\n' fifty | awk '{ n += $2 } END { print NR, n }')
[ "$got" = "10 10483760" ] || echo "bench: 50 GiB: READ $got" >&2
best far < <("$MEAS/latency" when "$broker_port" fifty 1000 1700000000000 \
    1700050000000)
row "50 GiB: a random time, p99" "<=" "$(ms far.99)" \
    5 1 ms "p50 ${WALL[far.50]:-} us; batches of 1 MiB"
stop "$broker_pid"
rm -rf "$WORK/big"

# --- seeks ----------------------------------------------------------------
broker seek -X flush.acks=os
awk -v n="$((LINES_N / 10))" 'BEGIN {
	for (i = 0; i < n; i++)
		printf "{\"ts\":%d,\"payload\":\"%090d\"}\n", 1700000000000 + i, i
}' | "$BIN/klog-produce" -q -b "127.0.0.1:$broker_port" -J \
    -X batch.size=16384 --create seek
for _ in $(seq "$RUNS"); do
	best seek < <("$MEAS/latency" seek "$broker_port" seek 5000 \
	    "$((LINES_N / 10))")
	best when < <("$MEAS/latency" when "$broker_port" seek 5000 \
	    1700000000000 "$((1700000000000 + LINES_N / 10))")
done
row "a random offset, warm, p99" "<=" "$(ms seek.99)" \
    1 0.5 ms "p50 ${WALL[seek.50]:-} us; batches of 16 KiB"
row "a random time, warm, p99" "<=" "$(ms when.99)" \
    1 0.5 ms "p50 ${WALL[when.50]:-} us"
stop "$broker_pid"
rm -rf "$WORK/seek"

# --- many partitions ------------------------------------------------------
# create BROKER PARTITIONS: in topics of EACH
create() {
	local i
	for ((i = 0; i < $2; i += EACH)); do
		"$BIN/klog-topics" -q -m 300 -b "$1" create --partitions \
		    "$(($2 - i < EACH ? $2 - i : EACH))" "p$2-$i" > /dev/null
	done
}

# topics BROKER N: of a partition each, asked for at once
topics() {
	seq "$2" | sed 's/^/t-/' | xargs -n 20000 \
	    "$BIN/klog-topics" -q -m 300 -b "$1" create > /dev/null
}

# fill BROKER PARTITIONS: a record into each
fill() {
	local i n
	for ((i = 0; i < $2; i += EACH)); do
		n=$(($2 - i < EACH ? $2 - i : EACH))
		seq 0 "$((n - 1))" |
		    sed 's/.*/{"partition":&,"payload":"record"}/' |
		    "$BIN/klog-produce" -q -b "$1" -J --keep-partition \
		    -X request.timeout.ms=120000 "p$2-$i"
	done
}

timed() {	# NAME COMMAND..
	local name=$1 start=$EPOCHREALTIME
	shift
	"$@" && keep "$name" "$(since "$start")"
}

few=$((PARTS / 10))
for i in $(seq "$slow_runs"); do
	broker "many$i" -X log.flush.offset.checkpoint.interval.ms=500
	many=127.0.0.1:$broker_port
	before=$(anon "$broker_pid")
	timed klog_few create "$many" "$few"
	timed klog_topics topics "$many" "$few"
	timed klog_many create "$many" "$PARTS"
	after=$(anon "$broker_pid")
	keep empty_kb "$(calc "($after - $before) / ($PARTS + 2 * $few)")"
	timed klog_fill fill "$many" "$PARTS"
	# cold: nothing is open any more
	for _ in $(seq 200); do
		[ "$(find "/proc/$broker_pid/fd" | wc -l)" -gt 100 ] || break
		sleep 0.05
	done
	cold=$(anon "$broker_pid")
	# less those that are without
	keep cold_kb "$(calc "($cold - $before) / $PARTS - \
	    2 * $few / $PARTS * ($after - $before) / ($PARTS + 2 * $few)")"
	timed klog_stop stop "$broker_pid"
	timed klog_open broker "many$i"
	"$BIN/klog-consume" -q -b "127.0.0.1:$broker_port" -e '^p.*' |
	    grep -c record > "$WORK/count" || :
	[ "$(cat "$WORK/count")" = "$PARTS" ] ||
	    echo "bench: $(cat "$WORK/count") OF $PARTS RECORDS" >&2
	stop "$broker_pid"
done
# not in between: it keeps the disk busy for long
rm -rf "${WORK:?}"/many*
if has kafka; then
	port=$((20000 + RANDOM % 5000 * 2))
	if "$INTEROP/kafka-broker.sh" start "$WORK/kafka" "$port" > /dev/null; then
		kafka=127.0.0.1:$port
		create "$kafka" 10	# warm
		timed kafka_few create "$kafka" "$few"
		timed kafka_topics topics "$kafka" "$few"
		timed kafka_many create "$kafka" "$PARTS"
		timed kafka_fill fill "$kafka" "$PARTS" || :
		"$INTEROP/kafka-broker.sh" stop "$WORK/kafka"
		rm -rf "$WORK/kafka"
	fi
fi
row "$few partitions created, against Apache Kafka" "<=" \
    "$(ratio WALL klog_few kafka_few)" 0.1 0.05 x \
    "$(secs WALL klog_few) / $(secs WALL kafka_few)"
row "$few topics created, against Apache Kafka" "<=" \
    "$(ratio WALL klog_topics kafka_topics)" 0.1 0.05 x \
    "$(secs WALL klog_topics) / $(secs WALL kafka_topics)"
row "$PARTS partitions created, against Apache Kafka" "<=" \
    "$(ratio WALL klog_many kafka_many)" 0.1 0.05 x \
    "$(secs WALL klog_many) / $(secs WALL kafka_many)"
row "a durable record into each, against Apache Kafka without" "<=" \
    "$(ratio WALL klog_fill kafka_fill)" 1 0.1 x \
    "$(secs WALL klog_fill) / $(secs WALL kafka_fill)"
row "memory of a partition without a record" "<=" "${WALL[empty_kb]}" 3 2 KB
row "memory of a cold partition with one" "<=" "${WALL[cold_kb]}" 3 2 KB
row "$PARTS partitions stopped" "<=" "${WALL[klog_stop]}" 5 1 s
row "$PARTS partitions reopened after a clean stop" "<=" \
    "${WALL[klog_open]}" 1 0.5 s

if [ -n "${BENCH_HUGE:-}" ]; then
	EACH=10000
	broker huge -X log.flush.offset.checkpoint.interval.ms=1000
	huge=127.0.0.1:$broker_port
	timed huge_create create "$huge" "$BENCH_HUGE"
	empty=$(anon "$broker_pid")
	timed huge_stop stop "$broker_pid"
	timed huge_open broker huge
	huge=127.0.0.1:$broker_port
	row "$BENCH_HUGE partitions created" "<=" "${WALL[huge_create]}" 10 2 s \
	    "reopened $(secs WALL huge_open), $((empty / 1024)) MiB"
	timed huge_fill fill "$huge" "$BENCH_HUGE"
	full=$(anon "$broker_pid")
	timed huge_stop2 stop "$broker_pid"
	timed huge_open2 broker huge
	row "$BENCH_HUGE partitions with a record reopened" "<=" \
	    "${WALL[huge_open2]}" 10 5 s \
	    "filled $(secs WALL huge_fill), stopped $(secs WALL huge_stop2), $((full / 1024)) MiB"
	stop "$broker_pid"
fi

echo "$rows figures, $misses missed, $skipped skipped" |
    tee -a "$OUT/table.txt"
echo "more in $OUT/bench.jsonl"
