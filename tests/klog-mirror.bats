#!/usr/bin/env bats
# klog-mirror: from a private broker into another one or, with
# KLOG_TEST_BROKERS, into another cluster.

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

# What a topic holds but for offsets: partition by partition, in order.
content() {
	klog-consume -b "$1" -q -e -J "${2:-$TOPIC}" |
		jq -cS 'del(.offset, .broker, .epoch, .topic)' |
		sort -s -t: -k1,1 | jq -cs 'group_by(.partition)[] | .[]'
}

# Source and target hold the same.
equal() {
	diff <(content "$SRC" "${1:-$TOPIC}") <(content "$TO" "${2:-${1:-$TOPIC}}")
}

# An even mix: keys, nulls, headers, times, codecs.
fill() {
	local codec
	for codec in none gzip snappy lz4 zstd; do
		seq "$1" "$2" | sed 's/.*/k&:value & of some length/' |
			src klog-produce -q -z "$codec" -K : -H "codec=$codec" \
				-H null -H 'twice=1' -H 'twice=2' "$TOPIC"
	done
	printf '%s\n' '{"key":null,"payload":null,"ts":1234567890123}' \
		'{"key":"","payload":""}' '{"payload":{"base64":"/wD+"}}' |
		src klog-produce -q -J "$TOPIC"
}

@test "--once: everything, in its partition, and once only" {
	src klog-topics create "$TOPIC" --partitions 3
	fill 1 200
	run -0 mirror --topics "$TOPIC"
	assert_output ''
	equal
	local before
	before=$(klog-topics -b "$TO" offsets "$TOPIC" "__klog_mirror.$TOPIC")
	run -0 mirror --topics "$TOPIC"
	assert_output ''
	# nothing to do: nothing is written, not even a marker
	assert_equal "$before" \
		"$(klog-topics -b "$TO" offsets "$TOPIC" "__klog_mirror.$TOPIC")"
	equal
	fill 201 400
	mirror --topics "$TOPIC"
	equal
}

@test "small batches: records come together, as they were" {
	local codec
	src klog-topics create "$TOPIC" --partitions 1
	src klog-topics create "$TOPIC-narrow" --partitions 1 --set max.message.bytes=2000
	for codec in lz4 zstd none lz4; do
		seq 2000 | sed "s/.*/k&:$codec & of some length, some length, some length/" |
			src klog-produce -q -z "$codec" -K : -X batch.size=4096 \
				-H "codec=$codec" "$TOPIC"
	done
	seq 80000 81000 | src klog-produce -q -X batch.size=4096 "$TOPIC-narrow"
	mirror --topics "$TOPIC,$TOPIC-narrow"
	equal
	equal "$TOPIC-narrow"
	bytes() { klog-topics -q -b "$1" stat "$TOPIC" | cut -f 4; }
	[ "$(bytes "$TO")" -lt "$(bytes "$SRC")" ]
}

@test "the last line, with -v and as JSON" {
	src klog-topics create "$TOPIC" --partitions 2
	seq 10 | src klog-produce -q "$TOPIC"
	run -0 klog-mirror --from "$SRC" --to "$TO" --link "$TOPIC" --topics "$TOPIC" -v
	assert_output --regexp "$TOPIC: 2 partitions, 10 records, .* MB, lag 0, "
	seq 5 | src klog-produce -q "$TOPIC"
	run -0 --separate-stderr mirror --topics "$TOPIC" -J
	run jq -c '[.records, .partitions, .lag]' <<<"$output"
	assert_output '[5,2,0]'
}

@test "status tells the lag, and copies nothing" {
	src klog-topics create "$TOPIC" --partitions 1
	seq 10 | src klog-produce -q "$TOPIC"
	run -0 --separate-stderr mirror --topics "$TOPIC" status
	assert_output "$TOPIC	0	$TOPIC	copy		10	10"
	mirror --topics "$TOPIC"
	seq 3 | src klog-produce -q "$TOPIC"
	run -0 --separate-stderr mirror --topics "$TOPIC" status
	assert_output "$TOPIC	0	$TOPIC	copy	10	13	3"
	run -0 klog-consume -q -e "$TOPIC"
	assert_output "$(seq 10)"
}

