#!/usr/bin/env bats
# klog-produce, against the private broker or, with KLOG_TEST_BROKERS, another.

load lib/klog

setup() { klog_setup; }
teardown() { klog_teardown; }

# What the topic holds, as one JSON field a line.
field() { klog-consume -e -J "$TOPIC" | jq -c "$1"; }

@test "lines of standard input and of files" {
	new_topic --partitions 1
	printf '1\n2\n' >a
	printf '3\n\n4' >b
	echo 0 | klog-produce -q "$TOPIC"
	klog-produce -q "$TOPIC" a b </dev/null
	echo 5 | klog-produce -q -t "$TOPIC" - a
	run -0 klog-consume -e "$TOPIC"
	assert_output $'0\n1\n2\n3\n\n4\n5\n1\n2'
}

@test "no input: nothing, and no error" {
	new_topic --partitions 1
	run -0 klog-produce "$TOPIC" -q </dev/null
	assert_output ''
	run -0 klog-consume -e "$TOPIC"
	assert_output ''
}

@test "a large input, by pipe and by file, comes back byte for byte" {
	new_topic --partitions 1
	seq 300000 | sed 's/$/ and some more text to fill the line/' >in
	klog-produce -q "$TOPIC" in
	klog-produce -q "$TOPIC" <in
	dd if=in bs=777 status=none | klog-produce -q "$TOPIC"
	cat in in in | cmp - <(klog-consume -e "$TOPIC")
}

@test "lines of every length around the size of a block" {
	new_topic --partitions 1
	local n
	for n in 0 1 127 128 65535 65536 500000 999999; do
		head -c "$n" /dev/zero | tr '\0' x
		echo
	done >in
	klog-produce -q "$TOPIC" <in
	klog-consume -e "$TOPIC" | cmp - in
}

@test "a line larger than a batch, on a topic that takes it" {
	new_topic --partitions 1 --set max.message.bytes=8000000
	{
		echo first
		head -c 5000000 /dev/zero | tr '\0' y
		echo
		echo last
	} >in
	klog-produce -q "$TOPIC" <in
	klog-consume -e "$TOPIC" | cmp - in
	klog-produce -q -k k "$TOPIC" <in
	cat in in | cmp - <(klog-consume -e "$TOPIC")
}

@test "a line larger than buffer.memory" {
	new_topic --partitions 2 --set max.message.bytes=8000000
	local less="-q -X batch.size=65536 -X buffer.memory=200000"
	{
		seq 50000
		head -c 5000000 /dev/zero | tr '\0' y
		echo
		echo last
	} >in
	sort in >sorted
	timeout -k 1 20 klog-produce $less "$TOPIC" in
	klog-consume -e "$TOPIC" | sort | cmp - sorted
	tail -2 in | timeout -k 1 20 klog-produce $less -k k "$TOPIC"
	tail -2 in >whole
	timeout -k 1 20 klog-produce $less --whole "$TOPIC" whole
	run -0 klog-consume -e "$TOPIC" --sort -f '%S\n' -g 'v:^y'
	assert_output $'5000000\n5000000\n5000006'
}

@test "a line that is long in coming is not late" {
	new_topic --partitions 1
	mkfifo in
	klog-produce -q -X delivery.timeout.ms=400 -X request.timeout.ms=300 \
		"$TOPIC" <in &
	exec 5>in
	printf 'first\nsec' >&5
	timeout 5 klog-consume -c 1 "$TOPIC"
	sleep 0.6	# longer than a delivery may take
	echo ond >&5
	exec 5>&-
	wait $!
	run -0 klog-consume -e "$TOPIC"
	assert_output $'first\nsecond'
}

@test "a line that the topic refuses is named; the others arrive" {
	new_topic --partitions 1 --set max.message.bytes=10000
	{
		seq 100
		head -c 20000 /dev/zero | tr '\0' z
		echo
		seq 101 200
	} >in
	run -6 klog-produce -q "$TOPIC" in
	assert_output --partial "record 101"
	assert_output --partial "MESSAGE_TOO_LARGE"
	assert_output --partial "1 record"
	seq 200 | cmp - <(klog-consume -e "$TOPIC")
}

@test "batches that are too large together are split, in order" {
	new_topic --partitions 1 --set max.message.bytes=20000
	seq 100000 >in
	klog-produce -q "$TOPIC" in
	klog-consume -e "$TOPIC" | cmp - in
}

