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
	cmp <(src klog-consume -q -e "${1:-$TOPIC}") \
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
		-X delivery.timeout.ms=300 2>err 3>&- &
	KLOG_PIDS+=($!)
	written() { [ "$(klog-consume -q -e --uncommitted "$TOPIC" 2>/dev/null | wc -l)" -gt 9 ]; }
	wait_until 10 written
	klog_broker_kill
	sleep 0.5
	klog_broker
	wait_until 20 equal
	assert_file_contains err 'trying again: .* not acknowledged in 0.3 s'
}
