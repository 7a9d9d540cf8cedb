#!/bin/bash
# kill9.sh BUILD [KILLS [LINES]]: kills the broker with SIGKILL again and again
# while a producer runs, and starts it anew on the same directory. In the end
# every acknowledged line must be there once and in order: klog-produce and an
# idempotent kcat exit 0 only when all lines were acknowledged, so the topic
# must equal the input.
# shellcheck disable=SC2317	# functions called by name
set -u
build=${1:?usage: kill9.sh BUILD [KILLS [LINES]]}
kills=${2:-10}
lines=${3:-300000}
dir=$(mktemp -d)
port=
broker=
failed=0

cleanup() {
	if [ -n "$broker" ]; then
		kill -9 "$broker" 2>/dev/null
		wait "$broker" 2>/dev/null
	fi
	if [ "$failed" = 0 ]; then rm -rf "$dir"; else echo "# kept $dir"; fi
}
trap cleanup EXIT

start() {
	"$build/klog-broker" --listen "127.0.0.1:$port" --data "$dir/data" \
	    >>"$dir/broker.log" 2>&1 &
	broker=$!
	for _ in $(seq 500); do
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return 0
		kill -0 "$broker" 2>/dev/null || break
		sleep 0.01
	done
	echo "# the broker does not start:"
	tail -5 "$dir/broker.log" | sed 's/^/# /'
	return 1
}

# Kills $kills times at moments of its own choosing, while $1 runs.
kill_while() {
	local n=0
	while kill -0 "$1" 2>/dev/null && [ $n -lt "$kills" ]; do
		sleep "0.$(printf %03d $((RANDOM % 400 + 50)))"
		kill -9 "$broker"
		wait "$broker" 2>/dev/null
		start || return 1
		n=$((n + 1))
	done
	echo "# killed $n times"
}

# The lines; with a step, a pause after so many of them.
feed() {
	awk -v n="$lines" -v step="$1" 'BEGIN {
		for (i = 1; i <= n; i++) {
			printf "line %d of the input, padded to a usual length ......\n", i
			if (step && i % step == 0) { fflush(); system("sleep 0.06") }
		}
	}'
}

produce_klog() {
	"$build/klog-produce" -b "127.0.0.1:$port" "$1"
}

produce_kcat() {
	kcat -E -P -b "127.0.0.1:$port" -t "$1" -X enable.idempotence=true \
	    -X acks=all -X message.timeout.ms=120000 -X linger.ms=5
}

check() {
	local name=$1 topic=kill9-$1 got want
	feed 0 >"$dir/input"
	"produce_$name" "$topic" <"$dir/fifo" 2>"$dir/$name.err" &
	local tool=$!
	# Slowly enough for the kills to fall among them.
	feed $((lines / (kills * 4) + 1)) >"$dir/fifo" &
	local feeder=$!
	kill_while $tool || { failed=1; return 1; }
	wait $tool
	local rc=$?
	kill $feeder 2>/dev/null
	wait $feeder 2>/dev/null
	if [ $rc != 0 ]; then
		echo "# $name exited $rc: $(tail -1 "$dir/$name.err")"
		failed=1
		return 1
	fi
	kcat -C -b "127.0.0.1:$port" -t "$topic" -o beginning -e -q \
	    >"$dir/output" 2>"$dir/consume.err"
	if ! cmp -s "$dir/input" "$dir/output"; then
		want=$(wc -l <"$dir/input")
		got=$(wc -l <"$dir/output")
		echo "# $name: $got lines of $want;" \
		    "$(cmp "$dir/input" "$dir/output" 2>&1 | head -1)"
		failed=1
		return 1
	fi
}

port=${PORT:-$((20000 + RANDOM % 10000))}
mkfifo "$dir/fifo"
start || { failed=1; echo "not ok 1 - the broker starts"; exit 1; }
n=0
tools="kcat"
[ -x "$build/klog-produce" ] && tools="klog kcat"
for tool in $tools; do
	n=$((n + 1))
	if check "$tool"; then
		echo "ok $n - $tool: nothing lost, nothing doubled"
	else
		echo "not ok $n - $tool: nothing lost, nothing doubled"
	fi
done
echo "1..$n"
exit $failed
