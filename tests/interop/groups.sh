#!/bin/bash
# groups.sh: consumers of every client work in groups on klog-broker: two
# share the partitions and miss nothing, a later one goes on where they
# stopped.
#   BROKER=HOST:PORT  use that broker;  CLIENTS="franz kcat"  only these
set -u
. "$(dirname "$0")/lib.sh"
need kcat kcat

[ -n "${BROKER:-}" ] || klog_broker -X group.initial.rebalance.delay.ms=500
seq -w 2000 >"$WORK/first"
seq -w 2001 2100 >"$WORK/more"

# kcat ends by itself in no group: it is stopped when nothing came for a while
client_kcat() { echo "$WORK/kcat"; }
cat >"$WORK/kcat" <<-'SH'
	#!/bin/bash
	# kcat group BROKER TOPIC GROUP
	exec 3< <(exec kcat -q -b "$2" -G "$4" -X auto.offset.reset=earliest -X broker.address.family=v4 -u "$3" 2>&1)
	pid=$! wait=20
	while read -r -t "$wait" -u 3 line; do echo "$line"; wait=2; done
	kill "$pid"
	while read -r -t 10 -u 3 line; do echo "$line"; done
SH
chmod +x "$WORK/kcat"

# settled GROUP: two members, each with a share.
settled() {
	[ "$(klog-groups -q -b "$BROKER" describe --members -J "$1" 2>&1 |
		grep -c '"state":"Stable".*"partitions":[1-9]')" = 2 ]
}

# NAME:consumer is a client with the protocol of KIP-848
for c in ${CLIENTS:-kcat confluent kafkapython java39 java4 franz sarama kafkajs confluent:consumer java4:consumer}; do
	run=$(client_"${c%:*}") || { skip "$c in groups" "cannot be installed here"; continue; }
	props=() t=group-${c/:/-}
	[[ $c != *:consumer ]] || props=(group.protocol=consumer)
	klog-topics -q -b "$BROKER" create --partitions 4 "$t"
	pids=()
	for i in 1 2; do
		timeout 60 $run group "$BROKER" "$t" "$t-g" "${props[@]}" >"$WORK/out.$i" 2>"$WORK/err.$i" &
		pids+=($!)
	done
	for ((end = SECONDS + 15; SECONDS < end; )); do ! settled "$t-g" || break; done
	for p in 0 1 2 3; do split -n r/$((p + 1))/4 "$WORK/first" | klog-produce -q -b "$BROKER" -p $p "$t"; done
	wait "${pids[@]}"
	sort -u "$WORK"/out.[12] >"$WORK/got"
	same "$c: two members read all" "$WORK/first" "$WORK/got"
	check "$c: each has its part" [ -s "$WORK/out.1" -a -s "$WORK/out.2" ]
	klog-produce -q -b "$BROKER" "$t" "$WORK/more"
	timeout 60 $run group "$BROKER" "$t" "$t-g" "${props[@]}" 2>"$WORK/err" | sort >"$WORK/got"
	same "$c: the next goes on where they stopped" "$WORK/more" "$WORK/got"
done
