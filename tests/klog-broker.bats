#!/usr/bin/env bats
# klog-broker itself: starting, stopping, what it refuses, and peers that
# misbehave. What it does for the tools is in their own files.

load lib/klog

setup() {
	needs_own_broker
	klog_setup
	HOSTILE=${PATH%%:*}/tests/helper/hostile
}

teardown() { klog_teardown; }

hostile() { "$HOSTILE" "$BROKER" "$@"; }

# The broker still does its work, and is the same process.
alive() {
	kill -0 "$BROKER_PID"
	klog-topics list >/dev/null
}

@test "a clean stop, and everything is there again" {
	klog_broker
	klog-topics create kept --partitions 3
	seq 1000 | kcat -b "$BROKER" -P -t kept -p 1
	klog_broker_stop
	assert_file_exist "$DATA/.kafka_cleanshutdown"
	assert_file_not_exist "$DATA/broker.addr"
	epoch() { klog-topics describe kept | cut -f 4 | sort -u; }
	klog_broker
	assert_file_not_exist "$DATA/.kafka_cleanshutdown"
	assert_equal "$(epoch)" 0
	run -0 kcat -b "$BROKER" -C -t kept -p 1 -e -q
	assert_equal "${#lines[@]}" 1000
	assert_line --index 999 1000
}

@test "a clean start writes nothing into the metadata log" {
	klog_broker
	klog-topics create one
	klog_broker_stop
	local log=$DATA/__cluster_metadata-0/00000000000000000000.log
	sum=$(md5sum <"$log")
	klog_broker
	klog_broker_stop
	assert_equal "$(md5sum <"$log")" "$sum"
}

@test "kill -9: what was acknowledged is there, epochs have gone up" {
	klog_broker
	klog-topics create hit
	seq 500 | kcat -b "$BROKER" -P -t hit -X acks=all
	klog_broker_kill
	klog_broker
	run -0 kcat -b "$BROKER" -C -t hit -e -q
	assert_equal "${#lines[@]}" 500
	assert_equal "$(klog-topics describe hit | cut -f 4)" 1
	# and it can be written to
	echo more | kcat -b "$BROKER" -P -t hit
	run -0 kcat -b "$BROKER" -C -t hit -e -q
	assert_equal "${#lines[@]}" 501
}

@test "a deleted topic stays deleted, one of the same name is empty" {
	klog_broker
	echo old | kcat -b "$BROKER" -P -t again
	klog-topics delete again
	klog-topics create again
	run -0 kcat -b "$BROKER" -C -t again -e -q
	assert_output ''
	klog_broker_kill
	klog_broker
	run -0 kcat -b "$BROKER" -C -t again -e -q
	assert_output ''
}

@test "two on one directory: the second is refused" {
	klog_broker
	run -7 klog-broker --listen 127.0.0.1:0 --data "$DATA"
	assert_output --partial "$DATA"
	run -7 klog-broker --private --data "$DATA"
	alive
}

@test "--status and --stop of a server" {
	klog_broker
	run -0 klog-broker --status -D "$DATA"
	assert_output --partial "process $BROKER_PID, version"
	run -0 klog-broker --stop --data "$DATA"
	wait "$BROKER_PID"
	run -1 klog-broker --status --data "$DATA"
	assert_output "$DATA: no broker runs"
	run -0 klog-broker --stop --data "$DATA"
}

@test "the wrong node id, a directory that cannot be used" {
	klog_broker -X node.id=5
	klog_broker_stop
	run -2 klog-broker --listen 127.0.0.1:0 --data "$DATA" -X node.id=6
	assert_output --partial 'node 5'
	run -2 klog-broker --listen 127.0.0.1:0 --data /proc/nothing/here
	run -2 klog-broker --listen 127.0.0.1:0
	assert_output --partial 'where shall the data lie'
}

