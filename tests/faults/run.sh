#!/bin/bash
# run.sh BUILD: the long versions of the fault tests. KILLS (100) and
# LINES_OF_INPUT (3000000) set how long the killing goes on.
set -u
build=${1:?usage: run.sh BUILD}
here=$(dirname "$0")
failed=0

for t in "$build"/tests/faults/test_*; do
	case $t in *.[od]) continue ;; esac
	echo "# ${t##*/}"
	"$t" || failed=1
done
echo "# kill9.sh"
"$here/kill9.sh" "$build" "${KILLS:-100}" "${LINES_OF_INPUT:-3000000}" || failed=1
echo "# kill9txn.sh"
"$here/kill9txn.sh" "$build" "${KILLS:-100}" 30000 || failed=1
echo "# mirror.sh"
"$here/mirror.sh" "$build" "${KILLS:-100}" || failed=1
for assignor in range cooperative-sticky; do
	echo "# groups.sh, $assignor"
	ASSIGNOR=$assignor "$here/groups.sh" "$build" "${GROUP_SECONDS:-120}" ||
		failed=1
done
echo "# groups.sh, consumer"
PROTOCOL=consumer "$here/groups.sh" "$build" "${GROUP_SECONDS:-120}" || failed=1
exit $failed