@test "--dry-run says what would be done" {
	src klog-topics create "$TOPIC" --partitions 2
	run -0 --separate-stderr klog-mirror --from "$SRC" --to "$TO" --link "$TOPIC" --topics "$TOPIC" -n
	assert_equal "$stderr" "klog-mirror: $TOPIC: create with 2 partitions"
	run -4 klog-consume -q -e "$TOPIC"
}

@test "aborted and open transactions of the source are not copied" {
	src klog-topics create "$TOPIC" --partitions 1
	src klog-produce -q --txn -X request.timeout.ms=200 "$TOPIC" \
		</dev/null 2>/dev/null || skip "no transactions in the source"
	echo a | src klog-produce -q --txn "$TOPIC"
	! printf '{"payload":"x"}\noops\n' | src klog-produce -q -J --txn "$TOPIC"
	echo b | src klog-produce -q "$TOPIC"
	mirror --topics "$TOPIC"
	run -0 klog-consume -q -e "$TOPIC"
	assert_output $'a\nb'
}

@test "new partitions of the source" {
	src klog-topics create "$TOPIC" --partitions 1
	fill 1 20
	mirror --topics "$TOPIC"
	src klog-topics alter "$TOPIC" --partitions 4
	fill 21 60
	mirror --topics "$TOPIC"
	equal
	run -0 --separate-stderr klog-topics list "$TOPIC"
	assert_output --partial "$TOPIC	4"
}

@test "--prefix, SOURCE=TARGET and expressions" {
	local t=$TOPIC
	src klog-topics create "$t-a" "$t-b" "$t-c" "$t-z" --partitions 1
	for i in a b c z; do echo "$i" | src klog-produce -q "$t-$i"; done
	mirror --prefix p. --topics "$t-a=$t.renamed,$t-b" --topics "^$t-[cd]"
	equal "$t-a" "$t.renamed"
	equal "$t-b" "p.$t-b"
	equal "$t-c" "p.$t-c"
	run -4 klog-consume -q -e "p.$t-z"
}

@test "-g copies what matches, and goes on behind the rest" {
	src klog-topics create "$TOPIC" --partitions 1
	seq 100 | src klog-produce -q -z lz4 "$TOPIC"
	mirror --topics "$TOPIC" -g 'v:7$'
	run -0 klog-consume -q -e "$TOPIC"
	assert_output "$(seq 7 10 97)"
	seq 101 120 | src klog-produce -q "$TOPIC"
	mirror --topics "$TOPIC" -g 'v:7$'
	run -0 klog-consume -q -e "$TOPIC"
	assert_output "$(seq 7 10 117)"
}

@test "records lost before they were copied: exit 6, or --on-gap=skip" {
	src klog-topics create "$TOPIC" --partitions 1
	seq 10 | src klog-produce -q "$TOPIC"
	mirror --topics "$TOPIC"
	seq 11 20 | src klog-produce -q "$TOPIC"
	src klog-topics trim "$TOPIC" -o 15 --yes
	run -6 mirror --topics "$TOPIC"
	assert_output --partial "$TOPIC[0]: the source dropped offsets 10 to 14"
	mirror --topics "$TOPIC" --on-gap=skip
	run -0 klog-consume -q -e "$TOPIC"
	assert_output "$(seq 10; seq 16 20)"
	run -0 mirror --topics "$TOPIC"
}

@test "a topic that was made anew: exit 6, or --on-recreate=restart" {
	src klog-topics create "$TOPIC" --partitions 1
	seq 10 | src klog-produce -q "$TOPIC"
	mirror --topics "$TOPIC"
	src klog-topics delete "$TOPIC"
	src klog-topics create "$TOPIC" --partitions 1
	seq 50 70 | src klog-produce -q "$TOPIC"
	run -6 mirror --topics "$TOPIC"
	assert_output --partial 'deleted and made anew'
	mirror --topics "$TOPIC" --on-recreate=restart
	run -0 klog-consume -q -e "$TOPIC"
	assert_output "$(seq 10; seq 50 70)"
	run -0 mirror --topics "$TOPIC"
}

