#!/bin/bash
# consumer-groups.sh: groups of the newer protocol (KIP-848) on klog-broker and
# on Apache Kafka 4: what klog-groups says of Java's own members, and what it may
# do to them; klog-consume in one group with them, while members come, go and are
# killed. Then the short form of tests/faults/groups.sh on both.
#   BROKERS="klog kafka"
set -u
. "$(dirname "$0")/lib.sh"

need jq jq
java4=$(client_java4) && java39=$(client_java39) ||
	{ skip "groups of the consumer protocol" "no Java client"; exit; }
quick=(group.consumer.min.heartbeat.interval.ms=200 group.consumer.heartbeat.interval.ms=500
	group.consumer.min.session.timeout.ms=2000 group.consumer.session.timeout.ms=2000)
declare -A pids

# start NAME COMMAND..: a member that prints to $WORK/m/NAME.
start() {
	"${@:2}" >"$WORK/m/$1" 2>"$WORK/m/$1.err" &
	pids[$1]=$!
}
start_java() { start "$1" $java4 member "$BROKER" "$group" "$2" consumer "client.id=$1" "${@:3}"; }
stop() {
	kill "${pids[$1]}"
	wait "${pids[$1]}" 2>/dev/null
	unset "pids[$1]"
}

members() { klog-groups describe -q -b "$BROKER" -J --members "$group" 2>/dev/null; }

# until_members FILTER: what jq makes of all members becomes true.
until_members() {
	local i
	for ((i = 0; i < 200; i++)); do
		members | jq -se "$1" >/dev/null && return
		sleep 0.1
	done
	members
	return 1
}

# exits N COMMAND..: with that status.
exits() {
	local want=$1 said s=0
	said=$("${@:2}" 2>&1) || s=$?
	[ $s -eq "$want" ] || { echo "status $s: $said"; return 1; }
}

# row NAME FILTER: what klog-groups says of the only member.
row() { check "$where: describe: $1" jq -se ".[0] | $2" "$WORK/row"; }

looked_at() {
	local group=looked g=(klog-groups -q -b "$BROKER")
	mkdir -p "$WORK/m"
	klog-topics -q -b "$BROKER" create --partitions 4 first
	klog-topics -q -b "$BROKER" create --partitions 2 second
	seq 40 | klog-produce -q -b "$BROKER" -p 0 first
	start_java one first client.rack=r1
	start_java two '^(first|second)' group.instance.id=two
	check "$where: two members settle" until_members \
		'length == 2 and all(.[]; .state == "Stable" and .partitions == 3 and .epoch == .group_epoch)'
	members | jq -c 'select(.client == "one")' >"$WORK/row"
	row assignment '.target == .assignment and (.assignment | startswith("first:")) and .assignor == "uniform"'
	row epochs '.epoch == .target_epoch and .epoch == .group_epoch and .epoch > 0'
	row "subscription and rack" '.subscribed == "first" and .rack == "r1" and .protocol == "consumer"'
	members | jq -c 'select(.client == "two")' >"$WORK/row"
	row "regular expression" '.subscribed == "/^(first|second)/" and .instance == "two"'
	check "$where: list: its type" [ "$("${g[@]}" list --type consumer --state Stable)" = $'looked\tStable\tconsumer\tconsumer\t1' ]
	check "$where: list: no other type" [ -z "$("${g[@]}" list --type classic)" ]
	check "$where: describe: who has a partition" \
		grep -qP '^looked\tfirst\t\d\t\d*\t0\t\d+\t\d*\t\S+\tone\t/127' <("${g[@]}" describe "$group")
	for ((i = 0; i < 100; i++)); do
		[ "$("${g[@]}" lag "$group" | tail -1)" != $'looked\t\t6\t0' ] || break
		sleep 0.1
	done
	check "$where: lag" [ "$("${g[@]}" lag "$group" | tail -1)" = $'looked\t\t6\t0' ]
	check "$where: export" [ "$("${g[@]}" export "$group" -t first -p 0)" = $'looked\tfirst\t0\t40\t\t0' ]
	check "$where: peek" [ "$("${g[@]}" peek "$group" -t first -p 0 -B 1 | cut -f 4,5,8)" = $'39\tdone\t40' ]
	"${g[@]}" export "$group" >"$WORK/offsets"
	check "$where: seek: refused while it has members" exits 7 "${g[@]}" seek "$group" --to beginning -y
	check "$where: import: refused" exits 7 "${g[@]}" import "$WORK/offsets" -y
	check "$where: delete: refused" exits 7 "${g[@]}" delete "$group" -y
	check "$where: delete -t: refused" exits 7 "${g[@]}" delete "$group" -t first -y
	stop one
	stop two
	# a static member that has left comes back: its epoch says -2
	until_members 'length == 1 and .[0].instance == "two"' && members >"$WORK/row"
	row "a static member that is away" '.epoch == -2 and .partitions > 0'
	check "$where: seek --wait: until its session has ended" exits 0 \
		timeout 20 "${g[@]}" seek "$group" --to 2 --wait -t first -p 0 -y
	check "$where: list: empty" [ "$("${g[@]}" list --state Empty)" = $'looked\tEmpty\tconsumer\tconsumer\t1' ]
	check "$where: lag: moved" [ "$("${g[@]}" lag "$group" | tail -1)" = $'looked\t\t6\t38' ]
	check "$where: import: put back" exits 0 "${g[@]}" import "$WORK/offsets" -y
	check "$where: import: and there" [ "$("${g[@]}" export "$group")" = "$(cat "$WORK/offsets")" ]
	check "$where: delete -t" exits 0 "${g[@]}" delete "$group" -t second -y
	check "$where: delete -t: those alone" [ "$("${g[@]}" export "$group" | cut -f 2 | sort -u)" = first ]
	check "$where: delete" exits 0 "${g[@]}" delete "$group" -y
	check "$where: describe: gone" exits 4 "${g[@]}" describe "$group"
}

