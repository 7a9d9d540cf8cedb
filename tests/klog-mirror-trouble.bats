#!/usr/bin/env bats
# klog-mirror where something is in its way: time-outs, outages, signals,
# topics that change under it, targets that refuse.

load lib/klog

setup() {
	klog_setup
	needs_transactions
	SRC=dir:$T/source
	TO=$KLOG_BROKERS
	fresh_topic
}

teardown() { klog_teardown; }

src() { local p=$1; shift; "$p" -b "$SRC" "$@"; }
mirror() { klog-mirror -q --from "$SRC" --to "$TO" --link "$TOPIC" "$@"; }
# The same as a job whose pid is its own.
mirror_job() { exec klog-mirror --from "$SRC" --to "$TO" --link "$TOPIC" "$@"; }

equal() {
	cmp -s <(src klog-consume -q -e "${1:-$TOPIC}") \
		<(klog-consume -q -b "$TO" -e "${2:-${1:-$TOPIC}}")
}

# batches N SIZE: so many batches of as many records each.
batches() {
	local i
	for ((i = 0; i < $1; i++)); do
		seq $((i * $2 + 1)) $((i * $2 + $2)) | src klog-produce -q "$TOPIC"
	done
}

@test "--rate: small batches do not wait for longer than delivery.timeout.ms" {
	src klog-topics -q create "$TOPIC" --partitions 1
	batches 4 20
	run -0 mirror --topics "$TOPIC" --rate 80/s -X delivery.timeout.ms=300
	equal
}

@test "--follow and --rate: an outage longer than delivery.timeout.ms" {
	needs_own_broker
	src klog-topics -q create "$TOPIC" --partitions 1
	batches 6 10
	klog_broker
	TO=$BROKER
	mirror_job --topics "$TOPIC" --follow --rate 40/s \
		-X delivery.timeout.ms=1000 2>err 3>&- &
	KLOG_PIDS+=($!)
	written() { [ "$(klog-consume -q -e --uncommitted "$TOPIC" 2>/dev/null | wc -l)" -gt 9 ]; }
	wait_until 10 written
	klog_broker_kill
	wait_until 20 grep -q 'trying again: .* not acknowledged in 1 s' err
	klog_broker
	wait_until 30 equal || { cat err broker.err; false; }
}

@test "a signal ends the wait for a target that is away" {
	local pid rc=0 at
	needs_own_broker
	src klog-topics -q create "$TOPIC" --partitions 1
	klog_broker
	TO=$BROKER
	mirror_job --topics "$TOPIC" --follow -X request.timeout.ms=300 2>err 3>&- &
	pid=$!
	KLOG_PIDS+=("$pid")
	batches 1 5
	wait_until 10 equal
	klog_broker_kill
	batches 1 5
	wait_until 10 grep -q 'trying again' err
	# each wait is twice as long as the one before
	sleep 2.6
	at=$(date +%s%N)
	kill "$pid"
	wait "$pid" || rc=$?
	assert_equal "$rc" 143
	[ $(($(date +%s%N) - at)) -lt 700000000 ]
}

# A target that does not answer: a run with ten records in its transaction.
stuck() {
	needs_own_broker
	src klog-topics -q create "$TOPIC" --partitions 1
	batches 1 10
	klog_broker
	TO=$BROKER
	mirror_job -q --topics "$TOPIC" --follow --rate 5/s 3>&- &
	pid=$!
	KLOG_PIDS+=("$pid")
	written() { [ "$(klog-consume -q -e --uncommitted "$TOPIC" 2>/dev/null | wc -l)" = 10 ]; }
	wait_until 10 written
	kill -STOP "$BROKER_PID"
}

# taken PID: no signal waits for it to be handled.
taken() { ! grep -q '^S[ih][gd]Pnd:.*[1-9a-f]' "/proc/$1/status"; }

@test "two signals at once are one, as timeout(1) sends them" {
	local pid rc=0
	stuck
	kill "$pid"
	wait_until 5 taken "$pid"
	kill "$pid"
	wait_until 5 taken "$pid"
	kill -CONT "$BROKER_PID"
	wait "$pid" || rc=$?
	assert_equal "$rc" 143
	# what was read is committed
	run -0 klog-consume -q -e "$TOPIC"
	assert_output "$(seq 10)"
}

