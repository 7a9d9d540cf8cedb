#!/usr/bin/env bats
# klog-consume, against the private broker or, with KLOG_TEST_BROKERS, another.

load lib/klog

setup() { klog_setup; }
teardown() { klog_teardown; }

# put TOPIC PARTITION RECORD..
put() { printf '%s\n' "${@:3}" | klog-produce -q -p "$2" "$1"; }

# at TOPIC PARTITION MS RECORD: a record of that time.
at() { echo "$4" | klog-produce -q -p "$2" --ts "$3" "$1"; }

@test "lines come back as they went in" {
	new_topic --partitions 1
	seq 100000 | sed 's/$/ some text/' >in
	klog-produce -q "$TOPIC" <in
	klog-consume -e "$TOPIC" | cmp - in
}

@test "-e at the end: at once" {
	new_topic --partitions 3
	run -0 klog-consume -e "$TOPIC"
	assert_output ''
	put "$TOPIC" 1 a b
	run -0 klog-consume -o end -e "$TOPIC"
	assert_output ''
	local start=${EPOCHREALTIME/./}
	klog-consume -e "$TOPIC" >/dev/null
	[ $((${EPOCHREALTIME/./} - start)) -lt 400000 ]
}

@test "-o: offsets and ranges" {
	new_topic --partitions 1
	put "$TOPIC" 0 0 1 2 3 4 5 6 7 8 9
	local spec want
	while read -r spec want; do
		run -0 klog-consume -e -D ' ' -o "$spec" "$TOPIC"
		assert_equal "$spec ${output% }" "$spec $want"
	done <<-'END'
		beginning 0 1 2 3 4 5 6 7 8 9
		8 8 9
		-2 8 9
		+8 8 9
		-20 0 1 2 3 4 5 6 7 8 9
		2..4 2 3
		..2 0 1
		7..+2 7 8
		-3..-1 7 8
		8..50 8 9
		0=9 9
		5..5
		end
		-1h..-30m
		-1h 0 1 2 3 4 5 6 7 8 9
	END
	run -0 klog-consume -o 2..4 "$TOPIC"
	assert_output $'2\n3'
}

@test "-o: an offset that is not there is an error" {
	new_topic --partitions 1
	put "$TOPIC" 0 a b
	run -4 klog-consume -e -o 3 "$TOPIC"
	assert_output --partial "${TOPIC}[0]: offset 3 is outside 0..2"
	run -0 klog-consume -e -o 2 "$TOPIC"
	assert_output ''
	run -2 klog-consume -o nonsense "$TOPIC"
	assert_output --partial "'nonsense' is neither an offset nor a time"
	run -2 klog-consume -o stored "$TOPIC"
}

@test "-o: times, each partition its own; older records are dropped" {
	local now=$((${EPOCHREALTIME%.*} * 1000)) i
	new_topic --partitions 2
	for i in 1 2 3 4; do
		at "$TOPIC" $((i % 2)) $((now - 60000 * (5 - i))) "m$i"
	done
	at "$TOPIC" 0 $((now - 3600000)) late
	run -0 klog-consume -e -o -150s "$TOPIC"
	assert_output --regexp '^m[34]'$'\n''m[34]$'
	run -0 klog-consume -e -o "@$((now - 180000))..@$((now - 60000))" \
		"$TOPIC"
	assert_equal "$(sort <<<"$output")" $'m2\nm3'
	run -0 klog-consume -v -e -o "1=@$((now - 60000)),end" "$TOPIC"
	assert_output --partial "${TOPIC}[1]: 2..2"
}

@test "-p: lists; a partition that is not there" {
	new_topic --partitions 4
	local i
	for i in 0 1 2 3; do put "$TOPIC" $i "p$i"; done
	run -0 bash -c "klog-consume -e -p 0,2-3 $TOPIC | sort | xargs"
	assert_output 'p0 p2 p3'
	run -4 klog-consume -e -p 4 "$TOPIC"
	assert_output --partial 'there is no partition 4: it has 4'
	run -2 klog-consume -e -p 3-1 "$TOPIC"
}

