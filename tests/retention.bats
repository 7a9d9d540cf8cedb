#!/usr/bin/env bats
# Retention as a user sees it: what goes, what stays, whatever happens in
# between.

load lib/klog

setup() { needs_own_broker; klog_setup; }
teardown() { klog_teardown; }

# A broker that looks several times a second.
broker() { klog_broker -X log.retention.check.interval.ms=100; }

start_of() { klog-topics offsets "$1" | cut -f 3; }
end_of() { klog-topics offsets "$1" | cut -f 4; }
is() { [ "$("$1" "$2")" -eq "$3" ]; }
starts_past() { [ "$(start_of "$1")" -gt "$2" ]; }

# fill TOPIC N: N records of 1,000 bytes, one batch each.
fill() {
	head -c $(($2 * 999)) /dev/zero | tr '\0' x | fold -w 999 |
		klog-produce -q -X batch.num.messages=1 "$1"
}

@test "retention.bytes: the oldest segments go, the active one stays" {
	broker
	klog-topics create sized --set segment.bytes=20000 \
		--set retention.bytes=50000 --set file.delete.delay.ms=100
	fill sized 200
	wait_until 10 starts_past sized 100
	assert [ "$(start_of sized)" -lt 160 ]
	assert_equal "$(end_of sized)" 200
	run -0 klog-consume -q -e -f '%o\n' sized
	assert_line --index 0 "$(start_of sized)"
	assert_line --index $((${#lines[@]} - 1)) 199
	assert_equal "${#lines[@]}" $((200 - $(start_of sized)))
	all_gone() { ! compgen -G "$DATA/sized-0/*.deleted" >/dev/null; }
	wait_until 10 all_gone
	bytes=$(cat "$DATA"/sized-0/*.log | wc -c)
	assert [ "$bytes" -lt 70000 ]
	# a kill changes nothing of it
	at=$(start_of sized)
	klog_broker_kill
	broker
	assert_equal "$(start_of sized)" "$at"
	assert_equal "$(end_of sized)" 200
}

@test "retention.ms set on a topic that is there: all of it goes, offsets go on" {
	broker
	klog-topics create timed
	fill timed 20
	assert_equal "$(start_of timed)" 0
	klog-topics config set timed retention.ms=1
	wait_until 10 is start_of timed 20
	assert_equal "$(end_of timed)" 20
	run -0 klog-consume -q -e timed
	assert_output ''
	# file.delete.delay.ms is a minute: the files are out of the way only
	assert_file_exist "$DATA/timed-0/00000000000000000000.log.deleted"
	klog-topics config set timed retention.ms=-1
	fill timed 1
	assert_equal "$(end_of timed)" 21
	klog_broker_stop
	assert_file_not_exist "$DATA/timed-0/00000000000000000000.log.deleted"
	broker
	assert_equal "$(start_of timed)" 20
	run -0 klog-consume -q -e -f '%o\n' timed
	assert_output 20
}

@test "cleanup.policy: compact alone keeps what is old, with delete it goes" {
	broker
	klog-topics create kept --set cleanup.policy=compact \
		--set retention.ms=1 --set segment.bytes=20000
	klog-topics create both --set cleanup.policy=compact,delete \
		--set retention.ms=1 --set segment.bytes=20000
	for t in kept both; do
		yes "k	$(printf '%0999d' 0)" | head -n 50 |
			klog-produce -q -K '\t' -X batch.num.messages=1 $t
	done
	wait_until 10 is start_of both 50
	assert_equal "$(start_of kept)" 0
	assert_equal "$(end_of kept)" 50
	# what is not deleted in time is not deleted by hand
	klog-topics create neither --set cleanup.policy=
	fill neither 3
	for t in kept neither; do
		run -2 klog-topics trim -y -o 2 $t
		assert_output --partial POLICY_VIOLATION
	done
}

@test "a private broker keeps everything" {
	fill mine 3
	run -0 klog-topics config get -a mine retention.ms
	assert_output --partial "retention.ms	-1	"
}

@test "klog-topics trim: what is gone stays gone, whatever ends the broker" {
	broker
	klog-topics create cut --set segment.bytes=20000
	fill cut 100
	run -0 klog-topics trim -y -o 55 cut
	klog_broker_kill
	broker
	assert_equal "$(start_of cut)" 55
	assert_equal "$(end_of cut)" 100
	run -0 klog-consume -q -e -f '%o\n' cut
	assert_line --index 0 55
	assert_equal "${#lines[@]}" 45
	# segments that lie below go with the next round
	first_gone() { [ ! -e "$DATA/cut-0/00000000000000000000.log" ]; }
	wait_until 10 first_gone
	run -0 klog-topics trim -y -o end cut
	wait_until 10 is start_of cut 100
	fill cut 1
	assert_equal "$(end_of cut)" 101
}

@test "a topic made anew under the name of a trimmed one: no start takes it for that" {
	broker
	klog-topics create again
	fill again 100
	klog-topics trim -y -q -o 80 again
	klog-topics delete -y -q again
	klog-topics create again
	fill again 10
	klog_broker_kill
	broker
	assert_equal "$(start_of again)" 0
	assert_equal "$(end_of again)" 10
	# nor if it has no files yet
	klog-topics trim -y -q -o 5 again
	klog-topics delete -y -q again
	klog-topics create again
	klog_broker_kill
	broker
	fill again 3
	klog_broker_kill
	broker
	assert_equal "$(start_of again)" 0
	assert_equal "$(end_of again)" 3
}
