#!/usr/bin/env bats
# The manuals: what their EXAMPLES show is run, and every option of --help is
# explained. In a display of EXAMPLES "$ " begins a command that is run here,
# the lines below it are its output ("..." stands for anything), "> " goes on
# with it; "% " begins one that is not run, since it needs a cluster or a
# terminal.

load lib/klog

setup() {
	klog_setup
	MAN=$BATS_TEST_DIRNAME/../man
}

teardown() { klog_teardown; }

# The displays of EXAMPLES, indentation off, a blank line after each.
displays() {
	mandoc -Tutf8 -O width=200 "$1" | col -bx | awk '
		/^EXAMPLES/ { on = 1; next }
		/^[A-Z]/ { on = 0 }
		!on { next }
		/^ *$/ { show = 0; print ""; next }
		!show && /^ *\$ / { show = 1; match($0, /^ */); in_by = RLENGTH }
		show { print substr($0, in_by + 1) }'
}

# matches OUTPUT EXPECTED: "..." in what is expected stands for anything; tabs
# are blanks on the page, so that blanks count once.
matches() {
	local pattern output

	output=$(tr -s '\t ' ' ' <<<"$1")
	pattern=$(tr -s '\t ' ' ' <<<"$2")
	pattern=${pattern//\\/\\\\}
	pattern=${pattern//\*/\\*}
	pattern=${pattern//\?/\\?}
	pattern=${pattern//\[/\\[}
	pattern=${pattern//.../*}
	# shellcheck disable=SC2053
	[[ $output == $pattern ]]
}

# step COMMAND EXPECTED: runs it; what it prints has to match where some
# output is shown.
step() {
	run --separate-stderr timeout -k 1 30 bash -o pipefail -c "$1"
	if [ "$status" -ne 0 ] && [[ $1 != *'; echo $?' ]]; then
		fail "\$ $1"$'\n'"exit $status: $output$stderr"
	fi
	[ -z "$2" ] || matches "$output" "$2" ||
		fail "\$ $1"$'\n'"printed: $output"$'\n'"manual:  $2"
}

examples() {
	local line command='' expected='' n=0

	[ -f "$MAN/$1" ] || skip "no $1 yet"
	unset KLOG_BROKERS	# as a reader would: nothing is configured
	export XDG_DATA_HOME=$T/data
	while IFS= read -r line; do
		case $line in
		'$ '* | '')
			[ -z "$command" ] || step "$command" "$expected"
			command=${line#\$ } expected=''
			[ -z "$command" ] || n=$((n + 1))
			;;
		'> '*) command+=$'\n'${line#> } ;;
		*) expected+=${expected:+$'\n'}$line ;;
		esac
	done < <(displays "$MAN/$1" && echo)
	[ "$n" -gt 0 ] || fail "$1 has no examples"
}

# Every option that the table knows stands in the manual.
options() {
	local name

	[ -f "$MAN/$1.1" ] || skip "no $1.1 yet"
	mandoc -Tascii "$MAN/$1.1" | col -bx >"$T/page"
	for name in $("$1" --help | grep -oE -e '--[a-z][a-z-]+' | sort -u); do
		grep -qF -e "$name" "$T/page" || fail "$1.1 lacks $name"
	done
	for name in $("$1" --help | grep -oE -e '^ +-[A-Za-z0-9]' |
		sort -u); do
		grep -qF -e "$name" "$T/page" || fail "$1.1 lacks $name"
	done
}

# At most a screen, no line too long, on stdout, status 0.
help_screen() {
	local help

	help=$("$1" --help 2>"$T/err") || fail "$1 --help: status $?"
	[ ! -s "$T/err" ] || fail "$1 --help says something on stderr"
	[ "$(wc -l <<<"$help")" -le 45 ] || fail "more than 45 lines"
	! grep -nE '.{81}' <<<"$help" || fail "more than 80 columns"
	[[ $help == "usage: $1 "* ]] || fail "no usage in the first line"
	run -0 "$1" -h
	[[ $output == "usage: $1 "* ]] || fail "no usage in -h"
	run -0 "$1" --version
	[[ $output == "$1 "[0-9]* ]] || fail "--version: $output"
	run -2 "$1" --no-such-option
	[[ $output == "$1: unknown option '--no-such-option'"* ]] ||
		fail "$output"
}

@test "klog-produce(1): examples" { examples klog-produce.1; }
@test "klog-consume(1): examples" { examples klog-consume.1; }
@test "klog-mirror(1): examples" { examples klog-mirror.1; }
@test "klog-topics(1): examples" { examples klog-topics.1; }
@test "klog-groups(1): examples" { examples klog-groups.1; }
@test "klog-broker(1): examples" { examples klog-broker.1; }
@test "klog(7): examples" { examples klog.7; }
@test "klog-format(7): examples" { examples klog-format.7; }
@test "klog-produce(1): every option" { options klog-produce; }
@test "klog-consume(1): every option" { options klog-consume; }
@test "klog-topics(1): every option" { options klog-topics; }
@test "klog-groups(1): every option" { options klog-groups; }
@test "klog-mirror(1): every option" { options klog-mirror; }
@test "klog-broker(1): every option" { options klog-broker; }
@test "klog-produce --help" { help_screen klog-produce; }
@test "klog-consume --help" { help_screen klog-consume; }
@test "klog-topics --help" { help_screen klog-topics; }
@test "klog-groups --help" { help_screen klog-groups; }
@test "klog-mirror --help" { help_screen klog-mirror; }
@test "klog-broker --help" { help_screen klog-broker; }
