#!/bin/bash
# mirrormaker.sh: MirrorMaker 2 between klog-broker and Apache Kafka, in both
# directions at once and with exactly-once support, which makes it a client
# with transactions: records, what a group has committed, and that nothing is
# lost or comes twice when it is killed (-9) and started again.
# RECORDS (3000): in each direction and run.
set -u
. "$(dirname "$0")/lib.sh"
records=${RECORDS:-3000}
need java openjdk-17-jre-headless
kafka_libs 3.9.1 >/dev/null && libs=$(mirrormaker_libs 3.9.1) ||
	{ skip "MirrorMaker 2" "no jars"; exit; }
# what a killed one leaves open is not to be waited for
often=transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
apache_kafka 3.9.1 $often || { not_ok "Apache Kafka starts"; exit; }
kafka=$BROKER
klog_broker -X group.initial.rebalance.delay.ms=0 -X "$often"
klog=$BROKER

cat >"$WORK/mm2.properties" <<-EOP
	clusters = kafka, klog
	kafka.bootstrap.servers = $kafka
	klog.bootstrap.servers = $klog
	kafka->klog.enabled = true
	klog->kafka.enabled = true
	topics = orders
	groups = reader
	tasks.max = 2
	replication.factor = 1
	checkpoints.topic.replication.factor = 1
	heartbeats.topic.replication.factor = 1
	offset-syncs.topic.replication.factor = 1
	config.storage.replication.factor = 1
	offset.storage.replication.factor = 1
	status.storage.replication.factor = 1
	sync.topic.acls.enabled = false
	sync.group.offsets.enabled = true
	sync.group.offsets.interval.seconds = 1
	emit.checkpoints.interval.seconds = 1
	refresh.groups.interval.seconds = 1
	session.timeout.ms = 6000
	heartbeat.interval.ms = 1500
	scheduled.rebalance.max.delay.ms = 0
	dedicated.mode.enable.internal.rest = true
	listeners = http://127.0.0.1:0
	kafka.producer.transaction.timeout.ms = 5000
	klog.producer.transaction.timeout.ms = 5000
	kafka.exactly.once.source.support = enabled
	klog.exactly.once.source.support = enabled
EOP
cat >"$WORK/log4j.properties" <<-EOP
	log4j.rootLogger=WARN,f
	log4j.appender.f=org.apache.log4j.FileAppender
	log4j.appender.f.File=$WORK/mm2.log
	log4j.appender.f.layout=org.apache.log4j.PatternLayout
	log4j.appender.f.layout.ConversionPattern=%d %p %c{1} %m%n
EOP

mm2=
start_mm2() {
	java -Xmx512m -XX:TieredStopAtLevel=1 -Dlog4j.configuration="file:$WORK/log4j.properties" \
	    -cp "$libs/*" org.apache.kafka.connect.mirror.MirrorMaker "$WORK/mm2.properties" >>"$WORK/mm2.out" 2>&1 &
	mm2=$!
}
at_exit 'kill -9 $mm2 2>/dev/null; wait $mm2 2>/dev/null'

# until_true SECONDS COMMAND..
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.3
	done
}

# content BROKER TOPIC: all but offsets, by partition.
content() { klog-consume -q -e -b "$1" -f '%p %T %k %s %h\n' "$2" | sort -s -n -k1,1; }
# as_many BROKER TOPIC BROKER TOPIC
as_many() { [ "$(content "$1" "$2" 2>/dev/null | wc -l)" -ge "$(content "$3" "$4" | wc -l)" ]; }
fill() {
	for b in "$kafka" "$klog"; do
		seq "$1" "$2" | sed 's/.*/k&:value & of '"$b/" |
			klog-produce -q -b "$b" -z lz4 -K : -H "from=$b" orders
	done
}
# end_of BROKER TOPIC: the sum of where its partitions end.
end_of() { klog-topics -q -b "$1" offsets "$2" | awk '{ n += $4 } END { print n + 0 }'; }
# group_at BROKER TOPIC: the sum of what the group has committed there.
group_at() {
	klog-groups -q -b "$1" -J describe reader 2>/dev/null |
		grep "\"topic\":\"$2\"" | grep -o '"committed":[0-9]*' |
		awk -F: '{ n += $2 } END { print n + 0 }'
}
# group_is_there BROKER TOPIC: MirrorMaker 2 rounds down, by what it knows.
group_is_there() {
	local at
	at=$(group_at "$1" "$2")
	[ "$at" -gt 0 ] && [ "$at" -le "$(end_of "$1" "$2")" ]
}

for b in "$kafka" "$klog"; do
	klog-topics -q -b "$b" create orders --partitions 3
done
fill 1 "$records"

pairs=("kafka $kafka $klog" "klog $klog $kafka")
start_mm2
for pair in "${pairs[@]}"; do
	read -r name from to <<<"$pair"
	check "$name.orders: all of it" until_true 60 as_many "$to" "$name.orders" "$from" orders
	same "$name.orders: the same, partition by partition" <(content "$from" orders) <(content "$to" "$name.orders")
done
for pair in "${pairs[@]}"; do
	read -r name from to <<<"$pair"
	klog-groups -q -b "$from" seek reader -t orders --to end --yes >/dev/null
done
for pair in "${pairs[@]}"; do
	read -r name from to <<<"$pair"
	check "$name.orders: what a group has committed" until_true 20 group_is_there "$to" "$name.orders"
done

# killed while records come
for ((i = 0; i < 10; i++)); do
	fill $((records + records * i / 10 + 1)) $((records + records * (i + 1) / 10))
	[ $i != 5 ] || { kill -9 $mm2; wait $mm2 2>/dev/null; }
done
start_mm2
for pair in "${pairs[@]}"; do
	read -r name from to <<<"$pair"
	check "$name.orders: started again" until_true 60 as_many "$to" "$name.orders" "$from" orders
	same "$name.orders: nothing lost, nothing twice" <(content "$from" orders) <(content "$to" "$name.orders")
	check "$name.orders: by transactions" grep -q MirrorSourceConnector- \
		<(klog-topics -q -b "$to" transactions list)
done
kill $mm2
wait $mm2 || : # by the signal
