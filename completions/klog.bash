# Completion of klog's programs for bash. The programs know what can follow:
# "klog-topics --complete WORD.." prints it (a candidate a line, a tab and its
# meaning; ":file" and ":dir" are the shell's to do).
# shellcheck shell=bash

_klog()
{
	local line=${COMP_LINE:0:COMP_POINT} words cur at out word strip

	read -ra words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=('')
	cur=${words[-1]}
	# what bash takes for the word begins behind the last of $COMP_WORDBREAKS
	at=${COMP_WORDS[COMP_CWORD]}
	[[ $at == [=:] ]] && at=
	strip=${cur%"$at"}
	COMPREPLY=()
	while IFS= read -r out; do
		case $out in
		:file | :dir)
			word=${cur#--*=}
			compopt -o filenames
			[[ $out == :dir ]] && word="-d -- $word" || word="-f -- $word"
			# shellcheck disable=SC2086
			mapfile -O ${#COMPREPLY[@]} -t COMPREPLY < <(compgen $word)
			;;
		*)
			word=${out%%$'\t'*}
			[[ $word == *[=,:] ]] && compopt -o nospace
			COMPREPLY+=("${word#"$strip"}")
			;;
		esac
	done < <("${words[0]}" --complete "${words[@]:1}" 2>/dev/null)
}

complete -F _klog klog-broker klog-consume klog-groups klog-mirror \
	klog-produce klog-topics
