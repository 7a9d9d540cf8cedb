#!/usr/bin/env bats
# klog-broker's transactions across its own end: what is open stays so and is
# aborted in its time, what was decided is so after a kill.

load lib/klog

setup() {
	needs_own_broker
	klog_setup
}

teardown() { klog_teardown; }

everything() { klog-consume -q -e --uncommitted t | wc -l; }
has() { [ "$(everything)" = "$1" ]; }
# The transaction counts as over: what was written behind it can be read.
over() { [ "$(klog-consume -q -e t)" = after ]; }

@test "a transaction left open: through a kill, and aborted in its time" {
	klog_broker
	klog-topics create t --partitions 1
	mkfifo in
	klog-produce -q --txn -X transaction.timeout.ms=1000 t <in 3>&- &
	producer=$!
	KLOG_PIDS+=("$producer")
	exec 4>in
	seq 3 >&4
	wait_until 10 has 3
	kill -9 "$producer"
	exec 4>&-
	echo after | klog-produce -q t
	run -0 klog-consume -q -e t
	assert_output ''
	klog_broker_kill
	klog_broker -X transaction.abort.timed.out.transaction.cleanup.interval.ms=200
	wait_until 10 over
	assert_equal "$(everything)" 4
}

@test "offsets of a group in a transaction, before any group was there" {
	local helper=${KLOG_BUILD:-$BATS_TEST_DIRNAME/../build}/tests/helper/txn-offsets
	aborted() { klog-topics transactions list | grep -q "^g	CompleteAbort"; }
	klog_broker
	"$helper" "$BROKER" g
	run -0 klog-topics transactions describe g
	assert_output --partial '__consumer_offsets['
	klog_broker_kill
	klog_broker -X transaction.abort.timed.out.transaction.cleanup.interval.ms=200
	wait_until 10 aborted
}

@test "transactions while the broker is killed again and again" {
	run -0 "$BATS_TEST_DIRNAME/faults/kill9txn.sh" "${PATH%%:*}" 3 400
	assert_output --partial 'nothing lost, nothing doubled, none left open'
}
