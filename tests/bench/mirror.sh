#!/bin/bash
# mirror.sh BUILD: klog-mirror beside its peers: records of 100 bytes from one
# broker to another, between two klog-brokers and between two Apache Kafkas,
# against kcat | kcat in the same run and against MirrorMaker 2, which is
# measured once (it takes minutes): MM2_SECONDS for 5,000,000 records and
# MM2_MB, with its defaults between two Apache Kafkas. Adds to the table and to
# bench.jsonl in BUILD/bench.
#
# A packed source is also copied into a klog-broker that unpacks it to check each
# record (batch.validation=strict; topics that klog-mirror makes are relaxed). And the batches of both sources are sent as they
# are, without a mirror, into each target: what that target allows at best.
#
# Plain and packed differ by less than two runs of one kind may: they take turns,
# and their medians are compared.
#
#	BENCH_LINES	records (5000000)
#	BENCH_RUNS	runs of each contender (3)
#	BENCH_PEERS	which others: kcat, kafka (both); "" for none
#	BENCH_DIR	where the data goes (TMPDIR)
set -eu

BUILD=$1
BIN=$(cd "$BUILD" && pwd)
MEAS=$BIN/tests/bench
OUT=$BIN/bench
LINES_N=${BENCH_LINES:-5000000}
RUNS=${BENCH_RUNS:-3}
PEERS=${BENCH_PEERS-kcat kafka}
MM2_SECONDS=${MM2_SECONDS:-282}
MM2_MB=${MM2_MB:-523}
HERE=$(cd "$(dirname "$0")" && pwd)
INTEROP=$HERE/../interop
WORK=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/klog-bench.XXXXXX")
running=()

# shellcheck source=tests/bench/lib.sh
. "$HERE/lib.sh"

cleanup() {
	local p
	for p in "${running[@]}"; do kill "$p" 2>/dev/null || :; done
	for p in "$WORK"/kafka-*; do
		[ ! -d "$p" ] || "$INTEROP/kafka-broker.sh" stop "$p"
	done
	wait
	rm -rf "$WORK"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
export XDG_CONFIG_HOME=$WORK/config LC_ALL=C
unset KLOG_BROKERS
mkdir -p "$OUT"
touch "$OUT/bench.jsonl"
sed -i '/"[a-z_]*_turn"/d' "$OUT/bench.jsonl"	# of an earlier time

has() {
	case " $PEERS " in *" $1 "*) return 0 ;; esac
	return 1
}
! has kcat || command -v kcat >/dev/null || PEERS=${PEERS/kcat/}

LINES=$WORK/lines
# What a service logs: lz4 makes a good half of it go away.
awk -v n="$LINES_N" 'BEGIN {
	srand(1)
	split("placed paid packed shipped arrived returned", state, " ")
	split("eu-west-1 eu-north-1 us-east-2 ap-south-1", region, " ")
	for (i = 0; i < n; i++) {
		s = sprintf("12:%02d:%02d.%03d INFO order=%08d customer=%06d state=%s region=%s amount=%d",
		    i / 60000 % 60, i / 1000 % 60, i % 1000, i, rand() * 1e6,
		    state[i % 6 + 1], region[i % 4 + 1], rand() * 1e5)
		printf "%-99s\n", s
	}
}' >"$LINES"
echo "klog-mirror: $LINES_N records of 100 bytes, best of $RUNS" | tee -a "$OUT/table.txt"

fill() {	# BROKER TOPIC [OPTION..]
	"$BIN/klog-topics" -q -b "$1" create "$2" --partitions 1
	"$BIN/klog-produce" -q -b "$1" "${@:3}" "$2" "$LINES"
}

drop() {
	"$BIN/klog-topics" -q -b "$1" delete "$2" >/dev/null 2>&1 || :
	sync
}

# of EXPRESSION VALUE: nothing for nothing
of() { [ -z "$2" ] || calc "$1 $2"; }

# feed NAME TARGET PID KIND TOPIC: the batches of a source's file, as they are.
feed() {
	"$BIN/klog-topics" -q -b "$2" create "$5" --partitions 1
	at_hand
	sample "$1" -p "$3" "$MEAS/feed" "$2" "$5" "$WORK/$4.log" || :
	drop "$2" "$5"
}

# turn NAME SOURCE TARGET TOPIC I: a run of several that take turns.
turn() {
	at_hand
	sample "$1_$4_turn" "$BIN/klog-mirror" -q --from "$2" --to "$3" \
	    --link "t$4$5" --topics "$4=turn$4$5" || :
	drop "$3" "turn$4$5"
}

