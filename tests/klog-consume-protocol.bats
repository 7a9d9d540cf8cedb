#!/usr/bin/env bats
# klog-consume -G with group.protocol=consumer (KIP-848), on klog-broker.

load lib/klog

setup() {
	klog_setup
	needs_own_broker
	GROUP=g-$BATS_TEST_NUMBER-$$-$RANDOM
}
# Members first: one whose broker is gone takes its time to end.
teardown() {
	local pid
	for pid in "${KLOG_PIDS[@]}"; do
		[ "$pid" != "${BROKER_PID:-}" ] || continue
		kill "$pid" 2>/dev/null || continue
		wait "$pid" 2>/dev/null
	done
	klog_teardown
}

NEW=(-X group.protocol=consumer)

# begin [OPTION..]: a broker whose members beat quickly.
begin() {
	klog_broker -X group.consumer.heartbeat.interval.ms=100 \
		-X group.consumer.session.timeout.ms=1000 \
		-X group.initial.rebalance.delay.ms=0 "$@"
}

# numbers PARTITION FROM TO: a record each.
numbers() { seq "$2" "$3" | klog-produce -q -p "$1" "$TOPIC"; }

# member FILE [OPTION..]: one in the background that writes to FILE; PID.
member() {
	klog-consume -v -G "$GROUP" "${NEW[@]}" "${@:2}" "$TOPIC" \
		>"$1" 2>"$1.err" 3>&- &
	PID=$!
	KLOG_PIDS+=("$PID")
}

ends() {
	local status=0
	wait "$2" || status=$?
	assert_equal "$status" "$1"
}
has() { [ "$(wc -l <"$1")" -ge "$2" ]; }
# holds FILE N: N partitions in all, as last told.
holds() { grep ': assigned' "$1.err" | tail -1 | grep -q " $2 in all"; }
committed() { [ "$(klog-groups -q export "$GROUP" | cut -f 4)" = "$1" ]; }
# rest: what the group has not committed yet.
rest() { klog-consume -q -G "$GROUP" "${NEW[@]}" -e "$@" "$TOPIC"; }

@test "it goes on where it committed; -c N commits exactly N" {
	begin
	new_topic --partitions 2
	numbers 0 1 50
	numbers 1 51 100
	rest | sort -n >out
	seq 100 | cmp - out
	numbers 1 101 110
	run -0 klog-consume -q -G "$GROUP" "${NEW[@]}" -c 3 "$TOPIC"
	assert_output $'101\n102\n103'
	run -0 rest
	assert_output "$(seq 104 110)"
	run -0 klog-groups list "$GROUP"
	assert_output "$GROUP	Empty	consumer	consumer	1"
	# the other protocol goes on from there
	numbers 1 111 112
	run -0 klog-consume -q -G "$GROUP" -e "$TOPIC"
	assert_output $'111\n112'
}

@test "members share, and take over what one leaves behind" {
	begin
	new_topic --partitions 4
	local p
	member a
	local first=$PID
	wait_until 20 holds a 4
	member b -X client.rack=r1 -X group.remote.assignor=range
	wait_until 20 holds b 2
	wait_until 20 holds a 2
	run -0 klog-groups describe --members -J "$GROUP"
	assert_line --partial "\"protocol\":\"consumer\",\"rack\":\"r1\",\"subscribed\":\"$TOPIC\""
	# what stays is not given up, and nothing is lost
	run grep 'revoked' a.err
	assert_output --regexp "revoked $TOPIC\[[0-9](,[0-9]|-[0-9])\]$"
	for p in 0 1 2 3; do numbers $p ${p}01 ${p}50; done
	wait_until 20 has a 100
	wait_until 20 has b 100
	kill $first
	wait_until 20 holds b 4
	for p in 0 1 2 3; do numbers $p ${p}51 ${p}60; done
	wait_until 20 has b 140
	cat a b | sort >got
	for p in 0 1 2 3; do seq ${p}01 ${p}60; done | sort | cmp - got
}

@test "-e: a member waits for its part, and ends where there is none" {
	begin
	new_topic --partitions 2
	numbers 0 1 10
	numbers 1 11 20
	member a
	wait_until 20 has a 20
	run -0 rest -v
	assert_output --regexp "assigned $TOPIC\[[01]\], 1 in all"
	member c
	wait_until 20 holds c 1
	wait_until 20 holds a 1
	run -0 timeout 20 klog-consume -v -G "$GROUP" "${NEW[@]}" -e "$TOPIC"
	assert_output --partial 'assigned nothing'
}

@test "-e: where others are slow to give back it waits, else it ends at once" {
	begin
	new_topic --partitions 2
	member a
	wait_until 20 holds a 2
	kill -STOP $PID		# until its session has ended
	run timeout 20 klog-consume -v -G "$GROUP" "${NEW[@]}" -e "$TOPIC"
	kill -CONT $PID
	assert_success
	assert_output --regexp "assigned $TOPIC\[[01]"
	klog_broker_stop
	# three heartbeats would be 15 s
	klog_broker
	new_topic --partitions 1
	member b
	wait_until 20 holds b 1
	run -0 timeout 4 klog-consume -v -G "$GROUP" "${NEW[@]}" -e "$TOPIC"
	assert_output --partial 'assigned nothing'
}

