#!/bin/bash
# run.sh BUILD: klog's figures beside those of its peers, measured in turn, the
# best of a few runs each: wall and CPU seconds (tool and broker together),
# latencies, memory. Prints a table; writes table.txt and bench.jsonl to
# BUILD/bench. A figure that misses what it must reach is marked, no failure.
#
#	BENCH_LINES	lines of 100 bytes (10000000)
#	BENCH_RUNS	runs of each contender (3); slow ones get two at most
#	BENCH_PEERS	which others: kcat, kafka (both); "" for none
#	BENCH_DIR	where the data goes (TMPDIR)
#	KAFKA_LIBS	Apache Kafka's jars; else Maven fetches them
set -eu

# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"
setup "$1" .

# --- the work -------------------------------------------------------------
make_lines
intro

# --- brokers --------------------------------------------------------------
broker os -X flush.acks=os
os_pid=$broker_pid os_port=$broker_port os=127.0.0.1:$broker_port
sleep 0.3
idle_rss=$(rss "$os_pid")
idle_anon=$(anon "$os_pid")

kafka=
if has kafka && has kcat; then
	port=$((20000 + RANDOM % 5000 * 2))
	if kafka_pid=$("$INTEROP/kafka-broker.sh" start "$WORK/kafka" "$port"); then
		kafka=127.0.0.1:$port
	fi
fi

drop() {	# BROKER TOPIC
	"$BIN/klog-topics" -q -b "$1" delete "$2" > /dev/null 2>&1 || :
}

# Every run starts alike: memory that a virtual machine touches for the first
# time costs it several times what other memory costs, so the next one finds
# pages that this has just used; and no older writes are under way.
warm() {
	dd "if=$LINES" "of=$WORK/warm" bs=1M status=none
	rm -f "$WORK/warm"
	sync
}

# --- lines in, and out ----------------------------------------------------
for i in $(seq "$RUNS"); do
	rm -f "$WORK/yard"
	warm
	sample yard_in -i "$LINES" "$MEAS/yardstick" in "$WORK/yard" || :
	warm
	sample klog_in -i "$LINES" -p "$os_pid" \
	    "$BIN/klog-produce" -q -b "$os" "in$i" || :
	[ "$i" = 1 ] || drop "$os" "in$i"
	if has kcat && [ "$i" -le "$slow_runs" ]; then
		warm
		sample kcat_in -i "$LINES" -p "$os_pid" \
		    kcat -b "$os" -P -t "kcat$i" -p 0 || :
		drop "$os" "kcat$i"
	fi
	if [ -n "$kafka" ] && [ "$i" -le "$slow_runs" ]; then
		warm
		sample kafka_in -i "$LINES" -p "$kafka_pid" \
		    kcat -b "$kafka" -P -t "in$i" -p 0 || :
		[ "$i" = 1 ] || drop "$kafka" "in$i"
	fi
done
tool_rss=${RSS[klog_in]:-0}
after_rss=$(rss "$os_pid")
after_anon=$(anon "$os_pid")

"$BIN/klog-consume" -q -e -b "$os" in1 | cmp - "$LINES" ||
    echo "bench: WHAT CAME OUT IS NOT WHAT WENT IN" >&2

for i in $(seq "$RUNS"); do
	sample yard_out "$MEAS/yardstick" out "$WORK/yard" || :
	sample klog_out -p "$os_pid" \
	    "$BIN/klog-consume" -q -e -b "$os" in1 || :
	sample klog_json -p "$os_pid" \
	    "$BIN/klog-consume" -q -e -J -b "$os" in1 || :
	if has kcat && [ "$i" -le "$slow_runs" ]; then
		sample kcat_out -p "$os_pid" \
		    kcat -b "$os" -C -q -e -t in1 || :
		# a minute for ten million lines: once is enough
		[ "$i" != 1 ] || sample kcat_json -p "$os_pid" \
		    kcat -b "$os" -C -q -e -J -t in1 || :
		[ -z "$kafka" ] || sample kafka_out -p "$kafka_pid" \
		    kcat -b "$kafka" -C -q -e -t in1 || :
	fi
done
rm -f "$WORK/yard"

row "produce, wall, against the yardstick" "<=" \
    "$(ratio WALL klog_in yard_in)" 2.0 1.3 x \
    "$(both klog_in yard_in)"
row "consume -e, wall, against the yardstick" "<=" \
    "$(ratio WALL klog_out yard_out)" 2.0 1.3 x \
    "$(both klog_out yard_out)"
row "produce, wall: kcat on the same broker is slower by" ">=" \
    "$(ratio WALL kcat_in klog_in)" 3 6 x "$(secs WALL kcat_in)"
row "produce, wall: kcat on Apache Kafka is slower by" ">=" \
    "$(ratio WALL kafka_in klog_in)" 3 6 x "$(secs WALL kafka_in)"
row "produce, CPU, against kcat on Apache Kafka" "<=" \
    "$(ratio CPU klog_in kafka_in)" 0.25 0.125 x \
    "$(secs CPU klog_in) / $(secs CPU kafka_in)"
row "consume, wall: kcat on the same broker is slower by" ">=" \
    "$(ratio WALL kcat_out klog_out)" 3 6 x "$(secs WALL kcat_out)"
row "consume, CPU, against kcat on the same broker" "<=" \
    "$(ratio CPU klog_out kcat_out)" 0.333 0.2 x \
    "$(secs CPU klog_out) / $(secs CPU kcat_out)"
