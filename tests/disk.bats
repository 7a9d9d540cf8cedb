#!/usr/bin/env bats
# What a user sees of a disk that is full, that loses files, or that gives
# back other bytes than were written.
# shellcheck disable=SC2030,SC2031

load lib/klog

setup() { needs_own_broker; klog_setup; }
teardown() {
	klog_teardown
	local rc=$?
	[ -z "${SMALL:-}" ] || umount "$SMALL"
	return $rc
}

count() { klog-consume -q -e "$1" | wc -l; }
says() { grep -q "$1" "$T/broker.err"; }
none_open() { ! find "/proc/$BROKER_PID/fd" -lname "*/$1/*" | grep -q .; }

@test "a full disk: the partition goes offline, and is back when there is room" {
	SMALL=$BATS_TEST_TMPDIR/small
	mkdir "$SMALL"
	mount -t tmpfs -o size=16m klog "$SMALL" 2>/dev/null ||
		{ SMALL=; skip "needs to mount a file system"; }
	DATA=$SMALL/data
	klog_broker
	seq 100 | klog-produce -q full
	seq 100 | klog-produce -q other
	cat /dev/zero >"$SMALL/filler" 2>/dev/null || true
	seq 101 100000 | klog-produce -q -X delivery.timeout.ms=60000 full &
	producer=$!
	wait_until 20 says "'full-0' goes offline: .*No space left on device"
	# nobody else is troubled
	assert_equal "$(count other)" 100
	# shellcheck disable=SC2046
	run ! klog-topics create $(seq -f 'a-rather-long-name-%g' 200)
	says "metadata log: .*No space left on device"
	rm "$SMALL/filler"
	wait "$producer"
	says "'full-0' is back"
	wait_until 10 klog-topics create late
	echo 1 | klog-produce -q late
	klog-consume -q -e full >out
	seq 100000 | cmp - out
	assert_equal "$(grep -c "'full-0' goes offline" "$T/broker.err")" 1
	# and a restart agrees
	klog_broker_kill
	klog_broker
	klog-consume -q -e full | cmp - out
	klog_broker_stop
}

@test "a full disk under several partitions: all are back, each record is there once" {
	local producers=()

	SMALL=$BATS_TEST_TMPDIR/small
	mkdir "$SMALL"
	mount -t tmpfs -o size=24m klog "$SMALL" 2>/dev/null ||
		{ SMALL=; skip "needs to mount a file system"; }
	DATA=$SMALL/data
	klog_broker
	klog-topics create --partitions 4 many
	for p in 0 1 2 3; do
		seq 100 | klog-produce -q -p $p many
	done
	cat /dev/zero >"$SMALL/filler" 2>/dev/null || true
	for p in 0 1 2 3; do
		seq 101 50000 | klog-produce -q -p $p -X delivery.timeout.ms=60000 many &
		producers+=($!)
	done
	for p in 0 1 2 3; do
		wait_until 20 says "'many-$p' goes offline: .*No space left on device"
	done
	# who does not wait is told that it is not there
	run -3 klog-produce -q -p 0 -X delivery.timeout.ms=500 many <<<"not there"
	assert_output --partial "1 record not acknowledged, 0 were"
	rm "$SMALL/filler"
	for p in "${producers[@]}"; do
		wait "$p"
	done
	for again in 1 2; do
		for p in 0 1 2 3; do
			klog-consume -q -e -p "$p" many | grep -v 'not there' >out
			seq 50000 | cmp - out
		done
		[ $again = 2 ] || { klog_broker_kill; klog_broker; }
	done
	assert_equal "$(grep -c "goes offline" "$T/broker.err")" 4
}

@test "a directory that is removed under the broker: nothing is acknowledged" {
	klog_broker
	seq 100 | klog-produce -q lost
	seq 100 | klog-produce -q other
	rm -r "$DATA/lost-0"
	run -3 klog-produce -q -X delivery.timeout.ms=500 lost <<<more
	assert_output --partial KAFKA_STORAGE_ERROR
	says "'lost-0' goes offline: .*was removed while it is in use"
	assert_equal "$(count other)" 100
	echo more | klog-produce -q other
	assert_equal "$(count other)" 101
}

