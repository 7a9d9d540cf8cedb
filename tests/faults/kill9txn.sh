#!/bin/bash
# kill9txn.sh BUILD [KILLS [LINES]]: kills the broker with SIGKILL again and
# again while two producers write transactions of a few records each into
# three partitions. In the end the committed records are each producer's
# input, every line once and in order; no transaction is left open.
set -u
build=${1:?usage: kill9txn.sh BUILD [KILLS [LINES]]}
kills=${2:-10}
lines=${3:-3000}
dir=$(mktemp -d)
port=${PORT:-$((20000 + RANDOM % 10000))}
broker=
failed=0
producers=()

cleanup() {
	local p
	for p in "${producers[@]}" $broker; do
		kill -9 "$p" 2>/dev/null
		wait "$p" 2>/dev/null
	done
	if [ "$failed" = 0 ]; then rm -rf "$dir"; else echo "# kept $dir"; fi
}
trap cleanup EXIT

fail() {
	failed=1
	echo "not ok 1 - $1"
	exit 1
}

start() {
	"$build/klog-broker" --listen "127.0.0.1:$port" --data "$dir/data" \
	    -X transaction.state.log.num.partitions=3 \
	    >>"$dir/broker.log" 2>&1 &
	broker=$!
	for _ in $(seq 500); do
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return 0
		kill -0 "$broker" 2>/dev/null || break
		sleep 0.01
	done
	tail -5 "$dir/broker.log" | sed 's/^/# /'
	return 1
}

# The lines of one producer, for as long as the kills take.
feed() {
	awk -v n="$lines" -v who="$1" -v step=$((lines / (kills * 4) + 1)) \
	    'BEGIN {
		for (i = 1; i <= n; i++) {
			print who, i
			if (i % step == 0) { fflush(); system("sleep 0.06") }
		}
	}'
}

running() {
	local p
	for p in "${producers[@]}"; do
		kill -0 "$p" 2>/dev/null && return 0
	done
	return 1
}

start || fail "the broker starts"
"$build/klog-topics" -b "127.0.0.1:$port" create t --partitions 3 || fail create
for who in a b; do
	feed $who | "$build/klog-produce" -q -b "127.0.0.1:$port" \
	    --transactional-id "id-$who" --txn-every 7 t 2>"$dir/$who.err" &
	producers+=($!)
done
n=0
while [ $n -lt "$kills" ] && running; do
	sleep "0.$(printf %03d $((RANDOM % 400 + 50)))"
	kill -9 "$broker"
	wait "$broker" 2>/dev/null
	start || fail "the broker starts again"
	n=$((n + 1))
done
echo "# killed $n times"
for i in 0 1; do
	wait "${producers[i]}" ||
		fail "a producer ends well: $(tail -1 "$dir"/[ab].err)"
done
for p in 0 1 2; do
	timeout 60 "$build/klog-consume" -q -e -b "127.0.0.1:$port" -p "$p" t \
	    >"$dir/out.$p" || fail "partition $p can be read"
done
for who in a b; do
	seq "$lines" | sed "s/^/$who /" >"$dir/want"
	cat "$dir"/out.* | grep "^$who " | sort -n -k 2 >"$dir/got"
	cmp "$dir/want" "$dir/got" >"$dir/cmp" 2>&1 || fail "what $who \
wrote: $(wc -l <"$dir/got") lines of $lines, $(cat "$dir/cmp")"
	for p in 0 1 2; do
		grep "^$who " "$dir/out.$p" | sort -c -n -k 2 2>/dev/null ||
			fail "the order of what $who wrote into $p"
	done
done
echo "ok 1 - transactions: nothing lost, nothing doubled, none left open"
echo "1..1"
