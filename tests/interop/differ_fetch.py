"""The differ's scenarios of fetching, offsets and epochs."""
from differ_side import *

apart(r'fetch .*max_bytes -1', '', 'Kafka fails with an exception')
apart(r'isolation [29]', '', 'Kafka fails with an exception')
apart(r'fetch .*replica 9', '', 'no replication yet')
apart(r'fetch .*the same', '', 'klog answers each')
apart(r'fetch_sessions .*create with nothing', '', 'klog keeps no empty session')
apart(r'list_offsets .*twice', '', 'klog answers each')
apart(r'delete_records .*twice', '', 'klog answers each')
apart(r'leader_epochs .*epoch -2, current (-1|0)', '', 'no epoch is below zero')


@scenario('Fetch')
def fetch(s, v):
    t = s.topic(f'f-{v}')
    yield 'nothing there', s.fetch(v, t)
    for i in range(4):
        s.produce(7, t, batch(time=NOW + i, n=3))
    f = lambda **k: s.fetch(v, t, **k)
    yield 'all', f()
    yield 'from 3', f(offset=3)
    yield 'within a batch', f(offset=4)
    yield 'at the end', f(offset=12)
    yield 'beyond the end', f(offset=13)
    yield 'far beyond', f(offset=1 << 40)
    yield 'negative', f(offset=-1)
    yield 'very negative', f(offset=-(1 << 40))
    yield 'partition_max_bytes 0', f(part=0)
    yield 'partition_max_bytes 1', f(part=1)
    yield 'partition_max_bytes -1', f(part=-1)
    yield 'partition_max_bytes 150', [b['base'] for b in show(answer(f(part=150))['Records'] or b'')]
    yield 'max_bytes 0', f(most=0)
    yield 'max_bytes 1', f(most=1)
    yield 'max_bytes -1', f(most=-1)
    yield 'max_bytes 1, last', f(offset=9, most=1)
    yield 'unknown partition', f(partition=7)
    yield 'negative partition', f(partition=-1)
    yield 'unknown topic', s.fetch(v, 'no-such', tid=NIL if v < 13 else STRANGE)
    yield 'zero id', s.fetch(v, 'no-such', tid=NIL)
    yield 'isolation 1', f(isolation=1)
    yield 'isolation 2', f(isolation=2)
    yield 'leader epoch 0', f(leader_epoch=0)
    yield 'leader epoch 7', f(leader_epoch=7)
    yield 'leader epoch -2', f(leader_epoch=-2)
    yield 'last fetched epoch 0', f(last_epoch=0, offset=3)
    yield 'last fetched epoch 0, beyond', f(last_epoch=0, offset=99)
    yield 'last fetched epoch 9', f(last_epoch=9, offset=3)
    for wait, least in ((900, 1), (900, 1 << 20), (-1, 1 << 20), (900, 0), (900, -1)):
        for off in (0, 12, 99):
            then = time.time()
            a = f(wait=wait, least=least, offset=off)
            waited = time.time() - then > 0.85
            yield f'wait {wait}, min {least}, at {off}', a
            yield f'wait {wait}, min {least}, at {off}: waited', waited
    two = [dict(Topic=t, TopicId=s.ids[t], Partitions=[dict(Partition=0, FetchOffset=0, PartitionMaxBytes=1 << 20, CurrentLeaderEpoch=-1)])]
    one = dict(MaxWaitMs=0, MinBytes=0, MaxBytes=1 << 20, SessionEpoch=-1)
    yield 'the same topic twice', s.ask('Fetch', v, Topics=two * 2, **one)
    twice = [dict(two[0], Partitions=two[0]['Partitions'] * 2)]
    yield 'the same partition twice', s.ask('Fetch', v, Topics=twice, **one)
    yield 'no topics', s.ask('Fetch', v, Topics=[], **one)
    yield 'no partitions', s.ask('Fetch', v, Topics=[dict(two[0], Partitions=[])], **one)
    u = s.topic(f'f-{v}-b', 2)
    s.produce(7, u, batch(time=NOW, n=3))
    s.produce(7, u, batch(time=NOW, n=3), partition=1)
    many = two + [dict(Topic=u, TopicId=s.ids[u], Partitions=[dict(
        Partition=i, FetchOffset=0, PartitionMaxBytes=1 << 20, CurrentLeaderEpoch=-1) for i in (0, 1, 2)])]
    yield 'several', s.ask('Fetch', v, Topics=many, **one)
    yield 'several, max_bytes 1', s.ask('Fetch', v, Topics=many, **dict(one, MaxBytes=1))
    yield 'several, max_bytes 150', s.ask('Fetch', v, Topics=many[1:], **dict(one, MaxBytes=150))
    if v <= 14:
        yield 'replica 9', s.ask('Fetch', v, Topics=two, ReplicaId=9, **one)
        yield 'replica -2', s.ask('Fetch', v, Topics=two, ReplicaId=-2, **one)


