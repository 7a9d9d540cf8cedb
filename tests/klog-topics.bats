#!/usr/bin/env bats
# klog-topics, against the private broker or, with KLOG_TEST_BROKERS, another.

load lib/klog

setup() { klog_setup; }
teardown() { klog_teardown; }

# put TOPIC PARTITION RECORD..
put() { printf '%s\n' "${@:3}" | klog-produce -q -p "$2" "$1"; }

@test "create, list and describe" {
	new_topic --partitions 3
	run -0 klog-topics list "$TOPIC"
	assert_output "$TOPIC	3	1	false"
	run -0 klog-topics describe "$TOPIC"
	assert_equal "${#lines[@]}" 3
	assert_line --index 2 --regexp \
		"^$TOPIC	2	[0-9]+	0	[0-9]+	[0-9]+		[A-Za-z0-9_-]{22}$"
	run -0 bash -c "klog-topics list | cut -f 1"
	assert_line "$TOPIC"
}

@test "several names, one request, each its own outcome" {
	fresh_topic
	run -0 klog-topics create "$TOPIC-a" "$TOPIC-b"
	assert_output ''
	run -7 klog-topics create "$TOPIC-b" "$TOPIC-c"
	assert_output --partial \
		"klog-topics: $TOPIC-b: TOPIC_ALREADY_EXISTS"
	run -0 klog-topics list "$TOPIC-c"
	run -4 klog-topics delete "$TOPIC-a" "$TOPIC-none" "$TOPIC-b"
	assert_output --partial \
		"klog-topics: $TOPIC-none: UNKNOWN_TOPIC_OR_PARTITION"
	run -4 klog-topics list "$TOPIC-a"
	run -4 klog-topics list "$TOPIC-b"
	klog-topics delete "$TOPIC-c"
}

@test "--if-exists and --if-not-exists" {
	new_topic
	run -0 klog-topics create --if-not-exists "$TOPIC"
	run -0 klog-topics delete --if-exists "$TOPIC" "$TOPIC-none"
	run -4 klog-topics describe "$TOPIC"
}

@test "names are literal" {
	fresh_topic
	klog-topics create "$TOPIC.x" "$TOPIC-x"
	klog-topics delete "$TOPIC.x"
	run -0 klog-topics list "$TOPIC-x"
	klog-topics delete "$TOPIC-x"
}

@test "--regex: anchored, shown, never without --yes or a person" {
	fresh_topic
	klog-topics create "$TOPIC.1" "$TOPIC.2" "x-$TOPIC.3"
	run -2 klog-topics delete --regex "$TOPIC.*"
	assert_line "$TOPIC.1"
	assert_line "$TOPIC.2"
	refute_line "x-$TOPIC.3"
	run -0 klog-topics list "$TOPIC.1"
	run -0 klog-topics delete --regex --yes "$TOPIC.*"
	run -4 klog-topics list "$TOPIC.1"
	run -0 klog-topics list "x-$TOPIC.3"
	run -4 klog-topics delete --regex --yes "$TOPIC.*"
	assert_output 'klog-topics: no topic matches'
	run -2 klog-topics list --regex '('
	assert_output --partial "expression '(':"
	klog-topics delete "x-$TOPIC.3"
}

@test "a name that Kafka refuses: exit 2" {
	for name in 'a b' . .. "$(printf 'x%.0s' {1..250})" 'ü'; do
		run -2 klog-topics create "$name"
		assert_output --partial INVALID_TOPIC_EXCEPTION
	done
	run -2 klog-topics create ''
	assert_output --partial 'the name of a topic is empty'
}

@test "describe and list of a missing topic: exit 4, and none is created" {
	fresh_topic
	run -4 klog-topics describe "$TOPIC"
	assert_output --partial "$TOPIC: UNKNOWN_TOPIC_OR_PARTITION"
	run -4 klog-topics offsets "$TOPIC"
	run -4 klog-topics -L -t "$TOPIC"
	run -0 klog-topics list
	refute_output --partial "$TOPIC"
}

