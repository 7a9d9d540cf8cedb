#!/usr/bin/env bats
# klog-produce: -f, which takes what klog-consume -f prints; -s, the forms that
# keys and values stand in; --report.

load lib/klog

setup() { klog_setup; }
teardown() { klog_teardown; }

# shows FMT RECORDS: what is in the topic, by -f.
shows() { assert_equal "$(klog-consume -q -e -f "$1" "$TOPIC")" "$2"; }

@test "-f: key, value, headers and time, between the format's text" {
	new_topic --partitions 1
	printf 'k1=v1;a=1,b=NULL;1700000000000\nk2=;;1700000000001\n' |
		klog-produce -q -f '%k=%s;%h;%T\n' "$TOPIC"
	shows '%k|%s|%h|%T\n' $'k1|v1|a=1,b=NULL|1700000000000\nk2|||1700000000001'
	# without its last newline, and with -D instead of one in the format
	new_topic --partitions 1
	printf 'a:1\nb:2' | klog-produce -q -f '%k:%v\n' "$TOPIC"
	printf '[e]\n[f]' | klog-produce -q -k key -f '[%s]\n' "$TOPIC"
	printf 'c:3;d:4' | klog-produce -q -f '%k:%v' -D ';' "$TOPIC"
	shows '%k=%s ' 'a=1 b=2 key=e key=f c=3 d=4 '
}

@test "-f: whatever klog-consume -f prints comes back byte for byte" {
	new_topic --partitions 3
	from=$TOPIC
	printf '\0\1\nx\xff' >bin
	klog-produce -q --whole -k $'k\n' -H $'h=\1' "$from" bin
	printf 'a,\nb,2\n,3\n' | klog-produce -q -Z -K , --ts 1700000000 "$from"
	for f in '%K{big32}%k%S{little64}%s%T{big64}%p{uvarint}%h{h}{len:big8}' \
		'%k{len:big16}%s{len:uvarint}{hex}%T %p %h{h}{json}\n' \
		'%k{json} %s{json} %d %p %h{h}{base64}\n' \
		'%R%s%K %k|%T %p %h{h}{len:hex16}{base64}' \
		'%t %o %a %e %i %H %x %y %k{hex} %s{base64} %d %p %h{h}{json}\n'; do
		new_topic --partitions 3
		klog-consume -q -e --sort -f "$f" "$from" >printed
		klog-produce -q --keep-partition -f "$f" "$TOPIC" printed
		# some of these forms have no null
		diff <(klog-consume -q -e --sort -f '%p %T %k{hex} %s{hex} %h{h}{hex}\n' "$from") \
			<(klog-consume -q -e --sort -f '%p %T %k{hex} %s{hex} %h{h}{hex}\n' "$TOPIC") ||
			fail "$f"
	done
	# and those with a length do
	klog-consume -q -e --sort -f '%K{big32}%k%S{big32}%s' "$from" >printed
	new_topic --partitions 1
	klog-produce -q -f '%K{big32}%k%S{big32}%s' "$TOPIC" printed
	diff <(klog-consume -q -e --sort -f '%K %S\n' "$from" | sort) \
		<(klog-consume -q -e -f '%K %S\n' "$TOPIC" | sort)
}

@test "-f: a large input through a pipe, in pieces of any size" {
	new_topic --partitions 1
	seq 50000 | klog-produce -q -K 5 "$TOPIC"
	from=$TOPIC
	for f in '%K{big16}%k%S{big32}%s' '%k{json}:%s{json}\n' '%k{hex};%s\n'; do
		new_topic --partitions 1
		klog-consume -q -e -f "$f" "$from" | dd bs=777 status=none |
			klog-produce -q -f "$f" "$TOPIC"
		cmp <(klog-consume -q -e -f '%K %k %s\n' "$from" | sed 's/^-1/0/') \
			<(klog-consume -q -e -f '%K %k %s\n' "$TOPIC" | sed 's/^-1/0/')
	done
}

@test "-f: null by -Z and --null, the key by -k, headers by -H" {
	new_topic --partitions 1
	printf 'a=\n=b\n-=-\n' | klog-produce -q -Z --null - -f '%k=%s\n' "$TOPIC"
	printf 'v\n' | klog-produce -q -k key -H a=b --ts 1700000000 -f '%s\n' "$TOPIC"
	shows '%K,%S ' '1,-1 -1,1 -1,-1 3,1 '
	assert_equal "$(klog-consume -q -n 1 -e -f '%k %s %h %T' "$TOPIC")" \
		'key v a=b 1700000000000'
}