@test "-n: the newest of the topic, not of each partition" {
	local now=$((${EPOCHREALTIME%.*} * 1000)) i
	new_topic --partitions 3
	for i in 1 2 3 4 5 6 7 8 9; do
		at "$TOPIC" $((i < 6 ? 0 : i % 3)) $((now - 100000 + i)) "$i"
	done
	run -0 klog-consume -e --sort -n 4 "$TOPIC"
	assert_output $'6\n7\n8\n9'
	run -0 klog-consume -e --sort -n 100 "$TOPIC"
	assert_equal "${#lines[@]}" 9
	run -0 klog-consume -e -n 0 "$TOPIC"
	assert_output ''
	run -2 klog-consume -n 1 -o 0 "$TOPIC"
}

@test "--sort: by time; needs an end" {
	local now=$((${EPOCHREALTIME%.*} * 1000)) i
	new_topic --partitions 3
	for i in 7 1 4 8 2 5 9 3 6; do
		at "$TOPIC" $((i % 3)) $((now - 10000 + i)) "$i"
	done
	run -0 klog-consume -e --sort -D '' "$TOPIC"
	assert_output --regexp '^[1-9]{9}$'
	new_topic --partitions 3
	for i in 1 2 3 4 5 6 7 8 9; do
		at "$TOPIC" $((i % 3)) $((now - 10000 + i)) "$i"
	done
	run -0 klog-consume -e --sort -D '' "$TOPIC"
	assert_output 123456789
	run -0 klog-consume -e --sort -c 4 -D '' "$TOPIC"
	assert_output 1234
	run -2 klog-consume --sort "$TOPIC"
}

@test "-c: exactly so many, after -g" {
	new_topic --partitions 1
	seq 1000 | klog-produce -q "$TOPIC"
	run -0 bash -c "klog-consume -c 7 $TOPIC | wc -l"
	assert_output 7
	run -0 klog-consume -c 2 -g 'v:^9.$' "$TOPIC"
	assert_output $'90\n91'
	run -0 klog-consume -c 0 "$TOPIC"
	assert_output ''
}

@test "-g: key, value, header; exact, not, and" {
	new_topic --partitions 1
	{
		echo '{"key":"a","payload":"one","headers":["h","x"]}'
		echo '{"key":"b","payload":"two","headers":["h","y","h","x"]}'
		echo '{"payload":null}'
		echo '{"key":"ab","payload":"caf\u00e9"}'
	} | klog-produce -q -J "$TOPIC"
	local rule want
	while read -r rule want; do
		run -0 klog-consume -e -f '%o ' -g "$rule" "$TOPIC"
		assert_equal "$rule ${output% }" "$rule $want"
	done <<-'END'
		k:b 1 3
		k=a 0
		!k:b 0 2
		v:^caf.$ 3
		h.h=x 0 1
		h.h:^y 1
		!h.h:. 2 3
	END
	run -0 klog-consume -e -f '%o ' -g k:a -g '!h.h=x' "$TOPIC"
	assert_output '3 '
	run -2 klog-consume -g z:a "$TOPIC"
	run -2 klog-consume -g 'v:(' "$TOPIC"
}

@test "-f, -K, -O, -D, -0, --null, -Z, -s" {
	new_topic --partitions 1
	{
		echo '{"key":"k","payload":"v","headers":["a","1","b",null]}'
		echo '{"payload":null}'
		echo '{"key":"","payload":""}'
	} | klog-produce -q -J "$TOPIC"
	run -0 klog-consume -e -f '%t|%p|%o|%k|%s|%K|%S|%h|%%\n' "$TOPIC"
	assert_output "$TOPIC|0|0|k|v|1|1|a=1,b=NULL|%
$TOPIC|0|1|||-1|-1||%
$TOPIC|0|2|||0|0||%"
	run -0 klog-consume -e -K : "$TOPIC"
	assert_output $'k:v\n:\n:'
	run -0 klog-consume -e -O -K '\t' -Z "$TOPIC"
	assert_output $'0\tk\tv\n1\tNULL\tNULL\n2\t\t'
	run -0 klog-consume -e -D '|' --null - "$TOPIC"
	assert_output 'v|-||'
	run -0 bash -c "klog-consume -e -0 $TOPIC | od -An -c | tr -d ' '"
	assert_output 'v\0\0\0'
	run -0 klog-consume -e -c 1 -K = -s key=hex -s value=base64 "$TOPIC"
	assert_output '6b=dg=='
	run -0 klog-consume -e -c 1 -s B "$TOPIC"
	assert_output 118
	run -2 klog-consume -f '%q' "$TOPIC"
	assert_output --partial "unknown format token '%q'"
	run -2 klog-consume -f '%s\q' "$TOPIC"
	assert_output --partial "unknown escape '\\q'"
	run -2 klog-consume -f '%s\' "$TOPIC"
	# in a delimiter it stands for itself, as in kcat and klog-produce
	run -0 klog-consume -e -c 1 -K '\q' -D '\n' "$TOPIC"
	assert_output kqv
	run -2 klog-consume -f '%s' -J "$TOPIC"
	run -2 klog-consume -J -K : "$TOPIC"
	assert_output --partial "-J says all"
	run -2 klog-consume -J -0 "$TOPIC"
	run -2 klog-consume -s nonsense "$TOPIC"
}

