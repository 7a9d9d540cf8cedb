# lib.sh: samples, rows and brokers for run.sh, which sets BIN (programs), MEAS
# (helpers), WORK (files that go away) and OUT (results).
# shellcheck shell=bash disable=SC2034

declare -A WALL CPU RSS	# the best of each contender so far
rows=0 misses=0 skipped=0

less() {	# A B: is A smaller?
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a + 0 < b + 0) }'
}

calc() {	# an awk expression
	awk "BEGIN { printf \"%.6g\", $1 }"
}

# sample NAME [measure's options] COMMAND..: runs it once and keeps the best.
# CPU is the command's plus that of the processes given with -p.
sample() {
	local name=$1 wall cpu other rss status total
	shift
	read -r wall cpu other rss status < <("$MEAS/measure" "$@")
	total=$(calc "$cpu + $other")
	printf '{"sample":"%s","wall":%s,"cpu_tool":%s,"cpu_broker":%s,"rss_kib":%s,"status":%s}\n' \
	    "$name" "$wall" "$cpu" "$other" "$rss" "$status" >> "$OUT/bench.jsonl"
	if [ "$status" != 0 ]; then
		echo "bench: $name: exit status $status: ${*: -6}" >&2
		return 1
	fi
	if [ -z "${WALL[$name]:-}" ] || less "$wall" "${WALL[$name]}"; then
		WALL[$name]=$wall
		RSS[$name]=$rss
	fi
	if [ -z "${CPU[$name]:-}" ] || less "$total" "${CPU[$name]}"; then
		CPU[$name]=$total
	fi
}

# best NAME < "P50 P99": keeps the smaller of each, in microseconds.
best() {
	local p50 p99
	read -r p50 p99 || return 0
	if [ -z "${WALL[$1.50]:-}" ] || less "$p50" "${WALL[$1.50]}"; then
		WALL[$1.50]=$p50
	fi
	if [ -z "${WALL[$1.99]:-}" ] || less "$p99" "${WALL[$1.99]}"; then
		WALL[$1.99]=$p99
	fi
	printf '{"sample":"%s","p50_us":%s,"p99_us":%s}\n' "$1" "$p50" "$p99" \
	    >> "$OUT/bench.jsonl"
}

# row TEXT OP VALUE MUST AIM UNIT [DETAIL]: OP is <= or >=. Prints a line of
# the table and notes whether the figure reaches what it must.
row() {
	local text=$1 op=$2 value=$3 must=$4 aim=$5 unit=$6 detail=${7:-} verdict
	if [ -z "$value" ]; then
		skip "$text" "nothing to compare with"
		return
	fi
	verdict=$(awk -v v="$value" -v m="$must" -v a="$aim" -v o="$op" 'BEGIN {
		if (o == ">=") { v = -v; m = -m; a = -a }
		print v <= a ? "aim" : v <= m ? "must" : "MISS" }')
	rows=$((rows + 1))
	[ "$verdict" != MISS ] || misses=$((misses + 1))
	printf '%-58s %9s %-3s %s %6s %6s  %-4s %s\n' "$text" \
	    "$(awk -v v="$value" 'BEGIN { printf v < 10 ? "%.2f" : "%.1f", v }')" \
	    "$unit" "$op" "$must" "$aim" "$verdict" "$detail" |
	    tee -a "$OUT/table.txt"
	printf '{"row":"%s","value":%s,"unit":"%s","op":"%s","must":%s,"aim":%s,"verdict":"%s","detail":"%s"}\n' \
	    "$text" "$value" "$unit" "$op" "$must" "$aim" "$verdict" "$detail" \
	    >> "$OUT/bench.jsonl"
}

skip() {	# TEXT WHY
	skipped=$((skipped + 1))
	printf '%-58s %9s      %s\n' "$1" skipped "$2" | tee -a "$OUT/table.txt"
	printf '{"row":"%s","skipped":"%s"}\n' "$1" "$2" >> "$OUT/bench.jsonl"
}

ratio() {	# WHAT A B: best of A over best of B, nothing if one is missing
	local -n of=$1
	[ -n "${of[$2]:-}" ] && [ -n "${of[$3]:-}" ] || return 0
	calc "${of[$2]} / ${of[$3]}"
}

secs() {	# WHAT NAME: for details
	local -n of=$1
	printf '%.2f s' "${of[$2]:-0}"
}

both() {	# A B: wall and CPU of both, for details
	echo "$(secs WALL "$1") / $(secs WALL "$2")," \
	    "CPU $(secs CPU "$1") / $(secs CPU "$2")"
}

# broker NAME [OPTION..]: starts klog-broker on a free port with its data in
# WORK/NAME; sets broker_pid and broker_port.
broker() {
	local name=$1 line=
	shift
	mkdir -p "$WORK/$name"
	"$BIN/klog-broker" --listen 127.0.0.1:0 --data "$WORK/$name" "$@" \
	    > "$WORK/$name.ready" 2> "$WORK/$name.log" < /dev/null &
	broker_pid=$!
	for _ in $(seq 200); do
		line=$(cat "$WORK/$name.ready")
		[ -z "$line" ] || break
		sleep 0.02
	done
	broker_port=${line##*:}
	[ -n "$broker_port" ] || {
		echo "bench: klog-broker does not come up:" >&2
		cat "$WORK/$name.log" >&2
		exit 1
	}
	running+=("$broker_pid")
}

# rss PID: resident KiB, as ps shows them; the page cache is not in it.
rss() {
	awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}

anon() {
	awk '/^RssAnon/ { print $2 }' "/proc/$1/status"
}