def answer(a):
    return a['Responses'][0]['Partitions'][0]


@scenario('Fetch', [7, 12, 13, 17])
def fetch_sessions(s, v):
    a, b = s.topic(f'fs-{v}-a'), s.topic(f'fs-{v}-b')
    s.produce(7, a, batch(time=NOW))
    f = lambda topic, **k: s.fetch(v, topic, **k)
    x = f(a, session_epoch=0)
    sid = x['SessionId']
    yield 'create', x
    yield 'same again', f(None, session=sid, session_epoch=1)
    yield 'moved', f(a, offset=3, session=sid, session_epoch=2)
    s.produce(7, a, batch(time=NOW))
    yield 'new records', f(None, session=sid, session_epoch=3)
    yield 'add one', f(b, session=sid, session_epoch=4)
    s.produce(7, b, batch(time=NOW))
    yield 'both', f(None, session=sid, session_epoch=5)
    yield 'forget', f(None, session=sid, session_epoch=6, forgotten=[a])
    yield 'after', f(None, session=sid, session_epoch=7)
    yield 'forget what is not there', f(None, session=sid, session_epoch=8, forgotten=[a])
    yield 'unknown topic', f('no-such', session=sid, session_epoch=9, tid=NIL if v < 13 else STRANGE)
    yield 'still unknown', f(None, session=sid, session_epoch=10)
    yield 'out of range', f(b, offset=99, session=sid, session_epoch=11)
    yield 'still out of range', f(None, session=sid, session_epoch=12)
    yield 'wrong epoch', f(None, session=sid, session_epoch=99)
    yield 'epoch repeated', f(None, session=sid, session_epoch=12)
    yield 'right epoch', f(None, session=sid, session_epoch=13)
    yield 'wrong id', f(a, session=sid + 12345, session_epoch=1)
    yield 'no id, epoch 5', f(a, session=0, session_epoch=5)
    yield 'negative id', f(a, session=-7, session_epoch=5)
    yield 'id, epoch 0', f(a, session=sid, session_epoch=0)
    yield 'old id after that', f(a, session=sid, session_epoch=1)
    x = f(a, session_epoch=0)
    yield 'another', x
    yield 'close', f(None, session=x['SessionId'], session_epoch=-1)
    yield 'closed', f(None, session=x['SessionId'], session_epoch=1)
    yield 'close what is not there', f(None, session=777, session_epoch=-1)
    yield 'epoch -2', f(a, session_epoch=-2)
    yield 'create with nothing', f(None, session_epoch=0)
    yield 'create with unknown', f('no-such', session_epoch=0, tid=NIL if v < 13 else STRANGE)


@scenario('ListOffsets')
def list_offsets(s, v):
    t = s.topic(f'lo-{v}')
    times = ([-1, -2, -3, -4, -5, -6, -99, 0, NOW, NOW + 1])
    for x in times:
        yield f'empty, {x}' if x < NOW else f'empty, now+{x - NOW}', s.offsets(v, t, x)
    s.produce(7, t, batch([record(0, ts=10), record(1, ts=30), record(2, ts=20)], time=NOW, max_time=NOW + 30))
    s.produce(7, t, batch([record(0), record(1)], time=NOW + 30, max_time=NOW + 30))
    s.produce(7, t, batch([record(0), record(1, ts=5)], time=NOW + 50, codec='gzip', max_time=NOW + 55))
    s.produce(7, t, batch([record(0)], time=NOW + 40))
    for x in (-1, -2, -3, -4, -5, -6, -99, 0, NOW, NOW + 10, NOW + 11, NOW + 20, NOW + 30, NOW + 31, NOW + 50, NOW + 51, NOW + 55, NOW + 56, 1 << 62):
        for i in (0, 1) if v >= 2 else (0,):
            yield f'{x if x < NOW else f"now+{x - NOW}"}, isolation {i}', s.offsets(v, t, x, isolation=i)
    yield 'unknown topic', s.offsets(v, 'no-such', -1)
    yield 'invalid topic', s.offsets(v, 'a b', -1)
    yield 'unknown partition', s.offsets(v, t, -1, 9)
    yield 'negative partition', s.offsets(v, t, -1, -1)
    for e in (0, 5, -2):
        yield f'leader epoch {e}', s.offsets(v, t, -1, epoch=e)
        yield f'leader epoch {e}, by time', s.offsets(v, t, NOW, epoch=e)
    part = lambda i, x: dict(PartitionIndex=i, Timestamp=x, CurrentLeaderEpoch=-1)
    yield 'twice', s.ask('ListOffsets', v, ReplicaId=-1, Topics=[dict(Name=t, Partitions=[part(0, -1), part(0, -2)])])
    yield 'topic twice', s.ask('ListOffsets', v, ReplicaId=-1, Topics=[dict(Name=t, Partitions=[part(0, x)]) for x in (-1, -2)])
    yield 'none', s.ask('ListOffsets', v, ReplicaId=-1, Topics=[])
    yield 'replica 9', s.ask('ListOffsets', v, ReplicaId=9, Topics=[dict(Name=t, Partitions=[part(0, -1)])])
    yield 'replica -2', s.ask('ListOffsets', v, ReplicaId=-2, Topics=[dict(Name=t, Partitions=[part(0, -1)])])
    yield 'isolation 9', s.offsets(v, t, -1, isolation=9)


