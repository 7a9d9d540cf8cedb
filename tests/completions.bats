#!/usr/bin/env bats
# Completions: what the programs offer, and what comes of it in real shells.

load lib/klog

setup() {
	klog_setup
	SCRIPTS=$(cd "$BATS_TEST_DIRNAME/../completions" && pwd)
}
teardown() { klog_teardown; }

# offers PROGRAM WORD..: the candidates, without what they mean.
offers() { "$1" --complete "${@:2}" | cut -f 1; }

# tab SHELL LINE WANT: types a line and a tab in a shell on a terminal, and
# waits for what the line becomes.
tab() {
	export TAB_SHELL TAB_START TAB_LINE=$2 TAB_WANT=$3

	case $1 in
	bash)
		TAB_SHELL='TERM=dumb exec bash --norc --noprofile -i'
		TAB_START="source $SCRIPTS/klog.bash"
		;;
	zsh)
		TAB_SHELL='TERM=dumb exec zsh -f -i'
		TAB_START="fpath=($SCRIPTS \$fpath); autoload -Uz compinit"
		TAB_START+="; compinit -u -d $T/dump"
		;;
	esac
	expect -c '
		set timeout 10
		set stty_init "cols 200"
		spawn -noecho sh -c $env(TAB_SHELL)
		send -- "$env(TAB_START); PS1=REA; PS1=\${PS1}DY:\r"
		expect "READY:"
		send -- "$env(TAB_LINE)\t"
		expect -ex $env(TAB_WANT) {} timeout { exit 9 } eof { exit 8 }
		close
		exit 0
	' 3>&-
}

@test "every option of --help is offered, by every program" {
	local p name all

	for p in klog-produce klog-consume klog-topics klog-groups \
		klog-mirror klog-broker; do
		all=$(offers "$p" --)
		for name in $("$p" --help | grep -E '^ +(-.,)? +--' |
			grep -oE -e ' --[a-z][a-z-]+' | sort -u); do
			grep -qxF -e "$name" <<<"$all" ||
				fail "$p does not offer $name"
		done
	done
}

@test "verbs, what goes with them, values" {
	assert_equal "$(offers klog-topics d)" $'describe\ndelete'
	assert_equal "$(offers klog-topics describe --un)" \
		$'--unavailable\n--under-replicated\n--under-min-isr'
	assert_equal "$(offers klog-topics list --un)" ''
	assert_equal "$(offers klog-topics config s)" set
	assert_equal "$(offers klog-topics --color a list --col)" --color
	assert_equal "$(offers klog-consume --color '')" \
		$'auto\nalways\nnever'
	assert_equal "$(offers klog-consume --color=a)" \
		$'--color=auto\n--color=always'
	assert_equal "$(offers klog-consume -X acks)" acks=
	assert_equal "$(offers klog-consume -d wire,cl)" wire,client
	assert_equal "$(offers klog-produce -z l)" lz4
	assert_equal "$(offers klog-consume --offset b)" beginning
	assert_equal "$(offers klog-groups list --state E)" Empty
	assert_equal "$(offers klog-groups import '')" :file
	assert_equal "$(offers klog-consume --offline '')" :dir
	assert_equal "$(offers klog-broker --data '')" :dir
	assert_equal "$(offers klog-topics -- --un)" ''
	run -0 klog-topics --complete des
	assert_output 'describe	leader, replicas, in sync: each partition'
}

@test "topics, groups and profiles, live" {
	needs_own_broker
	klog-topics create tab.one tab.two
	echo 'tab-group	tab.one	0	0' | klog-groups import -y
	assert_equal "$(offers klog-topics describe tab | sort)" \
		$'tab.one\ntab.two'
	assert_equal "$(offers klog-consume tab.o)" tab.one
	assert_equal "$(offers klog-consume -e -t tab.o)" tab.one
	assert_equal "$(offers klog-topics create --like=tab.o)" \
		--like=tab.one
	assert_equal "$(offers klog-topics config get tab.one,tab.t)" \
		tab.one,tab.two
	assert_equal "$(offers klog-groups seek tab)" tab-group
	assert_equal "$(offers klog-consume -G tab)" tab-group
	assert_equal "$(offers klog-produce tab.one '')" :file
	assert_equal "$(offers klog-groups seek tab-group -t tab.t)" tab.two
	# the cluster of the command line, not of the environment
	run -0 klog-consume --complete -b "dir:$T/other" tab
	assert_output ''
	mkdir "$XDG_CONFIG_HOME/klog"
	printf '[prod]\nbrokers=%s\n[proto]\n' "$KLOG_BROKERS" \
		>"$XDG_CONFIG_HOME/klog/config"
	assert_equal "$(offers klog-topics --profile pro)" $'prod\nproto'
	unset KLOG_BROKERS
	assert_equal "$(offers klog-consume --profile prod tab.o)" tab.one
}

