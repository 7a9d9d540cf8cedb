#!/bin/bash
# kafka-jars.sh [VERSION]: prints a folder with the jars of Apache Kafka (3.9.1
# unless told otherwise): broker, tools, clients. Taken from KAFKA_LIBS where
# that is set (a list of folders, one a version, separated by colons), else
# fetched once by Maven into KAFKA_CACHE (~/.cache/klog-tests).
set -eu

version=${1:-3.9.1}
cache=${KAFKA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/klog-tests}
dir=$cache/kafka-$version

IFS=: read -ra given <<< "${KAFKA_LIBS:-}"
for libs in "${given[@]}"; do
	if [ -f "$libs/kafka-clients-$version.jar" ]; then
		echo "$libs"
		exit 0
	fi
done

if [ ! -f "$dir/complete" ]; then
	command -v mvn >/dev/null || {
		echo "kafka-jars.sh: no KAFKA_LIBS with $version, and no Maven" >&2
		exit 1
	}
	mkdir -p "$dir"
	dependency() {
		echo "<dependency><groupId>$1</groupId><artifactId>$2</artifactId>"
		echo "<version>$3</version></dependency>"
	}
	{
		echo '<project><modelVersion>4.0.0</modelVersion>'
		echo '<groupId>klog</groupId><artifactId>jars</artifactId>'
		echo '<version>1</version><dependencies>'
		dependency org.apache.kafka kafka_2.13 "$version"
		dependency org.apache.kafka kafka-tools "$version"
		case $version in
		[0-3].*) dependency org.slf4j slf4j-reload4j 1.7.36 ;;
		esac
		echo '</dependencies></project>'
	} > "$dir/pom.xml"
	(cd "$dir" && mvn -q -B dependency:copy-dependencies \
	    -DincludeScope=runtime -DoutputDirectory="$dir/libs" \
	    > "$dir/mvn.log" 2>&1) || {
		echo "kafka-jars.sh: Maven failed:" >&2
		tail -n 5 "$dir/mvn.log" >&2
		exit 1
	}
	touch "$dir/complete"
fi
echo "$dir/libs"
