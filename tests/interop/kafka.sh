#!/bin/bash
# kafka.sh: klog's tools on Apache Kafka 3.9 and 4.x: the same bats files as on
# klog-broker, a large input there and back, and every client's records.
set -u
. "$(dirname "$0")/lib.sh"
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
	"$HERE/kafka-broker.sh" stop "$WORK/kafka-$v"
done
