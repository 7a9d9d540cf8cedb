#!/bin/bash
# schemas.sh: our message tables against the definitions in Apache Kafka's
# jars, and our bytes against those that its own classes write.
set -u
. "$(dirname "$0")/lib.sh"
LIBS=$(kafka_libs 3.9.1) || { skip "Kafka's definitions" "no jars"; exit; }
NEWER=$(kafka_libs 4.3.1) || { skip "Kafka's definitions" "no jars"; exit; }
need javac openjdk-17-jdk-headless

"$BIN/tests/helper/wire_tables" >"$WORK/tables"
tables() { python3 "$HERE/schemas.py" "$LIBS" "$NEWER" <"$WORK/tables"; }
check "$(grep -c '^message' "$WORK/tables") tables" tables

golden() { java -cp "$WORK:$LIBS/*" WireGolden "$@"; }
javac -cp "$LIBS/*" -d "$WORK" "$HERE/WireGolden.java" || exit 1
golden errors >"$WORK/errors"
grep '^error' "$WORK/tables" >"$WORK/errors.ours"
check "error codes" diff "$WORK/errors" "$WORK/errors.ours"
mapfile -t names < <(awk '$1 == "message" { print $2 }' "$WORK/tables")
# those that came after 3.9 are not known to its classes
mapfile -t names < <(printf '%s\n' "${names[@]}" | grep -v '^ConsumerGroup\(Heartbeat\|Describe\)Re')
for seed in 1 22 333 4444 55555; do golden "$seed" "${names[@]}"; done >"$WORK/bodies"
check "$(wc -l <"$WORK/bodies") bodies, byte for byte" \
	env WIRE_GOLDEN="$WORK/bodies" "$BIN/tests/unit/test_wire_golden"
