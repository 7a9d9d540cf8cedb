#!/bin/bash
# run.sh BUILD: every interop script in turn; the last line is the sum.
set -u
B=${1:-build}
export B
here=$(dirname "$0")
p=0 f=0 s=0
for script in schemas configs differ kcat clients groups consumer-groups rack mixed suites transactions streams console dumplog datadir compact mirror mirrormaker kafka; do
	[ -x "$here/$script.sh" ] || continue
	echo "== interop: $script"
	out=$(mktemp)
	bash "$here/$script.sh" 2>&1 | tee "$out"
	status=${PIPESTATUS[0]}
	read -r a b c < <(sed -nE '$s/([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped/\1 \2 \3/p' "$out")
	rm -f "$out"
	if [ "$status" -ne 0 ] && [ "${b:-0}" -eq 0 ]; then
		echo "not ok - $script.sh: exit status $status"
		b=1
	fi
	p=$((p + ${a:-0})) f=$((f + ${b:-0})) s=$((s + ${c:-0}))
	unset a b c
done
echo "$p passed, $f failed, $s skipped"
[ "$f" -eq 0 ]
