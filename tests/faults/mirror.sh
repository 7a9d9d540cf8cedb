#!/bin/bash
# mirror.sh BUILD [RUNS]: klog-mirror is started again and again while its
# source grows, and at a random moment of each run one is killed with SIGKILL:
# the mirror, the source, the target, or the mirror and one of them. In the end
# both clusters must hold the same: every partition record by record, key,
# value, headers, time and order; and of a topic that is compacted all the while,
# on both sides, the last record of each key. SOURCE and TARGET say what the clusters are: klog (the default) or
# kafka, Apache Kafka, which is given a second to come up each time.
set -u
build=$(cd "${1:?usage: mirror.sh BUILD [RUNS]}" && pwd)
runs=${2:-20}
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/klog-mirror.XXXXXX")
declare -A kind=([source]=${SOURCE:-klog} [target]=${TARGET:-klog}) port pid
declare -A cluster=([source]=MkU3OEVBNTcwNTJENDM2Qg [target]=NkU3OEVBNTcwNTJENDM2Qg)
failed=0 n=0 feeder=
PATH=$build:$PATH
export LC_ALL=C
unset KLOG_BROKERS KLOG_PROFILE

cleanup() {
	local p
	[ -z "$feeder" ] || kill "$feeder" 2>/dev/null
	for p in "${pid[@]}"; do kill -9 "$p" 2>/dev/null; done
	wait 2>/dev/null
	if [ "$failed" = 0 ]; then rm -rf "$dir"; else echo "# kept $dir"; fi
}
trap cleanup EXIT

result() {
	n=$((n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $n - $1"
	else
		failed=1
		echo "not ok $n - $1"
	fi
}

up() {
	local verb=start
	if [ "${kind[$1]}" = kafka ]; then
		[ ! -d "$dir/$1/data" ] || verb=resume
		KAFKA_HEAP=384M KAFKA_CLUSTER=${cluster[$1]} \
			"$here/../interop/kafka-broker.sh" $verb "$dir/$1" "${port[$1]}" >"$dir/$1.pid" || return 1
		pid[$1]=$(cat "$dir/$1.pid")
		return
	fi
	klog-broker --listen "127.0.0.1:${port[$1]}" --data "$dir/$1" \
		-X log.cleaner.backoff.ms=100 >>"$dir/$1.log" 2>&1 &
	pid[$1]=$!
	for _ in $(seq 1000); do
		(exec 3<>"/dev/tcp/127.0.0.1/${port[$1]}") 2>/dev/null && return
		kill -0 "${pid[$1]}" 2>/dev/null || break
		sleep 0.01
	done
	echo "# the $1 does not start: $(tail -1 "$dir/$1.log")"
	return 1
}

down() {
	kill -9 "${pid[$1]}" 2>/dev/null
	wait "${pid[$1]}" 2>/dev/null
	while kill -0 "${pid[$1]}" 2>/dev/null; do sleep 0.01; done
}

mirror() {
	klog-mirror -q --from "127.0.0.1:${port[source]}" --link faults \
		--to "127.0.0.1:${port[target]}" --topics mixed,table
}

produce() { klog-produce -q -b "127.0.0.1:${port[source]}" "$@"; }

# Records of every kind, small batches and large, round after round; each third
# round is a transaction, each fourth one that is aborted.
feed() {
	local round codecs=(none gzip snappy lz4 zstd)
	for ((round = 1; ; round++)); do
		local opts=(-z "${codecs[round % 5]}" -K : -H "round=$round" -H null
			-X batch.size=$((round % 7 * 20000 + 4096)))
		[ $((round % 3)) != 0 ] || opts+=(--txn)
		seq "$round"00000 $((round * 100000 + RANDOM % 5000)) |
			sed 's/.*/key &:the value & of this record/' |
			produce "${opts[@]}" mixed 2>>"$dir/feed.err"
		[ $((round % 4)) != 0 ] ||
			{ seq 500 | sed 's/.*/{"payload":"undone &"}/'; echo oops; } |
			produce --txn -J mixed 2>/dev/null
		seq 300 | shuf -r -n 200 | sed "s/.*/&:value of & in round $round/" |
			produce -z "${codecs[round % 5]}" -K : table 2>>"$dir/feed.err"
		[ ! -f "$dir/stop" ] || return
		sleep 0.1
	done
}

# What a cluster holds of a partition, without offsets.
content() {
	klog-consume -q -e -b "127.0.0.1:${port[$1]}" -p "$2" \
		-f '%T %K:%k %S:%s %h\n' "${3:-mixed}"
}

# Each key's last record in the compacted topic.
table() {
	content "$1" 0 table | awk '{ split($2, k, ":"); v[k[2]] = $0 }
		END { for (i in v) print v[i] }' | sort
}

# One run with one kill in it; the exit status must be one that cron would
# forgive: done, to be tried again, or killed.
one_run() {
	local what rc m
	what=$((RANDOM % 5))
	klog-mirror -q --from "127.0.0.1:${port[source]}" --link faults \
		--to "127.0.0.1:${port[target]}" --topics mixed,table 2>"$dir/mirror.err" &
	m=$!
	sleep "0.$(printf %03d $((RANDOM % 600)))"
	case $what in 0 | 3 | 4) kill -9 $m 2>/dev/null ;; esac
	case $what in 1 | 3) down source; up source || return 1 ;; esac
	case $what in 2 | 4) down target; up target || return 1 ;; esac
	wait $m 2>/dev/null
	rc=$?
	case $rc in 0 | 3 | 137) return 0 ;; esac
	echo "# a run ended with status $rc: $(tail -1 "$dir/mirror.err")"
	return 1
}

kill_and_compare() {
	local i rc=0 p
	feed &
	feeder=$!
	for ((i = 0; i < runs && rc == 0; i++)); do one_run || rc=1; done
	touch "$dir/stop"
	wait "$feeder"
	feeder=
	[ $rc = 0 ] || return 1
	mirror && mirror || { echo "# the last run fails"; return 1; }
	for p in 0 1 2; do
		content source $p >"$dir/source.$p"
		content target $p >"$dir/target.$p"
		if ! cmp -s "$dir/source.$p" "$dir/target.$p"; then
			echo "# partition $p: $(wc -l <"$dir/source.$p") records," \
				"$(wc -l <"$dir/target.$p") copied;" \
				"$(cmp "$dir/source.$p" "$dir/target.$p" 2>&1)"
			rc=1
		fi
	done
	table source >"$dir/source.table"
	table target >"$dir/target.table"
	if ! cmp -s "$dir/source.table" "$dir/target.table"; then
		echo "# compacted: $(diff "$dir/source.table" "$dir/target.table" | head -3)"
		rc=1
	fi
	echo "# $(cat "$dir"/source.[0-2] | wc -l) records, $runs kills," \
		"$(content source 0 table | wc -l) left of the compacted"
	[ ! -s "$dir/feed.err" ] || sed 's/^/# feeder: /' "$dir/feed.err" | head -3
	return $rc
}

port[source]=${PORT:-$((20000 + RANDOM % 10000))}
port[target]=$((port[source] + 2))
up source && up target || { result "the brokers start" 1; exit 1; }
klog-topics -q -b "127.0.0.1:${port[source]}" create mixed --partitions 3
klog-topics -q -b "127.0.0.1:${port[source]}" create table --partitions 1 \
	--set cleanup.policy=compact --set segment.ms=100 --set segment.bytes=1048576 \
	--set min.cleanable.dirty.ratio=0.01
kill_and_compare
result "$runs kills: nothing lost, nothing twice, nothing changed" $?
echo "1..$n"
exit $failed