@test "alter adds partitions" {
	new_topic --partitions 2
	run -0 klog-topics alter --partitions 4 "$TOPIC"
	run -0 klog-topics list "$TOPIC"
	assert_output "$TOPIC	4	1	false"
	run -2 klog-topics alter --partitions 3 "$TOPIC"
	assert_output --partial INVALID_PARTITIONS
	run -4 klog-topics alter --partitions 3 "$TOPIC-none"
	run -0 klog-topics alter --partitions 3 --if-exists "$TOPIC-none"
}

@test "create --set, and a property that does not exist" {
	fresh_topic
	run -0 klog-topics create "$TOPIC" --set retention.ms=1000 \
		--set cleanup.policy=compact
	run -2 klog-topics create "$TOPIC-2" --set no.such=1
	assert_output --partial "INVALID_CONFIG"
	run -2 klog-topics create "$TOPIC-2" --set retention.ms=x
	run -2 klog-topics create "$TOPIC-2" --set retention.ms
	assert_output --partial 'not of the form NAME=VALUE'
}

@test "--dry-run changes nothing" {
	new_topic
	run -0 klog-topics create --dry-run "$TOPIC-2"
	run -4 klog-topics list "$TOPIC-2"
	run -7 klog-topics create -n "$TOPIC"
	run -0 klog-topics delete -n "$TOPIC"
	run -4 klog-topics delete -n "$TOPIC-2"
	run -0 klog-topics alter -n --partitions 9 "$TOPIC"
	run -0 klog-topics list "$TOPIC"
	refute_output --partial "	9	"
}

@test "create --like: partitions, replicas and properties of another" {
	new_topic --partitions 3 --set retention.ms=1000 \
		--set cleanup.policy=compact
	run -0 klog-topics create --like "$TOPIC" "$TOPIC-2" "$TOPIC-3" \
		--set retention.ms=2000
	run -0 klog-topics list "$TOPIC-3"
	assert_output "$TOPIC-3	3	1	false"
	run -0 klog-topics config get "$TOPIC-2"
	assert_output "$TOPIC-2	cleanup.policy	compact	topic
$TOPIC-2	retention.ms	2000	topic"
	run -0 klog-topics create --like "$TOPIC" --partitions 1 "$TOPIC-4"
	run -0 klog-topics list "$TOPIC-4"
	assert_output "$TOPIC-4	1	1	false"
	run -4 klog-topics create --like "$TOPIC-none" "$TOPIC-5"
	assert_output --partial "--like '$TOPIC-none'"
	run -4 klog-topics list "$TOPIC-5"
}

@test "alter --regex: shown, and never without consent" {
	fresh_topic
	klog-topics create "$TOPIC.1" "$TOPIC.2" --partitions 1
	run -2 klog-topics alter --partitions 2 --regex "$TOPIC.*"
	assert_line "$TOPIC.1"
	run -0 klog-topics alter --partitions 2 --regex --yes "$TOPIC.*"
	run -0 klog-topics list "$TOPIC.1" "$TOPIC.2"
	assert_output "$TOPIC.1	2	1	false
$TOPIC.2	2	1	false"
}

@test "trim: shown first, then done" {
	new_topic --partitions 2
	put "$TOPIC" 0 a b c d e
	put "$TOPIC" 1 f g
	run -0 klog-topics trim "$TOPIC" -o -1 -n
	assert_output "$TOPIC	0	checked	0	4	4	
$TOPIC	1	checked	0	1	1	"
	run -0 klog-topics offsets "$TOPIC" -p 0
	assert_output "$TOPIC	0	0	5	5"
	klog-topics trim "$TOPIC:0" -o 2 || {
		needs_own_broker
		skip "the broker does not trim yet"
	}
	run -0 klog-topics offsets "$TOPIC"
	assert_output "$TOPIC	0	2	5	3
$TOPIC	1	0	2	2"
	run -0 klog-consume -e -p 0 "$TOPIC"
	assert_output $'c\nd\ne'
	run -0 klog-topics trim "$TOPIC" -o 0=+1,1=end -J
	run -0 jq -r '"\(.partition) \(.status) \(.new_start) \(.records)"' \
		<<<"$output"
	assert_output $'0 trimmed 3 1\n1 trimmed 2 2'
	run -0 klog-topics trim "$TOPIC" -o 1 -v
	assert_line "klog-topics: $TOPIC[0]: unchanged, starts at 3"
}