@test "-J --bytes: one form for all bytes, and back again" {
	new_topic --partitions 2
	echo '{"key":"k","payload":"v","headers":["n","h","m",null]}' |
		klog-produce -q -J -p 0 "$TOPIC"
	run -0 klog-consume -e -J --bytes=base64 "$TOPIC"
	assert_equal "$(jq -c '[.key,.payload,.headers]' <<<"$output")" \
		'[{"base64":"aw=="},{"base64":"dg=="},["n",{"base64":"aA=="},"m",null]]'
	run -0 klog-consume -e -J --bytes hex "$TOPIC"
	assert_equal "$(jq -c '[.key,.payload,.headers]' <<<"$output")" \
		'[{"hex":"6b"},{"hex":"76"},["n",{"hex":"68"},"m",null]]'
	klog-produce -q -J -p 1 "$TOPIC" <<<"$output"
	run -0 klog-consume -e -f '%k %s %h\n' -p 1 "$TOPIC"
	assert_output 'k v n=h,m=NULL'
	run -0 klog-consume -e -J --bytes=hex -s value=base64 -p 0 "$TOPIC"
	assert_equal "$(jq -c '[.key,.payload]' <<<"$output")" \
		'[{"hex":"6b"},{"base64":"dg=="}]'
	run -2 klog-consume --bytes=hex "$TOPIC"
	run -2 klog-consume -J --bytes=octal "$TOPIC"
}

@test "-J: any bytes, and back again" {
	new_topic --partitions 1
	local in=$TOPIC
	{
		printf '%s\n' '{"key":{"base64":"AP8="},"payload":"a\u0000\n\u001f"}'
		printf '%s\n' '{"payload":{"base64":"//4ieA=="},"ts":1700000000123}'
		printf '%s\n' '{"key":"","payload":null,"headers":["n",null,"n",""]}'
		printf '%s\n' '{"payload":"\ud83d\ude00 \"\\ caf\u00e9"}'
	} | klog-produce -q -J "$in"
	klog-consume -e -J "$in" >one
	run -0 jq -c '[.key,.payload,.headers]' one
	assert_line --index 0 '[{"base64":"AP8="},"a\u0000\n\u001f",null]'
	assert_line --index 1 '[null,{"base64":"//4ieA=="},null]'
	assert_line --index 2 '["",null,["n",null,"n",""]]'
	new_topic --partitions 1
	klog-produce -q -J "$TOPIC" <one
	klog-consume -e -J "$TOPIC" | sed "s/$TOPIC/$in/" >two
	cmp one two
	run -0 klog-consume -e -J --iso -o 1..2 "$TOPIC"
	assert_output --partial '"time":"2023-11-14T22:13:20.123Z"'
}

@test "-J -s value=json: documents nested, the rest as strings" {
	new_topic --partitions 1
	put "$TOPIC" 0 '{"a":[1,2]}' 'no json' '"text"'
	run -0 bash -c "klog-consume -e -J -s value=json $TOPIC |
		jq -c '[.payload,.value_format,.value_error]'"
	assert_output '[{"a":[1,2]},"json",null]
["no json",null,"no JSON"]
["\"text\"",null,null]'
}

