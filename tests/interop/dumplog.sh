#!/bin/bash
# dumplog.sh: Apache Kafka's own eyes on the store's files: DumpLogSegments
# reads every file without a complaint, after a clean stop, a crash and a
# recovery; a Kafka broker opens a partition that the store appended to; the
# store opens one that Kafka wrote.
set -u
. "$(dirname "$0")/lib.sh"
STORELOG=$BIN/tests/helper/storelog

for version in 3.9.1 4.3.1; do
	LIBS=$(kafka_libs "$version") || { skip "Kafka $version" "no jars"; continue; }
	d=$WORK/$version-0
	check "$version: write" "$STORELOG" write "$d" 3000 1000000 1
	dump "$version: after a clean stop" "$d"
	check "$version: write on" "$STORELOG" kill "$d" 500 1000000 2
	truncate -s -100 "$(find "$d" -name '*.log' | sort | tail -1)"
	check "$version: recover" "$STORELOG" recover "$d"
	dump "$version: after a recovery" "$d"
	check "$version: write after it" "$STORELOG" write "$d" 500 1000000 3
	dump "$version: and on" "$d"

	# Kafka writes, the store reads and writes on, Kafka reads both.
	apache_kafka "$version" || { not_ok "Kafka $version starts"; continue; }
	dir=$WORK/kafka-$version
	seq 20000 >"$WORK/in"
	kcat -q -P -b "$BROKER" -t swap -p 0 -z lz4 -X enable.idempotence=true -l "$WORK/in"
	kcat -q -P -b "$BROKER" -t swap -p 0 -l "$WORK/in"
	"$HERE/kafka-broker.sh" stop "$dir"
	p=$(find "$dir" -type d -name swap-0)
	check "$version: the store reads Kafka's" "$STORELOG" check "$p"
	dump "$version: Kafka's own, as a control" "$p"
	check "$version: and recovers it" "$STORELOG" recover "$p"
	check "$version: and appends to it" "$STORELOG" write "$p" 1000 1000000 4
	end=$("$STORELOG" check "$p" | sed 's/end \([0-9]*\).*/\1/')
	KAFKA_VERSION=$version KAFKA_HEAP=512M "$HERE/kafka-broker.sh" resume "$dir" "${BROKER##*:}" >/dev/null
	kcat -q -C -b "$BROKER" -t swap -p 0 -e -f '%o\n' >"$WORK/out"
	check "$version: Kafka reads on" [ "$(tail -1 "$WORK/out")" = "$((end - 1))" ]
	check "$version: every record is there" [ "$(wc -l <"$WORK/out")" -eq "$end" ]
	kcat -q -P -b "$BROKER" -t swap -p 0 -l "$WORK/in"
	kcat -q -C -b "$BROKER" -t swap -p 0 -o -20000 -e >"$WORK/out"
	same "$version: and Kafka appends to it" "$WORK/in" "$WORK/out"
	"$HERE/kafka-broker.sh" stop "$dir"
	dump "$version: written by both" "$p"
done
