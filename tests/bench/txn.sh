# txn.sh: sourced by run.sh. Transactions of one record each, made one after
# the other by the same clients on klog-broker, which waits for its disk, and
# on Apache Kafka, which does not: klog-produce, and Apache Kafka's own Java
# client. BENCH_TXNS (1000, or as many as there are lines).
# shellcheck shell=bash disable=SC2154

txns=${BENCH_TXNS:-1000}
txns=$((txns < LINES_N ? txns : LINES_N))
head -n "$txns" "$LINES" > "$WORK/txns"
broker txn
txn_pid=$broker_pid txn=127.0.0.1:$broker_port

# txn_java NAME BROKER: seconds for as many, after a start of a quarter of it.
txn_java() {
	local s
	s=$(java -XX:TieredStopAtLevel=1 -Xmx256m -cp "$txn_libs/*" \
	    "$HERE/TxnRate.java" "$2" one "$txns" 2> /dev/null) || return 0
	if [ -z "${WALL[$1]:-}" ] || less "$s" "${WALL[$1]}"; then
		WALL[$1]=$s
	fi
	printf '{"sample":"%s","wall":%s}\n' "$1" "$s" >> "$OUT/bench.jsonl"
}

txn_libs=
[ -z "$kafka" ] || txn_libs=$("$INTEROP/kafka-jars.sh" 3.9.1) || :
for b in $txn $kafka; do
	"$BIN/klog-topics" -q -b "$b" create --partitions 1 one > /dev/null
	head -n 20 "$WORK/txns" |
	    "$BIN/klog-produce" -q -b "$b" --txn-every 1 one
done
for _ in $(seq "$slow_runs"); do
	sample txn_klog -i "$WORK/txns" -p "$txn_pid" \
	    "$BIN/klog-produce" -q -b "$txn" --txn-every 1 one || :
	[ -z "$kafka" ] || sample txn_kafka -i "$WORK/txns" -p "$kafka_pid" \
	    "$BIN/klog-produce" -q -b "$kafka" --txn-every 1 one || :
	if [ -n "$txn_libs" ]; then
		txn_java java_klog "$txn"
		txn_java java_kafka "$kafka"
	fi
done

txn_rates() {	# A B: transactions a second
	[ -z "${WALL[$2]:-}" ] || awk -v n="$txns" -v a="${WALL[$1]}" \
	    -v b="${WALL[$2]}" 'BEGIN { printf "%d / %d a second", n / a, n / b }'
}
row "transactions of a record, klog-produce: Kafka is slower by" ">=" \
    "$(ratio WALL txn_kafka txn_klog)" 3 5 x "$(txn_rates txn_klog txn_kafka)"
row "the same with Apache Kafka's client" ">=" \
    "$(ratio WALL java_kafka java_klog)" 3 5 x \
    "$(txn_rates java_klog java_kafka)"
[ -z "$kafka" ] || drop "$kafka" one
kill "$txn_pid"
wait "$txn_pid" || :