@test "a second signal ends it at once, and the next run has nothing twice" {
	local pid rc=0
	stuck
	kill "$pid"
	sleep 0.15	# 100 ms are what makes it a second one
	kill -INT "$pid"
	wait "$pid" || rc=$?
	assert_equal "$rc" 130
	kill -CONT "$BROKER_PID"
	batches 1 3
	mirror --topics "$TOPIC"
	equal
}

@test "both ways with prefixes: a topic that was just made does not go back" {
	local long
	src klog-topics -q create "$TOPIC" --partitions 1
	# the second cannot be made, so that nothing follows the first
	long=$TOPIC-$(printf 'x%.0s' $(seq $((248 - ${#TOPIC} - 1))))
	src klog-topics -q create "$long" --partitions 1
	run -2 mirror --topics "^$TOPIC.*" --prefix a.
	klog-topics list | grep -q "^a.$TOPIC	"
	klog-mirror -q --from "$TO" --to "$SRC" --link "$TOPIC-back" \
		--topics "^a.$TOPIC" --prefix b.
	run -0 src klog-topics list
	refute_output --partial "b.a.$TOPIC"
}

# limited DATA [TOPIC]: a broker behind helper/limited-broker.py; sets TO.
limited() {
	rm -f ready
	mkfifo ready
	"$BATS_TEST_DIRNAME/helper/limited-broker.py" "$@" >ready 3>&- &
	KLOG_PIDS+=($!)
	read -r -t 20 TO <ready
}

@test "a copy that may not be seen is not taken for one that is gone" {
	command -v python3 >/dev/null || skip "no python3"
	src klog-topics -q create "$TOPIC" --partitions 1
	batches 1 5
	limited "$T/limited" "$TOPIC-not"
	mirror --topics "$TOPIC"
	kill $!
	wait $! || true
	limited "$T/limited" "$TOPIC"
	run -5 mirror --topics "$TOPIC" --on-recreate=restart
	assert_output --partial "$TOPIC: TOPIC_AUTHORIZATION_FAILED"
	run -5 mirror --topics "$TOPIC" status
	kill $!
	wait $! || true
	limited "$T/limited" "$TOPIC-not"
	batches 1 5
	mirror --topics "$TOPIC"
	equal
}

# More than is read ahead.
large() {
	head -c 60000000 /dev/zero | tr '\0' "$2" | fold -w 500000 |
		src klog-produce -q "$1"
}

@test "--follow: a topic that goes while it is read does not hold up the others" {
	src klog-topics -q create "$TOPIC" "$TOPIC-b" --partitions 1
	seq 3 | src klog-produce -q "$TOPIC"
	large "$TOPIC-b" x
	mirror_job --topics "^$TOPIC.*" --follow --rate 20MB/s \
		-X request.timeout.ms=500 2>err 3>&- &
	KLOG_PIDS+=($!)
	begun() { klog-consume -q -e --uncommitted "$TOPIC-b" 2>/dev/null | grep -q x; }
	wait_until 10 begun
	src klog-topics -q delete "$TOPIC-b" --yes
	seq 3 | src klog-produce -q "$TOPIC"
	wait_until 10 equal
	assert_file_contains err "$TOPIC-b\[0\]: UNKNOWN_TOPIC"
}

@test "a topic made anew while it is read: exit 6, or --on-recreate=restart" {
	local pid rc=0
	src klog-topics -q create "$TOPIC" --partitions 1
	seq 3 | src klog-produce -q "$TOPIC"
	mirror --topics "$TOPIC"
	large "$TOPIC" x
	anew() {
		mirror_job --topics "$TOPIC" --rate 10MB/s "$@" 2>err 3>&- &
		pid=$!
		KLOG_PIDS+=("$pid")
		begun() { klog-consume -q -e --uncommitted "$TOPIC" | grep -q "$x"; }
		wait_until 10 begun
		src klog-topics -q delete "$TOPIC" --yes
		src klog-topics -q create "$TOPIC" --partitions 1
		large "$TOPIC" y
		wait "$pid" || rc=$?
	}
	x=x anew
	assert_equal "$rc" 6
	assert_file_contains err 'while it was read'
	assert_file_contains err 'deleted and made anew in the source'
	rc=0
	mirror --topics "$TOPIC" --on-recreate=restart
	klog-consume -q -e "$TOPIC" | tail -n 120 | cmp - <(src klog-consume -q -e "$TOPIC")
}
