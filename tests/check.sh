#!/bin/bash
# check.sh BUILD [SUITE..]: everything that needs Debian's packages alone:
# unit and fault tests, replay of the fuzz corpora, bats files, examples of the
# manuals. Suites: unit faults fuzz bats. One line a suite, the failures in
# full, and the sum as last line: N passed, N failed, N skipped.
set -u
build=$(cd "${1:?usage: check.sh BUILD [SUITE..]}" && pwd) || exit 2
shift
cd "$(dirname "$0")/.." || exit 2
suites=${*:-unit faults fuzz bats}
passed=0 failed=0 skipped=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT

export KLOG_BUILD=$build CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-second_deadlock_stack=1}

# tap NAME STATUS: counts the lines of TAP in $out; a program that fails
# without a line that says so has failed once all the same.
tap() {
	local p f s

	s=$(grep -aciE '^(not )?ok .*# *skip' "$out")
	f=$(grep -aviE '# *skip' "$out" | grep -acE '^not ok')
	p=$(grep -aviE '# *skip' "$out" | grep -acE '^ok')
	if [ "$2" -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1
		echo "$1: exit status $2"
	elif [ $((p + f + s)) -eq 0 ]; then
		f=1
		echo "$1: no tests"
	fi
	[ "$f" -eq 0 ] || sed 's/^/    /' "$out"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# programs SUITE DIRECTORY: each test program of a directory.
programs() {
	local t

	for t in "$build/$2"/test_*; do
		case $t in *.[od]) continue ;; esac
		[ -x "$t" ] || continue
		timeout 300 "$t" >"$out" 2>&1 </dev/null
		tap "${t##*/}" $?
	done
}

# A harness and its corpus are one test.
replay() {
	local t name

	for t in "$build"/tests/fuzz/fuzz_*; do
		case $t in *.[od]) continue ;; esac
		name=${t##*/fuzz_}
		if [ ! -d "tests/fuzz/corpus/$name" ]; then
			echo "ok - fuzz_$name # skip no corpus" >"$out"
			tap "fuzz_$name" 0
			continue
		fi
		if timeout 300 "$t" "tests/fuzz/corpus/$name" >"$out" 2>&1; then
			echo "ok - fuzz_$name" >>"$out"
		else
			echo "not ok - fuzz_$name" >>"$out"
		fi
		tap "fuzz_$name" 0
	done
}

shell() {
	local jobs=() status

	compgen -G 'tests/*.bats' >/dev/null || return
	if command -v parallel >/dev/null && parallel --version 2>&1 |
		grep -q GNU; then
		jobs=(--jobs "$(nproc)")
	fi
	BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-120} bats --formatter tap \
		"${jobs[@]}" tests/*.bats >"$out" 2>&1 </dev/null
	status=$?
	tap bats $status
}

for suite in $suites; do
	before="$passed $failed $skipped" start=$SECONDS
	case $suite in
	unit) programs unit tests/unit ;;
	faults) programs faults tests/faults ;;
	fuzz) replay ;;
	bats) shell ;;
	*)
		echo "check.sh: no suite '$suite'" >&2
		exit 2
		;;
	esac
	read -r p f s <<<"$before"
	echo "$suite: $((passed - p)) passed, $((failed - f)) failed," \
		"$((skipped - s)) skipped, $((SECONDS - start)) s"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
