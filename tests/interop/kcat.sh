#!/bin/bash
# kcat.sh: kcat and klog's tools on one klog-broker, both directions: lines,
# keys, headers, each codec.
set -u
. "$(dirname "$0")/lib.sh"
need kcat kcat
[ -n "${BROKER:-}" ] || klog_broker
KCAT=(kcat -b "$BROKER" -X broker.address.family=v4)

seq -f 'line %g of some text' 200000 >"$WORK/lines"
for codec in none gzip snappy lz4 zstd; do
	t=kcat-$codec
	check "kcat produces $codec" "${KCAT[@]}" -P -t "$t" -z "$codec" -l "$WORK/lines"
	klog-consume -q -b "$BROKER" -e "$t" >"$WORK/out"
	same "klog-consume reads kcat's $codec" "$WORK/lines" "$WORK/out"
	t=klog-$codec
	check "klog-produce produces $codec" klog-produce -q -b "$BROKER" -z "$codec" "$t" "$WORK/lines"
	"${KCAT[@]}" -C -t "$t" -e -q >"$WORK/out"
	same "kcat reads klog-produce's $codec" "$WORK/lines" "$WORK/out"
done

printf 'k1:v1\nk2:\n:v3\nnone\n' >"$WORK/keyed"
check "kcat produces keys" "${KCAT[@]}" -P -t kcat-keys -K : -H a=1 -H b=2 -l "$WORK/keyed"
klog-consume -q -b "$BROKER" -e -f '%k|%s|%h\n' kcat-keys >"$WORK/out"
"${KCAT[@]}" -C -t kcat-keys -e -q -f '%k|%s|%h\n' >"$WORK/want"
same "keys and headers read alike" "$WORK/want" "$WORK/out"
check "klog-produce produces keys" klog-produce -q -b "$BROKER" -K : -H a=1 -H b=2 klog-keys "$WORK/keyed"
"${KCAT[@]}" -C -t klog-keys -e -q -f '%k|%s|%h\n' >"$WORK/out"
same "keys and headers are written alike" "$WORK/want" "$WORK/out"

"${KCAT[@]}" -C -t klog-none -o -5 -e -q >"$WORK/out"
tail -5 "$WORK/lines" >"$WORK/want"
same "kcat reads the last five" "$WORK/want" "$WORK/out"
check "kcat lists the topic" grep -q 'topic "klog-keys" with 1 partitions' <("${KCAT[@]}" -L)