@test "nobody there: quick, silent, and nothing is started or made" {
	local start=${EPOCHREALTIME/./}

	unset KLOG_BROKERS
	run -0 klog-topics --complete describe ''
	assert_output ''
	KLOG_BROKERS=127.0.0.1:1 run -0 klog-consume --complete ''
	assert_output ''
	run -0 klog-groups --complete seek -b 10.255.255.1 ''
	assert_output ''
	KLOG_BROKERS='' run -0 klog-groups --complete lag ''
	assert_output ''
	run -0 klog-topics --complete --profile none describe ''
	assert_output ''
	run -0 klog-topics --complete no-such-verb --nothing ''
	[ $((${EPOCHREALTIME/./} - start)) -lt 4000000 ]
	run ! test -e "$HOME/.local"
	run ! test -e "$XDG_RUNTIME_DIR/klog"
}

@test "bash" {
	klog-topics create tab.one
	tab bash 'klog-topics desc' 'klog-topics describe '
	tab bash 'klog-topics describe tab.o' 'klog-topics describe tab.one '
	tab bash 'klog-consume --color=al' '--color=always'
	tab bash 'klog-consume -X ack' 'klog-consume -X acks='
	touch records.txt
	tab bash 'klog-produce t rec' 'klog-produce t records.txt'
	mkdir subdir
	tab bash 'klog-consume --offline sub' 'klog-consume --offline subdir/'
	echo "odd n'ame	tab.one	0	0" | klog-groups import -y
	tab bash 'klog-groups lag od' "klog-groups lag odd\\ n\\'ame "
	tab bash 'klog-groups lag odd\ ' "klog-groups lag odd\\ n\\'ame "
	tab bash 'klog-groups lag "odd ' "klog-groups lag \"odd n'ame\" "
	tab bash "klog-groups seek --like='odd" "--like='odd n'\\''ame' "
	klog-groups delete -y "odd n'ame"
	klog-topics delete tab.one
}

@test "zsh" {
	command -v zsh >/dev/null || skip 'no zsh'
	klog-topics create tab.one
	tab zsh 'klog-topics desc' 'describe '
	tab zsh 'klog-topics describe tab.o' 'tab.one '
	tab zsh 'klog-consume --color=al' '--color=always'
	touch records.txt
	tab zsh 'klog-produce t rec' 'records.txt'
	echo "odd n'ame	tab.one	0	0" | klog-groups import -y
	tab zsh 'klog-consume -G "od' "\"odd n'ame\" "
	klog-groups delete -y "odd n'ame"
	klog-topics delete tab.one
}

@test "fish" {
	command -v fish >/dev/null || skip 'no fish'
	klog-topics create tab.one
	fish() { command fish --no-config -c "source $SCRIPTS/klog.fish; $1"; }
	run -0 fish "complete -C 'klog-topics desc'"
	assert_output 'describe	leader, replicas, in sync: each partition'
	run -0 fish "complete -C 'klog-topics describe tab.o'"
	assert_output tab.one
	run -0 fish "complete -C 'klog-consume --color=al'"
	assert_output --partial always
	touch records.txt
	run -0 fish "complete -C 'klog-produce t rec'"
	assert_output --partial records.txt
	echo "odd n'ame	tab.one	0	0" | klog-groups import -y
	run -0 fish "complete -C 'klog-groups lag \"odd '"
	assert_output "odd n'ame"
	run -0 fish "complete -C 'klog-groups lag odd\\\\ '"
	assert_output "odd n'ame"
	klog-groups delete -y "odd n'ame"
	klog-topics delete tab.one
}
