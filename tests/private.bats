#!/usr/bin/env bats
# The user's private broker, as the tools find, start and lose it: shells,
# ssh, cron, locks, races, kill -9. klog-broker's own side: klog-broker.bats.

# shellcheck disable=SC2016,SC2154	# perl's dollars; run sets them

load lib/klog

setup() {
	needs_own_broker
	klog_setup
	unset KLOG_BROKERS
	SHARE=$HOME/.local/share/klog
}

teardown() { klog_teardown; }

private_pid() { sed -n 's/^pid=//p' "$SHARE/broker.addr"; }

kill_private() {
	local pid
	pid=$(private_pid)
	kill -9 "$pid"
	wait_until 5 klog_gone "$pid"
}

has_lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }

@test "a pipe, a substitution and a lock do not wait for it" {
	x=$(echo hi | klog-produce -q t)
	assert_equal "$x" ''
	kill_private
	# the timeout ends it where the pipe is kept open
	x=$(timeout 5 klog-consume -q -e t 2>&1)
	assert_equal "$x" hi
	klog-broker --stop
	timeout 5 bash -c 'exec 9>lock; flock 9; klog-consume -q -e t | cat'
	timeout 5 flock lock true
	klog-broker --stop
	# nor does a reader of standard error, or who waits for a session
	timeout 5 setsid -w bash -c 'klog-topics -q list 2>&1 | cat' >/dev/null
}

@test "ssh, cron and a desktop meet in one broker" {
	echo desktop | klog-produce -q t
	pid=$(private_pid)
	run -0 env -i PATH="$PATH" HOME="$HOME" klog-consume -q -e t </dev/null
	assert_output desktop
	env -i PATH="$PATH" HOME="$HOME" bash -c \
		'echo cron | klog-produce -q t' </dev/null
	assert_equal "$(private_pid)" "$pid"
	# the broker that cron starts is the desktop's, too
	klog-broker --stop
	env -i PATH="$PATH" HOME="$HOME" klog-topics -q list </dev/null
	pid=$(private_pid)
	run -0 klog-consume -q -e t
	assert_output $'desktop\ncron'
	assert_equal "$(private_pid)" "$pid"
}

@test "no home: exit 2, with the way out" {
	run -2 env -i PATH="$PATH" klog-consume -e t
	assert_output --partial '-b dir:PATH'
	run -2 env -i PATH="$PATH" HOME=relative klog-consume -e t
	run -0 env -i PATH="$PATH" XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" \
		klog-topics -b "dir:$T/own" list
	assert_output ''
}

@test "50 tools start it at once: one broker, every record" {
	for i in $(seq 50); do
		echo "$i" | timeout 20 klog-produce -q race 3>&- &
		pids[i]=$!
	done
	for i in $(seq 50); do wait "${pids[i]}"; done
	run -0 klog-consume -q -e race
	assert_equal "$(sort -n <<<"$output")" "$(seq 50)"
	assert_equal "$(klog_processes)" "$(private_pid)"
}

@test "nobody is turned away while it leaves and comes again" {
	klog-topics -q create t
	for i in $(seq 12); do
		klog-broker --stop &
		echo "$i" | klog-produce -q t
		wait $!
	done
	run -0 klog-consume -q -e t
	assert_output "$(seq 12)"
}

@test "kill -9 in the middle of a produce: nothing lost, nothing twice" {
	klog-topics -q create t
	mkfifo in
	klog-produce -q t <in 3>&- &
	exec 4>in
	seq 1000 >&4
	wait_until 5 has_records t 1000
	kill_private
	seq 1001 2000 >&4
	exec 4>&-
	wait $!
	run -0 klog-consume -q -e t
	assert_output "$(seq 2000)"
}

has_records() {
	[ "$(klog-topics -q offsets -o end "$1" | cut -f 3)" -ge "$2" ]
}

@test "kill -9 under a follower: it goes on, once each, in order" {
	klog-topics -q create t
	klog-consume -q t >out 3>&- &
	follower=$!
	seq 10 | klog-produce -q t
	wait_until 5 has_lines out 10
	kill_private
	seq 11 20 | klog-produce -q t
	wait_until 5 has_lines out 20
	# nobody else starts it: the follower does
	kill_private
	wait_until 5 klog-broker --status
	seq 21 30 | klog-produce -q t
	wait_until 5 has_lines out 30
	kill $follower
	wait $follower || status=$?
	assert_equal "$status" 143
	assert_equal "$(cat out)" "$(seq 30)"
}

@test "the notice of an unnamed private broker: one line on stderr" {
	run -0 --separate-stderr klog-topics list
	assert_equal "${#stderr_lines[@]}" 1
	assert_equal "${stderr#*private broker in }" \
		"$SHARE ('-b private' or -q silences this)"
	run -0 --separate-stderr klog-topics -q list
	assert_equal "$stderr" ''
	run -0 --separate-stderr klog-topics -b private list
	assert_equal "$stderr" ''
}

@test "an older broker than the tool: said, once, and used" {
	echo x | klog-produce -q t
	sed -i 's/^version=.*/version=0.0.1/' "$SHARE/broker.addr"
	run -0 --separate-stderr klog-consume -b private -e t
	assert_output x
	assert_equal "${#stderr_lines[@]}" 1
	assert_regex "$stderr" 'version 0\.0\.1.*klog-broker --stop'
	run -0 --separate-stderr klog-consume -q -e t
	assert_equal "$stderr" ''
	sed -i 's/^version=.*/version=99.0/' "$SHARE/broker.addr"
	run -0 --separate-stderr klog-consume -b private -e t
	assert_equal "$stderr" ''
	run -0 klog-broker --status
	assert_output --partial 'this program is version'
}