@test "-K: keys, and the partition that Java's client would choose" {
	new_topic --partitions 4
	printf '21:a\nfoobar:b\nabc:c\n:empty\nnokey\n' |
		klog-produce -q -K : "$TOPIC"
	run -0 field '[.key,.payload,.partition]'
	assert_line '["21","a",0]'
	assert_line '["foobar","b",2]'
	assert_line '["abc","c",3]'
	assert_line '["","empty",1]'
	assert_line --partial '[null,"nokey",'
}

@test "-K: several bytes, only the first counts" {
	new_topic --partitions 1
	printf 'a::b::c\n' | klog-produce -q -K :: "$TOPIC"
	run -0 field '[.key,.payload]'
	assert_output '["a","b::c"]'
}

@test "--partitioner crc32: where librdkafka puts it" {
	new_topic --partitions 4
	printf '21:a\nfoobar:b\nabc:c\n' |
		klog-produce -q -K : --partitioner crc32 "$TOPIC"
	run -0 field '[.key,.partition]'
	assert_line '["21",0]'
	assert_line '["foobar",1]'
	assert_line '["abc",2]'
	run -2 klog-produce --partitioner nonsense "$TOPIC" </dev/null
	assert_output --partial "'nonsense' is no partitioner"
}

@test "-k and -p" {
	new_topic --partitions 3
	printf 'x\ny\n' | klog-produce -q -k K -p 2 "$TOPIC"
	run -0 field '[.key,.payload,.partition]'
	assert_output $'["K","x",2]\n["K","y",2]'
	run -4 klog-produce -p 3 "$TOPIC" </dev/null
	assert_output --partial "no partition 3: the topic has 3"
}

@test "-H: a value, an empty one, null; the order stays" {
	new_topic --partitions 1
	echo x | klog-produce -q -H b=1 -H a= -H n -H b=2=3 "$TOPIC"
	run -0 field .headers
	assert_output '["b","1","a","","n",null,"b","2=3"]'
	run -2 klog-produce -H =x "$TOPIC" </dev/null
}

@test "null, empty and the word null are kept apart" {
	new_topic --partitions 1
	printf ':a\nNULL:NULL\nnull:null\nk:\n' >in
	klog-produce -q -K : "$TOPIC" <in
	run -0 field '[.key,.payload]'
	assert_output $'["","a"]\n["NULL","NULL"]\n["null","null"]\n["k",""]'
	new_topic --partitions 1
	klog-produce -q -K : --null NULL "$TOPIC" <in
	run -0 field '[.key,.payload]'
	assert_output $'["","a"]\n[null,null]\n["null","null"]\n["k",""]'
	new_topic --partitions 1
	klog-produce -q -K : -Z "$TOPIC" <in
	run -0 field '[.key,.payload]'
	assert_output $'[null,"a"]\n["NULL","NULL"]\n["null","null"]\n["k",null]'
	new_topic --partitions 1
	printf 'a\n\n' | klog-produce -q -Z "$TOPIC"
	run -0 field .payload
	assert_output $'"a"\nnull'
}

@test "-D and -0: other ends of a record" {
	new_topic --partitions 1
	printf 'a\nb\0c\0' | klog-produce -q -0 "$TOPIC"
	printf 'd;e;' | klog-produce -q -D ';' "$TOPIC"
	printf 'f--g-h--i' | klog-produce -q -D -- "$TOPIC"
	printf 'j\tk' | klog-produce -q -D '\t' "$TOPIC"
	run -0 field .payload
	assert_output "$(printf '"%s"\n' 'a\nb' c d e f g-h i j k)"
	run -2 klog-produce -0 -D x "$TOPIC" </dev/null
	run -2 klog-produce -D '' "$TOPIC" </dev/null
}

@test "--whole: each file one record, newlines and all" {
	new_topic --partitions 1
	printf '1\n2\n' >a
	: >b
	klog-produce -q --whole "$TOPIC" a b
	printf 'in\nput' | klog-produce -q --whole "$TOPIC"
	run -0 field .payload
	assert_output $'"1\\n2\\n"\n""\n"in\\nput"'
	run -6 klog-produce -q --whole -X message.max.bytes=1000 "$TOPIC" \
		</dev/zero
	assert_output --partial 'over 1000 bytes'
}