@test "bad options and properties" {
	run -2 klog-broker --lisen x
	assert_output --partial "--listen"
	run -2 klog-broker --data "$T/d" -X num.partition=3
	assert_output --partial "did you mean 'num.partitions'?"
	run -2 klog-broker --data "$T/d" -X num.partitions=many
	assert_output --partial 'num.partitions'
	run -2 klog-broker --data "$T/d" -X num.partitions
	assert_output --partial 'PROPERTY=VALUE'
	run -2 klog-broker -X log.dirs=a,b
	run -2 klog-broker --data "$T/d" -X listeners=SSL://:9092
	assert_output --partial PLAINTEXT
	run -2 klog-broker --data "$T/d" -F "$T/none"
	run -2 klog-broker operand
	assert_not_exist "$T/d/meta.properties"
}

@test "Apache Kafka's server.properties" {
	cat >"$T/server.properties" <<-EOF
		# a comment
		process.roles=broker,controller
		node.id=3
		controller.quorum.voters=3@localhost:9093
		listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0
		controller.listener.names=CONTROLLER
		num.partitions = 6
		log.retention.hours=1
		some.plugin.setting=1
	EOF
	mkfifo "$T/ready"
	klog-broker -F "$T/server.properties" -X log.dirs="$T/d" \
		>"$T/ready" 2>"$T/err" 3>&- &
	KLOG_PIDS+=($!)
	read -r -t 10 line <"$T/ready"
	export KLOG_BROKERS=${line##* }
	run cat "$T/err"
	assert_output --partial some.plugin.setting
	klog-topics create t
	run -0 klog-topics describe t
	assert_equal "${#lines[@]}" 6
	assert_equal "$(cut -f 3 <<<"${lines[0]}")" 3
}

@test "the byte on --ready-fd" {
	run -2 bash -c 'klog-broker --data /proc/x/y --ready-fd 5 5>&1 2>&-'
	assert_output --regexp '^-.+'
	klog-broker --listen 127.0.0.1:0 --data "$T/d" --ready-fd 5 \
		5>"$T/byte" >/dev/null 3>&- &
	KLOG_PIDS+=($!)
	wait_until 10 test -s "$T/byte"
	assert_equal "$(cat "$T/byte")" +
}

@test "frames that are none" {
	klog_broker
	assert_equal "$(hostile huge)" closed
	assert_equal "$(hostile negative)" closed
	assert_equal "$(hostile truncated)" closed
	assert_equal "$(hostile stalled)" open
	assert_equal "$(hostile key)" closed
	assert_equal "$(hostile version)" closed
	run -0 hostile apiversions
	assert_output --regexp '^reply [0-9]+$'
	run -0 hostile slow
	assert_output --regexp '^reply [0-9]+$'
	klog-topics create door
	assert_equal "$(hostile packed door)" 'error 87'
	assert_equal "$(hostile rubbish 300)" '300 of 300 closed'
	alive
	assert_equal "$(grep -c 'over the limit' "$T/broker.err")" 2
	# no memory was taken for the frame of 2 GiB
	[ "$(awk '/VmHWM/ { print $2 }' "/proc/$BROKER_PID/status")" -lt 100000 ] ||
		[[ ${KLOG_BUILD:-} =~ address|thread ]]
}

@test "whatever the tables of messages can say is answered, long names too" {
	klog_broker -X offsets.topic.num.partitions=4 \
		-X transaction.state.log.num.partitions=4
	run -0 "${HOSTILE%/*}/filled" "$BROKER" 1500
	assert_output --regexp '^[0-9]+ answered, [0-9]+ held, 0 not$'
	alive
	run -1 grep 'connection closed' "$T/broker.err"
}

@test "who asks for no coordinator makes no topic" {
	klog_broker
	local fd
	# FindCoordinator version 4, correlation id 7, of a group, no keys
	exec {fd}<>"/dev/tcp/${BROKER%:*}/${BROKER##*:}"
	printf '\0\0\0\16\0\12\0\4\0\0\0\7\377\377\0\0\1\0' >&"$fd"
	run -0 bash -c "timeout 10 head -c 15 <&$fd | od -An -v -tx1"
	exec {fd}>&-
	assert_output ' 00 00 00 0b 00 00 00 07 00 00 00 00 00 01 00'
	run -0 klog-topics -q list --all
	assert_output ''
}

@test "10,000 connections that say nothing" {
	[ "$(ulimit -Hn)" -ge 12000 ] || skip "no descriptors for it"
	klog_broker
	coproc SILENT { "$HOSTILE" "$BROKER" silent 10000 3>&-; }
	read -r -t 30 line <&"${SILENT[0]}"
	assert_equal "$line" '10000 connected'
	alive
	rss=$(awk '/VmRSS/ { print $2 }' "/proc/$BROKER_PID/status")
	[ "$rss" -lt 60000 ] || [[ ${KLOG_BUILD:-} =~ address|thread ]]
	# bash forgets SILENT_PID as soon as it has seen the end
	local pid=$SILENT_PID
	kill "$pid"
	wait_until 60 klog_gone "$pid"
	alive
}

@test "limits on connections" {
	klog_broker -X max.connections=5 -X connections.max.idle.ms=400
	coproc SILENT { "$HOSTILE" "$BROKER" silent 5 3>&-; }
	read -r -t 30 line <&"${SILENT[0]}"
	wait_until 5 grep -q connections <(hostile stalled; cat "$T/broker.err")
	# the idle ones are put out in time, and there is room again
	wait_until 5 klog-topics -q -m 1 list
	kill "$SILENT_PID"
}

@test "the private broker comes and goes" {
	unset KLOG_BROKERS
	klog-topics -q create mine
	run -0 klog-broker --status
	assert_output --partial "$XDG_RUNTIME_DIR/klog/broker.sock"
	pid=$(sed -n 's/^pid=//p' "$HOME/.local/share/klog/broker.addr")
	# no TCP port, nobody else
	run -1 bash -c "ss -Hltnp | grep -q 'pid=$pid,'"
	assert_equal "$(stat -c %a "$HOME/.local/share/klog")" 700
	assert_equal "$(stat -c %a "$XDG_RUNTIME_DIR/klog")" 700
	assert_equal "$(stat -c %a "$XDG_RUNTIME_DIR/klog/broker.sock")" 600
	# detached: another session, nothing of ours
	[ "$(ps -o sess= -p "$pid")" -ne "$(ps -o sess= -p $$)" ]
	assert_equal "$(readlink "/proc/$pid/cwd")" "$HOME/.local/share/klog"
	run -0 klog-broker --stop
	wait_until 5 klog_gone "$pid"
	assert_not_exist "$XDG_RUNTIME_DIR/klog/broker.sock"
	run -0 klog-topics -q list
	assert_output 'mine	1	1	false'
	run -0 klog-broker --stop
}

@test "the private broker leaves when it is alone" {
	klog-broker --private --data "$T/p" --socket "$T/s" \
		-X idle.exit.ms=300 >"$T/out" 3>&- &
	KLOG_PIDS+=($!)
	wait_until 5 test -S "$T/s"
	coproc SILENT { "$HOSTILE" "$T/s" silent 1 3>&-; }
	sleep 1
	assert_exist "$T/s"
	kill "$SILENT_PID"
	wait_until 5 klog_gone "${KLOG_PIDS[0]}"
	assert_not_exist "$T/s"
	assert_exist "$T/p/.kafka_cleanshutdown"
}

@test "the private broker's directory is its user's alone" {
	mkdir -m 777 "$T/open"
	run -2 klog-broker --private --data "$T/open"
	assert_output --partial "$T/open"
	run -2 env -u HOME -u XDG_DATA_HOME klog-broker --private
	assert_output --partial 'home'
}

@test "ten tools at once start one private broker; one that leaves loses nothing" {
	local pids=()

	unset KLOG_BROKERS
	for i in {1..10}; do
		klog-produce -q t <<<"$i" 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	assert_equal "$(grep -c '^ready' "$HOME/.local/share/klog/broker.log")" 1
	for i in {11..20}; do
		klog-broker --stop >/dev/null 3>&- &
		klog-produce -q t <<<"$i" 3>&-
		wait $!
	done
	run -0 klog-consume -q -e t
	assert_equal "$(sort -n <<<"$output" | tr '\n' ' ')" "$(seq -s ' ' 20) "
}

@test "more partitions than descriptors" {
	ulimit -n 100
	klog_broker
	klog-topics create many --partitions 300
	lines() {
		seq 0 299 | awk '{ printf "{\"partition\":%d,\"payload\":\"%s%d\"}\n", $1, "'"$1"'", $1 }'
	}
	lines a | klog-produce -J --keep-partition many
	lines b | klog-produce -J --keep-partition many
	run -0 klog-consume -e -f '%p %o %s\n' many
	assert_equal "$(sort -n -k 1,2 <<<"$output" | md5sum)" \
		"$(seq 0 299 | awk '{ print $1, 0, "a" $1; print $1, 1, "b" $1 }' | md5sum)"
	[ "$(ls "/proc/$BROKER_PID/fd" | wc -l)" -lt 100 ]
	klog_broker_stop
	klog_broker
	assert_equal "$(klog-consume -e many | wc -l)" 600
	assert_equal "$(klog-topics offsets many | awk '{ n += $4 } END { print n }')" 600
	run -1 grep -i error "$T/broker.err"
}

# A batch that is none behind its header and CRC: refused, and where the topic
# says so taken; then whoever reads it says where it is, and the log lives on.
@test "batch.validation=relaxed takes what is packed as it comes" {
	klog_broker -X log.cleaner.backoff.ms=50
	klog-topics create loose --set batch.validation=relaxed \
		--set segment.bytes=20000 --set min.cleanable.dirty.ratio=0.01
	echo before | klog-produce -q loose
	assert_equal "$(hostile packed loose)" 'error 0'
	seq 3 | klog-produce -q -z lz4 loose
	run -6 klog-consume -q -e loose
	assert_line before
	assert_line --partial "loose[0]: batch at offset 1: lz4: "
	run -6 klog-consume -q -e --sort loose
	assert_output --partial "batch at offset 1: lz4: "
	run -0 klog-consume -q -e -o 3 loose
	assert_output $'1\n2\n3'
	# by time it stands at its first offset; its header says 2023
	run -6 klog-consume -q -e -o 2023-11-14T00:00:00Z loose
	# a copy is as strict as its own topic says; what klog-mirror makes is not
	klog-topics create strict
	run -6 klog-mirror -q --from "$BROKER" --to "$BROKER" --link a --topics loose=strict
	assert_output --partial INVALID_RECORD
	run -0 klog-mirror -q --from "$BROKER" --to "$BROKER" --link b --topics loose=copy
	run -0 klog-consume -q -e -o 3 copy
	assert_output $'1\n2\n3'
	# a recovery keeps it: the batch is whole
	klog_broker_kill
	run -6 klog-consume -q --offline "$DATA" loose
	assert_line before
	assert_line --partial "batch at offset 1: lz4: "
	klog_broker -X log.cleaner.backoff.ms=50
	run -0 klog-consume -q -e -o 3 loose
	assert_output $'1\n2\n3'
	# it needs keys from now on, and is looked into
	klog-topics config set loose cleanup.policy=compact
	assert_equal "$(hostile packed loose)" 'error 87'
	head -c 30000 /dev/zero | tr '\0' x | fold -w 10000 | klog-produce -q -k end loose
	wait_until 10 grep -q "'loose-0' is not compacted any more: .*batch at offset 1: lz4" "$T/broker.err"
	run -0 klog-consume -q -e -o 3 -c 3 loose
	assert_output $'1\n2\n3'
	alive
}