# pair NAME SOURCE TARGET PID,PID DATA: every contender between two brokers; DATA
# is where the source keeps its files.
pair() {
	local name=$1 a=$2 b=$3 i times plain packed n=$((RUNS * 3))
	local procs=(-p "${4%,*}" -p "${4#*,}")
	fill "$a" plain
	fill "$a" packed -z lz4
	for i in plain packed; do
		cat "$5/$i-0/"*.log >"$WORK/$i.log"
	done
	room "$((2 * $(stat -c %s "$WORK/plain.log")))"
	for i in $(seq "$n"); do
		turn "$name" "$a" "$b" plain "$i"
		turn "$name" "$a" "$b" packed "$i"
	done
	for i in $(seq "$RUNS"); do
		at_hand
		sample "${name}_mirror" "${procs[@]}" "$BIN/klog-mirror" -q --from "$a" \
		    --to "$b" --link "p$i" --topics "plain=plain$i" || :
		[ "$i" = 1 ] || drop "$b" "plain$i"
		if [ "$name" = klog ]; then
			"$BIN/klog-topics" -q -b "$b" create "strict$i" \
			    --partitions 1 --set batch.validation=strict
			at_hand
			sample "${name}_strict" "${procs[@]}" "$BIN/klog-mirror" \
			    -q --from "$a" --to "$b" --link "r$i" \
			    --topics "packed=strict$i" || :
			drop "$b" "strict$i"
		fi
		feed "${name}_fplain" "$b" "${4#*,}" plain "fp$i"
		feed "${name}_fpacked" "$b" "${4#*,}" packed "fl$i"
		if has kcat && [ "$i" -le 2 ]; then
			sample "${name}_kcat" "${procs[@]}" sh -c \
			    "kcat -C -q -e -b $a -t plain -o beginning | kcat -P -b $b -t kcat$i" || :
			drop "$b" "kcat$i"
		fi
	done
	"$BIN/klog-consume" -q -e -b "$b" plain1 | cmp - "$LINES" ||
		echo "bench: WHAT CAME OUT IS NOT WHAT WENT IN" >&2
	for _ in $(seq 20); do
		sample "${name}_none" "$BIN/klog-mirror" -q --from "$a" \
		    --to "$b" --link p1 --topics plain=plain1 || :
	done
	row "mirror, $name: MirrorMaker 2 is slower by" ">=" \
	    "$(of "$MM2_SECONDS * $LINES_N / 5000000 /" "${WALL[${name}_mirror]:-}")" \
	    20 20 x "$(secs WALL "${name}_mirror"), MirrorMaker 2 as measured once"
	row "mirror, $name: kcat | kcat is slower by" ">=" \
	    "$(ratio WALL "${name}_kcat" "${name}_mirror")" 3 6 x \
	    "$(secs WALL "${name}_kcat")"
	read -r times plain packed < \
	    <(turns "${name}_plain_turn" "${name}_packed_turn") || :
	row "mirror, $name: lz4 as it came, records a second, against plain" ">=" \
	    "$times" 2 2 x "$plain s / $packed s, medians of $n in turn"
	if [ "$name" = klog ]; then
		note "mirror, $name: the same, batch.validation=strict" \
		    "$(ratio WALL "${name}_mirror" "${name}_strict")" x \
		    "$(secs WALL "${name}_strict")"
	fi
	note "mirror, $name: without one, the same batches sent at once" \
	    "$(ratio WALL "${name}_fplain" "${name}_fpacked")" x \
	    "$(secs WALL "${name}_fplain") / $(secs WALL "${name}_fpacked"): what the target allows"
	row "mirror, $name: memory" "<=" \
	    "$(of "1 / 1024 *" "${RSS[${name}_mirror]:-}")" \
	    "$(calc "$MM2_MB / 10")" "$(calc "$MM2_MB / 20")" MB "MirrorMaker 2: $MM2_MB"
	row "mirror, $name: nothing to do" "<=" \
	    "$(of "1000 *" "${WALL[${name}_none]:-}")" 50 20 ms "best of 20"
}

# as Apache Kafka: acknowledged when the system has it
broker source -X flush.acks=os
a=127.0.0.1:$broker_port pids=$broker_pid
broker target -X flush.acks=os
pair klog "$a" "127.0.0.1:$broker_port" "$pids,$broker_pid" "$WORK/source"
kill "$pids" "$broker_pid"
wait "$pids" "$broker_pid" || :
rm -rf "$WORK/source" "$WORK/target"

if has kafka; then
	port=$((20000 + RANDOM % 5000 * 2))
	if ka=$("$INTEROP/kafka-broker.sh" start "$WORK/kafka-a" "$port") &&
	    kb=$(KAFKA_CLUSTER=NkU3OEVBNTcwNTJENDM2Qg "$INTEROP/kafka-broker.sh" \
	    start "$WORK/kafka-b" $((port + 2))); then
		pair kafka "127.0.0.1:$port" "127.0.0.1:$((port + 2))" "$ka,$kb" \
		    "$WORK/kafka-a/data"
	fi
fi
echo "$rows figures, $misses missed, $skipped skipped" | tee -a "$OUT/table.txt"