@test "--ts: ms, seconds and dates" {
	new_topic --partitions 1
	echo a | klog-produce -q --ts 1738310400123 "$TOPIC"
	echo b | klog-produce -q --ts @1738310400 "$TOPIC"
	echo c | klog-produce -q --ts 2025-01-31T08:00:00Z "$TOPIC"
	run -0 field .ts
	assert_output $'1738310400123\n1738310400000\n1738310400000'
	run -2 klog-produce --ts nonsense "$TOPIC" </dev/null
}

@test "without --ts: the present" {
	new_topic --partitions 1
	echo a | klog-produce -q "$TOPIC"
	local ts
	ts=$(field .ts)
	[ $((${EPOCHREALTIME%.*} - ts / 1000)) -lt 10 ]
}

@test "-z: every codec is read back, also by -n" {
	local codec
	new_topic --partitions 1
	seq 20000 >in
	for codec in none gzip snappy lz4 zstd; do
		klog-produce -q -z "$codec" "$TOPIC" in
	done
	cat in in in in in | cmp - <(klog-consume -e "$TOPIC")
	run -2 klog-produce -z lzma "$TOPIC" </dev/null
	assert_output --partial "'lzma' is no codec"
}

# size PROPERTY..: of what is compressed with these.
size() {
	local args=() p

	for p in "$@"; do args+=(-X "$p"); done
	new_topic --partitions 1
	klog-produce -q "${args[@]}" "$TOPIC" in
	klog-consume -q -e "$TOPIC" | cmp - in
	klog-topics stat -J "$TOPIC" | jq .bytes
}

@test "levels of compression: Java's property of a codec, librdkafka's of all" {
	local c least most
	seq 20000 >in
	while read -r c least most; do
		least=$(size compression.type="$c" compression."$c".level="$least")
		most=$(size compression.type="$c" compression."$c".level="$most")
		[ "$most" -lt "$least" ] || fail "$c: $least, $most"
	done <<-'END'
		gzip 1 9
		lz4 9 12
		zstd -20 19
	END
	least=$(size compression.type=gzip compression.level=1)
	most=$(size compression.type=gzip compression.level=9)
	[ "$most" -lt "$least" ]
	# -1 is librdkafka's word for the codec's own
	assert_equal "$(size compression.type=lz4 compression.level=-1)" \
		"$(size compression.type=lz4)"
	new_topic
	for p in gzip.level=0 gzip.level=10 lz4.level=0 lz4.level=18 \
		zstd.level=23 zstd.level=-131073; do
		run -2 klog-produce -X compression.type="${p%.*}" \
			-X compression."$p" "$TOPIC" in
		assert_output --partial "compression.${p%=*}"
	done
	run -2 klog-produce -z lz4 -X compression.level=13 "$TOPIC" in
	assert_output --partial '0 to 12'
}

@test "-T: a copy on standard output, as it came" {
	new_topic --partitions 1
	printf 'a\nb\n\nc' >in
	klog-produce -q -T "$TOPIC" <in | cmp - in
	klog-produce -q -T -K b "$TOPIC" <in | cmp - in
	seq 100000 >in
	klog-produce -q -T "$TOPIC" <in | cmp - in
	run -2 --separate-stderr bash -c \
		'seq 100000 | klog-produce -q -T "$1" >/dev/full' _ "$TOPIC"
	# shellcheck disable=SC2154
	assert_regex "$stderr" 'standard output'
	# what somebody else has made non-blocking, and a reader takes his time
	local how
	for how in -T '--report %o\n'; do
		# shellcheck disable=SC2086
		{
			dd oflag=nonblock count=0 status=none
			klog-produce -q $how "$TOPIC"
			echo $? >status
		} <in | { sleep 0.1; cat; } >got
		assert_equal "$(cat status)" 0
		assert_equal "$(wc -l <got)" 100000
	done
}

# The pipe takes no more.
full() { ! echo | dd of=pipe oflag=nonblock status=none 2>/dev/null; }

@test "-T, --report: a signal while nobody reads them" {
	local how pid
	new_topic --partitions 1
	seq 100000 >in
	mkfifo pipe
	for how in -T '-T -k x' '--report %o\n'; do
		exec 4<>pipe
		# shellcheck disable=SC2086
		klog-produce -q $how "$TOPIC" <in >pipe 3>&- 4>&- &
		pid=$!
		KLOG_PIDS+=("$pid")
		wait_until 10 full
		kill "$pid"
		wait_until 10 klog_gone "$pid"
		wait "$pid" || assert_equal $? 143
		exec 4>&-
	done
}

