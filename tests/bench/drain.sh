# drain.sh: part of run.sh: a group of 3 klog-consume drains 8 partitions, beside
# one plain klog-consume. Joining, rebalances and leaving are in the time.
# shellcheck shell=bash disable=SC2154

drain=drain.$$
"$BIN/klog-topics" -q -b private create "$drain" --partitions 8
for p in 0 1 2 3 4 5 6 7; do
	sed -n "$((p + 1))~8p" "$LINES" | "$BIN/klog-produce" -q -b private -p $p "$drain"
done

drain_plain() { "$BIN/klog-consume" -q -b private -e "$drain" | cat > /dev/null; }

drain_group() {
	local group=g$RANDOM$RANDOM pids=()
	for _ in 1 2 3; do
		"$BIN/klog-consume" -q -b private -G $group -e "$drain" | cat > /dev/null &
		pids+=($!)
	done
	wait "${pids[@]}"
}

drain_plain
for _ in $(seq "$RUNS"); do
	for how in plain group; do
		start=$EPOCHREALTIME
		"drain_$how"
		keep "drain.$how" "$(since "$start")"
	done
done
row "a group of 3 drains 8 partitions, against a plain consumer" "<=" \
    "$(ratio WALL drain.group drain.plain)" 1.2 1 x \
    "$(calc "${WALL[drain.group]} * 1000") / $(calc "${WALL[drain.plain]} * 1000") ms"
"$BIN/klog-topics" -q -b private delete --yes "$drain"
