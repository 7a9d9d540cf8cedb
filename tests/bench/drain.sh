#!/bin/bash
# drain.sh BUILD [MB]: a group of 3 klog-consume drains 8 partitions, beside one
# plain klog-consume: the ratio of their times, medians of 5 runs that take
# turns. MB of 100-byte records (400).
set -u
build=${1:?usage: drain.sh BUILD [MB]}
mb=${2:-400}
dir=$(mktemp -d)
topic=drain
export KLOG_BROKERS=dir:$dir/data HOME=$dir
PATH=$(cd "$build" && pwd):$PATH
# shellcheck disable=SC2317	# called by name
cleanup() {
	klog-broker --stop --data "$dir/data" >/dev/null 2>&1
	rm -rf "$dir"
}
trap cleanup EXIT

klog-topics create "$topic" --partitions 8 || exit 1
for p in 0 1 2 3 4 5 6 7; do
	seq -f '%099.0f' $((mb * 10000 / 8)) | klog-produce -q -p $p "$topic"
done

now() { echo "${EPOCHREALTIME/./}"; }

plain() { klog-consume -q -e "$topic" | cat >/dev/null; }

# Joining, rebalances and leaving are in the time.
group() {
	local g=g$RANDOM$RANDOM
	for _ in 1 2 3; do
		klog-consume -q -G $g -e "$topic" 2>>"$dir/err" | cat >/dev/null &
	done
	wait
}

timed() {
	local from
	from=$(now)
	"$1"
	echo $((($(now) - from) / 1000)) >>"$dir/$1"
}

plain
for _ in 1 2 3 4 5; do
	timed plain
	timed group
done
median() { sort -n "$dir/$1" | sed -n 3p; }
awk -v g="$(median group)" -v p="$(median plain)" -v mb="$mb" 'BEGIN {
	printf "drain: %d MB, 8 partitions: plain %d ms, group of 3 %d ms, %.2fx\n",
	    mb, p, g, g / p }'
[ ! -s "$dir/err" ] || cat "$dir/err"