@test "-c: stops after so many" {
	new_topic --partitions 1
	seq 10 | klog-produce -q -c 3 "$TOPIC"
	run -0 klog-consume -e "$TOPIC"
	assert_output $'1\n2\n3'
	# what comes in later is not waited for
	mkfifo open
	timeout 10 klog-produce -q -c 1 "$TOPIC" <open 3>&- &
	exec 4>open
	echo a >&4
	wait $!
	exec 4>&-
}

@test "-J: what klog-consume -J prints comes back byte for byte" {
	new_topic --partitions 3
	printf 'k\xff1:v\xfe\x00 \x22x\\\n:\nplain\n\xc3\xa4:\xe2\x82\xac\n' |
		klog-produce -q -K : -H 'h=\xff' -H n --ts 1700000000000 "$TOPIC"
	klog-consume -e --sort -J "$TOPIC" |
		jq -cS '[.partition,.key,.payload,.headers,.ts]' | sort >want
	klog-consume -e -J "$TOPIC" >all
	new_topic --partitions 3
	klog-produce -q -J --keep-partition "$TOPIC" <all
	klog-consume -e --sort -J "$TOPIC" |
		jq -cS '[.partition,.key,.payload,.headers,.ts]' | sort | cmp - want
}

@test "-J: other tools' names; null and empty" {
	new_topic --partitions 1
	klog-produce -q -J "$TOPIC" <<-'END'
		{"key":"a","value":"b","timestamp":1700000000000}
		{"payload":null}
		{"payload":"","headers":{"x":"y"}}
		{"payload":"c","headers":[{"key":"x","value":null}],"other":[1]}
	END
	run -0 field '[.key,.payload,.headers]'
	assert_line --index 0 --partial '["a","b"'
	assert_line --index 1 --partial '[null,null'
	assert_line --index 2 '[null,"",["x","y"]]'
	assert_line --index 3 '[null,"c",["x",null]]'
}

@test "-J: a bad line is named, what came before is kept" {
	new_topic --partitions 1
	printf '{"payload":"a"}\nnonsense\n{"payload":"b"}\n' >in
	run -6 klog-produce -q -J "$TOPIC" in
	assert_output --partial "in: record 2"
	run -0 field .payload
	assert_output '"a"'
	new_topic --partitions 1
	run -1 klog-produce -q -J --skip-bad "$TOPIC" in
	assert_output --partial "record 2"
	run -0 field .payload
	assert_output $'"a"\n"b"'
}

@test "--create: with partitions; one that is there is used as it is" {
	fresh_topic
	echo a | klog-produce -q --create --partitions 5 "$TOPIC"
	run -0 bash -c 'klog-topics offsets "$1" | wc -l' _ "$TOPIC"
	assert_output 5
	echo b | klog-produce -q --create --partitions 2 "$TOPIC"
	run -0 bash -c 'klog-consume -e "$1" | sort' _ "$TOPIC"
	assert_output $'a\nb'
	run -2 klog-produce --partitions 2 "$TOPIC" </dev/null
}

@test "a topic that is not there appears" {
	fresh_topic
	seq 3 | klog-produce -q -p 0 "$TOPIC"
	run -0 klog-consume -e "$TOPIC"
	assert_output $'1\n2\n3'
}

@test "a topic name that Kafka refuses" {
	run -2 klog-produce 'a b' </dev/null
	assert_output --partial 'INVALID_TOPIC'
}

@test "a topic that is missing and may not be made: exit 4" {
	fresh_topic
	run -4 klog-produce -q -X allow.auto.create.topics=false "$TOPIC" \
		</dev/null
	assert_output --partial "$TOPIC"
	assert_output --partial UNKNOWN_TOPIC_OR_PARTITION
}

@test "a file that is not there: exit 2, the others are sent" {
	new_topic --partitions 1
	echo a >a
	run -2 klog-produce -q "$TOPIC" absent a
	assert_output --partial absent
	run -0 klog-consume -e "$TOPIC"
	assert_output a
	run -2 klog-produce -q "$TOPIC" . a
	assert_output --partial '.: Is a directory'
	run -0 klog-consume -e "$TOPIC"
	assert_output $'a\na'
	run -2 klog-produce -q "$TOPIC" <.
}

@test "usage" {
	run -2 klog-produce
	assert_output --partial 'no topic'
	run -2 klog-produce --no-such x
	run -2 klog-produce -J -K : x
	assert_output --partial '-J excludes'
}

