#!/usr/bin/env bats
# klog-consume --offline: records straight from a data directory's files.

load lib/klog

setup() {
	klog_setup
	needs_own_broker
}
teardown() { klog_teardown; }

# put TOPIC PARTITION RECORD..
put() { printf '%s\n' "${@:3}" | klog-produce -q -p "$2" "$1"; }

# where: the directory of partition 0 of $TOPIC.
where() { echo "$T/data/$TOPIC-0"; }

@test "a data directory, a partition: the same as through the broker" {
	new_topic --partitions 2
	seq 1000 | klog-produce -q -z lz4 -k a "$TOPIC" -p 0
	seq 1001 2000 | klog-produce -q -z none -H h=1 "$TOPIC" -p 1
	klog-consume -e "$TOPIC" | sort >online
	klog-consume --offline data "$TOPIC" | sort >offline
	cmp online offline
	run -0 bash -c "klog-consume --offline data/$TOPIC-1 | md5sum"
	assert_output "$(seq 1001 2000 | md5sum)"
	klog-consume -e -p 0 -J "$TOPIC" | jq -c 'del(.broker)' >online
	klog-consume --offline data -p 0 -J "$TOPIC" |
		jq -c 'del(.broker)' >offline
	cmp online offline
	klog-broker --stop --data data
	run -0 bash -c "klog-consume --offline data '$TOPIC' | wc -l"
	assert_output 2000
	run ! test -e data/broker.addr
}

@test "what to read: offsets, the last, counts, filters, formats" {
	new_topic --partitions 1
	seq 100 | klog-produce -q "$TOPIC"
	run -0 klog-consume --offline data "$TOPIC" -o 97
	assert_output $'98\n99\n100'
	run -0 klog-consume --offline data "$TOPIC" -o -3 -c 1
	assert_output 98
	run -0 klog-consume --offline data "$TOPIC" -o 10..+2
	assert_output $'11\n12'
	run -0 klog-consume --offline data "$TOPIC" -n 2
	assert_output $'99\n100'
	run -0 klog-consume --offline data "$TOPIC" -g 'v:^.7$' -f '%o %s,'
	assert_output '16 17,26 27,36 37,46 47,56 57,66 67,76 77,86 87,96 97,'
	run -0 klog-consume --offline data "$TOPIC" -K : -c 1
	assert_output :1
	run -0 klog-consume --offline data "$TOPIC" -o end
	assert_output ''
	run -4 klog-consume --offline data "$TOPIC" -o 101
	run -1 klog-consume --offline data "$TOPIC" -o end --fail-empty
	run -0 klog-consume --offline data '^klog.*' -c 1
	assert_output 1
}

@test "by time, and merged by time" {
	new_topic --partitions 2
	for i in 1 2 3 4; do
		printf '{"ts":%d,"payload":"%d","partition":%d}\n' \
			$((1700000000000 + i * 1000)) $i $((i % 2))
	done | klog-produce -q -J --keep-partition "$TOPIC"
	run -0 klog-consume --offline data --sort "$TOPIC"
	assert_output $'1\n2\n3\n4'
	run -0 klog-consume --offline data --sort "$TOPIC" -o @1700000002500..
	assert_output $'3\n4'
	run -0 klog-consume --offline data --sort "$TOPIC" -o ..@1700000003000
	assert_output $'1\n2'
}

@test "while a broker writes: a prefix, and no complaint" {
	new_topic --partitions 1 --set segment.bytes=1048576
	seq 300000 | klog-produce -q "$TOPIC" &
	local writer=$! n
	wait_until 10 test -s "$(where)/00000000000000000000.log"
	while kill -0 $writer 2>/dev/null; do
		klog-consume --offline data "$TOPIC" >read 2>err
		n=$(wc -l <read)
		cmp read <(seq "$n")
		[ ! -s err ]
	done
	wait $writer
	run -0 bash -c "klog-consume --offline data '$TOPIC' | wc -l"
	assert_output 300000
}

@test "the metadata log, and Kafka's own topics as JSON" {
	new_topic --partitions 1 --set retention.ms=77
	klog-broker --stop --data data
	klog-consume --offline data __cluster_metadata >records
	run -0 jq -r "select(.type == \"topic\" and .name == \"$TOPIC\").version" \
		records
	assert_output 0
	run -0 jq -r 'select(.type == "config") | "\(.name)=\(.value)"' records
	assert_line retention.ms=77
	run -0 jq -r '.payload.type' < <(klog-consume --offline data \
		-J __cluster_metadata -g 'v:retention')
	assert_output config
	klog-consume --offline data __cluster_metadata -s base64 -c 1 |
		base64 -d >/dev/null
}

