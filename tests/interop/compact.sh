#!/bin/bash
# compact.sh: Apache Kafka compacts a partition, klog a copy of it (transactions
# of both ends, tombstones, every codec): the same records are left, in the
# same batches, with the same delete horizons and aborted transactions; klog
# keeps the last one of a segment besides, if need be without a record. Then
# each goes on with what the other has compacted, past the horizons.
set -u
. "$(dirname "$0")/lib.sh"
version=3.9.1
SEGMENT=60000
LIBS=$(kafka_libs $version) || { skip "compaction" "no jars"; exit; }
need javac openjdk-17-jdk-headless
CP="$WORK:$LIBS/*"
STORELOG=$BIN/tests/helper/storelog
PORT=$(free_ports)
BROKER=127.0.0.1:$PORT
javac -cp "$CP" -d "$WORK" "$HERE/CompactFill.java" || exit 1

# kafka DIR: on the files that are there, with its cleaner at work.
kafka() {
	sed -i "s#^log.dirs=.*#log.dirs=$1/data#; s#^log.cleaner.enable=.*#log.cleaner.enable=true#" "$1/server.properties"
	sed -i "s#File=.*#File=$1/broker.log#" "$1/log4j.properties"
	rm -f "$1/pid"
	KAFKA_HEAP=512M "$HERE/kafka-broker.sh" resume "$1" "$PORT" >/dev/null
}
kafka_stop() { "$HERE/kafka-broker.sh" stop "$1"; }
copy() { cp -a "$WORK/$1" "$WORK/$2"; rm -f "$WORK/$2/data/.lock"; }
part() { echo "$WORK/$1/data/shop-0"; }
cleaned() { sed -n 's/^shop 0 //p' "$WORK/$1/data/cleaner-offset-checkpoint" 2>/dev/null; }
active() { find "$(part "$1")" -name '*.log' | sort | tail -1 | sed 's#.*/0*##; s#\.log##'; }
wait_until() { for _ in $(seq 300); do "$@" && return; sleep 0.1; done; return 1; }
is_clean() { [ "$(cleaned "$1")" = "$(active "$1")" ]; }
as_it_was() { [ "$(cleaned "$1")" != "$2" ] && is_clean "$1"; }

# klog_compact NAME NOW_MS: as klog's own broker would.
klog_compact() {
	"$STORELOG" compact "$(part "$1")" $SEGMENT 1000 "$2" >"$WORK/said" || return 1
	cat "$WORK/said"
	printf '0\n1\nshop 0 %s\n' "$(sed -n 's/^clean to \([0-9]*\):.*/\1/p' "$WORK/said")" >"$WORK/$1/data/cleaner-offset-checkpoint"
}

# tell NAME UPTO: what DumpLogSegments says of its batches, records and aborted
# transactions below an offset, without places, sizes and times of deletion.
tell() {
	local files
	files=$(find "$(part "$1")" -name '*.log' -o -name '*.txnindex' | sort | paste -sd,)
	dump_tool --deep-iteration --print-data-log --files "$files" |
		sed -E 's/ (position|size|crc|partitionLeaderEpoch): [0-9]+//g; s/deleteHorizonMs: OptionalLong\[[0-9]*\]/horizon/; s/ isvalid: true//' |
		grep -aE '^(\||baseOffset|version)' |
		awk -v upto="$2" '{ at = $1 == "|" ? $3 : $1 == "version:" ? $6 : $2 } at + 0 < upto' >"$WORK/all.$1"
	grep -avE ' count: 0 ' "$WORK/all.$1" | LC_ALL=C sort >"$WORK/$1.full"
	# the last batch of a pass stays since Kafka 4.0 only (KAFKA-17076)
	grep -aE ' count: 0 ' "$WORK/all.$1" | grep -av " lastOffset: $(($2 - 1)) " | LC_ALL=C sort >"$WORK/$1.empty"
}

# The batches that klog has more end where its next segment begins.
at_ends() {
	local bases last n=0

	bases=$(find "$(part "$2")" -name '*.log' | sed -E 's#.*/0*([0-9]*)\.log#\1#')
	while read -r last; do
		grep -qx $((last + 1)) <<<"$bases" || { echo "$last ends no segment"; n=1; }
	done < <(LC_ALL=C comm -13 "$WORK/$1.empty" "$WORK/$2.empty" | sed -E 's/.* lastOffset: ([0-9]+).*/\1/')
	return $n
}