@test "kcat's -P, -l and -X are taken" {
	new_topic --partitions 1
	echo a >a
	klog-produce -q -P -t "$TOPIC" -l a -X acks=1 \
		-X enable.idempotence=false
	echo b | klog-produce -q -X acks=0 -X enable.idempotence=false "$TOPIC"
	run -0 wait_until 5 bash -c \
		'[ "$(klog-consume -e "$1" | tr "\n" ,)" = a,b, ]' _ "$TOPIC"
}

@test "-X: a value that is none, a near miss" {
	run -2 klog-produce -X acks=some x </dev/null
	run -2 klog-produce -X enable.idempotence=true -X acks=1 x </dev/null
	assert_output --partial acks
}

@test "a typed line is sent at once" {
	new_topic --partitions 1
	mkfifo in out
	klog-produce -q "$TOPIC" <in 3>&- &
	KLOG_PIDS+=($!)
	exec 9>in
	local nth			# run has an i of its own
	for nth in 1 2 3; do
		echo "line $nth" >&9
		run -0 timeout 5 klog-consume -o $((nth - 1)) -c 1 "$TOPIC"
		assert_output "line $nth"
	done
	exec 9>&-
	wait "${KLOG_PIDS[-1]}"
}

@test "SIGINT and SIGTERM: what was read is acknowledged" {
	new_topic --partitions 1
	local signal pid status n=0
	for signal in INT TERM HUP; do
		mkfifo "in.$signal"
		# what a background shell, or nohup, has ignored stays so
		env --default-signal="$signal" klog-produce -q "$TOPIC" \
			<"in.$signal" 3>&- &
		pid=$!
		exec 9>"in.$signal"
		echo "$signal" >&9
		timeout 5 klog-consume -o $((n++)) -c 1 "$TOPIC" >/dev/null
		kill -"$signal" "$pid"
		status=0
		wait "$pid" || status=$?
		[ "$status" -eq $((128 + $(kill -l "$signal"))) ]
		exec 9>&-
	done
	run -0 klog-consume -e "$TOPIC"
	assert_output $'INT\nTERM\nHUP'
}

# grown N: the topic has at least so many records.
grown() {
	[ "$(klog-topics -q offsets "$TOPIC" | awk '{ n += $5 } END { print n }')" -ge "$1" ]
}

@test "SIGINT in the middle: a prefix of the input, every line of it" {
	new_topic --partitions 1
	env --default-signal=INT klog-produce -q "$TOPIC" \
		< <(seq 100000000) 3>&- &
	local pid=$!
	wait_until 20 grown 1
	kill -INT "$pid"
	local status=0
	wait "$pid" || status=$?
	[ "$status" -eq 130 ]
	klog-consume -e "$TOPIC" >got
	[ -s got ]
	seq "$(wc -l <got)" | cmp - got
}

