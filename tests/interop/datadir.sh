#!/bin/bash
# datadir.sh: one data directory under Apache Kafka, under klog-broker, and
# under Kafka again: topics, records of every codec, transactions, compacted
# topics, properties and groups' offsets stay what they are, and each broker
# writes on where the other has stopped. Between them klog-consume --offline
# reads the files as the brokers do, and decodes Kafka's own topics as
# DumpLogSegments does.
set -u
. "$(dirname "$0")/lib.sh"
need jq jq
version=3.9.1
LIBS=$(kafka_libs $version) || { skip "Kafka $version" "no jars"; exit; }
TOPICS='t-none t-gzip t-snappy t-lz4 t-zstd t-txn'

# write FROM TO: numbers into every topic, a transaction that stands and one
# that does not, and a group that follows.
write() {
	local t
	for t in none gzip snappy lz4 zstd; do
		seq "$1" "$2" | klog-produce -q -b "$BROKER" -z "$t" "t-$t"
	done
	seq "$1" "$2" | klog-produce -q -b "$BROKER" --txn t-txn
	(echo lost; sleep 5) | timeout -s TERM 1 klog-produce -q -b "$BROKER" --txn t-txn 2>/dev/null
	seq "$1" "$2" | awk '{ print $1 % 10 "\t" $1 }' | klog-produce -q -b "$BROKER" -K '\t' t-compact
	for t in $TOPICS; do printf 'readers\t%s\t0\t%d\n' "$t" "$1"; done |
		klog-groups -q -b "$BROKER" import -y >/dev/null
}

# state SOURCE..: all of it as text; SOURCE is -b BROKER or --offline DIR.
state() {
	local t
	for t in $TOPICS; do klog-consume -q "$@" -e -J "$t" | jq -c 'del(.broker)'; done
	klog-consume -q "$@" -e -K ' ' t-compact | awk '{ v[$1] = $2 } END { for (k in v) print k, v[k] }' | sort
}

# cluster: what only a broker can tell.
cluster() {
	klog-topics -q -b "$BROKER" list | sort
	klog-topics -q -b "$BROKER" config get t-none,t-compact
	klog-groups -q -b "$BROKER" export readers
}

