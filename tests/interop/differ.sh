#!/bin/bash
# differ.sh BUILD: the same requests, right ones and wrong ones, to klog-broker
# and to Apache Kafka 3.9, and the answers against each other, field by field.
# Skipped where there are no jars.
set -u
. "$(dirname "$0")/lib.sh"
need java openjdk-17-jre-headless
libs=$(kafka_libs 3.9.1) || { skip "the differ" "no jars"; exit 0; }
klog_broker -X group.initial.rebalance.delay.ms=0 -X log.segment.delete.delay.ms=60000
ours=$BROKER
apache_kafka 3.9.1 log.segment.delete.delay.ms=60000 broker.session.timeout.ms=60000 || { not_ok "Apache Kafka 3.9.1 starts"; exit 1; }
while IFS= read -r name; do
	said=$(python3 "$HERE/differ.py" "$libs" "$ours" "$BROKER" "$name")
	if [ $? -eq 0 ]; then ok "$name: ${said##*differ: }"; else not_ok "$name" "$(grep -v "^ok" <<<"$said")"; fi
done < <(python3 "$HERE/differ.py" --list)
