#!/bin/bash
# mirror.sh: klog-mirror with Apache Kafka on one side: runs that are killed,
# compared record by record; a compacted source; a group's offsets, as Kafka's
# own tool sees them.
set -u
. "$(dirname "$0")/lib.sh"
need java openjdk-17-jre-headless
libs=$(kafka_libs 3.9.1) || { skip "klog-mirror and Apache Kafka" "no jars"; exit; }

for sides in 'kafka klog' 'klog kafka'; do
	read -r from to <<<"$sides"
	check "$from to $to, killed at random" env SOURCE="$from" TARGET="$to" \
		"$HERE/../faults/mirror.sh" "$BIN" 4
done

apache_kafka 3.9.1 log.cleaner.backoff.ms=100 allow.everyone.if.no.acl.found=true \
	authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer || { not_ok "Apache Kafka starts"; exit; }
kafka=$BROKER
klog_broker

# content BROKER TOPIC: all but offsets.
content() { klog-consume -q -e -b "$1" -f '%T %K:%k %S:%s %h\n' "$2"; }
# compacted: some of the thousand records are gone.
compacted() { [ "$(content "$kafka" table | wc -l)" -lt 900 ]; }

klog-topics -q -b "$kafka" create table --partitions 1 --set cleanup.policy=compact \
	--set segment.bytes=1048576 --set segment.ms=100 --set min.cleanable.dirty.ratio=0.01
for codec in none gzip snappy lz4 zstd; do
	for _ in 1 2; do
		seq 100 | shuf -r -n 100 | sed 's/.*/&:value of &/' |
			klog-produce -q -b "$kafka" -z "$codec" -K : -H "c=$codec" table
		sleep 0.2
	done
done
echo last:one | klog-produce -q -b "$kafka" -K : table
for _ in $(seq 100); do compacted && break; sleep 0.2; done
check "the source is compacted" compacted
check "a compacted source" klog-mirror -q --from "$kafka" --to "$BROKER" --topics table
content "$kafka" table >"$WORK/a"
content "$BROKER" table >"$WORK/b"
# what was compacted between the copy and the look is older than what is there
sort -u "$WORK/a" >"$WORK/a.sorted"
sort -u "$WORK/b" >"$WORK/b.sorted"
check "nothing of it is missing" test -z "$(comm -23 "$WORK/a.sorted" "$WORK/b.sorted")"
last() { awk '{ split($2, k, ":"); v[k[2]] = $0 } END { for (i in v) print v[i] }' "$1" | sort; }
same "each key's last record" <(last "$WORK/a") <(last "$WORK/b")

klog-groups -q -b "$kafka" seek reader -t table --to -5 --yes >/dev/null
check "--sync-groups" klog-mirror -q --from "$kafka" --to "$BROKER" --topics table --sync-groups '^reader$'
at() { klog-groups -q -b "$1" -J describe reader | grep -o '"committed":[0-9]*' | cut -d: -f2; }
same "the group goes on at the same record" \
	<(klog-consume -q -b "$kafka" -o "$(at "$kafka")" -c 1 -f '%k %s\n' table) \
	<(klog-consume -q -b "$BROKER" -o "$(at "$BROKER")" -c 1 -f '%k %s\n' table)

# a group that it may not commit for
check "the target denies the group" java -Xmx128m -cp "$libs/*" kafka.admin.AclCommand \
	--bootstrap-server "$kafka" --add --deny-principal User:ANONYMOUS --operation All \
	--group klog-mirror. --resource-pattern-type prefixed
seq 50 | klog-produce -q -b "$BROKER" numbers
klog-mirror -v --from "$BROKER" --to "$kafka" --topics numbers >"$WORK/said" 2>&1
check "it is mirrored without it, and said" grep -q 'is not told how far it is: .*GROUP_AUTHORIZATION_FAILED' "$WORK/said"
check "counted once" grep -q ', 50 records, .* lag 0' "$WORK/said"
same "the copy" <(content "$kafka" numbers) <(content "$BROKER" numbers)