@test "what is wrong with one topic does not keep the others" {
	src klog-topics -q create "$TOPIC" "$TOPIC-b" --partitions 1
	seq 5 | src klog-produce -q "$TOPIC"
	seq 5 | src klog-produce -q "$TOPIC-b"
	mirror --topics "$TOPIC,$TOPIC-b"
	src klog-topics -q delete "$TOPIC" --yes
	src klog-topics -q create "$TOPIC" --partitions 1
	seq 3 | src klog-produce -q "$TOPIC"
	seq 6 7 | src klog-produce -q "$TOPIC-b"
	src klog-groups -q seek "$TOPIC-g" -t "$TOPIC" --to 1 --yes
	src klog-groups -q seek "$TOPIC-g" -t "$TOPIC-b" --to 6 --yes
	run -6 mirror --topics "$TOPIC,$TOPIC-b" --dry-run
	assert_line --partial "made anew"
	run -6 mirror --topics "$TOPIC,$TOPIC-b" --sync-groups "^$TOPIC-g"
	equal "$TOPIC-b"
	run -0 klog-consume -q -e "$TOPIC"
	assert_output "$(seq 5)"
	# nor are offsets of the one that it is no longer translated
	run -0 --separate-stderr klog-groups -q -J describe "$TOPIC-g"
	assert_output --partial "\"$TOPIC-b\""
	refute_output --partial "\"$TOPIC\""
}

@test "a marker of a newer epoch is nothing that the source took back" {
	local pid
	needs_own_broker
	klog_broker
	SRC=$BROKER
	src klog-topics create "$TOPIC" --partitions 1
	seq 5 | src klog-produce -q "$TOPIC"
	mkfifo in
	src klog-produce -q -X transactional.id=t "$TOPIC" <in 3>&- &
	pid=$!
	exec 4>in
	seq 3 >&4
	undone() { [ "$(src klog-consume -q -e --uncommitted "$TOPIC" | wc -l)" = 8 ]; }
	wait_until 10 undone
	klog_broker_kill
	kill -9 "$pid"
	exec 4>&-
	klog_broker
	src klog-produce -q -X transactional.id=t "$TOPIC" </dev/null
	ended() { [ "$(src klog-topics --committed offsets "$TOPIC" | cut -f 4)" = 9 ]; }
	wait_until 10 ended
	mirror --topics "$TOPIC"
	run -0 mirror --topics "$TOPIC"
	assert_output ''
	equal
	seq 6 8 | src klog-produce -q "$TOPIC"
	mirror --topics "$TOPIC"
	equal
}

@test "a copy that is gone: exit 6, or --on-recreate=restart" {
	src klog-topics create "$TOPIC" --partitions 1
	seq 10 | src klog-produce -q "$TOPIC"
	mirror --topics "$TOPIC"
	klog-topics delete "$TOPIC"
	run -6 mirror --topics "$TOPIC"
	assert_output --partial 'is gone from the target'
	mirror --topics "$TOPIC" --on-recreate=restart
	equal
}

@test "batches larger than the target's default; properties of a new topic" {
	src klog-topics create "$TOPIC" --partitions 1 \
		--set max.message.bytes=5000000 --set retention.ms=123456789
	head -c 3000000 /dev/zero | tr '\0' x | src klog-produce -q "$TOPIC"
	mirror --topics "$TOPIC"
	equal
	run -0 --separate-stderr klog-topics config get "$TOPIC"
	assert_output --partial 'retention.ms	123456789'
	# what the source has checked need not be unpacked again
	[ -n "${KLOG_TEST_BROKERS:-}" ] ||
		assert_output --partial 'batch.validation	relaxed'
}

@test "max.message.bytes is raised before a large batch comes" {
	src klog-topics create "$TOPIC" --partitions 1
	echo small | src klog-produce -q "$TOPIC"
	mirror --topics "$TOPIC"
	src klog-topics config set "$TOPIC" max.message.bytes=5000000
	head -c 3000000 /dev/zero | tr '\0' x | src klog-produce -q "$TOPIC"
	mirror --topics "$TOPIC"
	equal
}

@test "records larger than the topic allows by now; not without saying so to the target" {
	src klog-topics -q create "$TOPIC" --partitions 1
	head -c 500000 /dev/zero | tr '\0' x | src klog-produce -q --whole "$TOPIC"
	seq 10 | src klog-produce -q "$TOPIC"
	src klog-topics -q config set "$TOPIC" max.message.bytes=10000
	run -0 klog-mirror -v --no-progress --from "$SRC" --to "$TO" --link "$TOPIC" --topics "$TOPIC"
	assert_output --partial "set max.message.bytes=500"
	assert_output --partial ", 11 records"
	equal
	# and with a header that makes them larger than the source allows
	src klog-topics -q create "$TOPIC-i" --partitions 1
	head -c 1048500 /dev/zero | tr '\0' x | src klog-produce -q --whole "$TOPIC-i"
	mirror --topics "$TOPIC-i" --identity
	cmp <(src klog-consume -q -e "$TOPIC-i") <(klog-consume -q -e "$TOPIC-i")
}