@test "trim: what is wrong is named" {
	new_topic
	put "$TOPIC" 0 a
	run -4 klog-topics trim "$TOPIC" -o 7
	assert_output --partial "$TOPIC[0]: OFFSET_OUT_OF_RANGE"
	run -4 klog-topics trim "$TOPIC:9" -o end
	assert_output --partial "$TOPIC[9]: no such partition"
	run -4 klog-topics trim "$TOPIC-none" -o end
	run -0 klog-topics trim --if-exists "$TOPIC-none" -o end
	run -2 klog-topics trim "$TOPIC"
	assert_output --partial "needs -o SPEC"
	run -2 klog-topics trim "$TOPIC" -o 1..2
	assert_output --partial 'a range'
	run -2 klog-topics trim "$TOPIC" -o stored
	run -2 klog-topics trim "$TOPIC:x" -o end
	run -2 klog-topics trim --regex "$TOPIC" -o end
	assert_line "$TOPIC"
	run -0 klog-topics offsets "$TOPIC" -p 0
	assert_output "$TOPIC	0	0	1	1"
}

@test "stat: records, bytes, rate" {
	new_topic --partitions 2
	put "$TOPIC" 0 a b c
	put "$TOPIC" 1 d
	run -0 klog-topics stat "$TOPIC" --window 10
	assert_output --regexp "^$TOPIC	2	4	[1-9][0-9]+	4	0\.400$"
	run -0 klog-topics stat -J "$TOPIC"
	run -0 jq -r '"\(.partitions) \(.records) \(.per_second < 1)"' \
		<<<"$output"
	assert_output '2 4 true'
	run -4 klog-topics stat "$TOPIC-none"
	run -2 klog-topics stat --window 0 "$TOPIC"
}

@test "describe shows what is ill: exit 1" {
	new_topic --set min.insync.replicas=2
	run -1 klog-topics describe --under-min-isr "$TOPIC"
	assert_output --regexp "^$TOPIC	0	"
	run -0 klog-topics describe --under-replicated --unavailable "$TOPIC"
	assert_output ''
	klog-topics config set "$TOPIC" min.insync.replicas=1
	run -0 klog-topics describe --under-min-isr "$TOPIC"
	assert_output ''

	mkfifo fake
	"${KLOG_BUILD:-$BATS_TEST_DIRNAME/../build}/tests/helper/fakebroker" \
		ill >fake 3>&- &
	KLOG_PIDS+=($!)
	read -r -t 10 addr <fake
	run -1 klog-topics -b "$addr" describe --under-replicated t
	assert_output --regexp "^t	0	1	0	1,2	1	"
	run -1 klog-topics -b "$addr" describe --unavailable t
	assert_output --regexp "^t	1		0	1,2	1,2	"
	run -1 klog-topics -b "$addr" describe --unavailable \
		--under-replicated t
	assert_equal "${#lines[@]}" 2
}

@test "too many replicas" {
	fresh_topic
	run -2 klog-topics create "$TOPIC" --replicas 9
	assert_output --partial INVALID_REPLICATION_FACTOR
}

@test "offsets: bounds, points, ranges" {
	new_topic --partitions 2
	put "$TOPIC" 1 a b c d e
	run -0 klog-topics offsets "$TOPIC"
	assert_output "$TOPIC	0	0	0	0
$TOPIC	1	0	5	5"
	run -0 klog-topics offsets "$TOPIC" -o -2 -p 1
	assert_output "$TOPIC	1	3	"
	run -0 klog-topics offsets "$TOPIC" -o end
	assert_output "$TOPIC	0	0	
$TOPIC	1	5	"
	run -0 klog-topics offsets "$TOPIC" -p 1 -o 1..-1
	assert_output "$TOPIC	1	1	4	3"
	# no more than there is
	run -0 klog-topics offsets "$TOPIC" -p 1 -o 3..9
	assert_output "$TOPIC	1	3	5	2"
	run -0 klog-topics offsets "$TOPIC" -p 1 -o 7..9
	assert_output "$TOPIC	1	5	5	0"
	run -0 klog-topics offsets "$TOPIC" -o 1=+2
	assert_output "$TOPIC	1	2	"
	run -0 klog-topics offsets "$TOPIC" -p 1 -o -1h..end --json
	assert_output "{\"topic\":\"$TOPIC\",\"partition\":1,\
\"from\":0,\"to\":5,\"records\":5}"
}

