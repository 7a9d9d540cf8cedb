# klog.bash: what every bats file loads:
#
#	load lib/klog
#	setup() { klog_setup; }
#	teardown() { klog_teardown; }
#
# Each test has a directory of its own ($T, the working directory), an empty
# environment and, unless KLOG_TEST_BROKERS names a cluster to test against, a
# private broker on $T/data that $KLOG_BROKERS points to. When the test is
# over, nothing that it started may still be there.
# shellcheck shell=bash

bats_load_library bats-support
bats_load_library bats-assert
bats_load_library bats-file
bats_require_minimum_version 1.5.0

klog_setup() {
	local build=${KLOG_BUILD:-$BATS_TEST_DIRNAME/../build} v
	build=$(cd "$build" && pwd)
	for v in ${!KLOG_@}; do
		case $v in KLOG_BUILD | KLOG_TEST_BROKERS) ;; *) unset "$v" ;; esac
	done
	unset XDG_DATA_HOME XDG_RUNTIME_DIR XDG_CONFIG_HOME NO_COLOR TZ
	T=$(mktemp -d "${TMPDIR:-/tmp}/klog-bats.XXXXXX")
	mkdir -m 700 "$T/home" "$T/run" "$T/config"
	export HOME=$T/home XDG_RUNTIME_DIR=$T/run XDG_CONFIG_HOME=$T/config
	export PATH=$build:$PATH LC_ALL=C.UTF-8
	export KLOG_BROKERS=${KLOG_TEST_BROKERS:-dir:$T/data}
	KLOG_PIDS=()
	cd "$T" || return 1
}

klog_teardown() {
	local pid left failed=0

	for pid in "${KLOG_PIDS[@]}"; do
		kill "$pid" 2>/dev/null || continue
		wait "$pid" 2>/dev/null
	done
	klog_stop_private
	left=$(klog_processes)
	if [ -n "$left" ]; then
		echo "still there:"
		ps -o pid,args -p "${left//$'\n'/,}"
		# shellcheck disable=SC2086
		kill -9 $left 2>/dev/null
		failed=1
	fi
	cd / || return 1
	rm -rf "$T"
	return $failed
}

# Private brokers that the test has started end cleanly.
klog_stop_private() {
	local addr pid

	while read -r addr; do
		pid=$(sed -n 's/^pid=//p' "$addr")
		kill "${pid:-none}" 2>/dev/null || continue
		wait_until 10 klog_gone "$pid" || echo "broker $pid does not end"
	done < <(find "$T" -name broker.addr 2>/dev/null)
}

# Also when nobody has asked for its exit status yet: init may take a while.
# While another thread of it is still on its way out, so are its locks.
klog_gone() {
	local stat threads

	read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
	threads=("/proc/$1/task/"[0-9]*)
	[[ $stat == *") Z "* ]] && [ ${#threads[@]} -le 1 ]
}

# klog's processes that have this test's home.
klog_processes() {
	local pid

	for pid in $(pgrep '^klog-'); do
		if tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" |
			grep -qsxF "HOME=$T/home"; then
			echo "$pid"
		fi
	done
}

# wait_until SECONDS COMMAND..: true as soon as the command is.
wait_until() {
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}

# traced N EXPRESSION FILE: a trace (-d) has that many such lines.
traced() { [ "$(grep -c -e "$2" "$3")" -ge "$1" ]; }

# klog_broker [OPTION..]: a broker on TCP, on a free port; sets BROKER (its
# address), BROKER_PID and DATA (kept when set: a restart), and
# KLOG_BROKERS. Returns when it is ready.
klog_broker() {
	local line

	DATA=${DATA:-$T/tcp}
	mkdir -p "$DATA"
	rm -f "$T/ready"
	mkfifo "$T/ready"
	klog-broker --listen "${BROKER:-127.0.0.1:0}" --data "$DATA" "$@" \
		>"$T/ready" 2>>"$T/broker.err" 3>&- &
	BROKER_PID=$!
	KLOG_PIDS+=("$BROKER_PID")
	if ! read -r -t 20 line <"$T/ready"; then
		cat "$T/broker.err"
		return 1
	fi
	BROKER=${line##* }
	export KLOG_BROKERS=$BROKER
}

# A clean stop; klog_broker starts it again on the same directory and port.
klog_broker_stop() {
	kill "$BROKER_PID"
	wait "$BROKER_PID"
}

klog_broker_kill() {
	kill -9 "$BROKER_PID"
	wait "$BROKER_PID" 2>/dev/null || true
}

# Skips what only makes sense with klog's own broker.
needs_own_broker() {
	[ -z "${KLOG_TEST_BROKERS:-}" ] || skip "needs klog's own broker"
}

# True for a build whose memory and time are a sanitizer's.
sanitized() {
	ldd "$(command -v klog-produce)" | grep -qE 'lib(a|t|ub)san'
}

# Creates a topic that nobody else uses; sets TOPIC. Options as of create.
new_topic() {
	TOPIC=${BATS_TEST_FILENAME##*/}
	TOPIC=${TOPIC%.bats}-$BATS_TEST_NUMBER-$$-$RANDOM
	klog-topics create "$TOPIC" "$@"
}

# A name for one that does not exist yet.
fresh_topic() {
	TOPIC=fresh-$BATS_TEST_NUMBER-$$-$RANDOM
}

# Skips what only works where the broker has transactions.
needs_transactions() {
	klog-produce -q -X request.timeout.ms=200 --txn probe </dev/null \
		2>/dev/null || skip "the broker has no transactions"
}
