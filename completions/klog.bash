# Completion of klog's programs for bash. The programs know what can follow:
# "klog-topics --complete WORD.." prints it (a candidate a line, a tab and its
# meaning; ":file" and ":dir" are the shell's to do).
# shellcheck shell=bash

# The words of a line without their quotes, the last one as far as it is typed:
# sets words, and quote to the one that is open.
_klog_words()
{
	local line=$1 c word='' begun='' i

	words=()
	quote=
	for ((i = 0; i < ${#line}; i++)); do
		c=${line:i:1}
		case $quote$c in
		"''" | '""')
			quote=
			;;
		\\ | \"\\)
			# in double quotes only before what it takes the meaning of
			((i++))
			[[ $quote && ${line:i:1} != [\"\\\$\`] ]] && word+=$c
			word+=${line:i:1}
			begun=1
			;;
		\" | \')
			quote=$c
			begun=1
			;;
		[[:space:]])
			[[ $begun ]] && words+=("$word")
			word=
			begun=
			;;
		*)
			word+=$c
			begun=1
			;;
		esac
	done
	words+=("$word")
}

# What is put on the line for the text $1 where $quote is open.
_klog_quoted()
{
	case $quote in
	\')
		printf %s "${1//\'/\'\\\'\'}"
		;;
	\")
		printf %s "$1" | sed 's/[\\"$`]/\\&/g'
		;;
	*)
		printf %q "$1"
		;;
	esac
}

_klog()
{
	local words quote cur at out word strip

	# what bash takes for the word begins behind the last of $COMP_WORDBREAKS
	at=${COMP_WORDS[COMP_CWORD]}
	[[ $at == [=:] ]] && at=
	_klog_words "$at"
	at=${words[-1]}
	_klog_words "${COMP_LINE:0:COMP_POINT}"
	cur=${words[-1]}
	strip=${cur%"$at"}
	COMPREPLY=()
	while IFS= read -r out; do
		case $out in
		:file | :dir)
			compopt -o filenames
			[[ $out == :dir ]] && out=-d || out=-f
			mapfile -O ${#COMPREPLY[@]} -t COMPREPLY \
				< <(compgen "$out" -- "${cur#--*=}")
			;;
		*)
			word=${out%%$'\t'*}
			[[ $word == *[=,:] ]] && compopt -o nospace
			word=${word#"$strip"}
			[[ $word == *[!A-Za-z0-9_.,:/=@%+-]* ]] &&
				word=$(_klog_quoted "$word")
			COMPREPLY+=("$word")
			;;
		esac
	done < <("${words[0]}" --complete "${words[@]:1}" 2>/dev/null)
}

complete -F _klog klog-broker klog-consume klog-groups klog-mirror \
	klog-produce klog-topics
