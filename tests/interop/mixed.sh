#!/bin/bash
# mixed.sh: klog-consume in one group with members of other clients, each
# assignor, on klog-broker and on Apache Kafka: every record is read once, while
# members come and go. Then the short form of tests/faults/groups.sh on both.
#   BROKERS="klog kafka"  CLIENTS="java39 confluent .."  ASSIGNORS="range .."
set -u
. "$(dirname "$0")/lib.sh"

need jq jq
partitions=12
declare -A run
for c in ${CLIENTS:-java39 java4 confluent kafkapython franz}; do
	if run[$c]=$(client_"$c"); then continue; fi
	unset "run[$c]"
	skip "$c" "cannot be installed here"
done

# Whether a client knows an assignor.
knows() { [ "$1 $2" != "kafkapython cooperative-sticky" ] && [ "$1 $2" != "confluent sticky" ]; }

# start NAME COMMAND..: a member that prints to $WORK/m/NAME.
start() {
	"${@:2}" >"$WORK/m/$1" 2>"$WORK/m/$1.err" &
	pids[$1]=$!
}
start_klog() { start "$1" klog-consume -q -v -b "$BROKER" -G "$group" -X heartbeat.interval.ms=200 -X partition.assignment.strategy="$assignor" "$topic"; }
start_other() { start "$1" ${run[$1]} member "$BROKER" "$group" "$topic" "$assignor"; }
ended() {
	wait "${pids[$1]}" 2>/dev/null
	unset "pids[$1]"
}
stop() {
	kill "${pids[$1]}"
	ended "$1"
}

# stable N: the group has settled with N members. Between the two rebalances of
# a cooperative assignor it is stable, too, but not every partition is given.
stable() {
	local i
	for ((i = 0; i < 300; i++)); do
		klog-groups describe -q -b "$BROKER" -J --members "$group" 2>/dev/null |
			jq -se "length == $1 and all(.[]; .state == \"Stable\") and (map(.partitions) | add) == $partitions" >/dev/null &&
			return
		sleep 0.1
	done
	klog-groups describe -b "$BROKER" --members "$group"
	return 1
}

# feed FROM TO: numbers, to all partitions in turn.
feed() {
	local p
	for ((p = 0; p < partitions; p++)); do
		seq $(($1 + p)) $partitions "$2" | klog-produce -q -b "$BROKER" -p $p "$topic" || return 1
	done
}

# all N [FROM]: FROM..N were read, each once, and 1..N at all.
all() {
	local i files from=${2:-1}
	files=()
	for i in "$WORK"/m/*; do [[ $i == *.err ]] || files+=("$i"); done
	for ((i = 0; i < 200; i++)); do
		sort -n "${files[@]}" >"$WORK/got"
		[ "$(sort -un "$WORK/got" | wc -l)" -ge "$1" ] && break
		sleep 0.1
	done
	{ seq $((from - 1)) && awk -v n="$from" '$1 >= n' "$WORK/got"; } >"$WORK/new"
	seq "$1" | diff - "$WORK/new" >"$WORK/diff" && sort -un "$WORK/got" | diff - <(seq "$1") >"$WORK/diff" && return
	head -5 "$WORK/diff"
	# who read the first of them
	(cd "$WORK/m" && grep -nx "$(sed -n '/^[<>] /{s///p;q;}' "$WORK/diff")" -- *)
	return 1
}

# once FILE..: no line is there twice.
once() {
	local twice
	twice=$(sort "$@" | uniq -d | head -5)
	[ -z "$twice" ] || { grep -nx "${twice%%$'\n'*}" -- "$@"; return 1; }
}

# Some work is done by each of them.
each_works() {
	local m
	for m in "${!pids[@]}"; do [ -s "$WORK/m/$m" ] || { echo "$m has read nothing"; tail -3 "$WORK/m/$m.err"; return 1; }; done
}

mixed() {
	local assignor=$1 topic=mixed-$1 group=group-$1 c n=1
	local -A pids=()
	local -a others=()
	rm -rf "$WORK/m"
	mkdir "$WORK/m"
	klog-topics create -b "$BROKER" "$topic" --partitions $partitions || return 1
	start_klog klog1
	for c in "${!run[@]}"; do
		knows "$c" "$assignor" || continue
		start_other "$c"
		n=$((n + 1))
	done
	start_klog klog2
	n=$((n + 1))
	check "$where: $assignor: $n members of $((n - 1)) clients settle" stable $n
	feed 1 1200
	check "$where: $assignor: every record once" all 1200
	check "$where: $assignor: all of them work" each_works
	stop klog1
	check "$where: $assignor: one leaves" stable $((n - 1))
	feed 1201 2400
	check "$where: $assignor: the others take over" all 2400
	start_klog klog3
	check "$where: $assignor: one comes" stable $n
	# One of the others goes by itself, the rest at once. A client that stops
	# in the midst of a rebalance may not commit, and what it had read is
	# read again, by others.
	for c in "${!pids[@]}"; do
		[[ $c != klog* ]] && others+=("$c")
	done
	for c in "${others[@]:0:1}"; do stop "$c"; n=$((n - 1)); done
	check "$where: $assignor: another client leaves" stable $n
	for c in "${others[@]:1}"; do kill "${pids[$c]}"; done
	for c in "${others[@]:1}"; do ended "$c"; done
	check "$where: $assignor: klog's stay" stable 2
	feed 2401 3600
	check "$where: $assignor: and read on" all 3600 2401
	check "$where: $assignor: klog's read nothing twice" once "$WORK"/m/klog[123]
	for c in "${!pids[@]}"; do stop "$c"; done
}

for where in ${BROKERS:-klog kafka}; do
	if [ "$where" = klog ]; then
		klog_broker -X group.initial.rebalance.delay.ms=200 -X group.min.session.timeout.ms=500
	else
		apache_kafka 3.9.1 group.initial.rebalance.delay.ms=200 group.min.session.timeout.ms=500 ||
			{ skip "Apache Kafka" "cannot be started"; continue; }
	fi
	for a in ${ASSIGNORS:-range roundrobin sticky cooperative-sticky}; do mixed "$a"; done
	BROKER=$BROKER check "$where: kills and pauses" "$HERE/../faults/groups.sh" "$BIN" 10
done

if libs=$(kafka_libs 3.9.1); then
	for seed in 1 2; do
		java -cp "$libs/*" "$HERE/AssignVectors.java" $seed 100 2>/dev/null >"$WORK/vectors"
		check "assignors give what Java's give: $(grep -c ^case "$WORK/vectors") groups" \
			env KLOG_ASSIGN_VECTORS="$WORK/vectors" "$BIN/tests/unit/test_assign"
	done
fi
