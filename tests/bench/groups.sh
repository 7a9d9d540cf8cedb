#!/bin/bash
# groups.sh BUILD: the group coordinator's figures beside Apache Kafka's, with
# the same client (groups.c) and the same settings: groups that form and form
# again, offsets committed, groups read back at the start. Adds to run.sh's
# table and bench.jsonl in BUILD/bench.
#
#	BENCH_RUNS	runs of each contender (3)
#	BENCH_PEERS	kafka, or "" for none
#	BENCH_DIR	where the data goes (TMPDIR)
set -eu

BUILD=$1
BIN=$(cd "$BUILD" && pwd)
MEAS=$BIN/tests/bench
OUT=$BIN/bench
RUNS=${BENCH_RUNS:-3}
PEERS=${BENCH_PEERS-kafka}
HERE=$(cd "$(dirname "$0")" && pwd)
INTEROP=$HERE/../interop
WORK=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/klog-bench.XXXXXX")
SECS=2 GROUPS_N=1000 OFFSETS_N=100 SESSION_MS=100
running=()

# shellcheck source=tests/bench/lib.sh
. "$HERE/lib.sh"

cleanup() {
	local p
	for p in "${running[@]}"; do
		kill "$p" 2>/dev/null || :
	done
	[ ! -d "$WORK/kafka" ] || "$INTEROP/kafka-broker.sh" stop "$WORK/kafka"
	wait
	rm -rf "$WORK"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

mkdir -p "$OUT"
unset KLOG_BROKERS
groups=$MEAS/groups

# least NAME VALUE, most NAME VALUE: keep the best so far
least() {
	if [ -z "${WALL[$1]:-}" ] || less "$2" "${WALL[$1]}"; then WALL[$1]=$2; fi
	printf '{"sample":"%s","value":%s}\n' "$1" "$2" >> "$OUT/bench.jsonl"
}
most() {
	if [ -z "${WALL[$1]:-}" ] || less "${WALL[$1]}" "$2"; then WALL[$1]=$2; fi
	printf '{"sample":"%s","value":%s}\n' "$1" "$2" >> "$OUT/bench.jsonl"
}

# another NAME VALUE: one more sample; median NAME: WALL's of all of them
declare -A SAMPLES
another() {
	SAMPLES[$1]+=" $2"
	printf '{"sample":"%s","value":%s}\n' "$1" "$2" >> "$OUT/bench.jsonl"
}
median() {
	[ -n "${SAMPLES[$1]:-}" ] || return 0
	WALL[$1]=$(tr ' ' '\n' <<< "${SAMPLES[$1]# }" | sort -g |
	    awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')
}

settings=(group.initial.rebalance.delay.ms=0 offsets.topic.num.partitions=50
    "group.min.session.timeout.ms=$SESSION_MS")
options=("${settings[@]/#/-X}")
broker disk "${options[@]}"
disk_pid=$broker_pid disk_port=$broker_port
idle=$(anon "$disk_pid")
broker os "${options[@]}" -X flush.acks=os
ports=("disk $disk_port" "os $broker_port")
case " $PEERS " in
*" kafka "*)
	port=$((20000 + RANDOM % 5000 * 2))
	if "$INTEROP/kafka-broker.sh" start "$WORK/kafka" "$port" \
	    "${settings[@]}" > /dev/null; then
		ports+=("kafka $port")
	fi ;;
esac

# a record for each of 64 members, and partitions to commit
for p in "${ports[@]}"; do
	b=127.0.0.1:${p#* }
	"$BIN/klog-topics" -q -b "$b" create --partitions 100 bench
	for i in $(seq 0 63); do
		echo x | "$BIN/klog-produce" -q -b "$b" -p "$i" bench
	done
done

# --- forming --------------------------------------------------------------
for n in 2 8 64; do
	for i in $(seq $((RUNS + 1))); do
		for p in "${ports[@]}"; do
			if read -r formed again < <("$groups" form "${p#* }" "form-$n-$i" "$n"); then
				least "${p% *}.form$n" "$formed"
				least "${p% *}.again$n" "$again"
			fi
		done
	done
	must=1
	[ "$n" -lt 64 ] || must=0.33
	ms() { printf '%.1f / %.1f ms' "${WALL[$1]:-0}" "${WALL[$2]:-0}"; }
	row "a group of $n forms, against Kafka" "<=" \
	    "$(ratio WALL "disk.form$n" "kafka.form$n")" "$must" "$must" x \
	    "$(ms "disk.form$n" "kafka.form$n")"
	row "a group of $n forms again, against Kafka" "<=" \
	    "$(ratio WALL "disk.again$n" "kafka.again$n")" "$must" "$must" x \
	    "$(ms "disk.again$n" "kafka.again$n")"
done

# --- a member dies ---------------------------------------------------------
# The session time-out is about as short as Kafka at 64 members bears without
# expelling others, and the same for all; who dies has just been heard. When in its
# interval of 5 ms the others' next heartbeat is due is chance: medians.
for n in 2 8 64; do
	must=1
	[ "$n" -lt 64 ] || must=0.33
	for how in kill stop; do
		for i in $(seq $((2 * RUNS + 1))); do
			for p in "${ports[@]}"; do
				if read -r whole past < <("$groups" $how "${p#* }" \
				    "$how-$n-$i" "$n" $SESSION_MS); then
					another "${p% *}.$how$n" "$whole"
					another "${p% *}.$how$n.past" "$past"
				fi
			done
		done
		for p in "${ports[@]}"; do
			median "${p% *}.$how$n"
			median "${p% *}.$how$n.past"
		done
		what="one of $n is killed"
		[ $how = kill ] || what="one of $n stops, connection open"
		row "$what: past the time-out" "<=" \
		    "$(ratio WALL "disk.$how$n.past" "kafka.$how$n.past")" \
		    "$must" "$must" x "$(ms "disk.$how$n.past" "kafka.$how$n.past")"
		row "the same with the session time-out of $SESSION_MS ms" "<=" \
		    "$(ratio WALL "disk.$how$n" "kafka.$how$n")" 1 1 x \
		    "$(ms "disk.$how$n" "kafka.$how$n")"
	done
done

# --- commits --------------------------------------------------------------
# a Java machine is at its best after a while
for p in "${ports[@]}"; do
	"$groups" commit "${p#* }" 64 $((4 * SECS)) 1 > /dev/null
	"$groups" commit "${p#* }" 64 $((2 * SECS)) 32 > /dev/null
done
# rate CLIENTS CONNECTIONS UNDERWAY VERB [PORT]: a second, by one client or by
# two that share the connections
rate() {
	local one=("$groups" "${@:4}" $(($2 / $1)) "$SECS" "$3")
	if [ "$1" = 1 ]; then
		"${one[@]}"
	else
		paste <("${one[@]}") <("${one[@]}") | awk '{ print $1 + $2 }'
	fi
}
# commits CONNECTIONS UNDERWAY BOUND WHAT [CLIENTS], and beside it how many are
# refused in that time, as the topic does not exist, what requests alone cost;
# and how many a server answers that does nothing else: what the client and the
# loopback cost
commits() {
	local name=commit$1-$2-${5:-1} p
	for _ in $(seq "$RUNS"); do
		for p in "${ports[@]}"; do
			most "${p% *}.$name" "$(rate "${5:-1}" "$1" "$2" commit "${p#* }")"
		done
		most "refuse$name" "$(rate "${5:-1}" "$1" "$2" refuse "$broker_port")"
		most "echo$name" "$(rate "${5:-1}" "$1" "$2" echo)"
	done
	row "$4 (flush.acks=os), against Kafka" ">=" \
	    "$(ratio WALL "os.$name" "kafka.$name")" "$3" "$3" x \
	    "$(per "os.$name" "kafka.$name"), $(printf '%.0f refused, %.0f echoed' \
	    "${WALL[refuse$name]}" "${WALL[echo$name]}")"
	row "the same, each on the disk" ">=" \
	    "$(ratio WALL "disk.$name" "kafka.$name")" "$3" "$3" x \
	    "$(per "disk.$name" "kafka.$name")"
}
per() { printf '%.0f / %.0f a second' "${WALL[$1]:-0}" "${WALL[$2]:-0}"; }
# who sends commits and goes on; then, who waits for each
commits 64 32 3 "64 x 32 commits under way"
commits 64 1 3 "64 x 1 commit under way"
commits 64 1 3 "64 x 1, two clients" 2
commits 1 1 3 "1 commit under way"

# --- reloading ------------------------------------------------------------
kill -9 "$disk_pid"
wait "$disk_pid" 2> /dev/null || :
rm -rf "$WORK/disk"
broker disk "${options[@]}"
disk_pid=$broker_pid disk_port=$broker_port
"$BIN/klog-topics" -q -b "127.0.0.1:$disk_port" create --partitions 100 bench
"$groups" fill "$disk_port" $GROUPS_N $OFFSETS_N
for _ in $(seq "$RUNS"); do
	kill -9 "$disk_pid"
	wait "$disk_pid" 2> /dev/null || :
	broker disk "${options[@]}"
	disk_pid=$broker_pid disk_port=$broker_port
	least reload "$("$groups" reload "$disk_port" $GROUPS_N $OFFSETS_N)"
done
row "$GROUPS_N groups of $OFFSETS_N offsets are back after kill -9" "<=" \
    "${WALL[reload]}" 1 1 s "all of them asked for"
row "memory of an offset" "<=" \
    "$(calc "($(anon "$disk_pid") - $idle) * 1024 / ($GROUPS_N * $OFFSETS_N)")" \
    200 200 B "the broker's, less that of an idle one"

# --- lag ------------------------------------------------------------------
"$BIN/klog-topics" -q -b "127.0.0.1:$disk_port" create --partitions 1000 wide
seq 0 999 | awk '{ print "lagging\twide\t" $1 "\t0" }' |
	"$BIN/klog-groups" -q -b "127.0.0.1:$disk_port" import -y > /dev/null
for _ in $(seq 20); do
	start=$EPOCHREALTIME
	"$BIN/klog-groups" -q -b "127.0.0.1:$disk_port" lag lagging > /dev/null
	least lag "$(since "$start")"
done
row "klog-groups lag of 1000 partitions" "<=" \
    "$(calc "1000 * ${WALL[lag]}")" 50 20 ms "best of 20"

echo "groups: $rows figures, $misses missed, $skipped skipped"
