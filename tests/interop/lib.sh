# lib.sh: sourced by the interop scripts: counting, brokers, other people's
# clients. What it installs lies in $KLOG_INTEROP (default
# ~/.cache/klog-interop) and is reused.
# shellcheck shell=bash disable=SC2034

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${KLOG_INTEROP:-${XDG_CACHE_HOME:-$HOME/.cache}/klog-interop}
BIN=$(cd "${B:-$HERE/../../build}" && pwd)
PATH=$BIN:$PATH
WORK=$(mktemp -d "${TMPDIR:-/tmp}/klog-interop.XXXXXX")
mkdir -p "$CACHE"
passed=0 failed=0 skipped=0
atexit=()

at_exit() { atexit+=("$1"); }
finish() {
	local s=$? i
	for ((i = ${#atexit[@]} - 1; i >= 0; i--)); do eval "${atexit[i]}"; done
	rm -rf "$WORK"
	echo "$passed passed, $failed failed, $skipped skipped"
	((s == 0 && failed == 0)) || exit 1
}
trap finish EXIT

ok() { passed=$((passed + 1)); echo "ok - $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok - $1"; [ $# -lt 2 ] || sed 's/^/#   /' <<<"$2" | head -20; }
skip() { skipped=$((skipped + 1)); echo "ok - $1 # skip $2"; }

# check NAME COMMAND..: passes where the command does; shows what it said else.
check() {
	local name=$1 said
	shift
	if said=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$(grep -v '^ok' <<<"$said")"; fi
}

# same NAME FILE FILE: passes where the files are equal.
same() { check "$1" cmp "$2" "$3"; }

# klog_broker [OPTION..]: starts one on a free port; sets BROKER and DATA.
klog_broker() {
	local pid
	DATA=$(mktemp -d "$WORK/data.XXXXXX")
	mkfifo "$DATA.ready"
	klog-broker --listen 127.0.0.1:0 --data "$DATA" "$@" >"$DATA.ready" 2>"$DATA.err" &
	pid=$!
	read -r -t 20 line <"$DATA.ready" || { cat "$DATA.err"; exit 1; }
	BROKER=${line##* }
	BROKER_PID=$pid
	at_exit "kill $pid 2>/dev/null; wait $pid 2>/dev/null"
}

# klog_broker_again [OPTION..]: the one that was killed, on its files and its
# port.
klog_broker_again() {
	rm -f "$DATA.ready"
	mkfifo "$DATA.ready"
	klog-broker --listen "$BROKER" --data "$DATA" "$@" >"$DATA.ready" 2>>"$DATA.err" &
	BROKER_PID=$!
	read -r -t 20 <"$DATA.ready" || { cat "$DATA.err"; exit 1; }
	at_exit "kill $BROKER_PID 2>/dev/null; wait $BROKER_PID 2>/dev/null"
}

# stop_klog_broker: a clean stop of the one started last.
stop_klog_broker() { kill "$BROKER_PID"; wait "$BROKER_PID"; }

# need COMMAND PACKAGE: installs Debian's package where the command is missing.
need() {
	command -v "$1" >/dev/null || apt-get install -y -qq --no-install-recommends "$2" >/dev/null
}

# kafka_libs VERSION: prints the folder of Apache Kafka's jars.
kafka_libs() { need mvn maven && "$HERE/kafka-jars.sh" "$1"; }

# kafka_part_libs NAME VERSION ARTIFACT: the same of a part that the tools do
# not need, with what it needs itself.
kafka_part_libs() {
	local dir=$CACHE/$1-$2
	need mvn maven || return 1
	[ ! -f "$dir/complete" ] || { echo "$dir/libs"; return; }
	mkdir -p "$dir"
	cat >"$dir/pom.xml" <<-EOP
		<project><modelVersion>4.0.0</modelVersion><groupId>klog</groupId>
		<artifactId>$1</artifactId><version>1</version><dependencies>
		<dependency><groupId>org.apache.kafka</groupId>
		<artifactId>$3</artifactId><version>$2</version></dependency>
		<dependency><groupId>org.slf4j</groupId>
		<artifactId>slf4j-reload4j</artifactId><version>1.7.36</version></dependency>
		</dependencies></project>
	EOP
	(cd "$dir" && mvn -q -B dependency:copy-dependencies -DincludeScope=runtime \
	    -DoutputDirectory="$dir/libs" >"$dir/mvn.log" 2>&1) || return 1
	touch "$dir/complete"
	echo "$dir/libs"
}

# streams_libs VERSION, mirrormaker_libs VERSION: Kafka Streams, MirrorMaker 2.
streams_libs() { kafka_part_libs streams "$1" kafka-streams; }
mirrormaker_libs() { kafka_part_libs mirrormaker "$1" connect-mirror; }

# free_ports: prints a port that is free, as is the one after it.
free_ports() {
	python3 - <<-'PY'
	import socket
	while True:
	    a, b = socket.socket(), socket.socket()
	    a.bind(("127.0.0.1", 0))
	    try:
	        b.bind(("127.0.0.1", a.getsockname()[1] + 1))
	    except OSError:
	        continue
	    print(a.getsockname()[1])
	    break
	PY
}

# apache_kafka VERSION [PROPERTY=VALUE..]: starts one; sets BROKER.
apache_kafka() {
	local port dir=$WORK/kafka-$1
	port=$(free_ports)
	KAFKA_VERSION=$1 KAFKA_HEAP=512M "$HERE/kafka-broker.sh" start "$dir" "$port" "${@:2}" >/dev/null || return 1
	at_exit "'$HERE/kafka-broker.sh' stop '$dir'"
	BROKER=127.0.0.1:$port
}

# dump_tool OPTION..: what DumpLogSegments of $version, whose jars are in $LIBS,
# says, without the loggers' own complaints.
dump_tool() {
	local class=org.apache.kafka.tools.DumpLogSegments

	[[ ${version:?} != 3.* ]] || class=kafka.tools.DumpLogSegments
	java -Xmx256m -XX:TieredStopAtLevel=1 -cp "$LIBS/*" "$class" "$@" 2>&1 |
	    grep -avE '^(log4j:|SLF4J|WARNING: sun.misc)'
}

# dump NAME DIR: it reads every file of a directory without a complaint.
dump() {
	local files said bad
	files=$(find "$2" -name '*.log' -o -name '*.index' -o -name '*.timeindex' -o -name '*.snapshot' | sort | paste -sd,)
	said=$(dump_tool --deep-iteration --print-data-log --files "$files")
	bad=$(grep -aiE 'exception|error|corrupt|mismatch|out of order|isvalid: false|invalid|not found|trailing|WARN' <<<"$said" |
		    grep -avE '^(\| offset|offset:)')
	if [ -n "$bad" ] || ! grep -q 'baseOffset:' <<<"$said"; then not_ok "$1" "$bad"; else ok "$1"; fi
	files=$(find "$2" -name '*.index' -o -name '*.timeindex' | sort | paste -sd,)
	said=$(dump_tool --index-sanity-check --files "$files")
	if grep -vE '^Dumping|passed sanity check\.$|\.index is empty\.$' <<<"$said" | grep -q .; then
		not_ok "$1: indexes" "$said"
	else
		ok "$1: indexes"
	fi
}

# Each of these prints the command that runs a client, or fails.
client_confluent() { python_env && echo "$CACHE/venv/bin/python $HERE/clients/confluent.py"; }
client_kafkapython() { python_env && echo "$CACHE/venv/bin/python $HERE/clients/kafkapython.py"; }
client_java39() { java_client 3.9.1; }
client_java4() { java_client 4.3.1; }
client_franz() { go_client && echo "$CACHE/go/client franz"; }
client_sarama() { go_client && echo "$CACHE/go/client sarama"; }
client_klog() { echo "$HERE/clients/klog.sh"; }
client_kafkajs() {
	need npm npm || return 1
	if [ ! -d "$CACHE/kafkajs/node_modules" ]; then
		mkdir -p "$CACHE/kafkajs"
		cp "$HERE"/clients/kafkajs/* "$CACHE/kafkajs"
		(cd "$CACHE/kafkajs" && npm install --silent --no-audit --no-fund) >"$CACHE/npm.log" 2>&1 || return 1
	fi
	cp "$HERE/clients/kafkajs/main.js" "$CACHE/kafkajs"
	echo "node $CACHE/kafkajs/main.js"
}

python_env() {
	[ -f "$CACHE/venv/complete.1" ] && return
	need python3 python3 || return 1
	python3 -m venv "$CACHE/venv" >"$CACHE/pip.log" 2>&1 ||
		{ apt-get install -y -qq python3-venv >>"$CACHE/pip.log" 2>&1 && python3 -m venv "$CACHE/venv" >>"$CACHE/pip.log" 2>&1; } || return 1
	"$CACHE/venv/bin/pip" install -q confluent-kafka==2.16.1 kafka-python==3.0.12 lz4 python-snappy xxhash zstandard >>"$CACHE/pip.log" 2>&1 || return 1
	touch "$CACHE/venv/complete.1"
}

go_client() {
	local d=$CACHE/go
	need go golang-go || return 1
	[ -x "$d/client" ] && [ -z "$(find "$HERE/clients/go" -newer "$d/client")" ] && return
	mkdir -p "$d/src"
	cp "$HERE"/clients/go/* "$d/src"
	(cd "$d/src" && go mod tidy && go build -o "$d/client" .) >"$CACHE/go.log" 2>&1
}

java_client() {
	local libs d=$CACHE/java
	need javac openjdk-17-jdk-headless || return 1
	libs=$(kafka_libs "$1") || return 1
	mkdir -p "$d"
	[ "$d/JavaClient.class" -nt "$HERE/clients/JavaClient.java" ] ||
		javac -d "$d" -cp "$(kafka_libs 3.9.1)/*" "$HERE/clients/JavaClient.java" || return 1
	echo "java -Xmx256m -XX:TieredStopAtLevel=1 -cp $d:$libs/* JavaClient"
}