@test "-f: what does not fit the format: exit 6, its number; --skip-bad" {
	new_topic --partitions 1
	run -6 klog-produce -q -f '%T %s\n' "$TOPIC" <<<$'1 a\nx b'
	assert_output --partial 'record 2: a number is due'
	run -6 klog-produce -q -f '%k{hex} %s\n' "$TOPIC" <<<$'6x b'
	assert_output --partial "record 1: '%k'"
	run -6 klog-produce -q -f '%S{big32}%s' "$TOPIC" <<<$'ab'
	run -6 klog-produce -q -f '%s{json}\n' "$TOPIC" <<<$'"a\x01"'
	run -6 klog-produce -q -f '[%s]\n' "$TOPIC" <<<'[a'
	run -6 klog-produce -q -f '%s;' "$TOPIC" <<<'a'
	run -6 klog-produce -q -f '[%s]\n' "$TOPIC" <<<'(a)'
	printf '\377\377\377\376' >bad
	run -6 klog-produce -q -f '%S{big32}%s' "$TOPIC" bad
	assert_output --partial "'%s' of 4294967294 bytes"
	run -1 klog-produce -q --skip-bad -f '%k{hex} %s\n' "$TOPIC" <<<$'61 x\n6 y\n62 z'
	assert_output --partial 'record 2'
	shows '%k%s ' 'a ax bz '
}

@test "-f: formats that cannot be read: exit 2" {
	new_topic
	for f in '%k%s' '%s%T' '%q' '%' '' '%d{%H}\n' '%S %s{>I}\n'; do
		run -2 klog-produce -f "$f" "$TOPIC" </dev/null
		assert_output --partial 'option -f'
	done
	run -2 klog-produce -f %s -J "$TOPIC" </dev/null
	run -2 klog-produce -f %s -K : "$TOPIC" </dev/null
	run -2 klog-produce -f %s --whole "$TOPIC" </dev/null
}

@test "-s: hex, base64, json and pack strings, of keys and values" {
	new_topic --partitions 1
	printf '6b:dmFs\n6B:\n' | klog-produce -q -K : -s key=hex -s value=base64 "$TOPIC"
	echo 7:-2 | klog-produce -q -K : -s '>h' "$TOPIC"
	echo '1 255 x y' | klog-produce -q -k 00ff -s key=hex -s 'value=<IBcs' "$TOPIC"
	echo '{"a": [1, null]}' | klog-produce -q -s value=json "$TOPIC"
	shows '%k{hex} %s{hex}\n' '6b 76616c
6b 
0007 fffe
00ff 01000000ff20782079
 7b2261223a205b312c206e756c6c5d7d'
	# what klog-consume shows in a form comes back by it
	for s in hex base64 'value=>hH'; do
		echo AbCd | klog-produce -q "$TOPIC"
		klog-consume -q -n 1 -e -s "$s" "$TOPIC" | klog-produce -q -s "$s" "$TOPIC"
		assert_equal "$(klog-consume -q -n 1 -e "$TOPIC")" AbCd
	done
	# JSON, too: the payload is text in that form
	echo '{"key":"6b","payload":"6162"}' | klog-produce -q -J -s hex "$TOPIC"
	assert_equal "$(klog-consume -q -n 1 -e -K = "$TOPIC")" k=ab
}

@test "-s: what is not in the form: exit 6; no form: exit 2" {
	new_topic --partitions 1
	for bad in hex:6 hex:zz base64:? json:'{' json:'1 2' '>b:128' 'B:-1' 'B:256' \
		'>q:9223372036854775808' 'hh:1' 'I$:1x'; do
		run -6 klog-produce -q -s "value=${bad%%:*}" "$TOPIC" <<<"${bad#*:}"
		assert_output --partial 'record 1: the value'
	done
	run -1 klog-produce -q --skip-bad -s hex "$TOPIC" <<<$'61\nx\n62'
	assert_equal "$(klog-consume -q -e "$TOPIC")" $'a\nb'
	run -2 klog-produce -s value=nothing "$TOPIC" </dev/null
	run -2 klog-produce -s hex -k x "$TOPIC" </dev/null
	assert_output --partial 'option -k: the key'
}

@test "--report: topic, partition, offset and number of each record" {
	new_topic --partitions 1
	seq 3 | klog-produce -q "$TOPIC"
	run -0 klog-produce -q --report '%t[%p] %o: %i\n' "$TOPIC" <<<$'a\nb'
	assert_output "$TOPIC[0] 3: 1
$TOPIC[0] 4: 2"
	new_topic --partitions 4
	seq 1000 | sed 's/.*/&:&/' | klog-produce -q -K : --report '%p %o %i\n' "$TOPIC" | sort -n >said
	klog-consume -q -e -f '%p %o %s\n' "$TOPIC" | sort -n | cmp - said
	run -0 klog-produce -q -X acks=0 --report '%o\n' "$TOPIC" <<<x
	assert_output -- -1
}

@test "--report: bad formats, and when nobody takes them" {
	new_topic
	for f in '%k' '%s' '%T' '%q' '%'; do
		run -2 klog-produce --report "$f" "$TOPIC" </dev/null
		assert_output --partial 'option --report'
	done
	run -2 klog-produce --report %o -T "$TOPIC" </dev/null
	run -2 bash -c "seq 10 | klog-produce -q --report '%o\n' '$TOPIC' >/dev/full"
	assert_output --partial 'standard output'
}