@scenario('DeleteRecords')
def delete_records(s, v):
    def ask(topic, *offsets, timeout=5000):
        return s.ask('DeleteRecords', v, TimeoutMs=timeout, Topics=[dict(Name=topic, Partitions=[
            dict(PartitionIndex=i, Offset=x) for i, x in enumerate(offsets)])])

    def part(topic, index, offset):
        return s.ask('DeleteRecords', v, TimeoutMs=5000, Topics=[dict(Name=topic, Partitions=[
            dict(PartitionIndex=index, Offset=offset)])])

    def start(topic):
        return s.offsets(7, topic, -2)['Topics'][0]['Partitions'][0]['Offset']
    t = s.topic(f'dr-{v}')
    for x in (0, -1, 1, -2):
        yield f'empty, {x}', ask(t, x)
    for _ in range(4):
        s.produce(7, t, batch([record(i) for i in range(5)], time=NOW))
    for x in (-2, -99, 21, 1 << 62, 0, 3, 3, 2, 7, 20, 5):
        yield f'{x}', ask(t, x)
        yield f'{x}: start', start(t)
    for x in (0, 6, 7, 8, 19, 20, 21):
        yield f'fetch at {x}', s.fetch(12, t, x)
    s.produce(7, t, batch([record(i) for i in range(5)], time=NOW))
    yield 'by time', s.offsets(7, t, NOW)
    yield 'the middle of a batch', ask(t, 22)
    for x in (20, 21, 22, 23):
        yield f'then fetch at {x}', s.fetch(12, t, x)
    yield 'by time, in the middle', s.offsets(7, t, 0)
    yield 'high watermark', ask(t, -1)
    yield 'high watermark: start', start(t)
    yield 'no time', ask(t, -1, timeout=0)
    yield 'negative time', ask(t, -1, timeout=-1)
    yield 'unknown topic', ask(f'no-such-{v}', 0)
    yield 'invalid topic', ask('a b', 0)
    yield 'empty topic', ask('', 0)
    yield 'unknown partition', part(t, 9, 0)
    yield 'negative partition', part(t, -1, 0)
    yield 'nothing', s.ask('DeleteRecords', v, TimeoutMs=100, Topics=[])
    yield 'no partition', ask(t)
    two = s.topic(f'dr-two-{v}', 2)
    s.produce(7, two, batch([record(i) for i in range(5)], time=NOW))
    s.produce(7, two, batch([record(i) for i in range(5)], time=NOW), partition=1)
    yield 'two', ask(two, 2, 9)
    yield 'topics, good and bad', s.ask('DeleteRecords', v, TimeoutMs=5000, Topics=[
        dict(Name=n, Partitions=[dict(PartitionIndex=1, Offset=3)]) for n in (two, f'no-such-{v}')])
    yield 'twice', s.ask('DeleteRecords', v, TimeoutMs=5000, Topics=[dict(Name=two, Partitions=[
        dict(PartitionIndex=0, Offset=x) for x in (3, 4)])])
    for policy in ('compact', 'compact,delete'):
        c = s.topic(f'dr-{policy.replace(",", "-")}-{v}', cleanup_policy=policy)
        s.produce(7, c, batch([record(0, key=b'k')], time=NOW))
        for x in (-1, 0, 1, 9, -5):
            yield f'{policy}, {x}', ask(c, x)


@scenario('OffsetForLeaderEpoch')
def leader_epochs(s, v):
    t = s.topic(f'le-{v}')

    def ask(topic, epoch, current=-1, partition=0, replica=-1):
        return s.ask('OffsetForLeaderEpoch', v, ReplicaId=replica, Topics=[dict(Topic=topic, Partitions=[dict(
            Partition=partition, CurrentLeaderEpoch=current, LeaderEpoch=epoch)])])
    for e in (0, 1, -1):
        yield f'empty, epoch {e}', ask(t, e)
    s.produce(7, t, batch(time=NOW))
    for e in (0, 1, 99, -1, -2):
        for c in (-1, 0, 1, -2):
            yield f'epoch {e}, current {c}', ask(t, e, c)
    yield 'unknown topic', ask('no-such', 0)
    yield 'unknown partition', ask(t, 0, partition=5)
    yield 'negative partition', ask(t, 0, partition=-5)
    yield 'replica -2', ask(t, 0, replica=-2)
    yield 'replica 9', ask(t, 0, replica=9)
    yield 'none', s.ask('OffsetForLeaderEpoch', v, ReplicaId=-1, Topics=[])
