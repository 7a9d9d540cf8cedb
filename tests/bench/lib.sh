# lib.sh: what the parts of the benchmark share: setting up, samples, rows and
# brokers.
# shellcheck shell=bash disable=SC2034

declare -A WALL CPU RSS	# the best of each contender so far
rows=0 misses=0 skipped=0

# setup BUILD PART: where things are: BIN (programs), MEAS (helpers), WORK (files
# that go away) and OUT (results, BUILD/bench/PART); how much is asked for.
setup() {
	BIN=$(cd "$1" && pwd)
	MEAS=$BIN/tests/bench
	OUT=$BIN/bench/$2
	LINES_N=${BENCH_LINES:-10000000}
	RUNS=${BENCH_RUNS:-3}
	PEERS=${BENCH_PEERS-kcat kafka}
	HERE=$(cd "$(dirname "$0")" && pwd)
	INTEROP=$HERE/../interop
	WORK=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/klog-bench.XXXXXX")
	slow_runs=$((RUNS < 2 ? RUNS : 2))
	running=()
	trap cleanup EXIT
	trap 'exit 130' INT TERM
	export XDG_CONFIG_HOME=$WORK/config XDG_DATA_HOME=$WORK/private
	export XDG_RUNTIME_DIR=$WORK/run LC_ALL=C
	unset KLOG_BROKERS
	mkdir -p "$OUT" "$XDG_RUNTIME_DIR"
	chmod 700 "$XDG_RUNTIME_DIR"
	: > "$OUT/bench.jsonl"
	: > "$OUT/table.txt"
	if has kcat && ! command -v kcat > /dev/null; then
		PEERS=${PEERS/kcat/}
	fi
}

cleanup() {
	local p
	for p in "${running[@]}"; do
		kill "$p" 2>/dev/null || :
	done
	[ ! -d "$WORK/kafka" ] || "$INTEROP/kafka-broker.sh" stop "$WORK/kafka"
	wait
	rm -rf "$WORK"
}

has() {
	case " $PEERS " in *" $1 "*) return 0 ;; esac
	return 1
}

# make_lines: LINES_N lines of 100 bytes in the file LINES.
make_lines() {
	LINES=$WORK/lines
	awk -v n="$LINES_N" 'BEGIN {
		srand(1)
		set = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789"
		for (i = 0; i < 1000; i++) {
			s = ""
			for (j = 0; j < 91; j++)
				s = s substr(set, int(rand() * length(set)) + 1, 1)
			text[i] = s
		}
		for (i = 0; i < n; i++)
			printf "%08d %s\n", i, text[i * 7919 % 1000]
	}' > "$LINES"
}

# intro: what was measured, and where; the head of the table.
intro() {
	local cpu
	cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
	printf '{"bench":"klog","lines":%s,"bytes":%s,"cpus":%s,"cpu":"%s","runs":%s}\n' \
	    "$LINES_N" "$(stat -c %s "$LINES")" "$(nproc)" "$cpu" "$RUNS" \
	    >> "$OUT/bench.jsonl"
	{
		echo "$LINES_N lines of 100 bytes, best of $RUNS; $(nproc) x $cpu"
		printf '%-58s %9s %-3s    %6s %6s\n' figure value "" must aim
	} | tee -a "$OUT/table.txt"
}

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

# keep NAME SECONDS: the same for what was timed otherwise.
keep() {
	printf '{"sample":"%s","wall":%s}\n' "$1" "$2" >> "$OUT/bench.jsonl"
	if [ -z "${WALL[$1]:-}" ] || less "$2" "${WALL[$1]}"; then
		WALL[$1]=$2
	fi
}

# since START: seconds from then, an EPOCHREALTIME, until now.
since() { calc "$EPOCHREALTIME - $1"; }

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

# note TEXT VALUE UNIT [DETAIL]: a line of the table that nothing is asked of.
note() {
	[ -n "$2" ] || { skip "$1" "nothing to compare with"; return; }
	printf '%-58s %9s %-3s    %6s %6s  %-4s %s\n' "$1" \
	    "$(awk -v v="$2" 'BEGIN { printf v < 10 ? "%.2f" : "%.1f", v }')" \
	    "$3" "" "" "" "${4:-}" | tee -a "$OUT/table.txt"
	printf '{"note":"%s","value":%s,"unit":"%s","detail":"%s"}\n' \
	    "$1" "$2" "$3" "${4:-}" >> "$OUT/bench.jsonl"
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

# turns A B: of two that took turns, the medians of the first over the second,
# of the first and of the second. What is best of many tells how lucky one was
# where they differ by less than two runs of one kind do.
turns() {
	awk -F '[":,}]+' -v a="$1" -v b="$2" '
	$3 == a { x[++n] = $5 }
	$3 == b { y[++m] = $5 }
	function median(v, k,	i, j, t) {
		for (i = 2; i <= k; i++)
			for (j = i; j > 1 && v[j] < v[j - 1]; j--) {
				t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
			}
		return k % 2 ? v[(k + 1) / 2] : (v[k / 2] + v[k / 2 + 1]) / 2
	}
	END {
		for (i = 1; i <= n && i <= m; i++)
			r[i] = x[i] / y[i]
		if (i > 1)
			printf "%.3f %.2f %.2f\n", median(r, i - 1),
			    median(x, i - 1), median(y, i - 1)
	}' "$OUT/bench.jsonl"
}

# forget FILE: nothing of it stays in the page cache.
forget() {
	dd "of=$1" oflag=nocache conv=notrunc count=0 status=none
}

# room BYTES: how much memory at_hand has at hand.
room() { truncate -s "$1" "$WORK/room"; }

# at_hand: before a run of two that are compared. Memory that a virtual machine
# has given back to its host, as many do a second after it is free, takes 1.6 ms
# a MB when it is used again, 25 times what it takes else. Reading a hole makes
# some of it ours, for twice what a run needs, so that the run with more bytes
# in it pays for them and no more.
at_hand() {
	dd "if=$WORK/room" of=/dev/null bs=1M status=none
	forget "$WORK/room"
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
# WORK/NAME; sets broker_pid and broker_port. Returns when it is ready.
broker() {
	local name=$1 line=
	shift
	mkdir -p "$WORK/$name"
	[ -p "$WORK/ready" ] || mkfifo "$WORK/ready"
	"$BIN/klog-broker" --listen 127.0.0.1:0 --data "$WORK/$name" "$@" \
	    > "$WORK/ready" 2> "$WORK/$name.log" < /dev/null &
	broker_pid=$!
	read -r -t 120 line < "$WORK/ready" || :
	broker_port=${line##*:}
	[ -n "$broker_port" ] || {
		echo "bench: klog-broker does not come up:" >&2
		cat "$WORK/$name.log" >&2
		exit 1
	}
	running+=("$broker_pid")
}

# stop PID: a clean stop of a broker, to its end.
stop() {
	kill "$1"
	wait "$1" || :
}

# rss PID: resident KiB, as ps shows them; the page cache is not in it.
rss() {
	awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}

anon() {
	awk '/^RssAnon/ { print $2 }' "/proc/$1/status"
}
