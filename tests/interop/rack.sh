#!/bin/bash
# rack.sh: client.rack: a consumer is sent to the replica of its rack, and goes
# back to the leader where that one is gone (KIP-392). Two of Apache Kafka's
# brokers.
#   KAFKA_VERSION=..
set -u
. "$(dirname "$0")/lib.sh"

need jq jq
export KAFKA_VERSION=${KAFKA_VERSION:-3.9.1} KAFKA_HEAP=384M
kafka_libs "$KAFKA_VERSION" >/dev/null || { skip "client.rack" "no jars"; exit; }
one=$(free_ports)
two=$(free_ports)
select=replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelector
at_exit "'$HERE/kafka-broker.sh' stop '$WORK/one'; '$HERE/kafka-broker.sh' stop '$WORK/two'"
"$HERE/kafka-broker.sh" start "$WORK/one" "$one" broker.rack=r1 "$select" >/dev/null &&
	"$HERE/kafka-broker.sh" start "$WORK/two" "$two" broker.rack=r2 "$select" process.roles=broker node.id=2 \
		"controller.quorum.voters=1@127.0.0.1:$((one + 1))" "listeners=PLAINTEXT://127.0.0.1:$two" >/dev/null ||
	{ skip "client.rack" "Apache Kafka does not start"; exit; }
BROKER=127.0.0.1:$one

for ((i = 0; i < 100; i++)); do
	klog-topics -q -b "$BROKER" create --replicas 2 racked 2>"$WORK/err" && break
	sleep 0.2
done
seq 1000 | klog-produce -q -b "$BROKER" racked
# the follower is to be the node that can be stopped
for ((i = 0; i < 100; i++)); do
	leader=$(klog-topics -q -b "$BROKER" -J describe racked | jq .leader)
	[ "$leader" != 1 ] || break
	klog-topics -q -b "$BROKER" delete --yes racked
	sleep 0.2
	klog-topics -q -b "$BROKER" create --replicas 2 racked
	seq 1000 | klog-produce -q -b "$BROKER" racked
done

# reads WANT [OPTION..]: all of it; WANT: who sends records.
reads() {
	klog-consume -q -b "$BROKER" -e -d wire "${@:2}" racked >"$WORK/out" 2>"$WORK/trace"
	seq 1000 | cmp - "$WORK/out" || return 1
	[ "$(sed -nE 's/.*< ([0-9]+) Fetch .* ([0-9]{5,}) bytes/\1/p' "$WORK/trace" | sort -u)" = "$1" ] ||
		{ cat "$WORK/trace"; return 1; }
}
check "without a rack: from the leader" reads 1
check "the leader's rack: from the leader" reads 1 -X client.rack=r1
check "the follower's rack: from the follower" reads 2 -X client.rack=r2
check "no broker's rack: from the leader" reads 1 -X client.rack=r3

klog-consume -q -b "$BROKER" -X client.rack=r2 -c 1500 racked >"$WORK/out" 2>"$WORK/err" &
reader=$!
for ((i = 0; i < 100; i++)); do
	[ "$(wc -l <"$WORK/out")" -lt 1000 ] || break
	sleep 0.1
done
"$HERE/kafka-broker.sh" stop "$WORK/two"
seq 1001 1500 | klog-produce -q -b "$BROKER" racked
for ((i = 0; i < 300; i++)); do
	kill -0 $reader 2>/dev/null || break
	sleep 0.1
done
kill $reader 2>/dev/null
check "the follower goes: on from the leader" diff <(seq 1500) "$WORK/out"
