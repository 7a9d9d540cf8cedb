#!/bin/bash
# lint.sh [BUILD]: what can be checked without running anything. A line a
# check; the findings of those that fail; N passed, N failed, N skipped.
set -u
cd "$(dirname "$0")/.." || exit 2
passed=0 failed=0 skipped=0
sources=$(git ls-files '*.c' '*.h' 2>/dev/null || find . -name '*.[ch]')

# verdict NAME: standard input are the findings; none is good.
verdict() {
	local found

	found=$(cat)
	if [ -z "$found" ]; then
		passed=$((passed + 1))
		echo "ok - $1"
	else
		failed=$((failed + 1))
		echo "not ok - $1"
		head -50 <<<"$found" | sed 's/^/    /'
	fi
}

# have NAME COMMAND: false, and counted as skipped, where it is missing.
have() {
	command -v "$2" >/dev/null && return
	skipped=$((skipped + 1))
	echo "ok - $1 # skip no $2"
	return 1
}

# A layer includes itself and those before it; cmd/ includes no other program.
layers() {
	awk '
	BEGIN {
		n = split("base wire record store net client cli", name, " ")
		for (i = 1; i <= n; i++)
			rank[name[i]] = i
	}
	FNR == 1 { split(FILENAME, at, "/"); here = rank[at[2]] }
	/^#include "/ {
		split($2, part, /["\/]/)
		if (part[2] == "cmd" || (rank[part[2]] > here))
			print FILENAME ":" FNR ": " $0
	}' libcommon/*/*.[ch]
	grep -n '#include ".*klog-' cmd/*/*.[ch] cmd/*.c 2>/dev/null
}

# Only cli prints, exits, reads the environment; running out of memory ends
# the process in xalloc.
quiet() {
	grep -nE '(^|[^a-z_])(printf|fprintf|puts|putchar|perror|exit|getenv) ?\(' \
		libcommon/{base,wire,record,store,net,client}/*.c 2>/dev/null |
		grep -v -e '^libcommon/base/xalloc.c' -e ':[ 	]*\*'
}

# One line in three hundred may be a little over 80 columns.
wide() {
	local f total

	# shellcheck disable=SC2086
	total=$(cat $sources | wc -l)
	for f in $sources; do
		expand "$f" | awk -v f="$f" 'length($0) > 80 {
			print f ":" NR ": " length($0) " columns" }'
	done | awk -v total="$total" '
		{ line[++n] = $0; far += $2 > 100 }
		END {
			if (n * 300 > total || far > 0)
				for (i = 1; i <= n; i++)
					print line[i]
		}'
}

large() {
	# shellcheck disable=SC2086
	wc -l $sources | awk '$2 != "total" && $1 > 1000 {
		print $2 ": " $1 " lines" }'
}

spaces() {
	# shellcheck disable=SC2086
	grep -nE '[ 	]+$' $sources tests/*.sh .ci/run
}

# A page that another refers to may lie here instead of being installed.
manuals() {
	local f line ref name section

	for f in man/*.[1-9]; do
		[ ! -f "$f" ] || mandoc -Tlint -Wstyle "$f" 2>/dev/null
	done | while IFS= read -r line; do
		ref=${line#*referenced manual not found: Xr }
		if [ "$ref" != "$line" ]; then
			read -r name section _ <<<"$ref"
			[[ $name == klog* && ! -f man/$name.$section ]] ||
				continue
		fi
		echo "${line#mandoc: }"
	done
}

# Suppressed: shifts of negative numbers are
# arithmetic with gcc; uninitialised memory is for the compiler and the
# sanitizers to find.
analysis() {
	cppcheck -q -j"$(nproc)" --std=c11 --enable=warning,portability \
		--inline-suppr --suppress=missingInclude \
		--suppress=preprocessorErrorDirective --suppress=syntaxError \
		--suppress=unknownMacro --suppress=internalAstError \
		--suppress=nullPointerRedundantCheck \
		--suppress=shiftTooManyBitsSigned --suppress=uninitvar \
		-Ilibcommon -I. -D_GNU_SOURCE -DKLOG_VERSION='""' \
		libcommon cmd 2>&1 | grep -E 'error|warning|portability'
}

scripts() {
	git ls-files '*.sh' '*.bash' .ci/run 2>/dev/null
}

verdict 'layers: includes point downwards' < <(layers)
verdict 'only cli prints, exits, reads the environment' < <(quiet)
verdict '80 columns' < <(wide)
verdict 'no file over 1000 lines' < <(large)
verdict 'no blanks at the end of a line' < <(spaces 2>/dev/null)
if have 'manuals: mandoc -Tlint -Wstyle' mandoc; then
	verdict 'manuals: mandoc -Tlint -Wstyle' < <(manuals)
fi
if have 'scripts: shellcheck' shellcheck; then
	verdict 'scripts: shellcheck' < <(scripts |
		xargs -r shellcheck -x -P SCRIPTDIR -S warning -f gcc)
fi
if have 'sources: cppcheck' cppcheck; then
	verdict 'sources: cppcheck' < <(analysis)
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
