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

@test "a coordinator's partition that is damaged: told once, and no hang" {
	local f w
	needs_own_broker
	klog_broker
	new_topic --partitions 1
	seq 3 | klog-produce -q "$TOPIC"
	seq 4 5 | klog-produce -q --txn -X transactional.id=tbroken "$TOPIC"
	klog-consume -q -e -G gbroken "$TOPIC" >/dev/null
	klog_broker_stop
	for w in __consumer_offsets:gbroken __transaction_state:tbroken; do
		f=$(grep -lr "${w#*:}" "$DATA/${w%:*}"-*/*.log)
		# the length of its first record
		printf '\377\377' | dd of="$f" bs=1 seek=61 conv=notrunc 2>/dev/null
	done
	klog_broker
	run -3 timeout 8 klog-groups -m 1 describe gbroken
	assert_output --partial 'COORDINATOR_NOT_AVAILABLE'
	run -3 timeout 8 klog-consume -m 1 -q -e -G gbroken "$TOPIC"
	assert_output --partial 'COORDINATOR_NOT_AVAILABLE'
	[ "${#lines[@]}" -eq 1 ]
	run -3 timeout 8 klog-produce -m 1 -q --txn -X transactional.id=tbroken \
		"$TOPIC" <<<6
	assert_output --partial 'COORDINATOR_NOT_AVAILABLE'
	assert_equal "$(grep -c 'cannot be loaded' broker.err)" 2
	run grep 'consumer_offsets.*cannot be loaded' broker.err
	assert_output --regexp '__consumer_offsets-[0-9]+/0{20}.log: damaged at offset 0:'
	# the way out that it names
	klog_broker_stop
	rm -r "$DATA"/__transaction_state-*/
	rm -r "${DATA:?}/$(sed -n 's/.*\(__consumer_offsets-[0-9]*\) cannot.*/\1/p' broker.err)"
	klog_broker
	run -0 klog-consume -q -e -G gbroken -o beginning "$TOPIC"
	assert_output "$(seq 5)"
}