row "consume -J, wall: kcat -J is slower by" ">=" \
    "$(ratio WALL kcat_json klog_json)" 5 10 x \
    "$(secs WALL kcat_json) / $(secs WALL klog_json)"

# --- memory ---------------------------------------------------------------
mib() { calc "$1 / 1024"; }
row "broker memory, idle" "<=" "$(mib "$idle_rss")" 10 6 MB \
    "of it anonymous: $idle_anon KiB"
row "broker memory, after the runs" "<=" "$(mib "$after_rss")" 40 16 MB \
    "of it anonymous: $after_anon KiB; klog-produce: $tool_rss KiB"

# microseconds to milliseconds, nothing for nothing
ms() { [ -z "${1:-}" ] || calc "$1 / 1000"; }

# --- one record, page cache -----------------------------------------------
"$BIN/klog-topics" -q -b "$os" create one > /dev/null
for _ in $(seq "$RUNS"); do
	best pass < <("$MEAS/latency" pass "$os_port" one 2000)
	best pipe < <("$MEAS/latency" pipe 2000 \
	    "$BIN/klog-produce" -q -b "$os" one -- \
	    "$BIN/klog-consume" -q -b "$os" -o end one)
done
row "one record to a waiting consumer, p50" "<=" \
    "$(ms "${WALL[pass.50]:-}")" 0.3 0.1 ms "by protocol"
row "one record to a waiting consumer, p99" "<=" \
    "$(ms "${WALL[pass.99]:-}")" 1 0.5 ms "by protocol"
row "the same through klog-produce and klog-consume, p50" "<=" \
    "$(ms "${WALL[pipe.50]:-}")" 0.3 0.1 ms "pipe to pipe"
row "the same through klog-produce and klog-consume, p99" "<=" \
    "$(ms "${WALL[pipe.99]:-}")" 1 0.5 ms "pipe to pipe"

for _ in $(seq 20); do
	sample list "$BIN/klog-topics" -q -b "$os" list
done
row "klog-topics list" "<=" "$(calc "${WALL[list]} * 1000")" 10 5 ms \
    "best of 20"
kill "$os_pid"
wait "$os_pid" || :

# --- on the disk ----------------------------------------------------------
broker disk
disk_pid=$broker_pid disk_port=$broker_port disk=127.0.0.1:$broker_port
for i in $(seq "$RUNS"); do
	warm
	sample dd dd "if=$LINES" "of=$WORK/dd" bs=1M conv=fdatasync status=none
	rm -f "$WORK/dd"
	warm
	sample klog_disk -i "$LINES" -p "$disk_pid" \
	    "$BIN/klog-produce" -q -b "$disk" "one$i" || :
	drop "$disk" "one$i"
	warm
	"$BIN/klog-topics" -q -b "$disk" create --partitions 100 "hundred$i" \
	    > /dev/null
	sample klog_100 -i "$LINES" -p "$disk_pid" \
	    "$BIN/klog-produce" -q -b "$disk" "hundred$i" || :
	drop "$disk" "hundred$i"
done
row "durable, 1 partition, against dd conv=fdatasync" "<=" \
    "$(ratio WALL klog_disk dd)" 1.5 1.2 x \
    "$(secs WALL klog_disk) / $(secs WALL dd)"
row "durable, 100 partitions, against dd conv=fdatasync" "<=" \
    "$(ratio WALL klog_100 dd)" 2 1.3 x "$(secs WALL klog_100)"

"$BIN/klog-topics" -q -b "$disk" create ack > /dev/null
sync
for _ in $(seq "$RUNS"); do
	best sync < <("$MEAS/latency" sync "$WORK/sync" 1000)
	best ack < <("$MEAS/latency" ack "$disk_port" ack 1000)
done
us() { printf '%.0f / %.0f us' "${1:-0}" "${2:-0}"; }
row "one durable record acknowledged, p50, against fdatasync" "<=" \
    "$(ratio WALL ack.50 sync.50)" 2 1.3 x \
    "$(us "${WALL[ack.50]:-}" "${WALL[sync.50]:-}")"
row "one durable record acknowledged, p99, against fdatasync" "<=" \
    "$(ratio WALL ack.99 sync.99)" 2 1.3 x \
    "$(us "${WALL[ack.99]:-}" "${WALL[sync.99]:-}")"
kill "$disk_pid"
wait "$disk_pid" || :

# --- compaction -----------------------------------------------------------
# shellcheck source=tests/bench/compact.sh
. "$HERE/compact.sh"

# --- groups -----------------------------------------------------------------
# shellcheck source=tests/bench/drain.sh
. "$HERE/drain.sh"

# --- transactions ----------------------------------------------------------
# shellcheck source=tests/bench/txn.sh
. "$HERE/txn.sh"

# --- the private broker ---------------------------------------------------
for _ in $(seq 10); do
	sample first -i "$HERE/one-line" "$BIN/klog-produce" -q t || :
	"$BIN/klog-broker" -q --stop > /dev/null 2>&1 || :
	rm -rf "$XDG_DATA_HOME" "${XDG_RUNTIME_DIR:?}"/*
done
row "first record, starting the private broker" "<=" \
    "$([ -z "${WALL[first]:-}" ] || calc "${WALL[first]} * 1000")" 50 20 ms \
    "best of 10"

echo "$rows figures, $misses missed, $skipped skipped" |
    tee -a "$OUT/table.txt"
echo "more in $OUT/bench.jsonl"
