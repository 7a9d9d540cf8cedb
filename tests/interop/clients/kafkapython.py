#!/usr/bin/env python3
"""kafkapython.py write BROKER FILE TOPIC=CODEC.. | read BROKER TOPIC.. | group BROKER TOPIC GROUP |
member BROKER GROUP TOPIC ASSIGNOR | txn BROKER TOPIC GROUP: kafka-python."""
import signal
import sys
import time
from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from common import load, show

verb, broker, *rest = sys.argv[1:]
if verb == "write":
    path, *topics = rest
    for t in topics:
        topic, codec = t.split("=")
        p = KafkaProducer(bootstrap_servers=broker, acks="all", linger_ms=20,
                          compression_type=None if codec == "none" else codec)
        sent = [p.send(topic, key=k, value=v, headers=h, timestamp_ms=ts, partition=0)
                for ts, k, v, h in load(path)]
        p.flush(60)
        for f in sent:
            f.get(60)
        p.close()
elif verb == "txn":
    topic, group = rest
    p = KafkaProducer(bootstrap_servers=broker, transactional_id="kafkapython")
    p.init_transactions()
    for i in range(6):
        p.begin_transaction()
        sent = [p.send(topic, value=f"{i}-{x}".encode(), partition=0) for x in "ab"]
        p.flush(20)
        p.send_offsets_to_transaction({TopicPartition(topic, 0): OffsetAndMetadata(i, "", -1)}, group)
        if i % 2:
            p.abort_transaction()
        else:
            p.commit_transaction()
    p.close()
elif verb == "group":
    topic, group = rest
    c = KafkaConsumer(topic, bootstrap_servers=broker, group_id=group, auto_offset_reset="earliest")
    until = time.time() + 20
    while time.time() < until:
        for got in c.poll(200).values():
            for m in got:
                print(m.value.decode(), flush=True)
                until = time.time() + 2
    c.close()
elif verb == "member":
    group, topic, assignor = rest
    if assignor == "range":
        from kafka.coordinator.assignors.range import RangePartitionAssignor as Assignor
    elif assignor == "roundrobin":
        from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor as Assignor
    else:
        from kafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor as Assignor
    c = KafkaConsumer(topic, bootstrap_servers=broker, group_id=group, auto_offset_reset="earliest",
                      fetch_max_wait_ms=50, heartbeat_interval_ms=200, partition_assignment_strategy=[Assignor])
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
    while not ended:
        for records in c.poll(100).values():
            for m in records:
                print(m.value.decode(), flush=True)
    c.close()
else:
    c = KafkaConsumer(bootstrap_servers=broker, fetch_max_wait_ms=50)
    for topic in rest:
        tp = TopicPartition(topic, 0)
        c.assign([tp])
        end = c.end_offsets([tp])[tp]
        c.seek(tp, 0)
        while c.position(tp) < end:
            got = c.poll(10000).get(tp, [])
            if not got and c.position(tp) < end:
                sys.exit(f"kafka-python: {topic}: nothing for 10 s at {c.position(tp)}")
            for m in got:
                show(topic, m.offset, m.timestamp, m.key, m.value, m.headers)
