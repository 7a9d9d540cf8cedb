# compact.sh: part of run.sh: how fast a log is compacted, on one core, and what
# that costs who appends to another one of the broker.
#
# What a user has of the latter is how long producers take while the broker's
# cleaner is at work, so that is what is measured: all lines, acks=all, each run
# into a topic of its own, some alone, then some beside a pass. (Appends of one
# process to a log in memory, which nothing flushes, were measured before: a
# gigabyte a second of page cache for ten seconds. That tells what it costs a
# virtual machine to be given memory, 390 to 1850 MB/s with nothing beside it,
# and not what a pass does to producers.)
# shellcheck shell=bash disable=SC2154

mb=$((LINES_N / 10000 > 20 ? LINES_N / 10000 : 20))
for _ in $(seq "$RUNS"); do
	while read -r name value; do
		printf '{"sample":"compact.%s","mb_per_s":%s}\n' "$name" "$value" >> "$OUT/bench.jsonl"
		if [ -z "${WALL[compact.$name]:-}" ] || less "${WALL[compact.$name]}" "$value"; then
			WALL[compact.$name]=$value
		fi
	done < <("$MEAS/compact" "$WORK/compact-0" "$mb")
done
row "compaction, records of 100 bytes, one core" ">=" \
    "${WALL[compact.clean]:-}" 300 450 MB/s "${WALL[compact.cpu]:-} MB a CPU second"

# bytes that the broker has read from files: compaction alone does
files_read() { awk '/^rchar/ { print $2 }' "/proc/$cleaner_pid/io"; }
passes() { grep -c ' compacted up to ' "$WORK/cleaner.log" || :; }

# produce_all: sets took, in seconds, and compacted, in MB/s meanwhile
produce_all() {
	local topic=append$((++produces)) start bytes
	"$BIN/klog-topics" -q -b "$cleaner" create \
	    --set file.delete.delay.ms=0 "$topic" > /dev/null
	warm
	bytes=$(files_read) start=$EPOCHREALTIME
	"$BIN/klog-produce" -q -b "$cleaner" "$topic" < "$LINES"
	took=$(since "$start")
	compacted=$(calc "($(files_read) - $bytes) / 1000000 / $took")
	drop "$cleaner" "$topic"
}

# beside NAME TEXT [OPTION..]: the row of such a broker, of medians.
beside() {
	local name=$1 text=$2 i before meanwhile=0 x alone during

	broker cleaner -v -X log.cleaner.backoff.ms=20 "${@:3}"
	cleaner=127.0.0.1:$broker_port cleaner_pid=$broker_pid
	produces=0
	for i in $(seq "$RUNS"); do
		"$BIN/klog-topics" -q -b "$cleaner" create --set cleanup.policy=delete \
		    --set segment.bytes=$((LINES_N * 30 > 65536 ? LINES_N * 30 : 65536)) \
		    --set file.delete.delay.ms=0 "keyed$i" > /dev/null
		cat "$LINES" "$LINES" |
			"$BIN/klog-produce" -q -b "$cleaner" -K ' ' "keyed$i"
		sync
		for _ in 1 2; do
			produce_all
			keep "$name.alone" "$took"
		done
		before=$(passes)
		"$BIN/klog-topics" -q -b "$cleaner" config set "keyed$i" \
		    cleanup.policy=compact min.cleanable.dirty.ratio=0 > /dev/null
		# the part that writes
		until compgen -G "$WORK/cleaner/keyed$i-0/*.cleaned" > /dev/null ||
		    [ "$(passes)" != "$before" ]; do
			sleep 0.005
		done
		for _ in 1 2 3 4; do
			produce_all
			[ "$(passes)" = "$before" ] || break
			keep "$name.beside" "$took"
			meanwhile=$compacted
		done
		drop "$cleaner" "keyed$i"
	done
	read -r x during alone < <(turns "$name.beside" "$name.alone")
	row "$text" "<=" "${x:-}" 1.1 1.03 x \
	    "${during:-0} s / ${alone:-0} s, compacting $meanwhile MB/s meanwhile"
	stop "$cleaner_pid"
	rm -rf "$WORK/cleaner"
}

beside compact "producing, beside a compaction in the same broker, and alone"
beside compact_os "the same, acknowledged before it is flushed" \
    -X flush.acks=os