@test "offsets by time" {
	new_topic --partitions 1
	now=$(date +%s%3N)
	for t in a:-1 b:1 c:1; do
		echo "{\"ts\":$((now + ${t#*:})),\"payload\":\"${t%:*}\"}"
	done | klog-produce -q -J "$TOPIC"
	run -0 klog-topics offsets "$TOPIC" -o "@$now"
	assert_output --regexp "^$TOPIC	0	1	[0-9]{13}$"
	run -0 klog-topics offsets "$TOPIC" -o "-1h"
	assert_output --regexp "^$TOPIC	0	0	[0-9]{13}$"
	run -0 klog-topics offsets "$TOPIC" -o "@$((now + 3600000))"
	assert_output "$TOPIC	0	3	"
}

@test "offsets: what is wrong is named" {
	new_topic --partitions 1
	run -2 klog-topics offsets "$TOPIC" -o sometime
	assert_output --partial "option '--offset'"
	run -2 klog-topics offsets "$TOPIC" -o stored
	run -2 klog-topics offsets "$TOPIC" -p x
	run -4 klog-topics offsets "$TOPIC" -p 7
	assert_output --partial "$TOPIC[7]: no such partition"
}

@test "--json: one object a line, also for outcomes" {
	new_topic --partitions 1
	run -0 klog-topics list --json "$TOPIC"
	assert_output \
"{\"topic\":\"$TOPIC\",\"partitions\":1,\"replicas\":1,\"internal\":false}"
	run -0 bash -c "klog-topics describe -J '$TOPIC' | jq -c .replicas[]"
	run -7 --separate-stderr klog-topics create --json "$TOPIC" "$TOPIC-2"
	run -0 jq -r '.topic + " " + .status + " " + (.error // "-")' \
		<<<"$output"
	assert_line "$TOPIC failed TOPIC_ALREADY_EXISTS"
	assert_line "$TOPIC-2 created -"
}

@test "-L is what kcat prints" {
	[ -n "${KLOG_TEST_BROKERS:-}" ] || klog_broker
	new_topic --partitions 2
	diff <(klog-topics -L -t "$TOPIC") \
		<(kcat -b "$KLOG_BROKERS" -L -t "$TOPIC")
	diff <(klog-topics -L -J -t "$TOPIC" | jq -S .) \
		<(kcat -b "$KLOG_BROKERS" -L -J -t "$TOPIC" | jq -S .)
}

@test "-v says what was done, nothing else does" {
	fresh_topic
	run -0 klog-topics -v create "$TOPIC"
	assert_line "klog-topics: $TOPIC: created"
	run -0 klog-topics delete "$TOPIC"
	assert_output ''
}

@test "bad usage: exit 2, and the nearest match" {
	run -2 klog-topics
	assert_output --partial 'no verb'
	run -2 klog-topics lst
	assert_output --partial "did you mean 'list'?"
	run -2 klog-topics list --jsno
	assert_output --partial "did you mean '--json'?"
	run -2 klog-topics list --partitions 3
	assert_output --partial \
		"option '--partitions' does not go with 'list'"
	run -2 klog-topics create
	run -2 klog-topics alter x
	run -2 klog-topics create --partitions 0 x
	run -2 klog-topics -X acks=7 list
	run -0 klog-topics -X clientid=x list
	assert_output --partial "unknown property 'clientid' (did you mean"
}

@test "which cluster: an empty or insecure answer is no answer" {
	run -2 klog-topics -b '' list
	assert_output --partial 'the list of brokers is empty'
	KLOG_BROKERS='' run -2 klog-topics list
	assert_output --partial 'KLOG_BROKERS: the list of brokers is empty'
	run -2 klog-topics --profile nowhere list
	assert_output --partial "profile 'nowhere' is in no configuration file"
	run -2 klog-topics -F "$T/missing" list
	unset KLOG_BROKERS
	run -2 klog-topics -X security.protocol=ssl list
	assert_output --partial 'no brokers are'
}