# cpu_ms COMMAND..: the milliseconds of processor time that it took.
cpu_ms() {
	local u s
	TIMEFORMAT='%U %S'
	read -r u s < <({ time "$@" >/dev/null 2>&1 3>&-; } 2>&1)
	echo $((10#${u/./} + 10#${s/./}))
}

@test "waiting for a broker that does not answer costs next to nothing" {
	local ms
	ms=$(cpu_ms klog-produce -m 1 -b 127.0.0.1:1 t <<<x)
	echo "klog-produce: $ms ms"
	[ "$ms" -lt 200 ]
	ms=$(cpu_ms klog-consume -m 1 -b 127.0.0.1:1 -e t)
	echo "klog-consume: $ms ms"
	[ "$ms" -lt 200 ]
}

@test "nobody answers: exit 3 within -m, the address is named" {
	local start=$SECONDS
	run -3 klog-produce -m 1 -b 127.0.0.1:1 t </dev/null
	assert_output --partial '127.0.0.1:1: Connection refused'
	[ $((SECONDS - start)) -le 3 ]
	run -3 klog-produce -m 0.5 -b no-such-host.invalid t </dev/null
	assert_output --partial 'does not resolve'
	run -3 klog-produce -m 0.5 -b "/$T/absent.sock" t </dev/null
	run -2 klog-produce -b '' t </dev/null
	run -2 klog-produce -b host:port t </dev/null
}

@test "delivery.timeout.ms: with a broker that hangs, 0 for ever, not below linger.ms" {
	local start rc=0
	needs_own_broker
	klog_broker
	new_topic --partitions 1
	mkfifo in
	klog-produce -X delivery.timeout.ms=300 "$TOPIC" <in 2>err 3>&- &
	exec 9>in
	echo one >&9
	timeout 5 klog-consume -q -c 1 "$TOPIC"
	kill -STOP "$BROKER_PID"
	start=${EPOCHREALTIME/./}
	echo two >&9
	exec 9>&-
	wait $! || rc=$?
	kill -CONT "$BROKER_PID"
	assert_equal "$rc" 3
	[ $((${EPOCHREALTIME/./} - start)) -lt 3000000 ]
	assert_file_contains err 'not acknowledged in 0.3 s'
	run -0 klog-produce -q -X message.timeout.ms=0 "$TOPIC" <<<three
	run -2 klog-produce -q -X linger.ms=500 -X delivery.timeout.ms=500 "$TOPIC" <<<four
	assert_output --partial 'linger.ms has to be less than delivery.timeout.ms'
}

@test "the broker dies: exit 3 and the count, after delivery.timeout.ms" {
	needs_own_broker
	klog_broker
	new_topic --partitions 1
	mkfifo in
	klog-produce -q -X delivery.timeout.ms=1500 "$TOPIC" <in \
		>out 2>&1 3>&- &
	local pid=$!
	exec 9>in
	echo one >&9
	timeout 5 klog-consume -c 1 "$TOPIC"
	# that a consumer sees it does not mean that the answer has come
	one_acknowledged() { kill -USR1 "$pid" && grep -q '^1 record' out; }
	wait_until 10 one_acknowledged
	klog_broker_kill
	printf 'two\nthree\n' >&9
	local status=0
	wait "$pid" || status=$?
	[ "$status" -eq 3 ]
	exec 9>&-
	run cat out
	assert_output --partial "2 records not acknowledged"
	assert_output --partial "record 2"
	assert_output --partial "$BROKER"
}

@test "the broker comes back: nothing lost, nothing twice, in order" {
	needs_own_broker
	klog_broker
	new_topic --partitions 2
	seq 400000 >in
	# not in this shell: bats' trap makes each of its commands take long
	bash -c 'while read -r l; do echo "$l"; done' <in 3>&- |
		klog-produce -q -p 1 "$TOPIC" 3>&- &
	local pid=$! i
	for i in 1 2 3; do
		wait_until 20 grown $((i * 60000))
		klog_broker_kill
		klog_broker
	done
	wait "$pid"
	klog-consume -e "$TOPIC" | cmp - in
}

@test "--rate: no faster, and all of it" {
	new_topic --partitions 1
	local start=$EPOCHREALTIME ms
	seq 60 | klog-produce -q --rate 200/s "$TOPIC"
	ms=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { print int((b - a) * 1000) }')
	[ "$ms" -ge 250 ]
	run -0 klog-consume -e "$TOPIC"
	assert_output "$(seq 60)"
	# 10 values of 10 kB at 0.1 MB/s; what is sent does not wait for the rest
	start=$EPOCHREALTIME
	for i in $(seq 10); do printf '%010000d\n' "$i"; done |
		klog-produce -q --rate 0.1MB/s "$TOPIC" 3>&- &
	local pid=$!
	KLOG_PIDS+=("$pid")
	wait_until 10 grown 63
	kill -0 "$pid"
	wait "$pid"
	ms=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { print int((b - a) * 1000) }')
	[ "$ms" -ge 850 ]
	# a signal does not wait
	seq 10 | klog-produce -q --rate 0.1/s "$TOPIC" 3>&- &
	pid=$!
	wait_until 10 grown 71
	kill "$pid"
	local status=0
	wait "$pid" || status=$?
	assert_equal "$status" 143
	run -2 klog-produce --rate 5 "$TOPIC" </dev/null
	run -2 klog-produce --rate 0/s "$TOPIC" </dev/null
	assert_output --partial "is no rate such as 200/s or 5MB/s"
}

@test "standard input is read no faster than it can be sent" {
	if ldd "$(command -v klog-produce)" | grep -q libasan; then
		skip "the sanitizer takes the whole address space"
	fi
	new_topic --partitions 1
	! sanitized || skip "a sanitizer needs more"
	(ulimit -v 400000 && seq 3000000 | klog-produce -q "$TOPIC")
	[ "$(klog-topics offsets "$TOPIC" | cut -f 4)" = 3000000 ]
}

# fake FAULT [N]: a broker that misbehaves; sets FAKE.
fake() {
	rm -f "$T/fake"
	mkfifo "$T/fake"
	"${KLOG_BUILD:-$BATS_TEST_DIRNAME/../build}/tests/helper/fakebroker" \
		"$@" >"$T/fake" 3>&- &
	KLOG_PIDS+=($!)
	read -r -t 10 FAKE <"$T/fake"
}

# Short timeouts, a thousand lines.
produce_to_fake() {
	seq 1000 | timeout 20 klog-produce -m 0.5 -b "$FAKE" \
		-X delivery.timeout.ms=1500 -X request.timeout.ms=1000 t
}

@test "no Kafka broker on the other end: exit 3 within -m" {
	local fault
	for fault in silent close rubbish huge negative correlation; do
		fake "$fault"
		local start=${EPOCHREALTIME/./}
		run -3 produce_to_fake
		assert_output --partial "$FAKE: "
		[ $((${EPOCHREALTIME/./} - start)) -lt 3000000 ]
	done
	fake rubbish
	run -3 produce_to_fake
	assert_output --partial 'does not answer as a Kafka broker would'
}

@test "a broker that ends in the middle, or answers half: the count" {
	fake truncated
	run -3 produce_to_fake
	assert_output --partial 't: 1000 records not acknowledged, 0 were'
	assert_output --partial "not acknowledged in 1.5 s: broker 1 ($FAKE)"
	fake dies 1
	run -3 produce_to_fake
	assert_output --partial 't: 1000 records not acknowledged, 0 were'
	assert_output --partial 'Connection refused'
}

@test "an old broker, a slow one" {
	fake old
	run -0 produce_to_fake
	fake slow 300
	run -0 produce_to_fake
}

@test "what the broker answers decides the exit status" {
	local code want
	while read -r code want; do
		fake error "$code"
		run -"$want" produce_to_fake
		assert_output --partial '1000 records not acknowledged'
	done <<-'END'
		6 3
		19 3
		29 5
		87 6
		10 6
	END
}

@test "an address that was learnt and leads nowhere is named" {
	fake advertises
	run -3 produce_to_fake
	assert_output --partial 'bootstrap ok; broker 7 advertises no-such-host'
	assert_output --partial 'see --resolve'
	run -0 bash -c 'seq 10 | klog-produce -b "$1" \
		--resolve no-such-host.invalid:9:"$1" t' _ "$FAKE"
}

@test "on a terminal: a prompt, editing, history, UTF-8" {
	command -v expect >/dev/null || skip "needs expect"
	new_topic --partitions 1
	cat >script <<-END
		set timeout 10
		proc prompted {} {
			expect {
				"$TOPIC> " {}
				default { puts "no prompt"; exit 1 }
			}
		}
		spawn klog-produce -q $TOPIC
		prompted
		send "hello\r"
		prompted
		send "wörlX\177d\r"
		prompted
		send "\020\020\r"
		prompted
		send "\004"
		expect eof {} default { puts "no end"; exit 1 }
		exit [lindex [wait] 3]
	END
	TERM=xterm run -0 timeout -k 1 60 setsid expect script </dev/null
	run -0 klog-consume -e "$TOPIC"
	assert_output $'hello\nwörld\nhello'
	assert_file_permission 600 "$HOME/.local/state/klog/history"
	echo 'expect "> "; send "\020\r"; expect "> "; send "\003"; expect eof' |
		sed "1s/^/set timeout 10; spawn klog-produce -q $TOPIC; /" >script
	TERM=xterm run timeout -k 1 60 setsid expect script </dev/null
	run -0 klog-consume -e -o -1 "$TOPIC"
	assert_output hello
}

@test "on a terminal: what was typed before the prompt, with its ^D" {
	command -v expect >/dev/null || skip "needs expect"
	new_topic --partitions 1
	mkfifo go
	cat >script <<-END
		set timeout 10
		spawn sh -c "echo ready; read x <go; exec klog-produce -q $TOPIC"
		expect "ready\r\n"
		send "one\rtwo\r\004"
		expect "two\r\n"
		exec sh -c "echo >go"
		expect eof {} default { puts "no end"; exit 1 }
		exit [lindex [wait] 3]
	END
	TERM=xterm run -0 timeout -k 1 60 setsid expect script </dev/null
	run -0 klog-consume -e "$TOPIC"
	assert_output $'one\ntwo'
}
