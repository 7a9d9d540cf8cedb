#!/bin/bash
# klog.sh write BROKER FILE TOPIC=CODEC.. | read BROKER TOPIC..: klog-produce -J and klog-consume -J.
set -eu -o pipefail
verb=$1 broker=$2
shift 2

# Lines of records.py to envelopes and back; jq holds no bytes, so all is base64.
to_envelope='split("\t") | def un: if . == "-" then null elif . == "=" then "" else {base64: .} end;
  {ts: .[0] | tonumber, key: .[1] | un, payload: .[2] | un,
   headers: (if .[3] == "." then [] else [.[3] | split(",")[] | split(":") | (.[0] | @base64d), (.[1] | un)] end)}'
from_envelope='def b: if . == null then "-" elif type == "string" then (if . == "" then "=" else @base64 end)
    elif .base64 == "" then "=" else .base64 end;
  [.topic, .offset, .ts, (.key | b), (.payload | b),
   ((.headers // []) as $h | [range(0; $h | length; 2) | ($h[.] | b) + ":" + ($h[. + 1] | b)] | if . == [] then "." else join(",") end)]
  | map(tostring) | join("\t")'

if [ "$verb" = write ]; then
	file=$1
	shift
	for t in "$@"; do
		jq -c -R "$to_envelope" "$file" | klog-produce -q -b "$broker" -J -p 0 -z "${t#*=}" "${t%=*}"
	done
else
	for t in "$@"; do
		klog-consume -q -b "$broker" -J -e "$t" | jq -r "$from_envelope"
	done
fi