@test "groups whose partitions fail: each answer names its group" {
	local lost=${KLOG_BUILD:-$BATS_TEST_DIRNAME/../build}/tests/helper/lost-groups

	klog_broker -X offsets.topic.num.partitions=20
	seq 10 | klog-produce -q t
	klog-consume -q -G other -e t
	"$lost" "${BROKER##*:}" 20
	rm -r "$DATA"/__consumer_offsets-*
	run -0 "$lost" "${BROKER##*:}" 20 lost
	[ "$output" -gt 0 ]
	says "'__consumer_offsets-[0-9]*' goes offline: .*was removed while it is in use"
}

@test "a file system that turns read-only: what is there is read, nothing more is acknowledged" {
	local disk=$BATS_TEST_TMPDIR/disk trigger

	truncate -s 32M "$disk"
	mkfs.ext4 -q "$disk" 2>/dev/null || skip "needs mkfs.ext4"
	SMALL=$BATS_TEST_TMPDIR/small
	mkdir "$SMALL"
	mount -o loop,errors=remount-ro "$disk" "$SMALL" 2>/dev/null ||
		{ SMALL=; skip "needs to mount a file system"; }
	trigger=$(findmnt -no SOURCE "$SMALL")
	trigger=/sys/fs/ext4/${trigger##*/}/trigger_fs_error
	[ -w "$trigger" ] || skip "needs a file system that errs on demand"
	DATA=$SMALL/data
	klog_broker -X log.flush.offset.checkpoint.interval.ms=100 \
		-X log.retention.check.interval.ms=100
	seq 100 | klog-produce -q wrote
	seq 100 | klog-produce -q other
	klog-topics create late
	# all is written down, and files that are not in use are closed
	wait_until 10 grep -q '^other 0 100' "$DATA/recovery-point-offset-checkpoint"
	wait_until 10 none_open other-0
	echo klog >"$trigger"
	run -3 klog-produce -q -X delivery.timeout.ms=1000 wrote <<<more
	assert_output --partial KAFKA_STORAGE_ERROR
	run -3 klog-produce -q -X delivery.timeout.ms=500 late <<<more
	assert_equal "$(count other)" 100
	run ! klog-topics create -m 1 another
	wait_until 10 says "checkpoint: .*Read-only file system"
	for what in "'wrote-0' goes offline" "'late-0' goes offline" \
		"metadata log: " checkpoint: retention:; do
		assert_equal "$what $(grep -c "$what.*Read-only file system" "$T/broker.err")" "$what 1"
	done
	run ! says "'other-0'"
	klog_broker_kill
	run -2 klog-broker --listen 127.0.0.1:0 --data "$DATA"
	assert_output "klog-broker: $DATA/.lock: Read-only file system"
	# and when it is mended
	umount "$SMALL"
	e2fsck -fy "$disk" >fsck || [ $? -eq 1 ]
	mount -o loop "$disk" "$SMALL"
	klog_broker
	seq 100 | cmp - <(klog-consume -q -e wrote)
	assert_equal "$(count other)" 100
	echo more | klog-produce -q late
	klog_broker_stop
}

# flip FILE OFFSET: the byte there (from the end where negative) is another.
flip() {
	local at=$2 size b

	size=$(stat -c %s "$1")
	[ "$at" -ge 0 ] || at=$((size + at))
	b=$(od -An -tu1 -j "$at" -N 1 "$1")
	# shellcheck disable=SC2059
	printf "$(printf '\\x%02x' $((b ^ 1)))" |
		dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}

# Three segments of 100 records of an idempotent producer.
three_segments() {
	klog_broker -X log.segment.bytes=20000 -X log.index.interval.bytes=1000 \
		-X log.retention.ms=-1
	seq -f '%0180g' 300 | klog-produce -q -X batch.num.messages=5 dented
	klog_broker_stop
	assert_file_exist "$DATA/dented-0/00000000000000000000.timeindex"
}

@test "a flipped byte in a file that can be made again: nothing is missing" {
	three_segments
	cp -r "$DATA" "$T/sound"
	(cd "$T/sound" && find . -path './dented-0/*' ! -name '*.log' \
		-o -name '*-checkpoint') | sed 's/^..//' >files
	assert [ "$(wc -l <files)" -ge 12 ]
	while read -r file; do
		[ -s "$T/sound/$file" ] || continue
		for at in 0 $(($(stat -c %s "$T/sound/$file") / 2)); do
			rm -rf "$DATA"
			cp -r "$T/sound" "$DATA"
			flip "$DATA/$file" "$at"
			echo "$file $at"
			klog_broker
			seq -f '%0180g' 300 | cmp - <(klog-consume -q -e dented)
			klog-topics offsets -o 1970-01-02 dented
			echo more | klog-produce -q dented
			assert_equal "$(klog-topics offsets dented | cut -f 4)" 301
			klog_broker_stop
		done
	done <files
}

@test "a flipped byte in a log: what comes before it is read, the rest said" {
	three_segments
	file=$(find "$DATA/dented-0" -name '*.log' | sort | sed -n 2p)
	# a length: no batch can be found behind it
	flip "$file" 8
	klog_broker
	klog-consume -q dented >out &
	KLOG_PIDS+=($!)
	wait_until 10 says "'dented-0' goes offline: .*${file##*/}: batch at 0"
	cmp -n "$(stat -c %s out)" out <(seq -f '%0180g' 300)
	seq 10 | klog-produce -q other
	assert_equal "$(count other)" 10
}

@test "a flipped byte in the last records: exit 6, and no group goes past it" {
	klog_broker
	for i in 1 2 3; do seq "$i"0 "$i"9 | klog-produce -q ends; done
	klog_broker_stop
	flip "$DATA/ends-0/00000000000000000000.log" -3
	klog_broker
	run -6 klog-consume -e ends
	assert_equal "$output" "$(seq 10 29)
klog-consume: ends[0]: batch at offset 20: CRC mismatch"
	run -6 klog-consume -q -e -G late ends
	run -0 klog-groups lag late
	assert_line --index 0 "late	ends	1	10"
	# nor is what follows taken for copied
	run -6 klog-mirror -q --from "$KLOG_BROKERS" --to "$KLOG_BROKERS" \
		--prefix copy. --topics ends
	run -6 klog-mirror -q --from "$KLOG_BROKERS" --to "$KLOG_BROKERS" \
		--prefix copy. --topics ends
}

@test "a log that has become shorter, between two batches: said" {
	klog_broker
	seq 10 | klog-produce -q short
	size=$(stat -c %s "$DATA/short-0/00000000000000000000.log")
	seq 10 | klog-produce -q short
	klog_broker_stop
	truncate -s "$size" "$DATA/short-0/00000000000000000000.log"
	klog_broker
	assert says "short-0: ends at offset 10, but was on disk up to 20"
	assert_equal "$(count short)" 10
}

@test "a flipped byte in meta.properties or the metadata log: no start, and why" {
	klog_broker
	klog-topics create one
	klog_broker_stop
	cp -r "$DATA" "$T/sound"
	flip "$DATA/__cluster_metadata-0/00000000000000000000.log" -10
	run -6 klog-broker --listen 127.0.0.1:0 --data "$DATA"
	assert_output --partial "metadata log: batch at offset"
	rm -rf "$DATA"
	cp -r "$T/sound" "$DATA"
	sed -i 's/^version=1/version=3/' "$DATA/meta.properties"
	run -6 klog-broker --listen 127.0.0.1:0 --data "$DATA"
	assert_output --partial "meta.properties"
}