# A classic member in a group of the newer protocol.
both() {
	local group=both
	klog-topics -q -b "$BROKER" create --partitions 4 shared
	start_java new shared
	until_members 'length == 1 and .[0].partitions == 4'
	start old $java39 member "$BROKER" "$group" shared cooperative-sticky client.id=old
	check "$where: describe: a classic member among others" until_members \
		'length == 2 and (map(select(.client == "old" and .protocol == "classic" and .partitions == 2)) | length) == 1'
	stop old
	stop new
}

# feed FROM TO: numbers, to all 12 partitions in turn.
feed() {
	local p
	for ((p = 0; p < 12; p++)); do
		seq $(($1 + p)) 12 "$2" | klog-produce -q -b "$BROKER" -p $p mixed || return 1
	done
}

printed() { for i in "$WORK"/m/*; do [[ $i == *.err ]] || cat "$i"; done; }

# all N: 1..N were read.
all() {
	local i
	for ((i = 0; i < 200; i++)); do
		[ "$(printed | sort -un | wc -l)" -ge "$1" ] && break
		sleep 0.1
	done
	printed | sort -un | diff - <(seq "$1") | head -5 | { ! grep .; }
}

# once [NAME..]: nothing was read twice, but by the members named.
once() {
	local twice bad=0 line
	twice=$(printed | sort | uniq -d)
	for line in $twice; do
		(cd "$WORK/m" && grep -lx "$line" -- "$@" /dev/null) >/dev/null && continue
		[ $((bad++)) -gt 3 ] || (cd "$WORK/m" && grep -nx "$line" -- *)
	done
	[ $bad = 0 ]
}

settled() {
	until_members "length == $1 and all(.[]; .state == \"Stable\") and (map(.partitions) | add) == 12"
}

start_klog() { start "$1" klog-consume -q -v -b "$BROKER" -G "$group" -X group.protocol=consumer "${@:2}" mixed; }
kill9() {
	kill -9 "${pids[$1]}"
	wait "${pids[$1]}" 2>/dev/null
	unset "pids[$1]"
}

mixed() {
	local group=mixed
	rm -rf "$WORK/m"
	mkdir "$WORK/m"
	klog-topics -q -b "$BROKER" create --partitions 12 mixed
	start_klog klog1
	start_java java1 mixed
	start_klog klog2 -X group.remote.assignor=range
	start_java java2 '^mix.*'
	check "$where: mixed: two of klog and two of Java settle" settled 4
	feed 1 1200
	check "$where: mixed: every record" all 1200
	check "$where: mixed: once" once
	for m in klog1 klog2 java1 java2; do check "$where: mixed: $m works" [ -s "$WORK/m/$m" ]; done
	stop klog1
	check "$where: mixed: one of klog leaves" settled 3
	feed 1201 2400
	check "$where: mixed: the others take over" all 2400
	start_klog klog3
	start_java java3 mixed
	feed 2401 3600 &
	check "$where: mixed: two come while records do" settled 5
	wait $!
	stop java1
	check "$where: mixed: one of Java leaves" settled 4
	check "$where: mixed: nothing lost" all 3600
	check "$where: mixed: nothing twice" once
	feed 3601 4800
	kill9 klog2
	check "$where: mixed: one of klog is killed" settled 3
	check "$where: mixed: nothing lost" all 4800
	feed 4801 6000
	kill9 java2
	check "$where: mixed: one of Java is killed" settled 2
	check "$where: mixed: nothing lost" all 6000
	check "$where: mixed: nothing twice but what those read" once klog2 java2
	stop java3
	feed 6001 7200
	check "$where: mixed: klog's last goes on alone" settled 1
	check "$where: mixed: nothing lost at the end" all 7200
	stop klog3
}

for where in ${BROKERS:-klog kafka}; do
	if [ "$where" = klog ]; then
		klog_broker -X group.coordinator.rebalance.protocols=classic,consumer -X group.consumer.migration.policy=bidirectional "${quick[@]/#/-X}"
	else
		apache_kafka 4.3.1 group.consumer.migration.policy=bidirectional "${quick[@]}" ||
			{ skip "Apache Kafka" "cannot be started"; continue; }
	fi
	looked_at
	both
	mixed
	PROTOCOL=consumer BROKER=$BROKER check "$where: kills and pauses" "$HERE/../faults/groups.sh" "$BIN" 10
done