@test "stdout blocks: the member stays, nothing is doubled or lost" {
	begin
	new_topic --partitions 2
	numbers 0 10001 30000
	numbers 1 30001 50000
	mkfifo pipe
	klog-consume -v -G "$GROUP" "${NEW[@]}" "$TOPIC" >pipe 2>a.err 3>&- &
	local pid=$!
	KLOG_PIDS+=("$pid")
	exec 5<pipe
	wait_until 20 holds a 2
	member b
	# its partition is given up while nothing can be written
	wait_until 20 holds b 1
	wait_until 20 holds a 1
	wait_until 20 has b 2000
	: >a
	cat <&5 >>a &
	local cat=$!
	all() { has b $((40000 - $(wc -l <a))); }
	wait_until 20 all
	kill $pid
	wait $pid || true
	exec 5<&-
	wait $cat
	sort a b >got
	seq 10001 50000 | cmp - got
	run grep -c lost a.err
	assert_output 0
}

@test "a static member is away for a while, and comes back to what it had" {
	begin -X group.consumer.session.timeout.ms=45000
	new_topic --partitions 2
	member a -X group.instance.id=one
	wait_until 20 holds a 2
	member b -X group.instance.id=two
	wait_until 20 holds a 1
	wait_until 20 holds b 1
	kill $PID
	wait $PID || true
	run -0 klog-groups describe --members -J "$GROUP"
	assert_line --partial '"instance":"two","client":"klog","host":"/127.0.0.1","partitions":1'
	assert_line --partial '"epoch":-2,'
	member b2 -X group.instance.id=two
	wait_until 20 holds b2 1
	assert_equal "$(grep -c ': assigned' a.err)" 2
	run -7 klog-consume -q -G "$GROUP" "${NEW[@]}" \
		-X group.instance.id=two "$TOPIC"
	assert_output --partial UNRELEASED_INSTANCE_ID
}

@test "kill -9, and the broker's too: from the last commit" {
	begin
	new_topic --partitions 1
	numbers 0 1 100
	member a -X auto.commit.interval.ms=50
	wait_until 20 has a 100
	wait_until 20 committed 100
	klog_broker_kill
	begin
	numbers 0 101 110
	wait_until 20 has a 110
	wait_until 20 committed 110
	kill -9 $PID
	numbers 0 111 112
	member b
	wait_until 20 has b 2
	run cat b
	assert_output $'111\n112'
}

@test "a member that slept too long says what may come twice, and comes back" {
	begin
	new_topic --partitions 1
	member a -X auto.commit.interval.ms=60000
	local first=$PID
	wait_until 20 holds a 1
	numbers 0 1 10
	wait_until 20 has a 10
	kill -STOP "$first"
	member b
	wait_until 20 has b 10
	kill -CONT "$first"
	lost() { grep -q 'may be printed again by another' a.err; }
	wait_until 20 lost
	kill "$PID"
	wait_until 20 holds a 1
	numbers 0 11 12
	wait_until 20 has a 12
	run tail -2 a
	assert_output $'11\n12'
}

@test "topics that come, and partitions" {
	begin
	new_topic --partitions 1
	klog-consume -v -G "$GROUP" "${NEW[@]}" -X metadata.max.age.ms=200 \
		"^$TOPIC" >a 2>a.err 3>&- &
	KLOG_PIDS+=("$!")
	wait_until 20 holds a 1
	klog-topics -q alter --yes --partitions 3 "$TOPIC"
	numbers 2 1 3
	wait_until 20 has a 3
	klog-topics -q create --partitions 2 "$TOPIC-b"
	seq 4 6 | klog-produce -q -p 1 "$TOPIC-b"
	wait_until 20 has a 6
	wait_until 20 holds a 5
	run sort a
	assert_output "$(seq 6)"
	# and topics that go
	klog-topics -q delete --yes "$TOPIC-b"
	wait_until 20 holds a 3
}

@test "--each commits record by record" {
	begin
	new_topic --partitions 1
	numbers 0 1 5
	run -0 rest --each 'cat; echo'
	assert_output "$(seq 5)"
	run -0 rest
	assert_output ''
}

@test "a broker, or a group, that is not of this protocol" {
	klog_broker -X group.coordinator.rebalance.protocols=classic
	new_topic --partitions 1
	run -2 klog-consume -q -G "$GROUP" "${NEW[@]}" -e "$TOPIC"
	assert_output --partial "group '$GROUP': the broker does not speak group.protocol=consumer (KIP-848)"
	assert_output --partial 'group.protocol=classic works'
	klog_broker_stop
	begin -X group.consumer.migration.policy=disabled
	klog-consume -v -G "$GROUP" "$TOPIC" >a 2>a.err 3>&- &
	KLOG_PIDS+=("$!")
	wait_until 20 holds a 1
	run -7 rest
	assert_output --partial 'the group has members of group.protocol=classic'
	local p
	for p in session.timeout.ms=9000 heartbeat.interval.ms=1000 \
		partition.assignment.strategy=range; do
		run -2 klog-consume -G "$GROUP" "${NEW[@]}" -X "$p" "$TOPIC"
		assert_output --partial "property '${p%=*}': the broker decides"
	done
	run -2 klog-consume -G "$GROUP" -X group.remote.assignor=uniform t
	run -2 klog-consume -G "$GROUP" -X group.protocol=newest t
	run -2 rest -X group.remote.assignor=best
	assert_output --partial 'UNSUPPORTED_ASSIGNOR: ServerAssignor best is not supported'
}
