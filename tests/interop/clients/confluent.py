#!/usr/bin/env python3
"""confluent.py write BROKER FILE TOPIC=CODEC.. | read BROKER TOPIC.. | group BROKER TOPIC GROUP [PROP=VAL..]
| member BROKER GROUP TOPIC ASSIGNOR | txn BROKER TOPIC GROUP:
librdkafka by way of confluent-kafka."""
import signal
import sys
import time
import confluent_kafka as ck
from common import load, show

verb, broker, *rest = sys.argv[1:]
if verb == "write":
    path, *topics = rest
    for t in topics:
        topic, codec = t.split("=")
        failed = []
        p = ck.Producer({"bootstrap.servers": broker, "compression.type": codec,
                         "enable.idempotence": True, "linger.ms": 20})
        for ts, k, v, h in load(path):
            p.produce(topic, value=v, key=k, headers=h, timestamp=ts, partition=0,
                      on_delivery=lambda e, m: e and failed.append(e))
        if p.flush(60) or failed:
            sys.exit(f"confluent: {topic}: undelivered {failed[:1]}")
elif verb == "txn":
    topic, group = rest
    p = ck.Producer({"bootstrap.servers": broker, "transactional.id": "confluent"})
    c = ck.Consumer({"bootstrap.servers": broker, "group.id": group})
    p.init_transactions(20)
    for i in range(6):
        p.begin_transaction()
        p.produce(topic, value=f"{i}-a", partition=0)
        p.produce(topic, value=f"{i}-b", partition=0)
        p.flush(20)
        p.send_offsets_to_transaction([ck.TopicPartition(topic, 0, i)], c.consumer_group_metadata(), 20)
        if i % 2:
            p.abort_transaction(20)
        else:
            p.commit_transaction(20)
    c.close()
elif verb == "group":
    topic, group, *props = rest
    conf = {"bootstrap.servers": broker, "group.id": group, "auto.offset.reset": "earliest",
            "session.timeout.ms": 6000} | dict(p.split("=") for p in props)
    if "group.protocol=consumer" in props:
        del conf["session.timeout.ms"]
    c = ck.Consumer(conf)
    c.subscribe([topic])
    until = time.time() + 20
    while time.time() < until:
        m = c.poll(0.2)
        if m is not None and m.error():
            sys.exit(f"confluent: {topic}: {m.error()}")
        if m is not None:
            print(m.value().decode(), flush=True)
            until = time.time() + 2
    c.close()
elif verb == "member":
    group, topic, assignor = rest
    c = ck.Consumer({"bootstrap.servers": broker, "group.id": group, "auto.offset.reset": "earliest",
                     "fetch.wait.max.ms": 50, "heartbeat.interval.ms": 200,
                     "partition.assignment.strategy": assignor})
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
    c.subscribe([topic])
    while not ended:
        m = c.poll(0.1)
        if m is not None and not m.error():
            print(m.value().decode(), flush=True)
    c.close()
else:
    c = ck.Consumer({"bootstrap.servers": broker, "group.id": "none",
                     "enable.auto.commit": False, "fetch.wait.max.ms": 50, "enable.partition.eof": True})
    for topic in rest:
        c.assign([ck.TopicPartition(topic, 0, 0)])
        while True:
            m = c.poll(10)
            if m is None:
                sys.exit(f"confluent: {topic}: nothing for 10 s")
            if m.error():
                if m.error().code() == ck.KafkaError._PARTITION_EOF:
                    break
                sys.exit(f"confluent: {topic}: {m.error()}")
            show(topic, m.offset(), m.timestamp()[1], m.key(), m.value(), m.headers())
