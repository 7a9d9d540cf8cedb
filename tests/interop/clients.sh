#!/bin/bash
# clients.sh: every client writes the same records with every codec into a
# klog-broker, and every client reads them all back: keys, values, headers,
# nulls, timestamps and offsets must come out as they went in.
#   BROKER=HOST:PORT  use that broker;  CLIENTS="franz klog"  only these
set -u
. "$(dirname "$0")/lib.sh"

[ -n "${BROKER:-}" ] || klog_broker
for set in plain odd; do python3 "$HERE/clients/records.py" $set >"$WORK/$set"; done

declare -A run
for c in ${CLIENTS:-klog confluent kafkapython java39 java4 franz sarama kafkajs}; do
	if run[$c]=$(client_"$c"); then continue; fi
	unset "run[$c]"
	skip "$c" "cannot be installed here"
done

codecs_of() { case $1 in kafkajs) echo none gzip snappy ;; *) echo none gzip snappy lz4 zstd ;; esac; }
sets_of() { case $1 in kafkajs) echo plain ;; *) echo plain odd ;; esac; }
# kafka-python reads null headers but does not write them
written_by() { case $1 in kafkapython) echo plain ;; *) sets_of "$1" ;; esac; }

# the last set of a writer that a reader knows too
common() {
	local s last
	for s in $(written_by "$1"); do [[ " $(sets_of "$2") " == *" $s "* ]] && last=$s; done
	echo "$last"
}

# what a reader must print of a topic
expected() { awk -v t="$2" -v OFS='\t' '{print t, NR - 1, $0}' "$1"; }

topics=()
for w in "${!run[@]}"; do
	for set in $(written_by "$w"); do
		args=()
		for codec in $(codecs_of "$w"); do args+=("$w-$set-$codec=$codec"); done
		if said=$(timeout 120 ${run[$w]} write "$BROKER" "$WORK/$set" "${args[@]}" 2>&1); then
			ok "$w writes $set"
			topics+=("${args[@]%=*}")
		else
			not_ok "$w writes $set" "$said"
		fi
	done
done

for r in "${!run[@]}"; do
	echo "# $r reads, $SECONDS s"
	mine=()
	for t in "${topics[@]}"; do
		set=${t#*-} codec=${t##*-} set=${set%-*}
		# the richest set that both sides know
		[ "$set" = "$(common "${t%%-*}" "$r")" ] || continue
		[[ " $(codecs_of "$r") " == *" $codec "* ]] && mine+=("$t")
	done
	timeout 300 ${run[$r]} read "$BROKER" "${mine[@]}" >"$WORK/read.$r" 2>"$WORK/err.$r"
	status=$?
	for t in "${mine[@]}"; do
		set=${t#*-} set=${set%-*}
		expected "$WORK/$set" "$t" >"$WORK/want"
		grep -P "^$t\t" "$WORK/read.$r" >"$WORK/got"
		if cmp -s "$WORK/want" "$WORK/got"; then
			ok "$r reads $t"
		else
			not_ok "$r reads $t (status $status)" "$(head -3 "$WORK/err.$r"; diff "$WORK/want" "$WORK/got" | cut -c1-160 | head -3)"
		fi
	done
done
