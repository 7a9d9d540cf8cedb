#!/bin/bash
# console.sh: the Java console tools and kafka-topics against klog-broker.
set -u
. "$(dirname "$0")/lib.sh"
need java openjdk-17-jre-headless
[ -n "${BROKER:-}" ] || klog_broker
seq 5000 >"$WORK/lines"

for v in 3.9.1 4.3.1; do
	libs=$(kafka_libs "$v") || { skip "console tools of Apache Kafka $v" "no jars"; continue; }
	tool() { timeout 60 java -Xmx256m -XX:TieredStopAtLevel=1 -cp "$libs/*" "$@" 2>"$WORK/err"; }
	producer=org.apache.kafka.tools.ConsoleProducer consumer=org.apache.kafka.tools.consumer.ConsoleConsumer
	[ "$v" = 4.3.1 ] || producer=kafka.tools.ConsoleProducer
	t=console-${v%%.*}
	check "$v: kafka-topics creates" tool org.apache.kafka.tools.TopicCommand --bootstrap-server "$BROKER" --create --topic "$t" --partitions 1
	check "$v: console producer" tool "$producer" --bootstrap-server "$BROKER" --topic "$t" <"$WORK/lines"
	klog-consume -q -b "$BROKER" -e "$t" >"$WORK/out"
	same "$v: klog-consume reads the console producer" "$WORK/lines" "$WORK/out"
	klog-produce -q -b "$BROKER" "$t-back" "$WORK/lines"
	tool "$consumer" --bootstrap-server "$BROKER" --topic "$t-back" --partition 0 --offset earliest --max-messages 5000 >"$WORK/out"
	same "$v: console consumer reads klog-produce" "$WORK/lines" "$WORK/out"
	check "$v: kafka-topics lists" grep -qx "$t" <(tool org.apache.kafka.tools.TopicCommand --bootstrap-server "$BROKER" --list)
	check "$v: kafka-topics describes" grep -q "PartitionCount: 1" <(tool org.apache.kafka.tools.TopicCommand --bootstrap-server "$BROKER" --describe --topic "$t")
	check "$v: kafka-topics deletes" tool org.apache.kafka.tools.TopicCommand --bootstrap-server "$BROKER" --delete --topic "$t"
done
