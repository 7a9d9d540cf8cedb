#!/usr/bin/env bats
# klog-topics config, against the private broker or, with KLOG_TEST_BROKERS,
# another.

load lib/klog

setup() { klog_setup; }
teardown() { klog_teardown; }

@test "set, get and unset" {
	new_topic
	run -0 klog-topics config get "$TOPIC"
	assert_output ''
	run -0 klog-topics config set "$TOPIC" retention.ms=7 segment.bytes=2000000
	assert_output ''
	run -0 klog-topics config get "$TOPIC"
	assert_output "$TOPIC	retention.ms	7	topic
$TOPIC	segment.bytes	2000000	topic"
	run -0 klog-topics config unset "$TOPIC" retention.ms
	run -0 klog-topics config get "$TOPIC"
	assert_output "$TOPIC	segment.bytes	2000000	topic"
}

@test "what was set at the creation" {
	new_topic --set retention.ms=9
	run -0 klog-topics config get "$TOPIC"
	assert_output "$TOPIC	retention.ms	9	topic"
}

@test "all of them, or those that are named" {
	new_topic
	run -0 bash -c "klog-topics config get '$TOPIC' -a | wc -l"
	[ "$output" -ge 25 ]
	run -0 klog-topics config get "$TOPIC" cleanup.policy segment.bytes
	assert_output "$TOPIC	cleanup.policy	delete	default
$TOPIC	segment.bytes	1073741824	default"
	run -4 klog-topics config get "$TOPIC" cleanup.policy no.such
	assert_output --partial "klog-topics: $TOPIC: no property 'no.such'"
	assert_line "$TOPIC	cleanup.policy	delete	default"
}

@test "lists grow and shrink" {
	new_topic
	run -0 klog-topics config set "$TOPIC" cleanup.policy+=compact
	run -0 klog-topics config get "$TOPIC"
	assert_output "$TOPIC	cleanup.policy	delete,compact	topic"
	run -0 klog-topics config set "$TOPIC" cleanup.policy-=delete
	run -0 klog-topics config get "$TOPIC"
	assert_output "$TOPIC	cleanup.policy	compact	topic"
	run -2 klog-topics config set "$TOPIC" retention.ms+=1
	assert_output --partial "INVALID_CONFIG"
}

@test "several topics, each its own outcome" {
	fresh_topic
	klog-topics create "$TOPIC-a" "$TOPIC-b"
	run -4 klog-topics config set "$TOPIC-a,$TOPIC-none,$TOPIC-b" \
		retention.ms=5
	assert_output --partial \
		"klog-topics: $TOPIC-none: UNKNOWN_TOPIC_OR_PARTITION"
	run -0 klog-topics config get -t "$TOPIC-a" -t "$TOPIC-b"
	assert_output "$TOPIC-a	retention.ms	5	topic
$TOPIC-b	retention.ms	5	topic"
	run -0 klog-topics config set --if-exists "$TOPIC-none" retention.ms=5
	run -0 klog-topics config get --if-exists "$TOPIC-none"
	run -4 klog-topics config get "$TOPIC-none"
	run -0 klog-topics config get --regex "$TOPIC-.*" retention.ms
	assert_equal "$(cut -f 3 <<<"$output" | sort -u)" 5
	klog-topics delete "$TOPIC-a" "$TOPIC-b"
}

@test "what the broker refuses, with its reason" {
	new_topic
	run -2 klog-topics config set "$TOPIC" retention.ms=soon
	assert_output --partial "$TOPIC: INVALID_CONFIG: Invalid value soon for \
configuration retention.ms: Not a number of type LONG"
	run -2 klog-topics config set "$TOPIC" no.such=1
	assert_output --partial "Unknown topic config name: no.such"
	run -2 klog-topics config set "$TOPIC" remote.storage.enable=true
	run -0 klog-topics config get "$TOPIC"
	assert_output ''
}

@test "--dry-run checks and changes nothing" {
	new_topic
	run -0 klog-topics config set -n "$TOPIC" retention.ms=7
	run -2 klog-topics config set -n "$TOPIC" retention.ms=x
	run -0 klog-topics config get "$TOPIC"
	assert_output ''
}

@test "--json" {
	new_topic
	run -0 klog-topics config set -J "$TOPIC" retention.ms=7
	assert_output "{\"topic\":\"$TOPIC\",\"status\":\"altered\",\
\"error\":null,\"message\":null}"
	run -0 klog-topics config get -J "$TOPIC"
	assert_output "{\"topic\":\"$TOPIC\",\"name\":\"retention.ms\",\
\"value\":\"7\",\"source\":\"topic\"}"
}

