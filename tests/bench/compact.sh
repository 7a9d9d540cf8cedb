# compact.sh: part of run.sh: how fast a log is compacted, on one core, and what
# that costs who appends to it.
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
row "appending, against appending during a compaction" "<=" \
    "$(ratio WALL compact.append compact.beside)" 1.1 1.03 x \
    "${WALL[compact.append]:-} / ${WALL[compact.beside]:-} MB/s"
