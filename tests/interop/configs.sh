#!/bin/bash
# configs.sh BUILD: our table of properties against Apache Kafka's own, and the
# answers to questions about properties and to changes of them against those
# of a broker of Apache Kafka.
set -u
. "$(dirname "$0")/lib.sh"
LIBS=$(kafka_libs 3.9.1) || { skip "Kafka's properties" "no jars"; exit; }
need javac openjdk-17-jdk-headless
CP="$WORK:$LIBS/*"

# Those that come in several units have a range and a default only where it is
# all put together.
units() {
	awk -F'\t' -v OFS='\t' '
	/^broker\tlog\.(retention|roll|roll.jitter|flush.interval)\.ms\t/ { $5 = "-" }
	/^topic\t(retention|segment|segment.jitter|flush)\.ms\t/ { $4 = "-" }
	{ print }' | LC_ALL=C sort
}
javac -cp "$CP" -d "$WORK" "$HERE/Configs.java" || exit 1
java -cp "$CP" Configs 2>/dev/null | units >"$WORK/kafka.tsv"
"$BIN/tests/helper/config_table" | units >"$WORK/klog.tsv"
check "the table: $(wc -l <"$WORK/kafka.tsv") rows" diff "$WORK/kafka.tsv" "$WORK/klog.tsv"

# The same questions to both, started with the same file. The documentation is
# our own, the directory differs, and so do klog's own properties.
apache_kafka 3.9.1 || { not_ok "Apache Kafka starts"; exit; }
javac -cp "$CP" -d "$WORK" "$HERE/ConfigsAsk.java" || exit 1
ask() {
	java -cp "$CP" ConfigsAsk "$BROKER" 2>"$WORK/ask.err" |
		grep -vE '^\s(batch\.validation|flush\.acks|idle\.exit\.ms|log\.dirs)='
}
ask >"$WORK/ask.kafka"
"$HERE/kafka-broker.sh" stop "$WORK/kafka-3.9.1"
mkfifo "$WORK/ready"
klog-broker -F "$WORK/kafka-3.9.1/server.properties" --data "$WORK/data" >"$WORK/ready" 2>"$WORK/broker.err" &
at_exit "kill $! 2>/dev/null; wait $! 2>/dev/null"
read -r -t 20 _ <"$WORK/ready" || { cat "$WORK/broker.err"; exit 1; }
ask >"$WORK/ask.klog"
check "answers: $(wc -l <"$WORK/ask.kafka") lines" diff "$WORK/ask.kafka" "$WORK/ask.klog"