@test "never a silent fallback into a private log" {
	run -2 klog-consume -b '' -e t
	run -2 klog-consume -b , -e t
	run -2 env KLOG_BROKERS= klog-consume -e t
	run -2 klog-consume --profile none -e t
	run -2 env KLOG_PROFILE=none klog-consume -e t
	run -2 klog-consume -F none -e t
	run -2 klog-consume -b dir: -e t
	for p in security.protocol=SSL sasl.mechanism=PLAIN \
		ssl.ca.location=/x sasl.jaas.config=x; do
		run -2 klog-consume -X "$p" -e t
		assert_output --partial "${p%=*}"
		echo "$p" >config.properties
		run -2 klog-consume -F config.properties -e t
	done
	assert_not_exist "$SHARE"
}

@test "directories that are not the user's alone: exit 2" {
	mkdir -p "$SHARE"
	chmod 755 "$SHARE"
	run -2 klog-consume -e t
	assert_output --partial "'$SHARE' is open to others"
	chmod 700 "$SHARE"
	mkdir -m 755 "$XDG_RUNTIME_DIR/klog"
	run -2 klog-consume -e t
	assert_output --partial "'$XDG_RUNTIME_DIR/klog'"
	rmdir "$XDG_RUNTIME_DIR/klog"
	ln -s "$T" "$XDG_RUNTIME_DIR/klog"
	run -2 klog-consume -e t
	rm "$XDG_RUNTIME_DIR/klog"
	: >"$SHARE.file"
	run -2 klog-consume -b "dir:$SHARE.file" -e t
	if [ "$(id -u)" -eq 0 ]; then
		mkdir foreign
		chown 65534 foreign
		run -2 klog-consume -b "dir:$T/foreign" -e t
		assert_output --partial 'belongs to another user'
		mkdir -m 700 "$XDG_RUNTIME_DIR/klog"
		chown 65534 "$XDG_RUNTIME_DIR/klog"
		run -2 klog-consume -e t
	fi
	assert_equal "$(find "$T" -name broker.addr)" ''
}

@test "its socket is its user's alone" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	klog-topics -q create t
	s=$XDG_RUNTIME_DIR/klog/broker.sock
	# even where the directories and the socket let another one in
	chmod 777 "$T" "$XDG_RUNTIME_DIR" "$XDG_RUNTIME_DIR/klog" "$s"
	run -0 setpriv --reuid 65534 --clear-groups perl -MIO::Socket::UNIX -e '
		$SIG{PIPE} = "IGNORE";
		$s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or exit 1;
		syswrite $s, pack("H*", "0000000a00120000000000010000");
		print sysread($s, $answer, 100) || 0' "$s"
	assert_output 0
	chmod 700 "$T" "$XDG_RUNTIME_DIR" "$XDG_RUNTIME_DIR/klog"
}

@test "a lock that another host holds: exit 7" {
	klog_broker
	sed -i 's/^host=.*/host=elsewhere/; s,^listen=.*,socket=/nowhere,' \
		"$DATA/broker.addr"
	run -7 klog-topics -b "dir:$DATA" list
	assert_output --partial "host 'elsewhere'"
	klog_broker_kill
	# without a holder it is stale
	run -0 klog-topics -b "dir:$DATA" list
}

@test "its directory removed: it goes with it, the next tool starts another" {
	echo old | klog-produce -q t
	pid=$(private_pid)
	klog-consume -q t >out 2>err 3>&- &
	follower=$!
	wait_until 5 has_lines out 1
	rm -r "$SHARE"
	wait_until 5 klog_gone "$pid"
	echo new | klog-produce -q t
	run -0 klog-consume -q -e t
	assert_output new
	# a follower does not take the new topic for the old one
	wait $follower || status=$?
	assert_equal "$status" 4
	assert_equal "$(cat out)" old
	grep -q 'created anew' err
	# at once, many times over: nobody meets the one that is leaving
	for n in $(seq 10); do
		rm -r "$SHARE"
		klog-produce -q u <<<"$n"
		run -0 klog-consume -q -e u
		assert_output "$n"
	done
	wait_until 5 only_broker
}

only_broker() { [ "$(klog_processes)" = "$(private_pid)" ]; }

@test "its directory moved: it goes, and what it had is where it was moved" {
	echo old | klog-produce -q t
	pid=$(private_pid)
	mv "$SHARE" moved
	wait_until 5 klog_gone "$pid"
	assert_not_exist "$XDG_RUNTIME_DIR/klog/broker.sock"
	run -0 klog-topics -q list
	assert_output ''
	run -0 klog-consume -b "dir:$T/moved" -e t
	assert_output old
}

@test "another broker at the name of its socket: one beside it" {
	echo first | klog-produce -q t
	pid=$(private_pid)
	# the same runtime directory, other data
	export XDG_DATA_HOME=$T/other
	echo second | klog-produce -q t
	run -0 klog-consume -q -e t
	assert_output second
	run -0 klog-broker --status
	assert_output --partial "$XDG_RUNTIME_DIR/klog/broker.sock."
	unset XDG_DATA_HOME
	run -0 klog-consume -q -e t
	assert_output first
	# one that stands still when its directory goes harms nobody
	kill -STOP "$pid"
	rm -r "$SHARE"
	echo third | klog-produce -q t
	run -0 klog-consume -q -e t
	assert_output third
	kill -CONT "$pid"
	wait_until 5 klog_gone "$pid"
	run -0 klog-consume -q -e t
	assert_output third
}
