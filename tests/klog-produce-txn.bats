#!/usr/bin/env bats
# klog-produce in transactions, against the private broker or, with
# KLOG_TEST_BROKERS, another.

load lib/klog

setup() {
	klog_setup
	needs_transactions
	new_topic --partitions 1
}

teardown() { klog_teardown; }

committed() { klog-consume -q -e "$TOPIC"; }
everything() { klog-consume -q -e --uncommitted "$TOPIC"; }

# has N: so many records are there, committed or not.
has() { [ "$(everything | wc -l)" -ge "$1" ]; }

@test "--txn: the whole input, at once" {
	mkfifo in
	klog-produce -q --txn "$TOPIC" <in 3>&- &
	exec 4>in
	seq 3 >&4
	wait_until 10 has 3
	run -0 committed
	assert_output ''
	seq 4 5 >&4
	exec 4>&-
	wait $!
	run -0 committed
	assert_output $'1\n2\n3\n4\n5'
}

@test "--txn: several files are one transaction, and none that is missing" {
	seq 2 >a
	seq 3 4 >b
	klog-produce -q --txn "$TOPIC" a b
	run -2 klog-produce -q --txn "$TOPIC" a missing b
	assert_output --partial 'missing: No such file'
	assert_output --partial 'transaction aborted, nothing of it will be read: 2 records'
	run -0 committed
	assert_output $'1\n2\n3\n4'
}

@test "--txn: no input is no transaction" {
	run -0 klog-produce -q --txn "$TOPIC" </dev/null
	assert_output ''
	run -0 committed
	assert_output ''
}

@test "--txn: a bad line undoes what came before it" {
	run -6 klog-produce -q -J --txn "$TOPIC" \
		< <(printf '{"payload":"a"}\n{"payload":"b"}\nc\n')
	assert_output --partial 'record 3: invalid JSON'
	assert_output --partial 'nothing of it will be read: 2 records'
	run -0 committed
	assert_output ''
}

@test "--txn with --skip-bad: all but the bad line" {
	run -1 klog-produce -q -J --txn --skip-bad "$TOPIC" \
		< <(printf '{"payload":"a"}\nb\n{"payload":"c"}\n')
	run -0 committed
	assert_output $'a\nc'
}

@test "--txn: a record that is refused undoes them all" {
	run -6 klog-produce -q --txn "$TOPIC" < <(
		seq 10
		head -c 3000000 /dev/zero | tr '\0' x
	)
	assert_output --partial 'MESSAGE_TOO_LARGE'
	assert_output --partial 'nothing of it will be read: 11 records'
	run -0 committed
	assert_output ''
}

@test "--txn: a signal aborts" {
	local pid
	mkfifo in
	klog-produce -q --txn "$TOPIC" <in 2>err 3>&- &
	pid=$!
	exec 4>in
	seq 3 >&4
	wait_until 10 has 3
	kill "$pid"
	rc=0
	wait "$pid" || rc=$?
	assert_equal $rc 143
	exec 4>&-
	assert_file_contains err 'nothing of it will be read: 3 records'
	# nobody waits for it: what comes after is read at once
	echo next | klog-produce -q "$TOPIC"
	run -0 committed
	assert_output next
}

@test "aborted transactions that lie across each other" {
	local outer inner
	mkfifo outer inner
	klog-produce -q --txn "$TOPIC" <outer 3>&- &
	outer=$!
	exec 4>outer
	echo outer >&4
	wait_until 10 has 1
	klog-produce -q --txn "$TOPIC" <inner 3>&- 4>&- &
	inner=$!
	exec 5>inner
	echo inner >&5
	wait_until 10 has 2
	kill -TERM $inner
	wait $inner || true
	kill -TERM $outer
	wait $outer || true
	exec 4>&- 5>&-
	echo after | klog-produce -q "$TOPIC"
	run -0 committed
	assert_output after
}

@test "--txn-every N: N records each, the rest at the end" {
	run -0 klog-produce -q --txn-every 10 "$TOPIC" < <(seq 25)
	run -0 committed
	assert_output "$(seq 25)"
	# a marker follows each of the three
	run -0 --separate-stderr klog-topics offsets "$TOPIC"
	assert_output --partial $'28'
}