@test "batches for which there is no room just now" {
	local i
	# 12 MB are under way at most
	src klog-topics create "$TOPIC" --partitions 1 --set max.message.bytes=12000000
	for i in 1 2 3 4; do
		head -c 3500000 /dev/zero | tr '\0' $i |
			src klog-produce -q -X message.max.bytes=8000000 --whole "$TOPIC" -
		seq 2000 | src klog-produce -q "$TOPIC"
	done
	head -c 11500000 /dev/zero |
		src klog-produce -q -X message.max.bytes=12000000 --whole "$TOPIC" -
	run -0 timeout -s KILL 20 klog-mirror -q --from "$SRC" --to "$TO" --link "$TOPIC" --topics "$TOPIC"
	cmp <(src klog-consume -q -e "$TOPIC") <(klog-consume -q -e "$TOPIC")
}

@test "--identity: batches that grow beyond what the target takes" {
	local i
	src klog-topics create "$TOPIC" --partitions 1 --set max.message.bytes=20000
	for i in 1 2 3 4 5; do
		# about 18 kB, and 7 kB
		seq -f "%095g" 171 | src klog-produce -q "$TOPIC"
		seq -f "%095g" 70 | src klog-produce -q "$TOPIC"
	done
	run -0 mirror --topics "$TOPIC" --identity
	cmp <(src klog-consume -q -e "$TOPIC") <(klog-consume -q -e "$TOPIC")
}

@test "--sync-config: set here, set there; unset here, unset there" {
	src klog-topics create "$TOPIC" --partitions 1 --set retention.ms=1000000
	mirror --topics "$TOPIC"
	src klog-topics config set "$TOPIC" retention.ms=2000000 cleanup.policy=compact
	run -0 mirror --topics "$TOPIC" --sync-config -n
	assert_output --partial "$TOPIC: set retention.ms=2000000"
	mirror --topics "$TOPIC" --sync-config
	run -0 --separate-stderr klog-topics config get "$TOPIC"
	assert_output --partial 'retention.ms	2000000'
	src klog-topics config unset "$TOPIC" retention.ms
	mirror --topics "$TOPIC" --sync-config
	run -0 --separate-stderr klog-topics config get "$TOPIC"
	refute_output --partial 'retention.ms'
}

@test "--follow takes what comes; a signal ends it in good order" {
	local pid rc=0
	src klog-topics create "$TOPIC" --partitions 1
	mirror_job --topics "$TOPIC" --follow 3>&- &
	pid=$!
	seq 5 | src klog-produce -q "$TOPIC"
	wait_until 20 sh -c "klog-consume -q -e $TOPIC 2>/dev/null | grep -qx 5"
	seq 6 10 | src klog-produce -q "$TOPIC"
	wait_until 20 sh -c "klog-consume -q -e $TOPIC | grep -qx 10"
	kill "$pid"
	wait "$pid" || rc=$?
	assert_equal "$rc" 143
	run -0 klog-consume -q -e "$TOPIC"
	assert_output "$(seq 10)"
}

@test "--follow: topics grow, go, and come again" {
	local pid rc=0
	src klog-topics -q create "$TOPIC" "$TOPIC-b" --partitions 2
	seq 10 | src klog-produce -q -k k "$TOPIC"
	seq 10 | src klog-produce -q "$TOPIC-b"
	mirror_job --topics "^$TOPIC.*" --follow 2>err 3>&- &
	pid=$!
	KLOG_PIDS+=($pid)
	wait_until 20 equal
	wait_until 20 equal "$TOPIC-b"
	src klog-topics -q alter "$TOPIC" --partitions 5
	seq 100 | sed 's/.*/&:&/' | src klog-produce -q -K : "$TOPIC"
	wait_until 20 equal
	src klog-topics -q delete "$TOPIC-b" --yes
	wait_until 20 grep -q "$TOPIC-b: is no longer in the source" err
	seq 3 | src klog-produce -q "$TOPIC"
	wait_until 20 equal
	# it is not taken for the same
	src klog-topics -q create "$TOPIC-b" --partitions 1
	wait "$pid" || rc=$?
	assert_equal "$rc" 6
	assert_file_contains err 'made anew'
}

