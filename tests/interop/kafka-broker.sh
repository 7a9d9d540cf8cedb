#!/bin/bash
# kafka-broker.sh start DIR PORT [PROPERTY=VALUE..]: Apache Kafka as one node
#	(KRaft, loopback, controller on PORT+1) with its files in DIR; prints
#	its pid once it answers.
# kafka-broker.sh resume DIR PORT: the same once more, on the files of the
#	last time.
# kafka-broker.sh stop DIR
# Environment: KAFKA_VERSION (3.9.1), KAFKA_CLUSTER (its id), KAFKA_LIBS (see
# kafka-jars.sh), KAFKA_HEAP (1G).
set -eu

verb=$1
dir=$2
here=$(dirname "$0")

if [ "$verb" = stop ]; then
	[ -f "$dir/pid" ] || exit 0
	pid=$(cat "$dir/pid")
	kill "$pid" 2>/dev/null || :
	for _ in $(seq 100); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	kill -9 "$pid" 2>/dev/null || :
	rm -f "$dir/pid"
	exit 0
fi

port=$3
shift 3
libs=$("$here/kafka-jars.sh" "${KAFKA_VERSION:-3.9.1}")
mkdir -p "$dir"
[ "$verb" = resume ] || rm -rf "$dir/data"
[ "$verb" = resume ] || {
	cat <<-EOP
	process.roles=broker,controller
	node.id=1
	controller.quorum.voters=1@127.0.0.1:$((port + 1))
	controller.listener.names=CONTROLLER
	listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
	advertised.listeners=PLAINTEXT://127.0.0.1:$port
	listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
	log.dirs=$dir/data
	offsets.topic.replication.factor=1
	offsets.topic.num.partitions=4
	transaction.state.log.replication.factor=1
	transaction.state.log.min.isr=1
	transaction.state.log.num.partitions=4
	group.initial.rebalance.delay.ms=0
	log.cleaner.dedupe.buffer.size=8388608
	log.segment.delete.delay.ms=1000
	EOP
	printf '%s\n' "$@"
} > "$dir/server.properties"
cat > "$dir/log4j.properties" <<-EOP
	log4j.rootLogger=WARN,f
	log4j.appender.f=org.apache.log4j.FileAppender
	log4j.appender.f.File=$dir/broker.log
	log4j.appender.f.layout=org.apache.log4j.PatternLayout
	log4j.appender.f.layout.ConversionPattern=%d %p %c{1} %m%n
EOP
java=(java "-Dlog4j.configuration=file:$dir/log4j.properties" -cp "$libs/*")
[ "$verb" = resume ] || "${java[@]}" -Xmx256m kafka.tools.StorageTool format \
    -t "${KAFKA_CLUSTER:-MkU3OEVBNTcwNTJENDM2Qg}" -c "$dir/server.properties" \
    > "$dir/format.log" 2>&1 || { cat "$dir/format.log" >&2; exit 1; }
# its own session, no descriptor of ours: callers and pipes must not wait for it
setsid "${java[@]}" "-Xmx${KAFKA_HEAP:-1G}" kafka.Kafka \
    "$dir/server.properties" > "$dir/stdout.log" 2>&1 < /dev/null &
pid=$!
echo "$pid" > "$dir/pid"
for _ in $(seq 600); do
	if (exec 3<> "/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
		echo "$pid"
		exit 0
	fi
	kill -0 "$pid" 2>/dev/null || break
	sleep 0.1
done
echo "kafka-broker.sh: Apache Kafka does not come up:" >&2
tail -n 20 "$dir/stdout.log" >&2
exit 1
