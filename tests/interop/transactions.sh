#!/bin/bash
# transactions.sh BUILD: everybody's transactional clients on klog-broker: what
# they commit is read by klog-consume and by Apache Kafka's consumer, what they
# abort by nobody; offsets go with their transaction.
#   CLIENTS="franz confluent"  only these
set -u
. "$(dirname "$0")/lib.sh"

klog_broker -X group.initial.rebalance.delay.ms=0 \
    -X transaction.abort.timed.out.transaction.cleanup.interval.ms=500
export KLOG_BROKERS=$BROKER
want=$(printf '%s\n' 0-a 0-b 2-a 2-b 4-a 4-b)

for c in ${CLIENTS:-confluent kafkapython franz sarama}; do
	run=$(client_"$c") || { skip "$c" "cannot be installed here"; continue; }
	klog-topics create "txn-$c" --partitions 1
	if ! said=$(timeout 90 $run txn "$BROKER" "txn-$c" "group-$c" 2>&1); then
		not_ok "$c: transactions" "$said"
		continue
	fi
	ok "$c: transactions"
	check "$c: what it committed" test "$(klog-consume -q -e "txn-$c")" = "$want"
	check "$c: what it aborted" test "$(klog-consume -q -e --uncommitted "txn-$c" | wc -l)" = 12
	said=$(klog-groups -q describe "group-$c" 2>&1 || kcat -b "$BROKER" -Q -t "txn-$c:0:-1")
	check "$c: the offset of the last one committed" grep -qw 4 <<<"$said"
done

for version in ${JAVA:-3.9.1 4.3.1}; do
	libs=$(kafka_libs "$version") || { skip "Java $version" "no jars"; continue; }
	need javac openjdk-17-jdk-headless
	[ "$version" = 3.9.1 ] || { stop_klog_broker; klog_broker -X group.initial.rebalance.delay.ms=0 \
	    -X transaction.abort.timed.out.transaction.cleanup.interval.ms=500; }
	while read -r line; do
		case $line in
		ok*) ok "Java $version: ${line#*- }" ;;
		"not ok"*) not_ok "Java $version: ${line#*- }" ;;
		esac
	done < <(timeout 120 java -Xmx256m -XX:TieredStopAtLevel=1 -cp "$libs/*" \
	    "$HERE/clients/JavaTxn.java" "$BROKER" 2>&1 | tee "$WORK/java.$version" | grep -a '^\(not \)\?ok')
	[ "$(grep -ac '^ok' "$WORK/java.$version")" -ge 16 ] || not_ok "Java $version: all of it" "$(tail -5 "$WORK/java.$version")"
done