@test "a newer run fences the older one: exit 7" {
	local pid rc=0
	src klog-topics create "$TOPIC" --partitions 1
	seq 5 | src klog-produce -q "$TOPIC"
	mirror_job --topics "$TOPIC" --follow 2>err 3>&- &
	pid=$!
	wait_until 20 sh -c "klog-consume -q -e $TOPIC 2>/dev/null | grep -qx 5"
	mirror --topics "$TOPIC"
	seq 6 9 | src klog-produce -q "$TOPIC"
	wait "$pid" || rc=$?
	assert_equal "$rc" 7
	assert_file_contains err 'a newer run'
	mirror --topics "$TOPIC"
	equal
}

# On every address; on 127.0.0.1 alone who uses 127.0.0.2 is out of touch.
both() {
	BROKER=0.0.0.0:${BROKER##*:}
	klog_broker
	BROKER=127.0.0.1:${BROKER##*:}
	export KLOG_BROKERS=$BROKER
}

@test "an older run that comes back does not fence the newer one: exit 7" {
	local older newer rc=0 port
	needs_own_broker
	src klog-topics create "$TOPIC" --partitions 1
	klog_broker
	klog_broker_stop
	both
	TO=$BROKER
	port=${BROKER##*:}
	seq 5 | src klog-produce -q "$TOPIC"
	TO=127.0.0.2:$port mirror_job -X request.timeout.ms=500 -m 1 \
		--topics "$TOPIC" --follow 2>older.err 3>&- &
	older=$!
	KLOG_PIDS+=("$older")
	wait_until 20 equal
	klog_broker_stop
	klog_broker
	wait_until 20 grep -q 'trying again' older.err
	mirror_job --topics "$TOPIC" --follow 2>newer.err 3>&- &
	newer=$!
	KLOG_PIDS+=("$newer")
	seq 6 2000 | src klog-produce -q "$TOPIC"
	wait_until 20 equal
	klog_broker_stop
	both
	(for i in $(seq 40); do seq $i "$((i + 9))" |
		src klog-produce -q "$TOPIC"; done) 3>&- &
	wait_until 20 klog_gone "$older"
	wait "$older" || rc=$?
	assert_equal "$rc" 7
	assert_file_contains older.err 'a newer run has begun'
	wait $!
	wait_until 20 equal
	kill -0 "$newer"
	refute grep -q FENCED newer.err
}

@test "killed in the middle: the next run goes on where it was" {
	local i pid
	src klog-topics create "$TOPIC" --partitions 2
	for i in 1 2 3 4 5 6; do
		seq $((i * 1000)) $((i * 1000 + 999)) |
			src klog-produce -q -X batch.size=4096 --partitioner random "$TOPIC"
		mirror_job -q --topics "$TOPIC" 3>&- &
		pid=$!
		sleep 0.0$((i * 15))
		kill -9 $pid 2>/dev/null || true
		wait $pid || true
	done
	mirror --topics "$TOPIC"
	equal
}

@test "--identity: both ways, and nothing goes round" {
	local i before
	there() { klog-mirror -q --from "$SRC" --to "$TO" --link "$TOPIC" --topics "$TOPIC" --identity; }
	back() { klog-mirror -q --from "$TO" --to "$SRC" --link "$TOPIC-back" --topics "$TOPIC" --identity; }
	src klog-topics create "$TOPIC" --partitions 2
	seq 200 | src klog-produce -q -z gzip -H mine "$TOPIC"
	there
	back
	seq 201 300 | klog-produce -q "$TOPIC"
	back
	there
	before=$(klog-topics offsets "$TOPIC"; src klog-topics offsets "$TOPIC")
	for i in 1 2 3 4 5; do
		there
		back
	done
	assert_equal "$(klog-topics offsets "$TOPIC"; src klog-topics offsets "$TOPIC")" "$before"
	cmp <(klog-consume -q -e "$TOPIC" | sort -n) <(seq 300)
	cmp <(src klog-consume -q -e "$TOPIC" | sort -n) <(seq 300)
	run klog-consume -q -e -f '%h{klog-origin}\n' "$TOPIC"
	[ "$(sort -u <<<"$output" | grep -c .)" -eq 1 ]
	[ "$(grep -c . <<<"$output")" -eq 200 ]
}

@test "both ways with prefixes, again and again: each topic comes once" {
	local a b i topics
	src klog-topics -q create "$TOPIC" --partitions 1
	klog-topics -q create "$TOPIC" --partitions 1
	seq 5 | src klog-produce -q "$TOPIC"
	seq 6 9 | klog-produce -q "$TOPIC"
	a=(--link "$TOPIC" --topics "^.*$TOPIC" --prefix a. --follow)
	b=(--link "$TOPIC-back" --topics "^.*$TOPIC" --prefix b. --follow)
	klog-mirror -q --from "$SRC" --to "$TO" "${a[@]}" 3>&- &
	KLOG_PIDS+=($!)
	wait_until 20 sh -c "klog-consume -q -e a.$TOPIC 2>/dev/null | grep -qx 5"
	klog-mirror -q --from "$TO" --to "$SRC" "${b[@]}" 3>&- &
	KLOG_PIDS+=($!)
	wait_until 20 sh -c "klog-consume -q -b $SRC -e b.$TOPIC 2>/dev/null | grep -qx 9"
	# three rounds of each
	for i in 10 11 12; do
		echo $i | src klog-produce -q "$TOPIC"
		echo $i | klog-produce -q "$TOPIC"
		wait_until 20 sh -c "klog-consume -q -e a.$TOPIC | grep -qx $i"
		wait_until 20 sh -c "klog-consume -q -b $SRC -e b.$TOPIC | grep -qx $i"
	done
	topics=$(klog-topics list | cut -f 1 | grep "$TOPIC" | grep -v __klog)
	assert_equal "$topics" "$(printf '%s\n' "a.$TOPIC" "$TOPIC")"
	run -0 src klog-topics list
	refute_output --partial a.
}

@test "what comes from the target does not go back there" {
	src klog-topics create "$TOPIC" --partitions 1
	echo a | src klog-produce -q "$TOPIC"
	mirror --topics "$TOPIC"
	run -7 klog-mirror --from "$TO" --to "$SRC" --link "$TOPIC-back" --topics "$TOPIC"
	assert_output --partial 'go round for ever'
	run -0 klog-mirror --from "$TO" --to "$SRC" --link "$TOPIC-back" --topics "$TOPIC" --prefix back.
	run -4 src klog-consume -q -e "back.$TOPIC"
}

@test "the way back after a fail-over: --start-from link:NAME" {
	src klog-topics create "$TOPIC" --partitions 1
	seq 10 | src klog-produce -q "$TOPIC"
	mirror --topics "$TOPIC"
	seq 11 15 | klog-produce -q "$TOPIC"
	for i in 1 2; do
		klog-mirror -q --from "$TO" --to "$SRC" --link "$TOPIC-back" \
			--topics "$TOPIC" --start-from "link:$TOPIC"
	done
	run -0 src klog-consume -q -e "$TOPIC"
	assert_output "$(seq 15)"
	run -2 mirror --topics "$TOPIC" --start-from nowhere
	# forth again: what the way back has brought is there
	run -7 mirror --topics "$TOPIC" --start-from "link:$TOPIC-back"
	assert_output --partial 'which would go round'
	seq 16 18 | src klog-produce -q "$TOPIC"
	mirror --topics "$TOPIC" --link "$TOPIC-2" --start-from "link:$TOPIC-back"
	run -0 klog-consume -q -e "$TOPIC"
	assert_output "$(seq 18)"
}

@test "a compacted source keeps its holes to itself" {
	src klog-topics create "$TOPIC" --partitions 1 --set cleanup.policy=compact
	seq 50 | sed 's/.*/&:&/' | src klog-produce -q -K : "$TOPIC"
	mirror --topics "$TOPIC"
	equal
	run -0 --separate-stderr klog-topics config get "$TOPIC"
	assert_output --partial 'cleanup.policy	compact'
}

# Three runs of five records, so that a marker stands behind each.
three_runs() {
	local i
	src klog-topics create "$TOPIC" --partitions 1
	for i in 1 2 3; do
		seq $((i * 5 - 4)) $((i * 5)) | src klog-produce -q "$TOPIC"
		mirror --topics "$TOPIC"
	done
}

# at CLUSTER GROUP: what the group has committed.
at() {
	klog-groups -b "$1" -q -J describe "$2" | jq -r "select(.topic == \"$TOPIC\") | .committed"
}

@test "--sync-groups: to the same record, behind every marker; the end to the end" {
	local g=$TOPIC-g o
	three_runs
	for o in 0 4 5 9 10 14 15; do
		src klog-groups -q seek "$g$o" -t "$TOPIC" --to "$o" --yes
	done
	mirror --topics "$TOPIC" --sync-groups "^$g.*"
	for o in 0 4 5 9 10 14; do
		run -0 klog-consume -q -o "$(at "$TO" "$g$o")" -c 1 "$TOPIC"
		assert_output $((o + 1))
	done
	assert_equal "$(at "$TO" "${g}15")" 18
	assert_equal "$(klog-topics offsets "$TOPIC")" "$TOPIC	0	0	18	18"
}

@test "--sync-groups: never backwards, and not what has members" {
	local g=$TOPIC-g pid
	three_runs
	src klog-groups -q seek "$g" -t "$TOPIC" --to 7 --yes
	klog-groups -q seek "$g" -t "$TOPIC" --to 11 --yes
	mirror --topics "$TOPIC" --sync-groups "^$g"
	assert_equal "$(at "$TO" "$g")" 11
	src klog-groups -q seek "$g" -t "$TOPIC" --to 12 --yes
	mirror --topics "$TOPIC" --sync-groups "^$g"
	assert_equal "$(at "$TO" "$g")" 14
	klog-consume -q -G "$g" "$TOPIC" >out 3>&- &
	pid=$!
	wait_until 20 grep -qx 15 out
	src klog-groups -q seek "$g" -t "$TOPIC" --to 13 --yes
	run -0 klog-mirror --from "$SRC" --to "$TO" --link "$TOPIC" --topics "$TOPIC" --sync-groups "^$g"
	assert_output --partial '1 group with members in the target left alone'
	kill "$pid"
	wait "$pid" || true
}

@test "--sync-groups across many runs: maps of their own" {
	local g=$TOPIC-g i
	src klog-topics create "$TOPIC" --partitions 1
	for i in $(seq 70); do
		echo "$i" | src klog-produce -q "$TOPIC"
		mirror --topics "$TOPIC"
	done
	for i in 0 3 40 63 64 69; do
		src klog-groups -q seek "$g$i" -t "$TOPIC" --to "$i" --yes
	done
	mirror --topics "$TOPIC" --sync-groups "^$g.*"
	for i in 0 3 40 63 64 69; do
		assert_equal "$(at "$TO" "$g$i")" $((2 * i))
	done
}

@test "how far it is, as offsets of a group in the target" {
	local g=klog-mirror.$TOPIC
	src klog-topics create "$TOPIC" --partitions 3
	seq 10 | src klog-produce -q -p 0 "$TOPIC"
	seq 4 | src klog-produce -q -p 2 "$TOPIC"
	mirror --topics "$TOPIC=$TOPIC.copy"
	told() { klog-groups -q -J describe "$g" | jq -c '[.topic, .partition, .committed, .metadata]'; }
	run told
	assert_output "[\"$TOPIC.copy\",0,10,\"source offset 10\"]
[\"$TOPIC.copy\",2,4,\"source offset 4\"]"
	seq 5 | src klog-produce -q -p 0 "$TOPIC"
	mirror --topics "$TOPIC=$TOPIC.copy"
	run told
	assert_line "[\"$TOPIC.copy\",0,16,\"source offset 15\"]"
	# no more than the marker of the last transaction
	run -0 --separate-stderr klog-groups lag -q --partitions "$g"
	assert_line --regexp "^$g	$TOPIC.copy	0	16	17	1"
	seq 3 | klog-produce -q -p 0 "$TOPIC.copy"
	run -0 --separate-stderr klog-groups lag -q --partitions "$g"
	assert_line --regexp "^$g	$TOPIC.copy	0	16	20	4"
	# another mirror has a group of its own
	klog-mirror -q --from "$TO" --to "dir:$T/third" --topics "$TOPIC.copy" --link third --sync-groups '^.*'
	run -0 --separate-stderr klog-groups -b "dir:$T/third" -q list
	refute_output --partial "$g"
	assert_output --partial klog-mirror.third
}

@test "a target without transactions: said once, and all the same copied" {
	local before
	command -v python3 >/dev/null || skip "no python3"
	mkfifo ready
	"$BATS_TEST_DIRNAME/helper/limited-broker.py" "$T/limited" >ready 3>&- &
	KLOG_PIDS+=($!)
	read -r -t 20 TO <ready
	src klog-topics create "$TOPIC" --partitions 2 --set retention.ms=604800000
	fill 1 100
	run -0 --separate-stderr klog-mirror --from "$SRC" --to "$TO" --link "$TOPIC" --topics "$TOPIC"
	assert_equal "$stderr" "klog-mirror: the target has no transactions: a run that is cut off leaves records that the next one copies again"
	equal
	fill 101 200
	run -0 --separate-stderr mirror --topics "$TOPIC"
	assert_equal "$stderr" ''
	equal
	# no markers of transactions, and nothing more where there is nothing new
	before=$(klog-topics -b "$TO" offsets)
	mirror --topics "$TOPIC"
	assert_equal "$(klog-topics -b "$TO" offsets)" "$before"
	assert_equal "$(klog-topics -b "$TO" offsets "$TOPIC" | cut -f 4)" "$(src klog-topics offsets "$TOPIC" | cut -f 4)"
	src klog-groups -q seek "$TOPIC-g" -t "$TOPIC" --to end --yes
	mirror --topics "$TOPIC" --sync-groups "^$TOPIC-g"
	assert_equal "$(at "$TO" "$TOPIC-g")" "$(at "$SRC" "$TOPIC-g")"
	# at least once
	for i in 1 2 3; do
		seq $((i * 1000)) $((i * 1000 + 999)) |
			src klog-produce -q -X batch.size=4096 "$TOPIC"
		mirror_job -q --topics "$TOPIC" 3>&- &
		sleep 0.0$((i * 2))
		kill -9 $! 2>/dev/null || true
		wait $! || true
	done
	mirror --topics "$TOPIC"
	cmp <(content "$SRC" | sort -u) <(content "$TO" | sort -u)
	run -2 klog-produce -q -b "$TO" --txn "$TOPIC" </dev/null
	assert_output --partial 'no transactions'
}

@test "--start-from group:G" {
	src klog-topics create "$TOPIC" --partitions 1
	seq 10 | src klog-produce -q "$TOPIC"
	src klog-groups -q seek "$TOPIC-g" -t "$TOPIC" --to 6 --yes
	mirror --topics "$TOPIC" --start-from "group:$TOPIC-g"
	run -0 klog-consume -q -e "$TOPIC"
	assert_output "$(seq 7 10)"
}

@test "--rate" {
	local start
	src klog-topics create "$TOPIC" --partitions 1
	for i in 1 2 3 4; do seq 50 | src klog-produce -q "$TOPIC"; done
	start=$(date +%s%N)
	mirror --topics "$TOPIC" --rate 200/s
	[ $(($(date +%s%N) - start)) -gt 700000000 ]
	equal
}

@test "--rate: a batch that takes longer than a transaction may" {
	src klog-topics -q create "$TOPIC" --partitions 1
	seq 500 | sed 's/$/ and so on, and so forth/' | src klog-produce -q "$TOPIC"
	seq 3 | src klog-produce -q "$TOPIC"
	run -0 mirror --topics "$TOPIC" --rate 120/s -X transaction.timeout.ms=2500
	equal
}

@test "within one cluster under another name; not into itself" {
	klog-topics create "$TOPIC" --partitions 1
	seq 10 | klog-produce -q "$TOPIC"
	run -0 klog-mirror --from "$TO" --to "$TO" --link "$TOPIC" --topics "$TOPIC=$TOPIC.copy"
	run -0 klog-consume -q -e "$TOPIC.copy"
	assert_output "$(seq 10)"
	run -2 klog-mirror --from "$TO" --to "$TO" --link "$TOPIC" --topics "$TOPIC"
	assert_output --partial 'into itself'
}

@test "what makes no sense: exit 2; what is not there: exit 4, 3" {
	run -2 klog-mirror --from "$SRC"
	run -2 mirror --once --follow
	run -2 mirror --prefix x. --identity
	run -2 mirror --topics 'a b'
	run -2 mirror --rate fast
	run -2 mirror -g x
	run -2 mirror --link 'a/b'
	run -2 mirror stats
	run -4 mirror --topics "$TOPIC-missing"
	assert_output --partial 'no such topic in the source'
	run -3 klog-mirror --from 127.0.0.1:1 --to "$TO" -m 0.5
	assert_output --partial 'source'
}