@test "--strict: what is not in the form of -s ends it, exit 6" {
	new_topic --partitions 1
	put "$TOPIC" 0 '{}' oops '[]'
	for p in '' -J; do
		run -6 --separate-stderr klog-consume -q -e $p -s value=json --strict "$TOPIC"
		assert_equal "$stderr" "klog-consume: $TOPIC[0]: offset 1: the value is not as -s 'json' has it"
		assert_equal "${#lines[@]}" 1
	done
	run -0 klog-consume -q -e -s value=json "$TOPIC"
	assert_output $'{}\noops\n[]'
	run -6 klog-consume -q -e -s 'value=hh' --strict "$TOPIC"
	assert_output --partial 'offset 0'
	run -0 klog-consume -q -e -s 'key=>I' -s value=hex --strict "$TOPIC"
	run -2 klog-consume -e --strict "$TOPIC"
	assert_output --partial '--strict goes with -s'
}

@test "several topics, and ^regex" {
	new_topic --partitions 1
	local a=$TOPIC
	put "$a" 0 one
	new_topic --partitions 2
	put "$TOPIC" 1 two
	run -0 bash -c "klog-consume -e $a $TOPIC | sort | xargs"
	assert_output 'one two'
	run -0 bash -c "klog-consume -e -t '^($a|$TOPIC)\$' | sort | xargs"
	assert_output 'one two'
	run -4 klog-consume -e '^no-such-topic-at-all'
	run -2 klog-consume -e '^('
}

@test "a topic that is missing: exit 4; --wait" {
	fresh_topic
	run -4 klog-consume -e "$TOPIC"
	assert_output --partial "$TOPIC: UNKNOWN_TOPIC_OR_PARTITION"
	klog-consume --wait -d wire -c 1 "$TOPIC" >out 2>err &
	local pid=$!
	wait_until 5 traced 3 '< .* Metadata' err
	klog-topics create "$TOPIC" --partitions 1
	put "$TOPIC" 0 here
	wait $pid
	assert_equal "$(cat out)" here
}

@test "follow: a record is there at once, also through a pipe" {
	new_topic --partitions 2
	klog-consume "$TOPIC" > >(cat >out) &
	local pid=$! i
	KLOG_PIDS+=("$pid")
	for i in 1 2 3; do
		put "$TOPIC" $((i % 2)) "r$i"
		wait_until 5 grep -q "r$i" out
	done
	kill "$pid"
	status=0
	wait "$pid" || status=$?
	assert_equal "$status" 143
}

@test "| head ends it silently" {
	new_topic --partitions 1
	seq 200000 | klog-produce -q "$TOPIC"
	run bash -c "klog-consume $TOPIC 2>err | head -n 1; echo \${PIPESTATUS[0]}"
	assert_output $'1\n141'
	[ ! -s err ]
}

@test "stdout full or closed: exit 2" {
	new_topic --partitions 1
	put "$TOPIC" 0 a
	run -2 bash -c "klog-consume -e $TOPIC >/dev/full"
	assert_output 'klog-consume: standard output: No space left on device'
	run -2 bash -c "klog-consume -e $TOPIC >&-"
	run -2 bash -c "klog-consume -e -o end $TOPIC >&-"
	run -2 bash -c "trap '' PIPE; seq 200000 | klog-produce -q $TOPIC
		klog-consume -e $TOPIC | head -n 1 >/dev/null
		exit \${PIPESTATUS[0]}"
}

@test "--idle: exit 124; --fail-empty: exit 1" {
	new_topic --partitions 1
	put "$TOPIC" 0 a
	run -124 klog-consume --idle 200ms "$TOPIC"
	assert_output a
	run -1 klog-consume -e --fail-empty -g v:b "$TOPIC"
	assert_output ''
	run -0 klog-consume -e --fail-empty "$TOPIC"
}

@test "signals: 128+N, and what was read is written" {
	new_topic --partitions 1
	put "$TOPIC" 0 a
	run bash -c "timeout --preserve-status -s INT 1 \
		env --default-signal=INT klog-consume $TOPIC"
	assert_equal "$status" 130
	assert_output a
}

# What lies in the pipe at descriptor 4 (FIONREAD) is what fits in, once it was
# widened.
is_full() { perl -e 'ioctl(STDIN, 0x541b, $n); exit unpack("i", $n) < 262144' <&4; }

