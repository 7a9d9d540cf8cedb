#!/usr/bin/env bats
# klog-consume -G, against the private broker or, with KLOG_TEST_BROKERS,
# another.

load lib/klog

setup() {
	klog_setup
	GROUP=g-$BATS_TEST_NUMBER-$$-$RANDOM
}
teardown() { klog_teardown; }

# numbers TOPIC PARTITION FROM TO: a record each.
numbers() { seq "$3" "$4" | klog-produce -q -p "$2" "$1"; }

# member FILE [OPTION..]: one in the background that writes to FILE; PID.
member() {
	klog-consume -v -G "$GROUP" -X heartbeat.interval.ms=100 "${@:2}" \
		"$TOPIC" >"$1" 2>"$1.err" 3>&- &
	PID=$!
	KLOG_PIDS+=("$PID")
}

# ends STATUS PID: with that status.
ends() {
	local status=0
	wait "$2" || status=$?
	assert_equal "$status" "$1"
}
# has FILE N: as many lines.
has() { [ "$(wc -l <"$1")" -ge "$2" ]; }
# assigned FILE N: N partitions in all, as last told.
assigned() { grep ': assigned' "$1.err" | tail -1 | grep -q " $2 in all"; }
# committed N: that offset, of partition 0.
committed() {
	[ "$(klog-groups -q export "$GROUP" | cut -f 4)" = "$1" ]
}
# rest: what the group has not committed yet.
rest() { klog-consume -q -G "$GROUP" -e "$@" "$TOPIC"; }

@test "a group goes on where it committed" {
	new_topic --partitions 2
	numbers "$TOPIC" 0 1 50
	numbers "$TOPIC" 1 51 100
	klog-consume -q -G "$GROUP" -e "$TOPIC" | sort -n >out
	seq 100 | cmp - out
	run -0 rest
	assert_output ''
	numbers "$TOPIC" 1 101 110
	run -0 rest
	assert_output "$(seq 101 110)"
	# another group has its own place
	run -0 klog-consume -q -G "$GROUP-b" -e "$TOPIC"
	[ "${#lines[@]}" -eq 110 ]
}

@test "-c N commits exactly N" {
	new_topic --partitions 1
	numbers "$TOPIC" 0 1 100
	local from
	for from in 1 4 7; do
		run -0 klog-consume -q -G "$GROUP" -c 3 "$TOPIC"
		assert_output "$(seq $from $((from + 2)))"
	done
	run -0 rest
	assert_line --index 0 10
	assert_line --index 90 100
}

@test "a reader that stops: what it took is committed, no more" {
	new_topic --partitions 1
	numbers "$TOPIC" 0 1 20000
	local a b
	mkfifo pipe
	klog-consume -q -G "$GROUP" "$TOPIC" >pipe 3>&- &
	local pid=$!
	exec 5<pipe
	read -r -u 5 a
	read -r -u 5 b
	exec 5<&-
	assert_equal "$a $b" "1 2"
	ends 141 $pid
	run -0 rest
	assert_line --index 0 3
	[ "${#lines[@]}" -eq 19998 ]
}

@test "a reader that goes is noticed without another record" {
	new_topic --partitions 1
	numbers "$TOPIC" 0 1 3
	local a
	mkfifo pipe
	klog-consume -q -G "$GROUP" "$TOPIC" >pipe 3>&- &
	local pid=$!
	exec 5<pipe
	read -r -u 5 a
	exec 5<&-
	ends 141 $pid
	run -0 rest
	assert_output $'2\n3'
}