@test "profiles and property files" {
	brokers=$KLOG_BROKERS
	unset KLOG_BROKERS
	mkdir "$XDG_CONFIG_HOME/klog"
	printf 'profile=dev\n[dev]\nbootstrap.servers=%s\n[bad]\nbrokers=%s\n' \
		"$brokers" 127.0.0.1:1 >"$XDG_CONFIG_HOME/klog/config"
	run -0 klog-topics list
	run -3 klog-topics --profile bad -m 0.2 list
	KLOG_PROFILE=bad run -3 klog-topics -m 0.2 list
	printf 'metadata.broker.list = %s\n' "$brokers" >kcat.conf
	run -0 klog-topics -F kcat.conf list
	KLOG_BROKERS=127.0.0.1:1 run -0 klog-topics -F kcat.conf list
}

@test "no broker there: exit 3 within -m, address named" {
	run -3 klog-topics -b 127.0.0.1:1 -m 0.3 list
	assert_output --partial '127.0.0.1:1'
}

@test "a broker that answers rubbish: exit 3" {
	perl -MIO::Socket::INET -e '$| = 1; $SIG{PIPE} = "IGNORE";
		$s = IO::Socket::INET->new(Listen => 9,
		    LocalAddr => "127.0.0.1:0") or die;
		print $s->sockport, "\n";
		while ($c = $s->accept) { print $c "rubbish" x 999; close $c }
	' >port 3>&- &
	KLOG_PIDS+=($!)
	wait_until 5 test -s port
	run -3 klog-topics -b "127.0.0.1:$(cat port)" -m 0.5 list
}

@test "output that cannot be written: exit 2" {
	new_topic
	run -2 bash -c 'klog-topics list >/dev/full'
	assert_output --partial 'standard output'
	run -2 bash -c 'klog-topics list >&-'
	run -0 bash -c 'set -o pipefail; klog-topics --help | head -1'
}

@test "typed line by line" {
	needs_own_broker
	expect -c '
		set timeout 10
		spawn -noecho klog-topics
		expect "klog-topics> "
		send "cre\t typed --part\t 3\r"
		expect "klog-topics> "
		send "list ty\t\r"
		expect -re "typed +3 "
		expect "klog-topics> "
		send "lst\r"
		expect "did you mean"
		expect "klog-topics> "
		send "create\r"
		expect "needs a topic"
		expect "klog-topics> "
		send "config get typed -J cleanup.policy\r"
		expect "\"value\":\"delete\""
		expect "klog-topics> "
		send "\004"
		expect eof
	' >said 3>&- || fail "$(cat said)"
	run -0 klog-topics list typed
	assert_output "typed	3	1	false"
}

@test "a table on a terminal" {
	new_topic --partitions 2
	run -0 script -qec "TERM= klog-topics list $TOPIC" /dev/null
	assert_line --index 0 --regexp '^TOPIC +PARTITIONS  REPLICAS  INTERNAL'
	assert_line --index 1 --regexp "^$TOPIC  +2  +1  false"
}

