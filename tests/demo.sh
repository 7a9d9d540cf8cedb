#!/bin/bash
# demo.sh BUILD: the main job in a temporary directory: lines into a topic and
# back, on a machine where no broker runs and nothing is configured.
set -u
build=$(cd "${1:?usage: demo.sh BUILD}" && pwd) || exit 2
dir=$(mktemp -d "${TMPDIR:-/tmp}/klog-demo.XXXXXX")
export PATH=$build:$PATH

run() {
	echo "\$ $*"
	eval "$*" && return
	echo "demo.sh: that failed" >&2
	exit 1
}

finish() {
	klog-broker --data "$dir" --stop >/dev/null 2>&1
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

if [ -n "$(apt-cache dumpavail 2>/dev/null | head -1)" ]; then
	input='apt-cache dumpavail'
else
	input='seq 1000000'	# no list of packages on this machine
fi

set -o pipefail
run export "KLOG_BROKERS=dir:$dir"
run "time $input | klog-produce packages"
run "time klog-consume -e packages | cmp - <($input) && echo identical"
run klog-topics list
run klog-topics offsets packages
run 'klog-consume -n 3 -e -J packages'
run "seq 10 | klog-produce numbers"
run "klog-consume -e numbers | paste -s -d ' '"
