#!/bin/bash
# differ.sh BUILD: the same requests, right ones and wrong ones, to klog-broker
# and to Apache Kafka 3.9, and the answers against each other, field by field.
# Skipped where there are no jars.
set -u
. "$(dirname "$0")/lib.sh"
need java openjdk-17-jre-headless
libs=$(kafka_libs 3.9.1) || { skip "the differ" "no jars"; exit 0; }
klog_broker -X offsets.topic.num.partitions=4 -X transaction.state.log.num.partitions=4 -X group.initial.rebalance.delay.ms=0 -X log.segment.delete.delay.ms=60000 -X transaction.abort.timed.out.transaction.cleanup.interval.ms=500
ours=$BROKER
apache_kafka 3.9.1 log.segment.delete.delay.ms=60000 transaction.abort.timed.out.transaction.cleanup.interval.ms=500 broker.session.timeout.ms=60000 || { not_ok "Apache Kafka 3.9.1 starts"; exit 1; }
# differ NAME: one scenario
differ() {
	local said
	if said=$(python3 "$HERE/differ.py" "$libs" "$ours" "$BROKER" "$1"); then
		ok "$1: ${said##*differ: }"
	else
		not_ok "$1" "$(grep -v "^ok" <<<"$said")"
	fi
}
mapfile -t names < <(python3 "$HERE/differ.py" --list)
for name in "${names[@]}"; do [[ $name == consumer_* || $name == members_* ]] || differ "$name"; done

# the consumer protocol is off in 3.9 unless it is asked for
mkdir "$WORK/consumer"
WORK=$WORK/consumer apache_kafka 3.9.1 broker.session.timeout.ms=60000 group.coordinator.rebalance.protocols=classic,consumer ||
	{ not_ok "Apache Kafka 3.9.1 starts with the consumer protocol"; exit 1; }
for name in "${names[@]}"; do [[ $name != consumer_* || $name == consumer_regex ]] || differ "$name"; done

# topics by regular expression: version 1, and Apache Kafka's since 4.0
if newer=$(kafka_libs 4.3.1); then
	mkdir "$WORK/newer"
	WORK=$WORK/newer apache_kafka 4.3.1 broker.session.timeout.ms=60000 ||
		{ not_ok "Apache Kafka 4.3.1 starts"; exit 1; }
	libs=$newer differ consumer_regex
else
	skip "consumer_regex" "no jars"
fi

# limits that come soon
limits=(group.min.session.timeout.ms=500 group.max.size=2 offset.metadata.max.bytes=20
	offsets.retention.check.interval.ms=100 group.initial.rebalance.delay.ms=300)
stop_klog_broker
klog_broker -X offsets.topic.num.partitions=4 "${limits[@]/#/-X}"
ours=$BROKER
mkdir "$WORK/limits"
WORK=$WORK/limits apache_kafka 3.9.1 broker.session.timeout.ms=60000 "${limits[@]}" ||
	{ not_ok "Apache Kafka 3.9.1 starts with limits"; exit 1; }
for name in "${names[@]}"; do [[ $name != members_* ]] || differ "$name"; done
