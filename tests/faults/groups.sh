#!/bin/bash
# groups.sh BUILD [SECONDS]: a consumer group through kills (-9), pauses
# (SIGSTOP), clean ends and starts of its members and of the broker, while
# records keep coming. In the end every record must have been printed; one that
# was printed twice must have been printed by a member that was killed, or that
# said that this may happen, within the commit interval.
#   BROKER=HOST:PORT  use that broker, and leave it alone
#   ASSIGNOR=..       partition.assignment.strategy
#   PROTOCOL=consumer group.protocol: the broker assigns. One that is given
#                     needs session timeouts of 2 s
#   SEED=N            another course of events
set -u
build=${1:?usage: groups.sh BUILD [SECONDS]}
seconds=${2:-20}
build=$(cd "$build" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
external=${BROKER:-}
topic=events-$$ group=group-$$
broker='' failed=1
members=3
declare -a pid name
count=0
RANDOM=${SEED:-$$}

# shellcheck disable=SC2317	# called by name
cleanup() {
	local p

	for p in "${pid[@]}"; do kill -CONT "$p" && kill -9 "$p"; done 2>/dev/null
	[ -z "${feeder:-}" ] || kill "$feeder" 2>/dev/null
	[ -z "$broker" ] || kill -9 "$broker" 2>/dev/null
	wait 2>/dev/null
	if [ "$failed" = 0 ]; then rm -rf "$dir"; else echo "# kept $dir"; fi
}
trap cleanup EXIT

start_broker() {
	[ -z "$external" ] || return 0
	rm -f "$dir/ready"
	"$build/klog-broker" --listen "${BROKER:-127.0.0.1:0}" \
		--data "$dir/data" -X group.min.session.timeout.ms=500 \
		-X group.initial.rebalance.delay.ms=0 \
		-X group.coordinator.rebalance.protocols=classic,consumer \
		-X group.consumer.session.timeout.ms=2000 \
		-X group.consumer.heartbeat.interval.ms=200 \
		>"$dir/ready" 2>>"$dir/broker.log" &
	broker=$!
	until grep -q : "$dir/ready" 2>/dev/null; do
		kill -0 "$broker" 2>/dev/null || return 1
		sleep 0.02
	done
	BROKER=$(awk 'NR == 1 { print $NF }' "$dir/ready")
	export KLOG_BROKERS=$BROKER
}

if [ "${PROTOCOL:-classic}" = consumer ]; then
	how=consumer
	props=(-X group.protocol=consumer)
else
	how=${ASSIGNOR:-range}
	props=(-X partition.assignment.strategy="$how" -X heartbeat.interval.ms=200
		-X session.timeout.ms="${SESSION:-2000}")
fi

# start_member I: another life of member I.
start_member() {
	count=$((count + 1))
	name[$1]=m$count
	"$build/klog-consume" -q -G "$group" -f '%p %o\n' \
		-X auto.commit.interval.ms=300 "${props[@]}" "$topic" \
		>"$dir/m$count.out" 2>"$dir/m$count.err" &
	pid[$1]=$!
}

# end_member I SIGNAL
end_member() {
	kill "-$2" "${pid[$1]}" 2>/dev/null
	wait "${pid[$1]}" 2>/dev/null
	[ "$2" != 9 ] || echo "${name[$1]}" >>"$dir/killed"
	unset "pid[$1]"
}

feed() {
	local n=0

	while [ ! -e "$dir/enough" ]; do
		seq $n $((n + 99)) | "$build/klog-produce" -q -m 60 "$topic" || {
			echo "# a producer failed"
			touch "$dir/unfed"
		}
		n=$((n + 100))
		sleep 0.02
	done
}

export KLOG_BROKERS=${BROKER:-}
start_broker || { cat "$dir/broker.log"; exit 1; }
"$build/klog-topics" create "$topic" --partitions 8 || exit 1
: >"$dir/killed"
feed &
feeder=$!
for ((i = 0; i < members; i++)); do start_member $i; done

declare -A did
end=$((SECONDS + seconds))
while [ $SECONDS -lt $end ]; do
	sleep "0.$((RANDOM % 9))"
	i=$((RANDOM % members))
	case $((RANDOM % 8)) in
	0 | 1) what="kill"
		end_member $i 9
		start_member $i ;;
	2) what=term
		end_member $i TERM
		start_member $i ;;
	3) what=nap
		kill -STOP "${pid[$i]}"
		sleep "0.$((RANDOM % 9))"
		kill -CONT "${pid[$i]}" ;;
	4) what="sleep"
		kill -STOP "${pid[$i]}"
		sleep $((RANDOM % 2 + 2)).5
		kill -CONT "${pid[$i]}" ;;
	5) what="broker kill"
		[ -z "$external" ] || continue
		kill -9 "$broker"
		wait "$broker" 2>/dev/null
		start_broker || { cat "$dir/broker.log"; exit 1; } ;;
	6) what="broker restart"
		[ -z "$external" ] || continue
		kill "$broker"
		wait "$broker" 2>/dev/null
		start_broker || { cat "$dir/broker.log"; exit 1; } ;;
	*) what=pause
		sleep 1 ;;
	esac
	did[$what]=$((${did[$what]:-0} + 1))
done
touch "$dir/enough"
wait "$feeder"
feeder=''
for what in "${!did[@]}"; do printf '# %s: %d\n' "$what" "${did[$what]}"; done

# Until the members have printed all there is, a minute at most.
"$build/klog-topics" offsets "$topic" >"$dir/ends"
for ((n = 0; n < 600; n++)); do
	python3 "$here/groups.py" "$dir" && break
	sleep 0.1
done >"$dir/verdict" 2>&1
for ((i = 0; i < members; i++)); do end_member $i TERM; done
python3 "$here/groups.py" "$dir"
failed=$?
if [ $failed = 0 ]; then
	echo "ok - groups.sh: $how"
else
	echo "not ok - groups.sh: $how"
fi
exit $failed