@test "--color: headings and the name before an error" {
	local bold=$'\e[1m' red=$'\e[1;31m' off=$'\e[0m' how
	new_topic --partitions 1
	export TERM=xterm
	# each stream by itself
	run -0 script -qec "klog-topics list $TOPIC" /dev/null
	assert_line --index 0 --regexp "^${bold//[/\\[}TOPIC .*${off//[/\\[}"
	assert_line --index 1 --regexp "^$TOPIC "
	run -4 script -qec "klog-topics list not-there 2>err" /dev/null
	run -0 cat err
	assert_output --regexp '^klog-topics: not-there: '
	run -4 script -qec "klog-topics list not-there" /dev/null
	assert_output --partial "${red}klog-topics:$off not-there: "
	run -2 script -qec "klog-topics --no-such" /dev/null
	assert_output --partial "${red}klog-topics:$off "
	# none of it
	for how in TERM=dumb TERM= NO_COLOR=1 --color=never; do
		case $how in
		--*) how="klog-topics $how" ;;
		*) how="$how klog-topics" ;;
		esac
		run -4 script -qec "$how list $TOPIC not-there" /dev/null
		assert_line --regexp '^TOPIC '
		assert_line --regexp '^klog-topics: not-there: '
		refute_output --partial $'\e'
	done
	run -0 script -qec "klog-topics list --json $TOPIC" /dev/null
	refute_output --partial $'\e'
	run -2 script -qec "klog-topics --color=never --no-such" /dev/null
	refute_output --partial $'\e'
	# where it is asked for; what scripts read stays as it is
	NO_COLOR=1 run -4 --separate-stderr klog-topics list --color=always \
		"$TOPIC" not-there
	assert_output --regexp "^$TOPIC"$'\t'
	# shellcheck disable=SC2154
	assert_equal "${stderr:0:24}" "${red}klog-topics:$off "
	run -0 klog-topics list --color=always --json "$TOPIC"
	refute_output --partial $'\e'
	run -4 klog-topics list not-there
	assert_output --regexp '^klog-topics: '
}

# Opens a transaction of id $1 with one record, and keeps it open: its producer
# is a job, whose input is descriptor 4.
open_txn() {
	mkfifo "in-$1"
	klog-produce -q --transactional-id "$1" "$TOPIC" <"in-$1" 2>/dev/null 3>&- &
	exec 4>"in-$1"
	echo open >&4
	wait_until 10 sh -c "klog-consume -q -e --uncommitted $TOPIC | grep -q open"
}

@test "transactions: list, describe, abort" {
	local pid rc=0
	needs_transactions
	new_topic --partitions 1
	open_txn "$TOPIC-id"
	pid=$!
	run -0 klog-topics transactions list
	assert_line --regexp "^$TOPIC-id	Ongoing	[0-9]+	[0-9]+$"
	run -0 klog-topics transactions describe "$TOPIC-id"
	assert_output --regexp "^$TOPIC-id	Ongoing	[0-9]+	[0-9]+	[0-9]+	60000	[0-9]+	$TOPIC\\[0\\]$"
	run -0 klog-topics transactions list -t "$TOPIC"
	assert_output --regexp "^$TOPIC	0	0	[0-9]+	[0-9]+	[0-9]+	open	$TOPIC-id$"
	# what is somebody's is not ended by topic
	run -0 klog-topics transactions abort -t "$TOPIC"
	assert_output ''
	run -0 klog-topics transactions abort "$TOPIC-id"
	assert_output ''
	exec 4>&-
	wait "$pid" || rc=$?
	assert_equal "$rc" 7
	run -0 klog-topics transactions list -t "$TOPIC"
	assert_output ''
	run -4 klog-topics transactions describe no-such-id
	run -4 klog-topics transactions abort no-such-id
	run -2 klog-topics transactions
	run -2 klog-topics transactions abort
	run -2 klog-topics transactions end x
}

@test "transactions: one that hangs is shown and ended" {
	local pid
	needs_own_broker
	klog_broker
	new_topic --partitions 1
	open_txn lost
	pid=$!
	kill -9 "$pid"
	wait "$pid" || true
	exec 4>&-
	klog_broker_kill
	rm -rf "$DATA"/__transaction_state-*
	klog_broker
	echo behind | klog-produce -q "$TOPIC"
	run -0 klog-consume -q -e "$TOPIC"
	assert_output ''
	run -0 klog-topics transactions list -t "$TOPIC"
	assert_output --regexp "^$TOPIC	0	0	[0-9]+	[0-9]+	[0-9]+	hanging	$"
	run -0 klog-topics transactions abort -t "$TOPIC" -n
	run -0 klog-consume -q -e "$TOPIC"
	assert_output ''
	run -0 klog-topics transactions abort -t "$TOPIC"
	assert_output --partial hanging
	run -0 klog-consume -q -e "$TOPIC"
	assert_output behind
	run -0 klog-topics transactions list -t "$TOPIC"
	assert_output ''
}
