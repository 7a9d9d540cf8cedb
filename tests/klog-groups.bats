#!/usr/bin/env bats
# klog-groups, against the private broker or, with KLOG_TEST_BROKERS, another.

load lib/klog

setup() {
	klog_setup
	G=g-$BATS_TEST_NUMBER-$$-$RANDOM
}
teardown() { klog_teardown; }

# put TOPIC PARTITION RECORD..
put() { printf '%s\n' "${@:3}" | klog-produce -q -p "$2" "$1"; }

# commit GROUP PARTITION OFFSET..: what the group has committed of $TOPIC.
commit() {
	local g=$1
	shift
	while [ $# -gt 0 ]; do
		printf '%s\t%s\t%s\t%s\n' "$g" "$TOPIC" "$1" "$2"
		shift 2
	done | klog-groups import -y >/dev/null
}

# member GROUP: a kcat that consumes $TOPIC; sets MEMBER. It needs TCP.
member() {
	kcat -q -b "$KLOG_BROKERS" -G "$1" "$TOPIC" \
		-X session.timeout.ms=6000 >/dev/null 2>&1 3>&- &
	MEMBER=$!
	KLOG_PIDS+=("$MEMBER")
	wait_until 20 is_stable "$1"
}

is_stable() { [[ $(klog-groups list --state stable) == *"$1	"* ]]; }

@test "import and export, both ways" {
	new_topic --partitions 3
	seq 30 | klog-produce -q "$TOPIC" -p 0
	seq 30 | klog-produce -q "$TOPIC" -p 2
	printf '%s\t%s\t0\t7\tfrom\\tme\n%s\t%s\t2\t9\n' "$G" "$TOPIC" \
		"$G" "$TOPIC" >in
	run -0 klog-groups import -y in
	assert_output "$G	$TOPIC	0		7		moved
$G	$TOPIC	2		9		moved"
	run -0 klog-groups export "$G"
	assert_output "$G	$TOPIC	0	7	from\\tme	
$G	$TOPIC	2	9		"
	klog-groups export "$G" >out
	klog-groups seek "$G" --to beginning -y >/dev/null
	run -0 bash -c 'klog-groups import -y <out'
	assert_line "$G	$TOPIC	0	0	7		moved"
	run -0 klog-groups export "$G"
	assert_output "$(cat out)"

	# the last line of a partition counts; what is beside the offset, too
	printf '%s\t%s\t0\t3\n%s\t%s\t0\t7\t\t4\n' "$G" "$TOPIC" \
		"$G" "$TOPIC" >in
	run -0 klog-groups import -y in
	assert_output "$G	$TOPIC	0	7	7		moved"
	run -0 klog-groups export "$G"
	assert_line "$G	$TOPIC	0	7		4"
	run -0 klog-groups import -y in
	assert_output "$G	$TOPIC	0	7	7		unchanged"
	klog-groups import -y out >/dev/null
	run -0 klog-groups export "$G"
	assert_output "$(cat out)"

	# another name, and the lines of Kafka's own tool
	run -0 klog-groups import -y --as "$G-2" out
	printf '%s,0,3\n' "$TOPIC" >csv
	run -0 klog-groups import -y --as "$G-2" csv
	assert_output "$G-2	$TOPIC	0	7	3		moved"
	printf '%s,%s,2,4\n' "$G-2" "$TOPIC" | klog-groups import -y
	run -0 bash -c "klog-groups export '$G-2' | cut -f 3,4"
	assert_output $'0\t3\n2\t4'
}

@test "import: a bad line ends it before anything is changed" {
	new_topic --partitions 1
	put "$TOPIC" 0 a b c
	printf '%s\t%s\t0\t1\n%s\t%s\tx\t1\n' "$G" "$TOPIC" "$G" "$TOPIC" >in
	run -6 klog-groups import -y in
	assert_output --partial "in: line 2: 'x' is no partition"
	run -4 klog-groups export "$G"
	run -6 klog-groups import -y <<<"$TOPIC,0,1"
	assert_output --partial 'no group: --as names one'
	run -6 klog-groups import -y <<<"$G,$TOPIC"
	run -2 klog-groups import -y nofile
	printf '%s\t%s\t7\t1\n' "$G" "$TOPIC" >in
	run -4 klog-groups import -y in
	assert_output --partial "$G: $TOPIC[7]: no such partition"
}

@test "export and import of names and texts that are odd" {
	new_topic --partitions 1
	put "$TOPIC" 0 a b c
	local g
	for g in "a b $G" "#$G" "q\"u'o\\$G" $'n\nl\tt'"$G" "ü,日本$G" "-$G"; do
		klog-groups import -y --as "$g" \
				<<<"x	$TOPIC	0	1	 é\\x01\\\\,\"'#	2" >/dev/null
	done
	klog-groups export --regex "(?s).*$G.*" >out
	[ "$(wc -l <out)" -eq 6 ]
	klog-groups delete -y --regex "(?s).*$G.*" >/dev/null
	run -0 klog-groups import -y out
	[ "$(grep -c moved <<<"$output")" -eq 6 ]
	klog-groups export --regex "(?s).*$G.*" | cmp - out
	klog-groups export -J --regex "(?s).*$G.*" | jq -e '.epoch == 2'
}

@test "a group that is named twice is one" {
	new_topic --partitions 1
	put "$TOPIC" 0 a b c
	commit "$G" 0 1
	run -0 klog-groups lag "$G" "$G"
	assert_output "$G	$TOPIC	1	2
$G		1	2"
	run -0 klog-groups seek "$G" "$G" --to 2 -y
	assert_output "$G	$TOPIC	0	1	2		moved"
	run -0 klog-groups delete "$G" "$G" -y
	assert_output "$G	Empty	deleted	"
}

@test "a position outside of the log: taken to its end, and said" {
	new_topic --partitions 2
	put "$TOPIC" 0 a b c
	put "$TOPIC" 1 a
	run -0 --separate-stderr klog-groups seek "$G" -t "$TOPIC" --to 9 -y
	assert_output "$G	$TOPIC	0		3		moved
$G	$TOPIC	1		1		moved"
	assert_equal "$stderr" \
		"klog-groups: $TOPIC[0]: 9 is outside of 0..3, so 3 is taken; and others"
	run -0 --separate-stderr klog-groups -q seek "$G" --to 9 -y
	assert_equal "$stderr" ''
}

@test "list: state, type, those that are named" {
	new_topic --partitions 1
	put "$TOPIC" 0 a
	commit "$G" 0 1
	run -0 klog-groups list "$G"
	assert_output --regexp "^$G	Empty	classic		[0-9]+$"
	run -0 klog-groups list --state empty
	assert_line --regexp "^$G	"
	run -0 klog-groups list --state stable,dead
	refute_output --partial "$G	"
	run -0 klog-groups list --type consumer
	refute_output --partial "$G	"
	run -2 klog-groups list --state stable,emty
	assert_output --partial "option '--state': 'emty' is none of"
	run -2 klog-groups list --type klassic
	run -4 klog-groups list "$G" "$G-none"
	assert_line --regexp "^$G	"
	assert_line "klog-groups: $G-none: there is no such group"
	run -0 klog-groups list --regex "${G%-*}.*" -J
	run -0 jq -r .state <<<"$output"
	assert_output Empty
}

@test "lag: totals of topics and groups, --max" {
	new_topic --partitions 2
	seq 100 | klog-produce -q "$TOPIC" -p 0
	seq 50 | klog-produce -q "$TOPIC" -p 1
	commit "$G" 0 90 1 50
	first=$TOPIC
	new_topic --partitions 1
	put "$TOPIC" 0 a b c
	commit "$G" 0 1
	run -0 klog-groups lag "$G"
	assert_output "$(printf '%s\n' "$G	$first	2	10" \
		"$G	$TOPIC	1	2" | sort)
$G		3	12"
	run -0 klog-groups lag --partitions "$G" -t "$first"
	assert_output "$G	$first	0	90	100	10
$G	$first	1	50	50	0"
	run -0 klog-groups lag "$G" --max 12
	run -1 klog-groups lag "$G" --max 11
	assert_line "$G		3	12"
	run -0 klog-groups lag "$G" --max 11 -t "$first"
	run -4 klog-groups lag "$G-none"
	run -0 klog-groups lag -J "$G" -t "$TOPIC"
	assert_line "{\"group\":\"$G\",\"topic\":null,\"partitions\":1,\
\"lag\":2}"
}

@test "lag in time: how long the next record has waited" {
	new_topic --partitions 2
	now=$(date +%s%3N)
	printf '{"ts":%d,"payload":"a"}\n{"ts":%d,"payload":"b"}\n' \
		$((now - 60000)) $((now - 30000)) | klog-produce -q -J -p 0 "$TOPIC"
	put "$TOPIC" 1 c
	commit "$G" 0 1 1 1
	run -0 klog-groups lag --time "$G"
	assert_output --regexp "^$G	$TOPIC	2	1	3[0-9]\.[0-9]{3}
$G		2	1	3[0-9]\.[0-9]{3}$"
	run -1 klog-groups lag --time --max-time 20 "$G"
	run -0 klog-groups lag --time --max-time 59 "$G"
	run -0 klog-groups lag --time --partitions "$G" -p 1
	assert_output "$G	$TOPIC	1	1	1	0	0.000"
	run -2 klog-groups lag --max-time 5 "$G"
}

@test "lag: clamped to the log's start, never negative" {
	new_topic --partitions 1
	seq 100 | klog-produce -q "$TOPIC"
	commit "$G" 0 10
	klog-topics trim "$TOPIC" -o 60
	run -0 klog-groups lag "$G"
	assert_line "$G		1	40"
	commit "$G" 0 100
	klog-topics delete "$TOPIC"
	klog-topics create "$TOPIC" --partitions 1
	put "$TOPIC" 0 a
	# brokers drop the offsets of a topic that is gone, sooner or later
	klog-groups lag "$G" >lag || true
	! grep -- - <(cut -f 4 lag)
}

@test "seek: every kind of position" {
	new_topic --partitions 2
	for i in 1 2 3 4 5; do
		printf '{"ts":%d,"payload":"%d"}\n' $((1700000000000 + i * 1000)) $i
	done | klog-produce -q -J -p 0 "$TOPIC"
	put "$TOPIC" 1 a b c
	commit "$G" 0 2 1 2
	seek() { klog-groups seek "$G" -t "$TOPIC" "$@" -n | cut -f 3-5; }
	assert_equal "$(seek --to beginning)" $'0\t2\t0\n1\t2\t0'
	assert_equal "$(seek --to end)" $'0\t2\t5\n1\t2\t3'
	assert_equal "$(seek --to 4)" $'0\t2\t4\n1\t2\t3'
	assert_equal "$(seek --to -1)" $'0\t2\t4\n1\t2\t2'
	assert_equal "$(seek --to +1)" $'0\t2\t3\n1\t2\t3'
	assert_equal "$(seek --to +1 -p 0)" $'0\t2\t3'
	assert_equal "$(seek --to 0=1)" $'0\t2\t1'
	assert_equal "$(seek --to 0=1,1=end)" $'0\t2\t1\n1\t2\t3'
	assert_equal "$(seek --to @1700000004000 -p 0)" $'0\t2\t3'
	run -0 klog-groups seek "$G" --to @1700000004000 -t "$TOPIC" -p 0 -n
	assert_output "$G	$TOPIC	0	2	3	1700000004000	checked"
	run -0 klog-groups export "$G"
	assert_line "$G	$TOPIC	0	2		"
	run -2 klog-groups seek "$G" --to sometime -n
	run -2 klog-groups seek "$G" --to 1..2 -n
	assert_output --partial 'a range'
}

@test "seek: partitions that are named and have no commit" {
	new_topic --partitions 3
	put "$TOPIC" 0 a b c d e
	put "$TOPIC" 1 a b
	commit "$G" 0 1
	run -0 klog-groups -q seek "$G" --to 0=3,1=0 -y
	assert_output "$G	$TOPIC	0	1	3		moved
$G	$TOPIC	1		0		moved"
	run -0 klog-groups -q export "$G"
	assert_line --regexp "^$G	$TOPIC	1	0	"
	refute_line --regexp "^$G	$TOPIC	2	"
	run -4 klog-groups -q seek "$G" --to 0=1,7=0 -y
	assert_output 'klog-groups: partition 7: there is none in any of these topics'
	run -0 klog-groups -q export "$G"
	assert_line --regexp "^$G	$TOPIC	0	3	"
	# two groups, of which one has it
	commit "$G-2" 0 1
	run -0 klog-groups -q seek "$G" "$G-2" --to 1=2 -y
	assert_output "$G	$TOPIC	1	0	2		moved
$G-2	$TOPIC	1		2		moved"
}

@test "one text for a group that is not there" {
	local verb
	new_topic --partitions 1
	for verb in describe lag export; do
		run -4 klog-groups "$verb" "$G-none"
		assert_output --partial "klog-groups: $G-none: there is no such group"
	done
}

@test "seek: shown, done with --yes, refused where nobody can be asked" {
	new_topic --partitions 2
	put "$TOPIC" 0 a b c
	commit "$G" 0 1
	run -2 klog-groups seek "$G" --to end </dev/null
	assert_line "$G	$TOPIC	0	1	3		to be moved"
	assert_line --partial '--yes is needed'
	run -0 klog-groups seek "$G" --to end -y
	assert_output "$G	$TOPIC	0	1	3		moved"
	run -0 klog-groups seek "$G" --to end -y
	assert_output "$G	$TOPIC	0	3	3		unchanged"
	# a topic that the group has no offset of, and a group that is new
	run -0 klog-groups seek "$G" -t "$TOPIC" --to beginning -y
	assert_line "$G	$TOPIC	1		0		moved"
	run -0 klog-groups seek "$G-2" -t "$TOPIC" -p 0 --to 1 -y -J
	assert_output "{\"group\":\"$G-2\",\"topic\":\"$TOPIC\",\
\"partition\":0,\"before\":null,\"after\":1,\"timestamp\":null,\
\"status\":\"moved\"}"
	run -4 klog-groups seek "$G-3" --to end -y
	assert_output --partial 'there is nothing to move'
	run -4 klog-groups seek "$G" -t "$TOPIC-none" --to end -y
	run -4 klog-groups seek "$G" -t "$TOPIC" -p 9 --to end -y
	assert_output --partial "$TOPIC[9]: no such partition"
	run -2 klog-groups seek "$G" -y
	run -2 klog-groups seek "$G" -y --to 1 --like "$G-2"
	run -2 klog-groups seek --to 1 -y
}

@test "seek --like: to where another group is; several at once" {
	new_topic --partitions 2
	put "$TOPIC" 0 a b c
	put "$TOPIC" 1 a b c
	commit "$G" 0 2 1 1
	commit "$G-2" 0 1
	run -0 klog-groups seek "$G-2" "$G-3" --like "$G" -y
	assert_output "$G-2	$TOPIC	0	1	2		moved
$G-2	$TOPIC	1		1		moved
$G-3	$TOPIC	0		2		moved
$G-3	$TOPIC	1		1		moved"
	run -0 bash -c "klog-groups export '$G-3' | cut -f 3,4"
	assert_output $'0\t2\n1\t1'
	run -4 klog-groups seek "$G-2" --like "$G-none" -y
}

@test "a group with members: seen, not to be changed, --wait" {
	[ -n "${KLOG_TEST_BROKERS:-}" ] || klog_broker
	new_topic --partitions 2
	put "$TOPIC" 0 a b c
	commit "$G" 0 1
	member "$G"
	run -0 klog-groups describe "$G"
	assert_line --regexp "^$G	$TOPIC	0	[13]	0	3	[02]	rdkafka-[^	]*	rdkafka	/127\.0\.0\.1	$"
	assert_line --regexp "^$G	$TOPIC	1	.*	rdkafka"
	run -0 klog-groups describe --members "$G"
	assert_output --regexp "^$G	Stable	range	rdkafka-[^	]*		rdkafka	/127\.0\.0\.1	2	$TOPIC:0,1	classic		$TOPIC				$"
	run -7 klog-groups seek "$G" --to beginning -y
	assert_output --partial 'NON_EMPTY_GROUP'
	run -7 klog-groups delete "$G" -y
	run -7 klog-groups delete "$G" -t "$TOPIC" -y
	assert_output --partial GROUP_SUBSCRIBED_TO_TOPIC
	klog-groups seek "$G" --to 0 -y --wait -d wire >moved 2>err 3>&- &
	local seek=$!
	KLOG_PIDS+=("$seek")
	wait_until 5 traced 3 '< .* DescribeGroups' err
	kill -0 "$seek"
	kill "$MEMBER"
	wait "$seek"
	assert_equal "$(cut -f 3,5,7 moved | head -1)" $'0\t0\tmoved'
}

@test "delete: groups and offsets" {
	new_topic --partitions 2
	put "$TOPIC" 0 a
	put "$TOPIC" 1 a
	commit "$G" 0 1 1 1
	commit "$G-2" 0 1
	run -2 klog-groups delete "$G" </dev/null
	assert_line --partial '--yes is needed'
	run -0 klog-groups delete "$G" -t "$TOPIC" -p 1 -y
	assert_output "$G	$TOPIC	1	1	deleted"
	run -0 klog-groups export "$G"
	assert_output "$G	$TOPIC	0	1		"
	run -4 klog-groups delete "$G" "$G-none" "$G-2" -y
	assert_line "$G	Empty	deleted	"
	assert_line "$G-2	Empty	deleted	"
	assert_line --regexp "^$G-none	Dead	failed	"
	run -4 klog-groups list "$G"
	run -0 klog-groups delete "$G" -y --if-exists
	run -4 klog-groups delete "$G" -n
	commit "$G" 0 1
	run -0 klog-groups delete "$G" -n
	assert_output "$G	Empty	checked	"
	run -0 klog-groups list "$G"
	run -0 klog-groups delete --regex "$G.*" -y
	run -4 klog-groups list "$G"
}

@test "peek: what was consumed last, and what comes next" {
	new_topic --partitions 1
	printf 'k\t%s\n' a b c d e f | klog-produce -q -K '\t' "$TOPIC"
	commit "$G" 0 3
	run -0 klog-groups peek "$G"
	assert_equal "$(cut -f 4,5,7,8 <<<"$output")" "1	done	k	b
2	done	k	c
3	next	k	d
4	later	k	e
5	later	k	f"
	run -0 klog-groups peek "$G" -B 0 -A 1
	assert_equal "$(cut -f 4,5 <<<"$output")" "3	next"
	run -0 klog-groups peek "$G" -B 9 -A 0 -J
	run -0 jq -r '.offset' <<<"$output"
	assert_output $'0\n1\n2'
	run -4 klog-groups peek "$G-none"
}

@test "--watch: again and again" {
	new_topic --partitions 1
	put "$TOPIC" 0 a
	commit "$G" 0 0
	run -124 timeout 0.7 klog-groups lag "$G" --watch 0.1
	[ "$(grep -c "^$G		1	1\$" <<<"$output")" -ge 3 ]
	run -124 timeout 0.7 script -qec "klog-groups list --watch 0.1" \
		/dev/null
	assert_output --partial $'\033[H\033[J'
}

@test "it asks a person" {
	new_topic --partitions 1
	put "$TOPIC" 0 a b
	commit "$G" 0 0
	run -2 script -qec "klog-groups seek $G --to end" /dev/null <<<n
	assert_line --partial 'move them? [y/N]'
	run -0 script -qec "klog-groups seek $G --to end" /dev/null <<<y
	run -0 klog-groups export "$G"
	assert_output "$G	$TOPIC	0	2		"
}

@test "typed line by line: completion, history, one cluster" {
	needs_own_broker
	new_topic --partitions 1
	put "$TOPIC" 0 a b
	commit "$G" 0 1
	commit "odd name" 0 1
	export G
	expect -c '
		set timeout 10
		spawn -noecho klog-groups
		expect "klog-groups> "
		send "exp\t"
		expect "export "
		send "g-\t\r"
		expect -re "$env(G).* 1 "
		expect "klog-groups> "
		send "lag --max 0 $env(G)\r"
		expect -re "$env(G) +- +1 +1"
		expect "klog-groups> "
		send "lag \"\r"
		expect "a quote is open"
		expect "klog-groups> "
		send "half\003"
		expect "klog-groups> "
		send "lag \"odd\t"
		expect -ex "name\""
		send "\025lag odd\t"
		expect -ex "\\"
		expect "name "
		send "\r"
		expect -re "odd name +- +1 +1"
		expect "klog-groups> "
		send "lag --watch 100ms odd\t\r"
		expect -re "name +- +1 +1.*name +- +1 +1"
		send "\003"
		expect "klog-groups> "
		send "seek $env(G) --to 0\r"
		expect "move them"
		send "\003"
		expect "klog-groups> "
		send "help\r"
		expect "usage: klog-groups"
		expect "klog-groups> "
		send "seek $env(G) --to end\r"
		expect "move them"
		send "y\r"
		expect "klog-groups> "
		send "lag -b x\r"
		expect "another cluster needs another run"
		expect "klog-groups> "
		send "\020\020\r"
		expect "unchanged"
		expect "klog-groups> "
		send "quit\r"
		expect eof
	' >said 3>&- || fail "$(cat said)"
	run -0 klog-groups export "$G"
	assert_output "$G	$TOPIC	0	2		"
	grep -q 'lag' "$HOME/.local/state/klog/history-klog-groups"
}

@test "bad usage: exit 2" {
	run -2 klog-groups
	assert_output --partial 'no verb'
	run -2 klog-groups lst
	assert_output --partial "did you mean 'list'?"
	run -2 klog-groups list --max 3
	assert_output --partial "option '--max' does not go with 'list'"
	run -2 klog-groups delete
	run -2 klog-groups describe ''
	run -2 klog-groups list --regex
	run -2 klog-groups list --regex '('
	run -3 klog-groups -b 127.0.0.1:1 -m 0.2 list
}

@test "commits that come at once are taken in their order" {
	[ -n "${KLOG_TEST_BROKERS:-}" ] || klog_broker
	new_topic
	printf '%s\t%s\t0\t0\n' "$G" "$TOPIC" | klog-groups import -y >/dev/null
	run -0 "${KLOG_BUILD:-$BATS_TEST_DIRNAME/../build}/tests/helper/commits" \
		"${KLOG_BROKERS##*:}" "$G" "$TOPIC" 200
	run -0 klog-groups -q export "$G"
	assert_output "$G	$TOPIC	0	200		"
}
