#!/usr/bin/env python3
"""decoders.py DUMPED DECODED: what DumpLogSegments says of the records of one
of Kafka's own topics (3.9), against the same records from klog-consume -J."""
import json
import re
import sys

STATES = ["Empty", "Ongoing", "PrepareCommit", "PrepareAbort",
          "CompleteCommit", "CompleteAbort", "Dead", "PrepareEpochFence"]


def snake(name):
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def plain(v):
    """Kafka's names as ours; opaque bytes, which only Kafka unpacks, are out."""
    if isinstance(v, dict):
        return {snake(k): plain(x) for k, x in v.items()
                if k not in ("subscription", "assignment")}
    return [plain(x) for x in v] if isinstance(v, list) else v


def same(want, got, where):
    if isinstance(want, dict) and isinstance(got, dict):
        for k in want:
            if k in got:
                same(want[k], got[k], where + "." + k)
            elif want[k] not in (None, [], -1, 0, False):
                sys.exit(f"{where}.{k}: {want[k]} is missing")
        for k in got:
            if k not in want and k not in ("type", "version", "subscription",
                                           "assignment"):
                sys.exit(f"{where}.{k}: Kafka has none")
    elif isinstance(want, list) and isinstance(got, list):
        if len(want) != len(got):
            sys.exit(f"{where}: {len(got)} elements, not {len(want)}")
        for i, (a, b) in enumerate(zip(want, got)):
            same(a, b, f"{where}[{i}]")
    elif want != got:
        sys.exit(f"{where}: {got!r}, not {want!r}")


def transaction(text):
    """producerId:9,producerEpoch:0,state=Ongoing,partitions=[z-0],..."""
    parts = re.search(r"partitions=\[(.*?)\]", text).group(1)
    f = dict(re.split("[:=]", x, 1) for x in
             re.sub(r"partitions=\[.*?\],", "", text).split(","))
    return (int(f["producerId"]), int(f["producerEpoch"]), f["state"],
            sorted(filter(None, parts.replace(" ", "").split(","))),
            int(f["txnLastUpdateTimestamp"]), int(f["txnTimeoutMs"]))


def ours(v):
    parts = [f'{t["topic"]}-{p}' for t in v["transaction_partitions"] or []
             for p in t["partition_ids"]]
    return (v["producer_id"], v["producer_epoch"],
            STATES[v["transaction_status"]], sorted(parts),
            v["transaction_last_update_timestamp_ms"],
            v["transaction_timeout_ms"])


decoded = {r["offset"]: r for r in map(json.loads, open(sys.argv[2]))}
seen = 0
for line in open(sys.argv[1]):
    m = re.match(r"\| offset: (\d+) .*?(?:key: (.*?) )?payload: (.*)$", line)
    if not m or "controlType" in line:
        continue
    offset, key, payload = int(m[1]), m[2], m[3]
    if offset not in decoded:
        sys.exit(f"offset {offset} is missing")
    r = decoded[offset]
    seen += 1
    if payload.startswith("producerId"):
        if transaction(payload) != ours(r["payload"]):
            sys.exit(f"{offset}: {ours(r['payload'])}, not {payload}")
        continue
    if key:
        k = json.loads(key)
        same(plain(k["data"]), r["key"], f"{offset}: key")
        if int(k["type"]) != r["key"]["version"]:
            sys.exit(f"{offset}: type {r['key']['version']}")
    if payload in ("null", "<DELETE>"):
        if r["payload"] is not None:
            sys.exit(f"{offset}: not null")
        continue
    v = json.loads(payload)
    same(plain(v["data"]), r["payload"], f"{offset}")
    if int(v["version"]) != r["payload"]["version"]:
        sys.exit(f"{offset}: version {r['payload']['version']}")
if seen == 0 or seen != len(decoded):
    sys.exit(f"{seen} records dumped, {len(decoded)} decoded")
print(seen, "records")
