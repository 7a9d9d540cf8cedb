#!/bin/bash
# kafka.sh: klog's tools on Apache Kafka 3.9 and 4.x: the same bats files as on
# klog-broker, a large input there and back, every client's records, and
# segments of before Kafka 0.11.
set -u
. "$(dirname "$0")/lib.sh"
need kcat kcat

# old_formats VERSION: such a segment, planted in a topic, is read as kcat reads
# it, read from the files, copied, in runs that are stopped, and served by
# klog-broker from that directory. Ends with Kafka stopped, or not.
old_formats() {
	local dir=$WORK/kafka-$1 f='%o %K:%k %S:%s\n' t='%o %T\n' o
	klog-topics -q -b "$BROKER" create old --partitions 1 --set retention.ms=-1
	"$HERE/kafka-broker.sh" stop "$dir"
	rm "$dir"/data/old-0/*index "$dir/data/.kafka_cleanshutdown"
	cp "$WORK/old.log" "$dir/data/old-0/00000000000000000000.log"
	KAFKA_VERSION=$1 KAFKA_HEAP=512M "$HERE/kafka-broker.sh" resume "$dir" "${BROKER##*:}" >/dev/null || return
	for o in beginning 2012 4030 5050 9000 10066 14080; do
		kcat -b "$BROKER" -C -t old -e -q -o $o -f "$f" >"$WORK/want"
		klog-consume -q -b "$BROKER" -e -o $o -f "$f" old >"$WORK/out"
		same "$1: formats 0 and 1 from $o on" "$WORK/want" "$WORK/out"
		klog-consume -q --offline "$dir/data" -e -o $o -f "$f" old >"$WORK/out"
		same "$1: formats 0 and 1 from $o on, offline" "$WORK/want" "$WORK/out"
	done
	# kcat has 0 where there is no time
	kcat -b "$BROKER" -C -t old -e -q -f "$t" | awk '$1 < 8044 { $2 = -1 } { print }' >"$WORK/want"
	klog-consume -q -b "$BROKER" -e -f "$t" old >"$WORK/out"
	same "$1: formats 0 and 1: times" "$WORK/want" "$WORK/out"
	for _ in 1 2 3; do
		timeout -s TERM 0.5 klog-mirror -q --from "$BROKER" --to "$TARGET" --topics old="old-$1" --rate 4000/s
	done
	check "$1: formats 0 and 1: klog-mirror" klog-mirror -q --from "$BROKER" --to "$TARGET" --topics old="old-$1"
	f='%T %K:%k %S:%s %a\n'
	same "$1: formats 0 and 1: the copy" <(klog-consume -q -b "$BROKER" -e -f "$f" old) \
		<(klog-consume -q -b "$TARGET" -e -f "$f" "old-$1")
	# klog-broker takes the directories of 3.9
	[[ $1 = 3.* ]] || return 0
	klog-consume -q -b "$BROKER" -e -f "$f" old >"$WORK/want"
	"$HERE/kafka-broker.sh" stop "$dir"
	klog-consume -q -b "dir:$dir/data" -e -f "$f" old >"$WORK/out"
	same "$1: formats 0 and 1: klog-broker on the directory" "$WORK/want" "$WORK/out"
	klog-broker --stop --data "$dir/data"
}

klog_broker
TARGET=$BROKER
need java openjdk-17-jre-headless
need apt-cache apt
for v in 3.9.1 4.3.1; do
	kafka_libs "$v" >/dev/null || { skip "Apache Kafka $v" "no jars"; continue; }
	apache_kafka "$v" || { not_ok "Apache Kafka $v starts"; continue; }
	apt-cache dumpavail >"$WORK/lines"
	for codec in none gzip snappy lz4 zstd; do
		check "$v: klog-produce $codec" klog-produce -q -b "$BROKER" -z "$codec" "packages-$codec" "$WORK/lines"
		klog-consume -q -b "$BROKER" -e "packages-$codec" >"$WORK/out"
		same "$v: klog-consume $codec" "$WORK/lines" "$WORK/out"
	done
	for f in produce produce-fields produce-txn consume mirror topics topics-config groups; do
		check "$v: klog-$f.bats" env BATS_TEST_TIMEOUT=120 KLOG_TEST_BROKERS="$BROKER" bats "$HERE/../klog-$f.bats"
	done
	if python_env && "$CACHE/venv/bin/python" "$HERE/oldset.py" segment "$WORK/old.log"; then
		old_formats "$v" || not_ok "$v: formats 0 and 1: the broker starts"
	else
		skip "$v: formats 0 and 1" "no kafka-python"
	fi
	"$HERE/kafka-broker.sh" stop "$WORK/kafka-$v"
done
