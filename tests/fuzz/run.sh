#!/bin/bash
# run.sh [HARNESS..]: each fuzz harness for FUZZ_TIME seconds (60) with clang's
# fuzzer and sanitizers. Starts from tests/fuzz/corpus/NAME; what is found is
# left in build/fuzz/NAME, inputs that crash as crash-*.
set -u
cd "$(dirname "$0")/../.." || exit 2
time=${FUZZ_TIME:-60}
flavour=fuzzer-no-link,address,undefined
b=build/${flavour//,/-}
passed=0 failed=0
export ASAN_OPTIONS=${ASAN_OPTIONS:-allocator_may_return_null=0}

command -v clang >/dev/null ||
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
		--no-install-recommends clang libclang-rt-14-dev >/dev/null ||
	{ echo "run.sh: needs clang" >&2; exit 2; }
names=${*:-$(basename -s .c tests/fuzz/fuzz_*.c)}
objects=()
for name in $names; do
	objects+=("$b/tests/fuzz/$name.o")
done
rooms=("$b/cmd/klog-mirror/state.o" "$b/cmd/klog-mirror/omap.o"
	"$b/cmd/klog-broker/topic_regex.o")
make -s -j"$(nproc)" CC="${FUZZ_CC:-clang}" SANITIZE=$flavour \
	"$b/libklog.a" "${objects[@]}" "${rooms[@]}" || exit 1
libs=$(make -s CC=clang print-LDLIBS)
for name in $names; do
	dir=build/fuzz/${name#fuzz_}
	mkdir -p "$dir/found"
	# shellcheck disable=SC2086
	clang -fsanitize=fuzzer,address,undefined -pthread -o "$dir/$name" \
		"$b/tests/fuzz/$name.o" "${rooms[@]}" "$b/libklog.a" $libs || exit 1
	seeds=tests/fuzz/corpus/${name#fuzz_}
	[ -d "$seeds" ] || seeds=
	# shellcheck disable=SC2086
	if "$dir/$name" -max_total_time="$time" -rss_limit_mb=1024 \
		-timeout=10 -malloc_limit_mb=512 -print_final_stats=1 \
		-artifact_prefix="$dir/" "$dir/found" $seeds \
		>"$dir/log" 2>&1; then
		passed=$((passed + 1))
		echo "ok - $name: $(sed -n \
			's/^stat::number_of_executed_units: *//p' "$dir/log") runs"
	else
		failed=$((failed + 1))
		echo "not ok - $name: see $dir/log"
		tail -40 "$dir/log" | sed 's/^/    /'
	fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