@test "damage: told with its place, the rest is printed, exit 6" {
	new_topic --partitions 1
	local file
	for i in 1 2 3 4 5; do echo "record $i" | klog-produce -q "$TOPIC"; done
	klog-broker --stop --data data
	file=$(where)/00000000000000000000.log
	cp "$file" whole
	# a byte of the third record's value
	printf X | dd of="$file" bs=1 conv=notrunc status=none \
		seek=$(($(grep -abo 'record 3' "$file" | cut -d: -f1) + 2))
	run -6 --separate-stderr klog-consume --offline data "$TOPIC"
	assert_output $'record 1\nrecord 2\nrecord 4\nrecord 5'
	[[ $stderr == *"$TOPIC-0/00000000000000000000.log: batch at "*\
"CRC mismatch; left out: offsets up to 2" ]]
	assert_equal "${#stderr_lines[@]}" 1
	run -6 --separate-stderr klog-consume --offline data "$TOPIC" -n 3
	assert_output $'record 2\nrecord 4\nrecord 5'
	assert_equal "${#stderr_lines[@]}" 1
	run -0 klog-consume --offline data "$TOPIC" -o 3
	assert_output $'record 4\nrecord 5'

	# the highest byte of the third batch's offset
	cp whole "$file"
	printf 1 | dd of="$file" bs=1 conv=notrunc status=none \
		seek=$(($(stat -c %s whole) * 2 / 5))
	run -6 --separate-stderr klog-consume --offline data "$TOPIC"
	assert_output $'record 1\nrecord 2\nrecord 4\nrecord 5'
	[[ $stderr == *'batch at '*'is out of place; bytes passed over: '* ]]

	# a header, then the end
	cp whole "$file"
	head -c 30 /dev/zero | dd of="$file" bs=1 conv=notrunc status=none
	truncate -s -3 "$file"
	run -6 --separate-stderr klog-consume --offline data "$TOPIC"
	assert_output $'record 2\nrecord 3\nrecord 4'
	[[ $stderr == *'batch at 0: '*'cut short'* ]]
	[ "$(stat -c %s "$file")" -eq $(($(stat -c %s whole) - 3)) ]
}

@test "what is not there: exit 4; what makes no sense: exit 2" {
	new_topic --partitions 1
	put "$TOPIC" 0 a
	run -2 klog-consume --offline nowhere t
	assert_output --partial 'nowhere: No such file'
	mkdir empty
	run -4 klog-consume --offline empty t
	assert_output --partial 'there is no partition in this directory'
	run -4 klog-consume --offline data "$TOPIC-none"
	assert_output --partial "there is no topic '$TOPIC-none'"
	run -4 klog-consume --offline data '^nothing'
	run -4 klog-consume --offline data -p 3 "$TOPIC"
	run -2 klog-consume --offline data
	assert_output --partial 'which topic of this directory?'
	run -2 klog-consume --offline data --wait "$TOPIC"
	run -2 klog-consume --offline data -b localhost "$TOPIC"
	run -2 klog-consume --offline data -G group "$TOPIC"
}

@test "a partition's directory under another name" {
	new_topic --partitions 1
	put "$TOPIC" 0 a b
	klog-broker --stop --data data
	cp -r "$(where)" copy
	run -0 klog-consume --offline copy -f '%t[%p] %s\n'
	assert_output $'copy[0] a\ncopy[0] b'
	mv copy "$TOPIC-7.0123-delete"
	run -0 klog-consume --offline "$TOPIC-7.0123-delete/" -f '%t[%p] %s\n'
	assert_output "$TOPIC[7] a
$TOPIC[7] b"
}

@test "messages of before Kafka 0.11, single and compressed" {
	mkdir t-0
	tr a-f A-F <"$BATS_TEST_DIRNAME/data/record/old-1-none.hex" |
		basenc -d -i --base16 >t-0/00000000000000000000.log
	run -0 klog-consume --offline t-0 -f '%o %T %K %S %H %e,' -o ..105
	assert_output "100 1700000000000 3 5 0 -1,101 1700000000005 -1 6 0 -1,\
103 1699999999995 0 0 0 -1,104 1700000000001 9 -1 0 -1,"
	tr a-f A-F <"$BATS_TEST_DIRNAME/data/record/old-0-lz4.hex" |
		basenc -d -i --base16 >t-0/00000000000000000000.log
	run -0 klog-consume --offline t-0 -f '%o %T %a,' -o 103..106
	assert_output '103 -1 lz4,104 -1 lz4,105 -1 lz4,'
	run -0 klog-consume --offline t-0 -o 101 -c 1 -J
	assert_output '{"topic":"t","partition":0,"offset":101,"broker":-1,"key":null,"payload":"no key","epoch":-1}'
	run -0 klog-consume --offline t-0 -n 2 -f '%o,'
	assert_output '105,110,'
	tr a-f A-F <"$BATS_TEST_DIRNAME/data/record/old-1-append.hex" |
		basenc -d -i --base16 >t-0/00000000000000000000.log
	run -0 klog-consume --offline t-0 -o @1700000001000 -c 1 -f '%o %T %a'
	assert_output '100 1700000001000 gzip'
	printf X | dd of=t-0/00000000000000000000.log bs=1 seek=90 \
		conv=notrunc status=none
	run -6 --separate-stderr klog-consume --offline t-0
	assert_output ''
	assert_regex "$stderr" 'CRC mismatch; left out: offsets up to 110'
}
