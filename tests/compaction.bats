#!/usr/bin/env bats
# Compaction as a user sees it: cleanup.policy=compact, records with keys, and
# a broker that looks several times a second.

load lib/klog

setup() { needs_own_broker; klog_setup; }
teardown() { klog_teardown; }

broker() { klog_broker -X log.cleaner.backoff.ms=50 "$@"; }

# compacted TOPIC PROPERTY=VALUE..: made with these, in small segments.
compacted() {
	local t=$1 sets=()

	shift
	for p in cleanup.policy=compact min.cleanable.dirty.ratio=0.01 segment.bytes=20000 "$@"; do
		sets+=(--set "$p")
	done
	klog-topics create "$t" "${sets[@]}"
}

# keyed FROM TO VALUE [OPTION..] TOPIC: keys FROM to TO, ten records a batch.
keyed() {
	local from=$1 to=$2 value=$3

	shift 3
	seq "$from" "$to" | sed "s/.*/k&:$value-&/" |
		klog-produce -q -K : -X batch.num.messages=10 "$@"
}

all() { klog-consume -q -e -f '%o %k=%s\n' "$1"; }
records() { all "$1" | wc -l; }
is() { [ "$("$1" "$2")" -eq "$3" ]; }
at_most() { [ "$("$1" "$2")" -le "$3" ]; }
fill_up() { yes x | head -200 | klog-produce -q -k filler -X batch.num.messages=100 "$1"; }

@test "files that were replaced go when their time has come" {
	broker
	compacted brief file.delete.delay.ms=100
	keyed 1 1000 old brief
	keyed 1 1000 new brief
	head -c 30000 /dev/zero | tr '\0' x | fold -w 10000 | klog-produce -q -k end brief
	wait_until 10 at_most records brief 1003
	all_gone() { ! compgen -G "$DATA/brief-0/*.deleted" >/dev/null; }
	wait_until 10 all_gone
}

@test "the last record of each key stays, with its offset" {
	broker
	compacted last
	keyed 1 1000 old last
	keyed 1 1000 new last
	head -c 30000 /dev/zero | tr '\0' x | fold -w 10000 | klog-produce -q -k end last
	# what is in the active segment at the end stays as it is
	wait_until 10 at_most records last 1003
	all last >"$T/left"
	run -0 grep -c =new- "$T/left"
	assert_output 1000
	run -1 grep =old- "$T/left"
	while read -r at rest; do
		[ "${rest%%=*}" = end ] || [ "$at" -eq $((999 + ${rest##*-})) ] || fail "$at $rest"
	done < <(head -1000 "$T/left")
	assert_equal "$(tail -1 "$T/left" | cut -d' ' -f1)" 2002
	# what was replaced stays for who reads it by name
	assert_file_exist "$DATA/last-0/00000000000000000000.log.deleted"
	# appending goes on, and so does reading after a kill
	klog_broker_kill
	broker
	diff <(grep = "$T/left" | grep -v ' end=') <(all last | grep -v ' end=')
	assert_equal "$(cat "$DATA"/cleaner-offset-checkpoint | grep -c '^last 0 ')" 1
}

@test "log.cleaner.backoff.ms changes while the broker runs" {
	broker -X log.cleaner.backoff.ms=3600000
	compacted later
	keyed 1 1000 old later
	keyed 1 1000 new later
	fill_up later
	assert_equal "$(records later)" 2200
	klog-topics config set --broker all log.cleaner.backoff.ms=50
	wait_until 10 at_most records later 1500
}

@test "a null value deletes its key, in time" {
	broker
	compacted tomb delete.retention.ms=300
	keyed 1 500 old tomb
	seq 1 500 | sed 's/.*/k&:-/' | klog-produce -q -K : --null - tomb
	fill_up tomb
	keyed 1001 1300 other tomb
	has() { all tomb | grep -q '^[0-9]* k[0-9]\{1,3\}='; }
	gone() { keyed 2001 2300 again tomb; ! has; }
	wait_until 10 gone
	assert [ "$(all tomb | grep -c other)" -eq 300 ]
}

@test "each codec: what is left is read, and was compressed again" {
	broker
	for codec in gzip snappy lz4 zstd; do
		compacted "$codec"
		keyed 1 1000 old -z "$codec" "$codec"
		keyed 1 990 new -z "$codec" "$codec"
		fill_up "$codec"
	done
	for codec in gzip snappy lz4 zstd; do
		keyed 1 2000 end "$codec"
		wait_until 10 at_most records "$codec" 3005
		run -0 all "$codec"
	done
}

@test "the topic's compression level is the cleaner's, too" {
	broker
	for level in -100 19; do
		compacted "zstd$level" compression.zstd.level="$level"
		keyed 1 1000 old -z zstd "zstd$level"
		keyed 1 500 new -z zstd "zstd$level"
		fill_up "zstd$level"
		keyed 1001 3000 end "zstd$level"
		wait_until 10 at_most records "zstd$level" 3205
	done
	assert [ "$(stat -c %s "$DATA/zstd19-0/00000000000000000000.log")" -lt \
		"$(stat -c %s "$DATA/zstd-100-0/00000000000000000000.log")" ]
}

@test "a record without a key is refused" {
	broker
	compacted keys
	run -6 --separate-stderr klog-produce keys <<<'no key'
	[[ $stderr == *INVALID_RECORD* ]] || fail "$stderr"
}

@test "what is damaged is left alone, with one message; others go on" {
	broker
	compacted bad
	compacted good
	klog_broker_stop
	broker -X log.cleaner.enable=false
	keyed 1 1000 old bad
	keyed 1 1000 new bad
	klog_broker_stop
	printf 'X' | dd of="$DATA/bad-0/00000000000000000000.log" bs=1 seek=100 conv=notrunc status=none
	broker
	keyed 1 1000 old good
	keyed 1 1000 new good
	fill_up good
	wait_until 10 at_most records good 1400
	wait_until 10 grep -q 'bad-0.*not compacted any more: .*CRC mismatch' "$T/broker.err"
	# not again in a later round, which has something to do
	compacted better
	keyed 1 1000 old better
	keyed 1 1000 new better
	fill_up better
	wait_until 10 at_most records better 1400
	assert_equal "$(grep -c 'bad-0.*not compacted any more' "$T/broker.err")" 1
}

@test "compact,delete: keys stay once, and old segments go all the same" {
	broker -X log.retention.check.interval.ms=100
	klog-topics create both --set cleanup.policy=compact,delete --set segment.bytes=20000 \
		--set min.cleanable.dirty.ratio=0.01 --set retention.bytes=60000 --set file.delete.delay.ms=1
	keyed 1 500 old both
	keyed 1 500 new both
	fill_up both
	no_old() { ! all both | grep -q '=old-'; }
	wait_until 10 no_old
	# more than retention keeps, no key twice
	keyed 1001 9000 more both
	fewer() { [ "$(all both | grep -c '=more-')" -lt 5000 ]; }
	wait_until 10 fewer
	run -0 bash -c 'klog-consume -q -e -f "%k\n" both | grep -v filler | sort | uniq -d'
	assert_output ''
	assert [ "$(klog-topics offsets both | cut -f 4)" -eq 9200 ]
}