@test "brokers: one, and the default of all" {
	local id
	id=$(klog-topics -q -L | sed -n 's/^  broker \([0-9]*\) .*/\1/p' | head -1)
	run -0 klog-topics config set --broker "$id" message.max.bytes=1234567
	run -0 klog-topics config get --broker "$id" message.max.bytes
	assert_output "$id	message.max.bytes	1234567	broker"
	run -0 klog-topics config set --broker all message.max.bytes=1234568
	run -0 klog-topics config get --broker all
	assert_line "all	message.max.bytes	1234568	all-brokers"
	run -0 klog-topics config unset --broker "$id" message.max.bytes
	run -0 klog-topics config get -J --broker "$id" message.max.bytes
	assert_output "{\"broker\":\"$id\",\"name\":\"message.max.bytes\",\
\"value\":\"1234568\",\"source\":\"all-brokers\"}"
	klog-topics config unset --broker all message.max.bytes
	run -0 klog-topics config get --broker "$id"
	refute_output --partial message.max.bytes
	run -4 klog-topics config get --broker "$id,97"
	assert_output --partial 'there is no broker 97'
	run -2 klog-topics config set --broker "$id" message.max.bytes=x
	assert_output --partial INVALID
	run -2 klog-topics config get --broker one
	run -2 klog-topics config get --broker 1 -t topic
}

@test "set with --regex: shown, and never without consent" {
	fresh_topic
	klog-topics create "$TOPIC.1" "$TOPIC.2"
	run -2 klog-topics config set --regex "$TOPIC.*" retention.ms=5
	assert_line "$TOPIC.2"
	run -0 klog-topics config get "$TOPIC.1,$TOPIC.2"
	assert_output ''
	run -0 klog-topics config set --regex --yes "$TOPIC.*" retention.ms=5
	run -0 klog-topics config get "$TOPIC.1,$TOPIC.2"
	assert_equal "$(cut -f 3 <<<"$output" | xargs)" '5 5'
}

@test "bad usage: exit 2" {
	run -2 klog-topics config
	assert_output --partial 'get, set or unset'
	run -2 klog-topics config put t a=b
	run -2 klog-topics config get
	assert_output --partial 'needs a topic'
	run -2 klog-topics config set t
	run -2 klog-topics config set t retention.ms
	run -2 klog-topics config set t =7
	run -2 klog-topics config unset t retention.ms=7
	run -2 klog-topics config get t,,u
}

# stored PROPERTY=VALUE..: bytes of a topic that has these.
stored() {
	local sets=() p

	for p in "$@"; do sets+=(--set "$p"); done
	new_topic --partitions 1 "${sets[@]}"
	klog-produce -q "$TOPIC" in
	klog-consume -q -e "$TOPIC" | cmp - in
	klog-topics stat -J "$TOPIC" | jq .bytes
}

@test "compression.*.level: as the broker compresses" {
	local c least most
	seq 20000 >in
	while read -r c least most; do
		least=$(stored compression.type="$c" compression."$c".level="$least")
		most=$(stored compression.type="$c" compression."$c".level="$most")
		[ "$most" -lt "$least" ] || fail "$c: $least, $most"
	done <<-'END'
		gzip 1 9
		lz4 9 12
		zstd -20 19
	END
	new_topic
	for p in gzip.level=0 lz4.level=18 zstd.level=23; do
		run -2 klog-topics config set "$TOPIC" compression."$p"
		assert_output --partial "compression.${p%=*}"
	done
}

@test "a change is there after a restart, and in force" {
	needs_own_broker
	new_topic
	klog-topics config set "$TOPIC" max.message.bytes=100
	run -0 klog-topics config get "$TOPIC" max.message.bytes
	run bash -c "head -c 5000 /dev/urandom | base64 -w0 |
		klog-produce -q '$TOPIC'"
	[ "$status" -ne 0 ]
	assert_output --partial MESSAGE_TOO_LARGE
	klog-topics config unset "$TOPIC" max.message.bytes
	run -0 bash -c "head -c 5000 /dev/urandom | base64 -w0 |
		klog-produce -q '$TOPIC'"
	klog-topics config set "$TOPIC" retention.ms=77
	klog-broker --stop --data "${KLOG_BROKERS#dir:}"
	run -0 klog-topics config get "$TOPIC"
	assert_output "$TOPIC	retention.ms	77	topic"
}
