#!/bin/bash
# streams.sh BUILD: a Kafka Streams application with exactly_once_v2 on
# klog-broker, killed (-9) while it works, as is the broker: every count that
# it tells comes once and in order, and the last one of each word is right.
# KILLS (3): of the application; RECORDS (3000).
set -u
. "$(dirname "$0")/lib.sh"
kills=${KILLS:-3} records=${RECORDS:-3000}
need java openjdk-17-jdk-headless
libs=$(streams_libs 3.9.1) || { skip "Kafka Streams" "no jars"; exit 0; }
klog_broker -X group.initial.rebalance.delay.ms=0 \
    -X transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
export KLOG_BROKERS=$BROKER

klog-topics create words --partitions 3
klog-topics create counts --partitions 3
cat >"$WORK/log4j.properties" <<-EOP
	log4j.rootLogger=WARN,f
	log4j.appender.f=org.apache.log4j.FileAppender
	log4j.appender.f.File=$WORK/streams.log
	log4j.appender.f.layout=org.apache.log4j.PatternLayout
	log4j.appender.f.layout.ConversionPattern=%d %p %c{1} %m%n
EOP

app=
start_app() {
	java -Xmx256m -XX:TieredStopAtLevel=1 -Dlog4j.configuration="file:$WORK/log4j.properties" \
	    -cp "$libs/*" "$HERE/clients/StreamsCount.java" "$BROKER" "$WORK/state" >>"$WORK/app.log" 2>&1 &
	app=$!
}
at_exit 'kill -9 $app 2>/dev/null; wait $app 2>/dev/null'

counted() { klog-consume -q -e counts | wc -l; }
# counts_reach N: waits until so many are committed.
counts_reach() {
	local end=$((SECONDS + 120))
	until [ "$(counted)" -ge "$1" ]; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.2
	done
}

start_app
for ((i = 0; i <= kills; i++)); do
	seq $((records / (kills + 1))) | awk '{ print "word" $1 % 17 }' | klog-produce -q words
	[ $i -lt "$kills" ] || break
	# somewhere in the middle of it
	counts_reach $((i * records / (kills + 1) + 1)) || break
	kill -9 $app
	wait $app 2>/dev/null
	if [ $i = 1 ]; then
		# the broker as well
		kill -9 "$BROKER_PID"
		wait "$BROKER_PID" 2>/dev/null
		klog_broker_again
	fi
	start_app
done
total=$((records / (kills + 1) * (kills + 1)))
if counts_reach $total; then
	ok "the application counts all $total records"
else
	not_ok "the application counts all $total records" "$(counted) of them
$(tail -5 "$WORK/app.log" "$WORK/streams.log")"
fi
klog-consume -q -e -K ' ' counts >"$WORK/counts"
seq $((records / (kills + 1))) | awk -v times=$((kills + 1)) '{ n["word" $1 % 17] += times }
    END { for (w in n) for (i = 1; i <= n[w]; i++) print w, i }' | sort -k1,1 -k2,2n >"$WORK/want"
# each word lies in one partition, so its counts come in order
awk '$2 != ++n[$1] { print "after " n[$1] - 1 " of " $1 " comes " $2; exit }' "$WORK/counts" >"$WORK/order"
check "every count comes once, in order" test ! -s "$WORK/order"
sort -k1,1 -k2,2n "$WORK/counts" >"$WORK/got"
same "and none is missing" "$WORK/want" "$WORK/got"