# alike NAME KAFKAS KLOGS: what is left in both.
alike() {
	check "$1: $(grep -c '^|' "$WORK/$2.full") records" diff "$WORK/$2.full" "$WORK/$3.full"
	LC_ALL=C comm -23 "$WORK/$2.empty" "$WORK/$3.empty" >"$WORK/missing"
	check "$1: $(grep -c . "$WORK/$2.empty") batches kept empty" cmp "$WORK/missing" /dev/null
	check "$1: $(grep -c . "$WORK/$3.empty") with those at the ends of segments" at_ends "$2" "$3"
}

at_exit "for d in base kafka klog; do '$HERE/kafka-broker.sh' stop '$WORK'/\$d; done"
"$HERE/kafka-broker.sh" start "$WORK/base" "$PORT" log.cleaner.enable=false log.cleaner.backoff.ms=100 >/dev/null || { not_ok "Kafka $version starts"; exit; }
klog-topics create -b "$BROKER" shop --set cleanup.policy=compact --set segment.bytes=$SEGMENT --set index.interval.bytes=1000 --set min.cleanable.dirty.ratio=0.0001 --set delete.retention.ms=1000 -q
java -cp "$CP" CompactFill "$BROKER" shop 120 2>"$WORK/fill.err" || { not_ok "Kafka fills its topic" "$(cat "$WORK/fill.err")"; exit; }
# so that what is active from here on overwrites nothing
others() { seq 1500 | sed "s/.*/$1 &:$(printf '%0100d' 0)/" >"$WORK/others"; kcat -q -P -b "$BROKER" -t shop -p 0 -K : -X batch.num.messages=100 -l "$WORK/others"; }
others tail
kafka_stop "$WORK/base"
end=$(active base)
copy base kafka
copy base klog
tell base "$end"

# Once each.
kafka "$WORK/kafka"
check "Kafka compacts" wait_until is_clean kafka
kafka_stop "$WORK/kafka"
check "klog compacts" klog_compact klog "$(date +%s000)"
tell kafka "$end"
tell klog "$end"
alike "of $(grep -c '^|' "$WORK/base.full") records are left" kafka klog
dump "what klog wrote" "$(part klog)"
for what in ' horizon' 'isControl: true' '^version' 'keySize: -1\|payload: $\|valueSize: -1' 'compresscodec: zstd'; do
	check "there is one to compare: $what" grep -aq -- "$what" "$WORK/kafka.full"
done

cp "$WORK/klog.full" "$WORK/first"

# And each with the other's, past the horizons. What Kafka gets to compact is
# of keys that nobody else has.
copy klog klog2
copy kafka kafka2
rm -rf "$WORK/kafka" "$WORK/klog"
mv "$WORK/klog2" "$WORK/kafka"
mv "$WORK/kafka2" "$WORK/klog"
before=$(cleaned kafka)
kafka "$WORK/kafka"
others new
check "Kafka goes on with klog's" wait_until as_it_was kafka "$before"
sleep 1.5	# the horizons of the pass before
before=$(cleaned kafka)
others last
check "and again" wait_until as_it_was kafka "$before"
kcat -q -C -b "$BROKER" -t shop -p 0 -e -f '%o %k=%s\n' >"$WORK/out"
check "and shows it" [ "$(grep -c '=0000' "$WORK/out")" -eq 4500 ]
kafka_stop "$WORK/kafka"
for day in 1 2 3; do
	check "klog goes on with Kafka's" klog_compact klog $(($(date +%s000) + day * 86400000))
done
tell kafka "$end"
tell klog "$end"
alike "the second time" kafka klog
check "tombstones with a horizon are gone" [ "$(grep -ac 'valueSize: -1' "$WORK/klog.full")" -lt "$(grep -ac 'valueSize: -1' "$WORK/first")" ]
dump "written by Kafka twice, and by klog" "$(part klog)"
check "klog reads the former" "$STORELOG" recover "$(part kafka)"
