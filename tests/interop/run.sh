#!/bin/bash
# run.sh BUILD: every interop script, two at a time (most of what they do is to
# wait for somebody); what each printed in one piece, the slow ones first. The
# last line is the sum.
#   run.sh BUILD SCRIPT  one of them; adds its sum to $SUMS
set -u
export B=${1:-build}
here=$(dirname "$0")
scripts='differ suites kafka consumer-groups groups mixed mirror transactions
	clients mirrormaker streams datadir dumplog kcat console compact rack
	configs schemas'

# Everything that more than one of them installs or builds.
prepare() (
	. "$here/lib.sh"
	need kcat kcat
	need jq jq
	for client in confluent kafkapython java39 java4 franz kafkajs; do
		"client_$client"
	done
	streams_libs 3.9.1
	mirrormaker_libs 3.9.1
)

one() {
	local out=$SUMS.$1 start=$SECONDS status p f s

	bash "$here/$1.sh" >"$out" 2>&1
	status=$?
	read -r p f s < <(sed -nE '$s/([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped/\1 \2 \3/p' "$out")
	{
		flock 9
		echo "== interop: $1, $((SECONDS - start)) s"
		cat "$out"
		if [ "$status" -ne 0 ] && [ "${f:-0}" -eq 0 ]; then
			echo "not ok - $1.sh: exit status $status"
			f=1
		fi
		echo "${p:-0} ${f:-0} ${s:-0}" >>"$SUMS"
	} 9>>"$SUMS"
	rm -f "$out"
}

if [ $# -eq 2 ]; then
	one "$2"
	exit 0
fi
SUMS=$(mktemp)
export SUMS
trap 'rm -f "$SUMS"*' EXIT
prepare >/dev/null
xargs -n 1 -P 2 bash "$0" "$B" <<<"$scripts"
awk -v want="$(wc -w <<<"$scripts")" '{ p += $1; f += $2; s += $3 } END {
	if (NR != want) { print "not ok - " NR " of " want " scripts"; f++ }
	print p + 0 " passed, " f + 0 " failed, " s + 0 " skipped"
	exit f > 0
}' "$SUMS"