@test "a write that nobody takes does not keep it from ending" {
	new_topic --partitions 1
	seq 300000 | klog-produce -q "$TOPIC"
	mkfifo pipe
	exec 4<>pipe
	klog-consume "$TOPIC" >pipe &
	local pid=$!
	wait_until 5 is_full
	kill "$pid"
	status=0
	wait "$pid" || status=$?
	assert_equal "$status" 143
	exec 4>&-
}

@test "no broker there: exit 3" {
	run -3 klog-consume -b 127.0.0.1:1 -e t
	assert_output --partial '127.0.0.1:1'
	assert_output --partial 'Connection refused'
}

@test "the broker restarts while it follows, and while it reads" {
	needs_own_broker
	klog_broker
	new_topic --partitions 1
	put "$TOPIC" 0 before
	klog-consume "$TOPIC" >out 2>err &
	local pid=$!
	KLOG_PIDS+=("$pid")
	wait_until 5 grep -q before out
	klog_broker_stop
	klog_broker
	put "$TOPIC" 0 after
	wait_until 10 grep -q after out
	assert_equal "$(cat out)" $'before\nafter'
	kill "$pid"
	assert_equal "$(cat err)" ''
}

@test "all codecs" {
	new_topic --partitions 1
	local z
	for z in none gzip snappy lz4 zstd; do
		seq -f "$z %.0f" 500 | klog-produce -q -z $z "$TOPIC"
	done
	klog-consume -e "$TOPIC" >out
	for z in none gzip snappy lz4 zstd; do seq -f "$z %.0f" 500; done |
		cmp - out
	run -0 bash -c "klog-consume -e -f '%a\n' $TOPIC | sort | uniq -c |
		xargs"
	assert_output '500 gzip 500 lz4 500 none 500 snappy 500 zstd'
}

@test "a start behind the last stable offset: nothing yet, and no error" {
	new_topic --partitions 1
	seq 5 | klog-produce -q "$TOPIC"
	mkfifo open
	klog-produce -q --txn "$TOPIC" <open 3>&- &
	KLOG_PIDS+=($!)
	exec 4>open
	seq 1000 >&4
	wait_until 30 grows "$TOPIC" 8
	assert_equal "$(klog-topics offsets --committed "$TOPIC" | cut -f 4)" 5
	run -0 klog-consume -q -e -o 7 "$TOPIC"
	assert_output ''
	run -0 klog-consume -q -o 6..8 "$TOPIC"
	assert_output ''
	run -0 klog-consume -q -o 6..8 --uncommitted "$TOPIC"
	assert_output $'2\n3'
	run -4 klog-consume -q -e -o 5000 "$TOPIC"
	exec 4>&-
	wait_until 20 grows "$TOPIC" 1006
	run -0 klog-consume -q -o 6..8 "$TOPIC"
	assert_output $'2\n3'
}

grows() { [ "$(klog-topics -q offsets "$1" | cut -f 4)" -ge "$2" ]; }

@test "names that are none, a partition of -o that is not there" {
	run -2 klog-consume ''
	assert_output --partial 'name of a topic is empty'
	run -2 klog-consume -t ''
	run -2 klog-produce '' </dev/null
	assert_output --partial 'name of a topic is empty'
	run -2 klog-produce -t '' </dev/null
	new_topic --partitions 2
	seq 3 | klog-produce -q -p 1 "$TOPIC"
	run -0 klog-consume -q -e -o 0=0..0,1=1 "$TOPIC"
	assert_output $'2\n3'
	run -4 klog-consume -q -e -o 2=0..1 "$TOPIC"
	assert_output --partial 'no partition 2'
	run -4 klog-consume -q -e -p 0 -o 1=0..1 "$TOPIC"
}

@test "-v tells what was resolved, and no more" {
	new_topic --partitions 1
	seq 3 | klog-produce -q "$TOPIC"
	run -0 --separate-stderr klog-consume -v -e -o -2 "$TOPIC"
	assert_output $'2\n3'
	# shellcheck disable=SC2154	# set by run
	assert_equal "$(grep -vc 'private broker' <<<"$stderr")" 1
	assert_regex "$stderr" "$TOPIC\[0\]: 1\.\.3 \(log 0\.\.3\)"
}
