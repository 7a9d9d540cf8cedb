#!/bin/bash
# suites.sh: the tests of groups in other clients' own suites, run as they are
# against klog-broker: franz-go's chains of groups whose members come and go
# (every balancer, both group protocols, with and without transactions),
# sarama's functional tests, kafka-python's integration tests.
#   BROKER=HOST:PORT  use that broker (sarama: see clients/go/shim.go)
#   SUITES="franz sarama kafkapython"  only these
set -u
. "$(dirname "$0")/lib.sh"

external=${BROKER:-}
dir=$CACHE/suites
mkdir -p "$dir"

# go_tests MODULE VERSION [OPTION..] PACKAGE: prints the program of its tests.
go_tests() {
	local bin=$dir/${1##*/}-$2.test src
	need go golang-go && need jq jq || return 1
	[ -x "$bin" ] || {
		src=$(cd "$dir" && go mod download -json "$1@$2" | jq -r .Dir) &&
			(cd "$src" && go test -c -o "$bin" "${@:3}") >"$dir/go.log" 2>&1
	} || return 1
	echo "$bin"
}

# The source package brings its tests, but not a module that starts brokers.
kafkapython_tests() {
	local version=3.0.12 src
	src=$dir/kafka_python-$version
	python_env || return 1
	[ -d "$src" ] || {
		"$CACHE/venv/bin/pip" install -q pytest==8.4.2 pytest-timeout==2.4.0 &&
			"$CACHE/venv/bin/pip" download -q --no-deps --no-binary :all: -d "$dir" kafka-python==$version &&
			tar -xzf "$src.tar.gz" -C "$dir"
	} >"$dir/pip.log" 2>&1 || return 1
	touch "$src/test/__init__.py"
	# This version forgets a subscription that is made while the first answer
	# about metadata is being taken in, and asks again in five minutes: with a
	# broker that answers in half a millisecond one consumer in twenty does, more
	# where other programs run. So they ask again in a second.
	cat >"$src/test/service.py" <<-'EOP'
	from kafka import KafkaConsumer

	KafkaConsumer.DEFAULT_CONFIG["metadata_max_age_ms"] = 1000


	class ExternalService:
	    def __init__(self, host, port):
	        self.host, self.port = host, port
	    open = close = lambda self: None


	class SpawnedService:
	    pass
	EOP
	echo "$src"
}

# suite NAME COMMAND..: a line for each test of it.
suite() {
	local how name log=$WORK/$1.log status=0
	(exec timeout 170 "${@:2}") >"$log" 2>&1 || status=$?
	while read -r how name; do
		case $how in
		PASS*) ok "$1: $name" ;;
		SKIP*) skip "$1: $name" "it says so" ;;
		*) not_ok "$1: $name" "$(grep -aE '_test\.go:|^E  ' "$log" | tail -20)" ;;
		esac
	done < <(sed -nE 's/^--- (PASS|FAIL|SKIP): ([^ ]+).*/\1 \2/p; s/^(PASSED|FAILED|ERROR|SKIPPED) (.*\.py::)?/\1 /p' "$log")
	if [ $status = 0 ] && grep -qE '^(--- PASS|PASSED)' "$log"; then
		ok "$1 ends well"
	else
		not_ok "$1 ends well: $status" "$(tail -5 "$log")"
	fi
}

broker() {
	[ -n "$external" ] || klog_broker -X group.initial.rebalance.delay.ms=0 \
		-X group.min.session.timeout.ms=1000 -X num.partitions=4 "$@"
}

suite_franz() {
	local bin
	bin=$(go_tests github.com/twmb/franz-go v1.22.3 ./pkg/kgo) || { skip franz "cannot be built here"; return; }
	broker
	cd "$WORK" && suite franz env KGO_SEEDS="$BROKER" KGO_TEST_RF=1 KGO_TEST_RECORDS="${RECORDS:-30000}" \
		KGO_LOG_LEVEL=none "$bin" -test.v -test.timeout 160s -test.run \
		'^Test(Group|Txn|Consume|Pause|Issue|AddRemove|DirectPartition|UnknownGroup|Pooling|PollWait)'
}

suite_sarama() {
	local bin
	if ! go_client || ! bin=$(go_tests github.com/IBM/sarama v1.61.1 -tags functional .); then
		skip sarama "cannot be built here"
		return
	fi
	broker -X advertised.listeners=PLAINTEXT://127.0.0.1:29091
	mkfifo "$WORK/shim"
	"$CACHE/go/client" sarama shim "$BROKER" >"$WORK/shim" 2>"$WORK/shim.err" &
	at_exit "kill $! 2>/dev/null"
	read -r <"$WORK/shim" || { skip sarama "$(cat "$WORK/shim.err")"; return; }
	cd "$WORK" && suite sarama env TOXIPROXY_ADDR=http://127.0.0.1:8474 KAFKA_VERSION=3.9.0 \
		"$bin" -test.v -test.timeout 160s -test.run '^TestFunc(JoinGroup|ConsumerGroup|OffsetManager)'
}

suite_kafkapython() {
	local src
	src=$(kafkapython_tests) || { skip kafkapython "cannot be installed here"; return; }
	broker
	cd "$src" && suite kafkapython env KAFKA_VERSION=3.9.0 KAFKA_URI="kafka://$BROKER" KAFKA_ROOT="$WORK" \
		"$CACHE/venv/bin/python" -m pytest -q -rA --show-capture=no -p no:cacheprovider -W ignore \
		test/integration/test_consumer_integration.py \
		test/integration/test_admin_integration.py -k 'consumer or group or heartbeat or offset'
}

for s in ${SUITES:-franz sarama kafkapython}; do
	echo "# $s, $SECONDS s"
	suite_"$s"
done
echo "# $SECONDS s"
