#!/bin/bash
# valgrind.sh BUILD: the unit tests and the main job under valgrind: no bad
# access, no use of what was never set, nothing lost. BUILD is one without
# sanitizers. A line a program; N passed, N failed, N skipped.
set -u
build=$(cd "${1:?usage: valgrind.sh BUILD}" && pwd) || exit 2
passed=0 failed=0
work=$(mktemp -d)
trap 'kill "${broker:-}" 2>/dev/null; wait; rm -rf "$work"' EXIT
export CMOCKA_MESSAGE_OUTPUT=TAP XDG_CONFIG_HOME=$work/none
unset KLOG_BROKERS

# Fair, or a test whose threads wait for one another may starve one for ever.
vg=(timeout 120 valgrind -q --fair-sched=yes --error-exitcode=99 --leak-check=full
	"--errors-for-leak-kinds=definite,possible")

# check NAME COMMAND..: passes where the command does; shows what it said else.
check() {
	local name=$1

	shift
	if "$@" >"$work/said" 2>&1; then
		passed=$((passed + 1))
		echo "ok - valgrind: $name"
	else
		failed=$((failed + 1))
		echo "not ok - valgrind: $name"
		sed 's/^/    /' "$work/said" | tail -60
	fi
}

for t in "$build"/tests/unit/test_*; do
	case $t in
	*.[od]) continue ;;
	*/test_store_threads) continue ;;	# minutes; ThreadSanitizer's
	esac
	check "${t##*/}" "${vg[@]}" "$t"
done

# lines CODEC: there and back through a broker that is watched as well.
lines() {
	"${vg[@]}" "$build/klog-produce" -q -b "$at" -z "$1" "t-$1" <"$work/in" &&
		"${vg[@]}" "$build/klog-consume" -q -b "$at" -e "t-$1" >"$work/out" &&
		cmp "$work/in" "$work/out"
}

envelopes() {
	"${vg[@]}" "$build/klog-consume" -q -b "$at" -e -J t-none >"$work/json" &&
		"${vg[@]}" "$build/klog-produce" -q -b "$at" -J t-again <"$work/json" &&
		"${vg[@]}" "$build/klog-topics" -q -b "$at" offsets t-again
}

seq 30000 >"$work/in"
mkfifo "$work/ready"
"${vg[@]}" "$build/klog-broker" --listen 127.0.0.1:0 --data "$work/data" \
	>"$work/ready" 2>"$work/broker" &
broker=$!
read -r -t 60 line <"$work/ready" || line=
at=${line##* }
for codec in none gzip snappy lz4 zstd; do
	check "lines, $codec" lines "$codec"
done
check "envelopes" envelopes
kill "$broker"
wait "$broker"
status=$?
stopped() { cat "$work/broker" && [ "$status" -eq 0 ]; }
check "klog-broker" stopped
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
