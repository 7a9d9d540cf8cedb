#!/bin/bash
# schemas.sh BUILD: our message tables against the definitions in Apache Kafka's
# jars, and our bytes against those that its own classes write. KAFKA_LIBS names
# the folder of jars (3.9.1); skipped without it.
set -eu
B=${1:-build}
here=$(dirname "$0")
if [ -z "${KAFKA_LIBS:-}" ] || ! ls "$KAFKA_LIBS"/kafka-clients-3.9.*.jar >/dev/null 2>&1; then
	echo "schemas: skipped, KAFKA_LIBS names no jars of Kafka 3.9"
	exit 0
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

"$B/tests/helper/wire_tables" >"$tmp/tables"
python3 "$here/schemas.py" "$KAFKA_LIBS" <"$tmp/tables"

if ! command -v javac >/dev/null; then
	echo "schemas: no javac, bytes not compared"
	exit 0
fi
javac -cp "$KAFKA_LIBS/*" -d "$tmp" "$here/WireGolden.java"
java -cp "$tmp:$KAFKA_LIBS/*" WireGolden errors >"$tmp/errors"
grep '^error' "$tmp/tables" | diff - "$tmp/errors"
mapfile -t names < <(awk '$1 == "message" { print $2 }' "$tmp/tables")
for seed in 1 22 333 4444 55555; do
	java -cp "$tmp:$KAFKA_LIBS/*" WireGolden "$seed" "${names[@]}"
done >"$tmp/bodies"
[ -x "$B/tests/unit/test_wire_golden" ] || make -s "$B/tests/unit/test_wire_golden"
WIRE_GOLDEN=$tmp/bodies "$B/tests/unit/test_wire_golden"
echo "schemas: $(wc -l <"$tmp/bodies") bodies of Kafka's own, byte for byte"