# klog_on DIR: klog-broker on a directory that is there.
klog_on() {
	rm -f "$WORK/ready"
	mkfifo "$WORK/ready"
	klog-broker --listen 127.0.0.1:0 --data "$1" >"$WORK/ready" 2>"$WORK/klog.err" &
	BROKER_PID=$!
	at_exit "kill $BROKER_PID 2>/dev/null; wait $BROKER_PID 2>/dev/null"
	read -r -t 20 line <"$WORK/ready" || { cat "$WORK/klog.err"; return 1; }
	BROKER=${line##* }
}

kafka_again() {
	KAFKA_VERSION=$version KAFKA_HEAP=512M "$HERE/kafka-broker.sh" resume "$dir" "${KAFKA##*:}" >/dev/null
	BROKER=$KAFKA
}

apache_kafka $version log.cleaner.backoff.ms=200 || { not_ok "Apache Kafka $version starts"; exit; }
KAFKA=$BROKER dir=$WORK/kafka-$version
for t in $TOPICS; do klog-topics -q -b "$BROKER" create "$t" --partitions 1 --set min.insync.replicas=1; done
klog-topics -q -b "$BROKER" create t-compact --partitions 1 --set cleanup.policy=compact \
	--set segment.ms=100 --set min.cleanable.dirty.ratio=0.01 --set delete.retention.ms=0
write 1 3000
sleep 1
write 3001 3100
for _ in $(seq 100); do
	n=$(klog-consume -q -b "$BROKER" -e t-compact | wc -l)
	[ "$n" -ge 1000 ] || break
	sleep 0.2
done
check "Kafka has compacted" [ "$n" -lt 1000 ]
state -b "$BROKER" >"$WORK/kafka.state"
cluster >"$WORK/kafka.cluster"
state --offline "$dir/data" >"$WORK/offline"
same "files under a running Kafka: klog-consume --offline" "$WORK/kafka.state" "$WORK/offline"
klog-consume -q -b "$BROKER" -e --uncommitted t-txn >"$WORK/all"
klog-consume --offline "$dir/data" --uncommitted t-txn >"$WORK/all.offline"
same "with what was aborted" "$WORK/all" "$WORK/all.offline"
"$HERE/kafka-broker.sh" stop "$dir"
for d in __consumer_offsets:--offsets-decoder __transaction_state:--transaction-log-decoder __cluster_metadata:--cluster-metadata-decoder; do
	for p in "$dir/data/${d%:*}"-*; do
		[ -s "$p/00000000000000000000.log" ] || continue
		dump_tool "${d#*:}" --deep-iteration --files "$p/00000000000000000000.log" >"$WORK/dumped"
		klog-consume --offline "$p" -J >"$WORK/decoded"
		check "${p##*/}: decoded as by DumpLogSegments" python3 "$HERE/decoders.py" "$WORK/dumped" "$WORK/decoded"
	done
done

if klog_on "$dir/data"; then ok "klog-broker starts on it"; else not_ok "klog-broker starts on it" "$(cat "$WORK/klog.err")"; exit; fi
state -b "$BROKER" >"$WORK/klog.state"
cluster >"$WORK/klog.cluster"
same "klog-broker has Kafka's records" "$WORK/kafka.state" "$WORK/klog.state"
same "klog-broker has Kafka's topics, properties and offsets" "$WORK/kafka.cluster" "$WORK/klog.cluster"
write 3101 3500
klog-topics -q -b "$BROKER" create t-klog --partitions 2 --set retention.ms=7200000
state -b "$BROKER" >"$WORK/klog.state"
cluster >"$WORK/klog.cluster"
check "and writes on" grep -q '"payload":"3500"' "$WORK/klog.state"
stop_klog_broker
state --offline "$dir/data" >"$WORK/offline"
same "files of both: klog-consume --offline" "$WORK/klog.state" "$WORK/offline"
for t in $TOPICS; do dump "$t-0: DumpLogSegments" "$dir/data/$t-0"; done

if kafka_again; then ok "Kafka starts on it again"; else not_ok "Kafka starts on it again" "$(tail -5 "$dir/broker.log")"; exit; fi
state -b "$BROKER" >"$WORK/kafka.state"
cluster >"$WORK/kafka.cluster"
same "Kafka has klog-broker's records" "$WORK/klog.state" "$WORK/kafka.state"
same "Kafka has klog-broker's topics, properties and offsets" "$WORK/klog.cluster" "$WORK/kafka.cluster"
write 3501 3600
state -b "$BROKER" >"$WORK/kafka.state"
check "and writes on" grep -q '"payload":"3600"' "$WORK/kafka.state"
"$HERE/kafka-broker.sh" stop "$dir"

# A directory that klog-broker has made, under Kafka.
rm -rf "$dir/data"
klog_on "$dir/data" || { not_ok "klog-broker makes one" "$(cat "$WORK/klog.err")"; exit; }
for t in $TOPICS; do klog-topics -q -b "$BROKER" create "$t" --partitions 1; done
klog-topics -q -b "$BROKER" create t-compact --partitions 1 --set cleanup.policy=compact
write 1 500
state -b "$BROKER" >"$WORK/klog.state"
cluster >"$WORK/klog.cluster"
stop_klog_broker
if kafka_again; then ok "Kafka starts on klog-broker's own"; else not_ok "Kafka starts on klog-broker's own" "$(tail -5 "$dir/broker.log" "$dir/stdout.log")"; exit; fi
state -b "$BROKER" >"$WORK/kafka.state"
cluster >"$WORK/kafka.cluster"
same "with its records" "$WORK/klog.state" "$WORK/kafka.state"
same "with its topics, properties and offsets" "$WORK/klog.cluster" "$WORK/kafka.cluster"
"$HERE/kafka-broker.sh" stop "$dir"