@test "--txn-every N: a bad line undoes its own transaction only" {
	run -6 klog-produce -q -J --txn-every 2 "$TOPIC" \
		< <(printf '{"payload":"%s"}\n' a b c && echo oops)
	assert_output --partial 'nothing of it will be read: 1 record; committed before: 2'
	run -0 committed
	assert_output $'a\nb'
}

@test "--transactional-id: a newer run fences the older one" {
	mkfifo in
	klog-produce -q --transactional-id "$TOPIC" "$TOPIC" <in 2>err 3>&- &
	exec 4>in
	seq 3 >&4
	wait_until 10 has 3
	seq 10 12 | klog-produce -q --transactional-id "$TOPIC" "$TOPIC"
	seq 4 6 >&4
	exec 4>&-
	rc=0
	wait $! || rc=$?
	assert_equal $rc 7
	assert_file_contains err 'a newer run'
	run -0 committed
	assert_output $'10\n11\n12'
}

@test "-X transactional.id as in kcat; kill -9 leaves nothing behind" {
	local pid
	mkfifo in
	klog-produce -q -X transactional.id="$TOPIC" "$TOPIC" <in 3>&- &
	pid=$!
	exec 4>in
	seq 3 >&4
	wait_until 10 has 3
	kill -9 "$pid"
	wait "$pid" || true
	exec 4>&-
	echo again | klog-produce -q -X transactional.id="$TOPIC" "$TOPIC"
	run -0 committed
	assert_output again
}

@test "compressed, with keys, over several partitions" {
	new_topic --partitions 5
	seq 20000 | sed 's/.*/&:value &/' >in
	klog-produce -q --txn-every 5000 -z lz4 -K : "$TOPIC" <in
	klog-consume -q -e -K : "$TOPIC" | sort | cmp - <(sort in)
}

@test "what was committed can be read at once" {
	local n last
	for n in {1..10}; do
		last=$(echo "$n" | klog-produce -q --txn "$TOPIC" &&
			klog-consume -q -e "$TOPIC" | tail -n 1)
		assert_equal "$last" "$n"
	done
}

@test "what makes no transaction is refused" {
	run -2 klog-produce -q --txn -X acks=1 "$TOPIC" </dev/null
	assert_output --partial 'idempotence'
	run -2 klog-produce -q --txn-every 0 "$TOPIC" </dev/null
}

# The log ends with what is no record: a marker, then a transaction that was
# aborted and its marker. A read up to there ends, and at once.
@test "a bounded read of a log that ends in a hole" {
	ends() { run -0 timeout 5 klog-consume -q -f '%o %s\n' "$@" "$TOPIC"; }
	seq 3 | klog-produce -q --txn "$TOPIC"
	run -0 klog-topics -q offsets "$TOPIC"
	assert_output "$TOPIC	0	0	4	4"
	ends -e
	assert_output $'0 1\n1 2\n2 3'
	ends -o 2..4
	assert_output '2 3'
	ends -o 3..4
	assert_output ''
	ends -o -1 -e
	assert_output ''
	ends -n 1 -e
	assert_output '2 3'
	printf '{"payload":"x"}\noops\n' |
		klog-produce -q -J --txn "$TOPIC" 2>/dev/null || :
	ends -o 3 -e
	assert_output ''
	ends -o 4.. -e
	assert_output ''
	ends -n 2 -e
	assert_output $'1 2\n2 3'
	echo 4 | klog-produce -q "$TOPIC"
	ends -o 3 -e
	assert_line --regexp '^[0-9]+ 4$'
	assert_equal "${#lines[@]}" 1
}

@test "offsets of a group, in the transaction: there with the records, or not" {
	local g=$TOPIC-g
	[ -n "${KLOG_TEST_BROKERS:-}" ] || klog_broker
	klog-topics create "$TOPIC-in" --partitions 1
	"${KLOG_BUILD:-$BATS_TEST_DIRNAME/../build}/tests/helper/txn-offsets" \
		"$KLOG_BROKERS" "$g" "$TOPIC-in"
	# the marker may come a moment after the answer to the end
	committed() { [ "$(klog-groups -q export "$g" | cut -f 4)" = 7 ]; }
	wait_until 5 committed
	run -0 klog-groups -q export "$g"
	assert_output "$g	$TOPIC-in	0	7	left with it	"
	run -0 klog-consume -q -e "$TOPIC-in"
	assert_output $'x\nx'
}