@test "a signal: written, committed, left" {
	new_topic --partitions 1
	numbers "$TOPIC" 0 1 10
	local sig want
	for sig in INT:130 TERM:143 HUP:129; do
		GROUP=$GROUP-$sig
		env --default-signal=INT klog-consume -q -G "$GROUP" \
			"$TOPIC" >out 3>&- &
		local pid=$!
		wait_until 20 has out 10
		kill -"${sig%:*}" $pid
		want=${sig#*:}
		ends "$want" $pid
		run -0 rest
		assert_output ''
	done
}

# timeout(1) signals the process and its group.
@test "two signals at once are one" {
	new_topic --partitions 1
	numbers "$TOPIC" 0 1 10
	klog-consume -q -G "$GROUP" "$TOPIC" >out 3>&- &
	local pid=$! status=0
	wait_until 20 has out 10
	kill -STOP $pid
	kill -TERM $pid
	kill -HUP $pid
	kill -CONT $pid
	wait $pid || status=$?
	[[ $status == 143 || $status == 129 ]]
	run -0 rest
	assert_output ''
}

@test "members share, and take over what one leaves behind" {
	new_topic --partitions 4
	local p
	member a
	local first=$PID
	wait_until 20 assigned a 4
	member b
	wait_until 20 assigned a 2
	wait_until 20 assigned b 2
	for p in 0 1 2 3; do numbers "$TOPIC" $p ${p}01 ${p}50; done
	wait_until 20 has a 100
	wait_until 20 has b 100
	kill $first
	wait_until 20 assigned b 4
	for p in 0 1 2 3; do numbers "$TOPIC" $p ${p}51 ${p}60; done
	wait_until 20 has b 140
	cat a b | sort >got
	for p in 0 1 2 3; do seq ${p}01 ${p}60; done | sort | cmp - got
}

@test "cooperative: what stays is not given up" {
	new_topic --partitions 4
	local how=(-X partition.assignment.strategy=cooperative-sticky)
	member a "${how[@]}"
	wait_until 20 assigned a 4
	member b "${how[@]}"
	wait_until 20 assigned b 2
	wait_until 20 assigned a 2
	run grep -c 'revoked' a.err
	assert_output 1
	run grep 'revoked' a.err
	assert_line --regexp "revoked $TOPIC\[[0-9](,[0-9]|-[0-9])\]$"
	run grep -c lost a.err
	assert_output 0
}

# While a join waits for another member the other one reads on, and what it
# commits waits behind its next Fetch, until there is a new generation.
@test "cooperative: a commit that is late for its generation" {
	new_topic --partitions 2
	local how=(-X partition.assignment.strategy=cooperative-sticky
		-X auto.commit.interval.ms=50 -X fetch.max.wait.ms=1500)
	local b n
	member a "${how[@]}" -d wire
	wait_until 20 assigned a 2
	member b "${how[@]}"
	b=$PID
	wait_until 20 assigned b 1
	wait_until 20 assigned a 1
	kill -STOP $b
	n=$(grep -c '> .*JoinGroup' a.err)
	member c "${how[@]}"
	rebalancing() {
		klog-groups -q list | grep -q "^$GROUP.*PreparingRebalance"
	}
	wait_until 20 rebalancing
	wait_until 10 traced $((n + 1)) '> .*JoinGroup' a.err
	n=$(grep -c '> .*OffsetCommit' a.err || true)
	numbers "$TOPIC" 0 1 3
	numbers "$TOPIC" 1 4 6
	wait_until 20 has a 3
	wait_until 10 traced $((n + 1)) '> .*OffsetCommit' a.err
	kill -CONT $b
	wait_until 20 assigned c 0
	numbers "$TOPIC" 0 7 8
	numbers "$TOPIC" 1 9 10
	all() { [ "$(cat a b c | wc -l)" -ge 10 ]; }
	wait_until 20 all
	sort -n a b c >got
	seq 10 | cmp - got
	run cat a.err
	refute_output --partial lost
	refute_output --partial 'may be printed again'
}

@test "stdout blocks: the member stays, nothing is doubled or lost" {
	new_topic --partitions 2
	numbers "$TOPIC" 0 10001 30000
	numbers "$TOPIC" 1 30001 50000
	mkfifo pipe
	klog-consume -v -G "$GROUP" -X session.timeout.ms=6000 \
		-X heartbeat.interval.ms=200 "$TOPIC" >pipe 2>a.err 3>&- &
	local pid=$!
	KLOG_PIDS+=("$pid")
	exec 5<pipe
	wait_until 20 assigned a 2
	member b
	# its partition is given up while nothing can be written
	wait_until 20 assigned b 1
	wait_until 20 assigned a 1
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

@test "kill -9: the next member goes on from the last commit" {
	new_topic --partitions 1
	numbers "$TOPIC" 0 1 100
	member a -X auto.commit.interval.ms=50 -X group.instance.id=one
	wait_until 20 has a 100
	wait_until 20 committed 100
	kill -9 $PID
	numbers "$TOPIC" 0 101 110
	run -0 rest -X group.instance.id=one
	assert_output "$(seq 101 110)"
}

@test "the broker is killed: members go on with the one that comes" {
	needs_own_broker
	klog_broker -X group.initial.rebalance.delay.ms=0
	new_topic --partitions 2
	member a
	wait_until 20 assigned a 2
	numbers "$TOPIC" 0 1 10
	wait_until 20 has a 10
	klog_broker_kill
	klog_broker -X group.initial.rebalance.delay.ms=0
	numbers "$TOPIC" 1 11 20
	wait_until 20 has a 20
	kill $PID
	wait $PID || true
	seq 20 | cmp - a
	run -0 rest
	assert_output ''
}

@test "the broker stops cleanly while a member waits for others" {
	needs_own_broker
	klog_broker -X group.initial.rebalance.delay.ms=60000
	new_topic --partitions 1
	member a
	waits() { klog-groups -q list | grep -q "^$GROUP	PreparingRebalance"; }
	wait_until 20 waits
	klog_broker_stop
	kill -9 $PID
}

@test "a member that slept too long says what may come twice" {
	needs_own_broker
	klog_broker -X group.initial.rebalance.delay.ms=0 \
		-X group.min.session.timeout.ms=100
	new_topic --partitions 1
	member a -X session.timeout.ms=600 -X auto.commit.interval.ms=60000
	local first=$PID
	wait_until 20 assigned a 1
	numbers "$TOPIC" 0 1 10
	wait_until 20 has a 10
	kill -STOP "$first"
	member b -X session.timeout.ms=600
	wait_until 20 has b 10
	kill -CONT "$first"
	lost() { grep -q 'may be printed again by another' a.err; }
	wait_until 20 lost
	# it comes back as a member like any other
	wait_until 20 grep -q 'assigned nothing' a.err b.err
}

@test "a committed offset that is gone: exit 4, or --reset" {
	new_topic --partitions 1
	numbers "$TOPIC" 0 1 10
	run -0 klog-consume -q -G "$GROUP" -c 3 "$TOPIC"
	klog-topics trim -q --yes -o 5 "$TOPIC"
	run -4 rest
	assert_output --partial "${TOPIC}[0]: the committed offset 3 is not in the log any more, which is 5..10"
	assert_output --partial '(--reset=SPEC goes elsewhere)'
	run -4 klog-consume -q -G "$GROUP" "$TOPIC"
	run -4 klog-consume -q -G "$GROUP" -X auto.offset.reset=earliest -e \
		"$TOPIC"
	# where the log is not: its end, its start, and that once
	for reset in 99:10 1:5; do
		run -124 --separate-stderr klog-consume -q -G "$GROUP" \
			--commit none --idle 200ms --reset="${reset%:*}" "$TOPIC"
		assert_equal "$stderr" "klog-consume: ${TOPIC}[0]: offset 3 is \
not in the log any more, which is 5..10: going on at ${reset#*:}"
	done
	assert_output "$(seq 6 10)"
	run -0 rest --reset=-2
	assert_line 9
	assert_line 10
	assert_output --partial 'going on at 8'
	run -0 rest
	assert_output ''
}

@test "members without a common assignor: exit 7" {
	new_topic --partitions 1
	member a -X partition.assignment.strategy=range
	wait_until 20 assigned a 1
	run -7 klog-consume -q -G "$GROUP" \
		-X partition.assignment.strategy=sticky "$TOPIC"
	assert_output --partial 'INCONSISTENT_GROUP_PROTOCOL'
}

@test "a static member comes back without a rebalance; a second one fences" {
	new_topic --partitions 2
	member a -X group.instance.id=one
	wait_until 20 assigned a 2
	member b -X group.instance.id=two
	wait_until 20 assigned a 1
	wait_until 20 assigned b 1
	local generation
	generation=$(grep -o 'generation [0-9]*' b.err | tail -1)
	kill $PID
	wait $PID || true
	member b2 -X group.instance.id=two
	wait_until 20 assigned b2 1
	run grep -o 'generation [0-9]*' b2.err
	assert_output "$generation"
	member b3 -X group.instance.id=two
	wait_until 20 assigned b3 1
	ends 7 "${KLOG_PIDS[2]}"
	run cat b2.err
	assert_output --partial FENCED_INSTANCE_ID
}

@test "--commit=each, end, none" {
	new_topic --partitions 1
	numbers "$TOPIC" 0 1 20
	run -0 klog-consume -q -G "$GROUP" --commit=each -e "$TOPIC"
	assert_output "$(seq 20)"
	run -0 rest
	assert_output ''
	run -0 klog-consume -q -G "$GROUP-n" --commit=none -e "$TOPIC"
	run -0 klog-consume -q -G "$GROUP-n" -X enable.auto.commit=false -e \
		"$TOPIC"
	assert_output "$(seq 20)"
	run -0 klog-consume -q -G "$GROUP-n" --commit=end -e "$TOPIC"
	assert_output "$(seq 20)"
	run -0 klog-consume -q -G "$GROUP-n" -e "$TOPIC"
	assert_output ''
}

@test "--commit=each: one that was not taken is not committed" {
	new_topic --partitions 1
	numbers "$TOPIC" 0 1 100
	klog-consume -q -G "$GROUP" -X group.instance.id=one --commit=each \
		"$TOPIC" >out 3>&- &
	local pid=$!
	KLOG_PIDS+=("$pid")
	wait_until 20 has out 100
	kill -9 $pid
	wait $pid || true
	member b -X group.instance.id=one
	numbers "$TOPIC" 0 101 101
	wait_until 20 has b 1
	# the one before may have been printed and not committed
	run head -n 1 b
	assert_output --regexp '^10[01]$'
}

@test "where a new group begins: -o, auto.offset.reset" {
	new_topic --partitions 1
	numbers "$TOPIC" 0 1 10
	run -0 klog-consume -q -G "$GROUP" -o -3 -e "$TOPIC"
	assert_output $'8\n9\n10'
	run -0 rest -o beginning
	assert_output ''
	run -0 klog-consume -q -G "$GROUP-b" -o stored -c 1 "$TOPIC"
	assert_output 1
	run -0 klog-consume -q -G "$GROUP-c" -X auto.offset.reset=latest -e \
		"$TOPIC"
	assert_output ''
	numbers "$TOPIC" 0 11 11
	run -0 klog-consume -q -G "$GROUP-c" -e "$TOPIC"
	assert_output 11
	run -4 klog-consume -q -G "$GROUP-d" -X auto.offset.reset=none -e \
		"$TOPIC"
	assert_output --partial 'has committed nothing'
	run -0 klog-consume -q -G "$GROUP-e" -o 2..5 "$TOPIC"
	assert_output $'3\n4\n5'
}

@test "-G with ^REGEX takes topics that come" {
	local base=re-$BATS_TEST_NUMBER-$$-$RANDOM
	klog-topics create "$base-a" --partitions 1
	TOPIC=^$base
	member out -X metadata.max.age.ms=100
	wait_until 20 assigned out 1
	klog-topics create "$base-b" --partitions 2
	wait_until 20 assigned out 3
	echo x | klog-produce -q -p 1 "$base-b"
	wait_until 20 has out 1
}

@test "-e with more members than partitions" {
	new_topic --partitions 1
	numbers "$TOPIC" 0 1 5
	member a
	wait_until 20 has a 5
	member b -e
	ends 0 $PID
}

@test "--idle ends a member that has nothing to read" {
	new_topic --partitions 1
	run -124 klog-consume -q -G "$GROUP" --idle 200ms "$TOPIC"
	run -1 klog-consume -q -G "$GROUP" -e --fail-empty "$TOPIC"
}

@test "usage" {
	local args
	while IFS= read -r args; do
		# shellcheck disable=SC2086
		run -2 klog-consume $args t
	done <<-'END'
		-G g -n 3
		-G g -p 0
		-G g --sort -e
		-G g -X partition.assignment.strategy=best
		-G g -X session.timeout.ms=1000 -X heartbeat.interval.ms=1000
		-G g --commit=sometimes
		-G g --reset 3..5
		-G g --reset nonsense
		-G g --on-fail=skip
		-G g --each true --on-fail=never
		-G g --each true -J
		--each true
		--commit=end
		-o stored
	END
	run -2 klog-consume -G '' t
	run -2 klog-consume -G g -n 3 t
	assert_output --partial '-G and -n exclude each other'
}

@test "--each: a command for each record, in order" {
	new_topic --partitions 1
	printf 'k1:a\nk2:b b\n:c\n' | klog-produce -q -K: "$TOPIC"
	run -0 klog-consume -q -G "$GROUP" -e --each \
		'printf "%s %s %s [%s] " "$KLOG_TOPIC" "$KLOG_PARTITION" \
		"$KLOG_OFFSET" "$KLOG_KEY"; cat; echo' "$TOPIC"
	assert_output "$TOPIC 0 0 [k1] a
$TOPIC 0 1 [k2] b b
$TOPIC 0 2 [] c"
	run -0 rest
	assert_output ''
}

@test "--each: a large value, read, read twice or not at all" {
	new_topic --partitions 1
	head -c 500000 /dev/zero | tr '\0' x >value
	klog-produce -q --whole "$TOPIC" value
	local cmd
	for cmd in 'wc -c' 'true; echo 500000' 'cat >/dev/null; wc -c </dev/stdin'; do
		run -0 klog-consume -q -G "$GROUP-${#cmd}" -e --each "$cmd" \
			"$TOPIC"
		assert_output 500000
	done
}

@test "--each: fails: stop, and not committed" {
	new_topic --partitions 1
	numbers "$TOPIC" 0 1 5
	run -1 klog-consume -q -G "$GROUP" -e --each \
		'read n; echo "$n"; test "$n" != 3' "$TOPIC"
	assert_line --index 2 3
	assert_output --partial 'offset 2: the command failed: exit status 1'
	run -0 rest
	assert_output $'3\n4\n5'
}

@test "--each: retries, then skip" {
	new_topic --partitions 1
	numbers "$TOPIC" 0 1 3
	run -0 klog-consume -q -G "$GROUP" -e -X retry.backoff.ms=10 \
		--retries 2 --on-fail=skip --each \
		'read n; echo "$n.$KLOG_ATTEMPT"; test "$n" != 2' "$TOPIC"
	assert_line 1.1
	assert_line 2.1
	assert_line 2.2
	assert_line 2.3
	refute_line 2.4
	assert_line 3.1
	assert_output --partial 'offset 1: left out: exit status 1, 3 tries'
	run -0 rest
	assert_output ''
}

@test "--each: a command that is not there ends all at once" {
	local how dead=dead-$RANDOM-$$ rc
	new_topic --partitions 1
	numbers "$TOPIC" 0 1 3
	touch plain
	for how in stop skip "topic:$dead"; do
		run -2 timeout 20 klog-consume -q -G "$GROUP" -e --retries 3 \
			--on-fail="$how" --each ./no-such-command "$TOPIC"
		assert_output --partial "$TOPIC[0] offset 0: the command of --each cannot be run: not found"
		run -2 timeout 20 klog-consume -q -G "$GROUP" -e \
			--on-fail="$how" --each ./plain "$TOPIC"
		assert_output --partial 'not executable'
	done
	run -0 klog-consume -q -e "$dead"
	assert_output ''
	# what was done before stays committed
	run -2 klog-consume -q -G "$GROUP" -e --on-fail=skip \
		--each 'read n; test $n != 2 || exit 127' "$TOPIC"
	assert_output --partial 'offset 1: the command of --each'
	run -0 rest
	assert_output $'2\n3'
}

@test "--each: an empty command, dead letters to where they come from" {
	new_topic --partitions 1
	numbers "$TOPIC" 0 1 3
	run -2 klog-consume -q -G "$GROUP" -e --each ' ' "$TOPIC"
	assert_output --partial 'the command is empty'
	run -2 klog-consume -q -G "$GROUP" -e --each false \
		--on-fail="topic:$TOPIC" "$TOPIC"
	assert_output --partial "$TOPIC is read here"
	run -2 klog-consume -q -G "$GROUP" -e --each false \
		--on-fail="topic:$TOPIC-dead" "^$TOPIC"
	run -4 klog-topics describe "$TOPIC-dead"
	run -4 klog-groups -q export "$GROUP"
}

@test "--each: a dead-letter topic" {
	new_topic --partitions 1
	printf 'k:bad\n' | klog-produce -q -K: -H n=v "$TOPIC"
	local dead=dead-$TOPIC
	run -0 klog-consume -q -G "$GROUP" -e --retries 1 \
		-X retry.backoff.ms=10 --on-fail="topic:$dead" \
		--each 'kill -9 $$' "$TOPIC"
	run -0 klog-consume -q -e -J "$dead"
	assert_output --partial '"key":"k","payload":"bad"'
	assert_output --partial "\"n\",\"v\",\"klog-dead-origin\",\"$TOPIC/0/0\""
	assert_output --partial '"klog-dead-reason","signal 9","klog-dead-attempts","2"'
	run -0 rest
	assert_output ''
}

# Their reports come for many at once, not in the order of partitions.
@test "--each: dead letters that leave together" {
	needs_own_broker
	klog_broker
	new_topic --partitions 8
	local dead=dead-$TOPIC p
	klog-topics create "$dead" --partitions 1
	for p in 0 1 2 3 4 5 6 7; do
		numbers "$TOPIC" $p $p $p
		mkfifo go$p
	done
	timeout -k 1 30 klog-consume -v -G "$GROUP" -e --jobs 8 \
		--on-fail="topic:$dead" --each 'echo >>began
		read -r _ <go$KLOG_PARTITION; exit 1' "$TOPIC" 2>err 3>&- &
	local pid=$!
	wait_until 20 has began 8
	kill -STOP "$BROKER_PID"
	for p in 7 6 5 4 3 2 1 0; do
		echo >go$p
		wait_until 10 grep -q "\[$p\] offset 0: attempt 1" err
	done
	kill -CONT "$BROKER_PID"
	ends 0 $pid
	run -0 klog-consume -e -f '%s ' "$dead"
	assert_output '7 6 5 4 3 2 1 0 '
}

@test "--each: a signal waits for the command, a rebalance too" {
	new_topic --partitions 1
	numbers "$TOPIC" 0 1 3
	mkfifo go
	klog-consume -q -G "$GROUP" --each 'touch began; read -r _ <go; cat' \
		"$TOPIC" >out 3>&- &
	local pid=$!
	KLOG_PIDS+=("$pid")
	wait_until 20 test -e began
	kill -TERM $pid
	sleep 0.2
	kill -0 $pid
	echo >go
	ends 143 $pid
	run -0 cat out
	assert_output 1
	run -0 rest
	assert_output $'2\n3'
}

@test "--each: --jobs partitions at once" {
	new_topic --partitions 2
	numbers "$TOPIC" 0 1 1
	numbers "$TOPIC" 1 2 2
	# each waits for the other
	mkfifo to0 to1
	run -0 timeout 20 klog-consume -q -G "$GROUP" -e --jobs 2 --each \
		'if [ $KLOG_PARTITION = 0 ]; then echo >to1; read -r _ <to0
		else read -r _ <to1; echo >to0; fi' "$TOPIC"
}
