#!/usr/bin/env python3
"""differ.py --list | LIBS KLOG KAFKA [SCENARIO..]: sends the same requests to two brokers
(HOST:PORT each) and holds the answers against each other, field by field.
Left aside is what must differ: ids, addresses, throttling, the words of an
error. Every scenario runs at the lowest version that both serve, at the
highest, and at one between. Prints a line a question; DIFFER_ALL=1 shows
equal answers, too."""
import os, struct, sys, time, uuid
from itertools import zip_longest
import differ_txn
import differ_groups
from kbatch import *
from kcodec import *

NOW = int(time.time() * 1000) // 1000 * 1000
HOUR = 3600 * 1000
ASIDE = {'ThrottleTimeMs', 'ClusterId', 'Host', 'Port', 'ErrorMessage', 'SupportedFeatures', 'FinalizedFeatures',
         'FinalizedFeaturesEpoch', 'ZkMigrationReady', 'BatchIndexErrorMessage', 'NodeEndpoints'}
NIL = uuid.UUID(int=0)
STRANGE = uuid.UUID('12345678-1234-4321-8765-0123456789ab')
SCENARIOS = []


def place(x):
    """Where an entry of a list goes: topics and partitions come in any order."""
    if not isinstance(x, dict):
        return ''
    name = next((x[k] for k in ('Name', 'Topic', 'TopicId', 'ResourceName') if x.get(k) is not None), '')
    return f'{name} {x.get("PartitionIndex", x.get("Index", 0)):9}'


def plain(x, field=None):
    """The answer without what must differ."""
    if isinstance(x, dict):
        return {k: plain(y, k) for k, y in x.items() if k not in ASIDE}
    if isinstance(x, list):
        return sorted((plain(y) for y in x), key=place)
    if isinstance(x, uuid.UUID):
        return 'id' if x.int and x != STRANGE else str(x)
    if field == 'LogAppendTimeMs' and x >= 0:
        return 'time'
    if field in ('ProducerId', 'SessionId') and x > 0:
        return field
    if field in ('ProducerId',) and x >= 0:
        return field
    if field == 'Records':
        return show(x)
    return x


# Where klog is not to answer as Apache Kafka does: (question, field, reason).
AGREED = [(re.compile(q), re.compile(f), why) for q, f, why in (
    (r'metadata .*(auto-create|unknown)', '', 'klog creates topics at once and says so, Kafka later'),
    (r'metadata .*by zero id', '', 'Kafka fails with an exception'),
    (r'create_topics .*timeout 0', '', 'Kafka gives up at once'),
    (r'create_partitions .*too many', '', 'Kafka fails with an exception'),
    (r'produce.*: null', '', 'Kafka never answers'),
    (r'produce_strict', '', 'klog refuses what no client sends'),
    (r'produce_codecs .*(garbage|nothing|cut|tail|deltas|codec .)', '', 'Kafka fails with an exception, or does not look'),
    (r'produce', 'RecordErrors', 'klog names the first bad record, and whatever is bad'),
    (r'produce', r'LogStartOffset: klog -1, Kafka 0', 'klog says it with success only'),
    (r'fetch .*max_bytes -1', '', 'Kafka fails with an exception'),
    (r'isolation [29]', '', 'Kafka fails with an exception'),
    (r'fetch .*replica 9', '', 'no replication yet'),
    (r'fetch .*the same', '', 'klog answers each'),
    (r'fetch_sessions .*create with nothing', '', 'klog keeps no empty session'),
    (r'list_offsets .*twice', '', 'klog answers each'),
    (r'delete_records .*twice', '', 'klog answers each'),
    (r'delete_topics .*name and id', '', 'klog says it of the name only'),
    (r'leader_epochs .*epoch -2, current (-1|0)', '', 'no epoch is below zero'),
)]


class Side:
    """One of the two brokers."""

    def __init__(self, defs, name, address):
        self.defs, self.name, self.address = defs, name, address
        self.n = 0
        self.conn = Connection(address)
        self.versions = {a['ApiKey']: (a['MinVersion'], a['MaxVersion'])
                         for a in self.ask('ApiVersions', 0)['ApiKeys']}
        self.ids = {}

    def ask(self, api, v, **body):
        """The answer as it came, or the words 'closed' and 'silent'."""
        self.n += 1
        try:
            self.conn.send(self.defs.request(api, v, body, self.n))
            frame = self.conn.frame()
        except ConnectionError:
            frame = None
        if frame is None or frame == 'silent':
            self.again()
            return frame or 'closed'
        n, answer = self.defs.response(api, v, frame)
        return answer if n == self.n else 'the answer to another request'

    def again(self):
        self.conn.close()
        self.conn = Connection(self.address)

    def raw(self, *frames, wait=1):
        """Bytes as they are on a connection of their own: how many frames come
        back, and whether it is closed then."""
        c = Connection(self.address)
        try:
            for b in frames:
                c.send(b)
        except ConnectionError:
            pass
        said = []
        while True:
            f = c.frame(timeout=wait)
            if f is None or f == 'silent':
                c.close()
                return dict(frames=len(said), then=f or 'closed', ids=[x[:4].hex() for x in said])
            said.append(f)

    def topic(self, name, partitions=1, **configs):
        """Makes one, waits until it can be written to; its name."""
        self.ask('CreateTopics', 4, timeoutMs=10000, Topics=[dict(
            Name=name, NumPartitions=partitions, ReplicationFactor=1, Assignments=[],
            Configs=[dict(Name=k.replace('_', '.'), Value=str(x)) for k, x in configs.items()])])
        return self.ready(name)

    def ready(self, name, partitions=1):
        for _ in range(100):
            t = self.metadata(12, [name])['Topics'][0]
            if t['ErrorCode'] == 0 and len(t['Partitions']) >= partitions and \
                    all(p['ErrorCode'] == 0 and p['LeaderId'] >= 0 for p in t['Partitions']):
                # the log itself comes a moment later
                self.ids[name] = t['TopicId']
                if 'listed' == self.listed(name):
                    return name
            time.sleep(0.03)
        sys.exit(f'{self.name}: topic {name} does not come')

    def listed(self, name):
        a = self.ask('ListOffsets', 1, ReplicaId=-1, Topics=[dict(Name=name, Partitions=[dict(PartitionIndex=0, Timestamp=-1)])])
        return 'listed' if a['Topics'][0]['Partitions'][0]['ErrorCode'] == 0 else 'not yet'

    def metadata(self, v, names=None, auto=False, ids=None):
        if ids is not None:
            topics = [dict(TopicId=i, Name=None) for i in ids]
        else:
            topics = None if names is None else [dict(Name=n) for n in names]
        return self.ask('Metadata', v, Topics=topics, AllowAutoTopicCreation=auto)

    def produce(self, v, topic, records, acks=-1, partition=0, txn=None):
        return self.ask('Produce', v, Acks=acks, TimeoutMs=5000, TransactionalId=txn, TopicData=[dict(
            Name=topic, PartitionData=[dict(Index=partition, Records=records)])])

    def fetch(self, v, topic, offset=0, partition=0, wait=0, least=0, most=1 << 20, part=1 << 20, session=0,
              session_epoch=-1, isolation=0, leader_epoch=-1, last_epoch=-1, forgotten=(), tid=None, start=-1):
        named = dict(Topic=topic or '', TopicId=self.ids.get(topic, NIL) if tid is None else tid)
        topics = [dict(named, Partitions=[dict(
            Partition=partition, FetchOffset=offset, PartitionMaxBytes=part,
            CurrentLeaderEpoch=leader_epoch, LastFetchedEpoch=last_epoch, LogStartOffset=start)])]
        return self.ask('Fetch', v, MaxWaitMs=wait, MinBytes=least, MaxBytes=most, IsolationLevel=isolation,
                        SessionId=session, SessionEpoch=session_epoch,
                        Topics=[] if topic is None else topics,
                        ForgottenTopicsData=[dict(Topic=t, TopicId=self.ids.get(t, NIL), Partitions=[0]) for t in forgotten])

    def offsets(self, v, topic, time, partition=0, isolation=0, epoch=-1):
        return self.ask('ListOffsets', v, ReplicaId=-1, IsolationLevel=isolation, Topics=[dict(
            Name=topic, Partitions=[dict(PartitionIndex=partition, Timestamp=time, CurrentLeaderEpoch=epoch)])])


def scenario(api, versions=None):
    def add(f):
        SCENARIOS.append((f.__name__, api, versions, f))
        return f
    return add


# --- ApiVersions, framing -------------------------------------------------

@scenario('ApiVersions')
def api_versions(s, v):
    def ours(a):
        return dict(a, ApiKeys=sorted(k['ApiKey'] for k in a['ApiKeys'] if k['ApiKey'] == 18))
    who = dict(ClientSoftwareName='differ', ClientSoftwareVersion='1')
    yield 'good', ours(s.ask('ApiVersions', v, **who))
    if v >= 3:
        for name in ('', '-x', 'a b', 'x.', 'a.b-c'):
            yield f'software name {name!r}', s.ask('ApiVersions', v, **dict(who, ClientSoftwareName=name))['ErrorCode']
        yield 'software version empty', s.ask('ApiVersions', v, **dict(who, ClientSoftwareVersion=''))['ErrorCode']


@scenario('ApiVersions', [0])
def framing(s, v):
    d = s.defs
    head = lambda key, ver, n=1: struct.pack('>hhih', key, ver, n, 1) + b'x'
    size = lambda b: struct.pack('>i', len(b)) + b
    av = d.request('ApiVersions', 0, {}, 7)
    for ver in (5, 99, 32767, -1):
        c = Connection(s.address)
        c.send(size(head(18, ver) + b'\0\2a\2b\0'))
        f = c.frame(3)
        yield f'ApiVersions of version {ver}', f if not isinstance(f, bytes) else f[4:6].hex()
        if isinstance(f, bytes):
            _, x = d.response('ApiVersions', 0, f)
            yield f'ApiVersions of version {ver}: keys', [k for k in x['ApiKeys'] if k['ApiKey'] == 18]
            c.send(av)
            yield 'and then', c.frame(3) is not None
    yield 'unknown key', s.raw(size(head(999, 0)))
    yield 'negative key', s.raw(size(head(-1, 0)))
    yield 'controller key (Vote)', s.raw(size(head(52, 0) + b'\0' * 20))
    yield 'Metadata of a version too high', s.raw(size(head(3, 99) + b'\0' * 20))
    yield 'Metadata of a version below zero', s.raw(size(head(3, -1) + b'\0' * 20))
    yield 'ListOffsets of version 99', s.raw(size(head(2, 99) + b'\0' * 20))
    meta = d.request('Metadata', 1, dict(Topics=[dict(Name='nosuch')]), 9)[4:]
    yield 'good one', s.raw(size(meta))['frames']
    for n in (1, 3, 7, 9, 11, len(meta) - 1, len(meta) - 4):
        yield f'truncated to {n}', s.raw(size(meta[:n]))
    yield 'trailing bytes', s.raw(size(meta + b'123'))['then']
    yield 'trailing bytes: answers', s.raw(size(meta + b'123'))['frames']
    flex = d.request('Metadata', 12, dict(Topics=[dict(Name='nosuch')]), 9)[4:]
    yield 'trailing bytes, flexible', s.raw(size(flex + b'123'))['frames']
    yield 'flexible, truncated', s.raw(size(flex[:-1]))
    for name, api, ver, body in (('DescribeCluster', 'DescribeCluster', 0, {}), ('ListOffsets', 'ListOffsets', 1, dict(ReplicaId=-1)),
                                 ('InitProducerId', 'InitProducerId', 0, {}), ('ApiVersions', 'ApiVersions', 0, {}),
                                 ('Produce', 'Produce', 3, dict(Acks=1)), ('Fetch', 'Fetch', 4, dict(MaxWaitMs=0)),
                                 ('ApiVersions 3', 'ApiVersions', 3, dict(ClientSoftwareName='a', ClientSoftwareVersion='b'))):
        b = d.request(api, ver, body, 9)[4:]
        yield f'{name} and trailing bytes', s.raw(size(b + b'1234'))['frames']
        yield f'{name} truncated', s.raw(size(b[:-1]))['frames']
    yield 'size 0', s.raw(size(b''))
    yield 'size -1', s.raw(struct.pack('>i', -1))
    yield 'size 2 GiB', s.raw(struct.pack('>i', 0x7fffffff) + b'x' * 100)
    yield 'HTTP', s.raw(b'GET / HTTP/1.0\r\n\r\n')
    yield 'array of 2^31-1', s.raw(size(head(3, 1) + b'\x7f\xff\xff\xff'))
    yield 'array of -2', s.raw(size(head(3, 1) + b'\xff\xff\xff\xfe'))
    yield 'string of -2', s.raw(size(head(3, 1) + b'\0\0\0\1\xff\xfe'))
    yield 'null string', s.raw(size(head(3, 1) + b'\0\0\0\1\xff\xff'))
    yield 'bad UTF-8', s.raw(size(head(3, 1) + b'\0\0\0\1\0\2\xff\xff'))
    yield 'client id null', s.raw(size(struct.pack('>hhih', 18, 0, 3, -1)))
    yield 'client id -2', s.raw(size(struct.pack('>hhih', 18, 0, 3, -2)))
    yield 'unknown tag in the header', s.raw(size(struct.pack('>hhih', 18, 3, 3, -1) + b'\1\x05\2ab' + b'\2a\2b\0'))
    yield 'unknown tag in the body', s.raw(size(struct.pack('>hhih', 18, 3, 3, -1) + b'\0' + b'\2a\2b\1\x07\1z'))
    yield 'tags out of order', s.raw(size(struct.pack('>hhih', 18, 3, 3, -1) + b'\0' + b'\2a\2b\2\x07\1z\x06\1z'))
    yield 'the same tag twice', s.raw(size(struct.pack('>hhih', 18, 3, 3, -1) + b'\0' + b'\2a\2b\2\x07\1z\x07\1z'))
    many = b''.join(d.request('Metadata', 1, dict(Topics=[]), n) for n in range(5))
    t = s.topic('pipelined')
    p = lambda n: d.request('Produce', 7, dict(Acks=-1, TimeoutMs=1000, TopicData=[dict(
        Name=t, PartitionData=[dict(Index=0, Records=batch(time=NOW))])]), n)
    f = lambda n: d.request('Fetch', 4, dict(ReplicaId=-1, MaxWaitMs=300, MinBytes=1 << 20, MaxBytes=1 << 20, Topics=[dict(
        Topic=t, Partitions=[dict(Partition=0, FetchOffset=0, PartitionMaxBytes=1 << 20)])]), n)
    yield 'pipelined', s.raw(many)
    yield 'pipelined, mixed', s.raw(f(1) + p(2) + many + f(3) + p(4) + av)
    yield 'pipelined, then rubbish', s.raw(many + size(head(999, 0)), wait=3)['then']


# --- Metadata -------------------------------------------------------------

@scenario('Metadata')
def metadata(s, v):
    def of(name, a):
        return a if isinstance(a, str) else [t for t in a['Topics'] if t['Name'] == name]
    a = s.topic(f'meta-{v}', 2)
    yield 'one', s.metadata(v, [a])
    yield 'unknown', s.metadata(v, [f'absent-{v}'])
    yield 'known, unknown', s.metadata(v, [a, f'absent-{v}'])
    yield 'twice the same', s.metadata(v, [a, a])
    yield 'all', of(a, s.metadata(v, None if v >= 1 else []))
    if v >= 1:
        yield 'none', s.metadata(v, [])
    for bad in ('', '.', '..', 'a b', 'x' * 250, 'a/b', 'ä', 'a\n'):
        yield f'invalid {bad[:9]!r}', s.metadata(v, [bad])
        yield f'invalid {bad[:9]!r}, auto', s.metadata(v, [bad], auto=True)
    new = f'auto-{v}'
    yield 'auto-create: first', s.metadata(v, [new], auto=True)
    s.ready(new)
    yield 'auto-create: then', s.metadata(v, [new], auto=True)
    twin = [f'twin.{v}', f'twin_{v}']
    yield 'auto-create: collision', [t['ErrorCode'] for t in s.metadata(v, twin[:1], auto=True)['Topics']]
    s.ready(twin[0])
    yield 'auto-create: collision, then', [t['ErrorCode'] for t in s.metadata(v, twin[1:], auto=True)['Topics']]
    time.sleep(0.2)
    yield 'auto-create: collision, at last', [t['ErrorCode'] for t in s.metadata(v, twin[1:])['Topics']]
    if v >= 8:
        for c in (0, 1):
            for t in (0, 1):
                if c and v > 10:
                    continue
                yield f'operations {c}{t}', s.ask('Metadata', v, Topics=[dict(Name=a), dict(Name='no-such')], AllowAutoTopicCreation=False,
                                                  IncludeClusterAuthorizedOperations=bool(c),
                                                  IncludeTopicAuthorizedOperations=bool(t))
    if v >= 10:
        yield 'by id', s.metadata(v, ids=[s.ids[a]])
        yield 'by unknown id', s.metadata(v, ids=[STRANGE])
        yield 'by zero id', s.metadata(v, ids=[NIL])
        yield 'by id and name', s.ask('Metadata', v, Topics=[dict(Name=a, TopicId=s.ids[a])])
        yield 'by other id and name', s.ask('Metadata', v, Topics=[dict(Name='no-such', TopicId=s.ids[a])])
        yield 'name null, auto', s.ask('Metadata', v, Topics=[dict(Name=None, TopicId=STRANGE)], AllowAutoTopicCreation=True)


# --- CreateTopics, DeleteTopics, CreatePartitions --------------------------

def creation(name, partitions=1, factor=1, assignments=(), configs=()):
    return dict(Name=name, NumPartitions=partitions, ReplicationFactor=factor,
                Assignments=[dict(PartitionIndex=i, BrokerIds=list(b)) for i, b in assignments],
                Configs=[dict(Name=k, Value=x) for k, x in configs])


@scenario('CreateTopics')
def create_topics(s, v):
    def shown(a):
        """Sorted; configs checked elsewhere, here that they are there."""
        if isinstance(a, dict):
            a['Topics'].sort(key=lambda t: t['Name'])
            for t in a['Topics']:
                if 'Configs' in t:
                    t['Configs'] = t['Configs'] and sorted(c['Name'] + '=' + str(c['Value']) for c in t['Configs'])
        return plain(a)

    def ask(*topics, only=False, timeout=10000):
        return shown(s.ask('CreateTopics', v, Topics=list(topics), timeoutMs=timeout, validateOnly=only))
    n = lambda x: f'ct-{v}-{x}'
    yield 'good', ask(creation(n('a')))
    yield 'exists', ask(creation(n('a')))
    yield 'exists, validate only', ask(creation(n('a')), only=True)
    yield 'validate only', ask(creation(n('b')), only=True)
    yield 'validate only, then', [t['ErrorCode'] for t in s.metadata(4, [n('b')])['Topics']]
    for bad in ('', '.', '..', 'a b', 'x' * 249 + 'y', 'a/b', 'ä', 'a\n', 'a:b'):
        yield f'name {bad[:9]!r}', ask(creation(bad))
    yield 'longest name', ask(creation(f'{v:03}' + 'x' * 246))
    ask(creation(n('d.e')))
    yield 'collision', ask(creation(n('d_e')))
    yield 'collision in one', ask(creation(n('f.g')), creation(n('f_g')))
    for p in (0, -1, -2):
        yield f'{p} partitions', ask(creation(n(f'p{-p}'), p))
    for f in (0, -1, -2, 2, 3):
        yield f'replication factor {f}', ask(creation(n(f'f{f + 2}'), 1, f))
    yield 'both defaults', ask(creation(n('dd'), -1, -1))
    yield 'twice', ask(creation(n('t')), creation(n('t')))
    yield 'twice and another', ask(creation(n('t')), creation(n('t')), creation(n('u')))
    yield 'no topics', ask()
    yield 'good and bad', ask(creation(n('g')), creation('a b'))
    yield 'timeout 0', ask(creation(n('to')), timeout=0)
    for name, x in (('one', [(0, [1])]), ('two', [(0, [1]), (1, [1])]), ('other order', [(1, [1]), (0, [1])]),
                    ('gap', [(0, [1]), (2, [1])]), ('not from 0', [(1, [1])]), ('twice', [(0, [1]), (0, [1])]),
                    ('unknown broker', [(0, [99])]), ('broker twice', [(0, [1, 1])]), ('no broker', [(0, [])]),
                    ('unlike', [(0, [1]), (1, [1, 99])]), ('negative', [(-1, [1])]), ('negative broker', [(0, [-1])])):
        yield f'assignment: {name}', ask(creation(n('as-' + name.replace(' ', '-')), -1, -1, x))
    yield 'assignment and partitions', ask(creation(n('ap'), 1, -1, [(0, [1])]))
    yield 'assignment and factor', ask(creation(n('af'), -1, 1, [(0, [1])]))
    for k, x in (('no.such', '1'), ('retention.ms', 'x'), ('retention.ms', '-2'), ('retention.ms', '-1'), ('retention.ms', ''),
                 ('retention.ms', None), ('cleanup.policy', 'compact'), ('cleanup.policy', 'compact,delete'),
                 ('cleanup.policy', 'delete, compact'), ('cleanup.policy', 'nope'), ('cleanup.policy', ''),
                 ('compression.type', 'zstd'), ('compression.type', 'ZSTD'), ('compression.type', 'brotli'),
                 ('segment.bytes', '1'), ('segment.bytes', '14'), ('max.message.bytes', '-1'), ('segment.bytes', '99999999999'),
                 ('min.insync.replicas', '0'), ('min.cleanable.dirty.ratio', '2'), ('preallocate', 'yes'),
                 ('preallocate', 'TRUE'), ('message.timestamp.type', 'Never'), ('message.timestamp.type', 'LogAppendTime'),
                 ('message.timestamp.after.max.ms', '-1'), ('segment.ms', '0'), ('', 'x'), ('retention.ms', ' 5 '),
                 ('leader.replication.throttled.replicas', '*'), ('leader.replication.throttled.replicas', 'x'),
                 ('message.format.version', '2.0'), ('follower.replication.throttled.replicas', '0:1'),
                 ('num.partitions', '3'), ('remote.storage.enable', 'true'), ('min.compaction.lag.ms', '-1')):
        name = n('c-' + k + '-' + ''.join(c for c in str(x) if c.isalnum()))
        yield f'config {k}={x!r}', ask(creation(name, configs=[(k, x)]), only=k != 'cleanup.policy')
    yield 'config: lags crossed', ask(creation(n('cl'), configs=[('min.compaction.lag.ms', '9'), ('max.compaction.lag.ms', '5')]))
    yield 'config: local retention', ask(creation(n('cr'), configs=[('local.retention.ms', '9'), ('retention.ms', '5')]))
    yield 'config twice', ask(creation(n('c2'), configs=[('retention.ms', '7'), ('retention.ms', '8')]))
    yield 'internal name', ask(creation('__consumer_offsets'), only=True)
    yield 'metadata topic', ask(creation('__cluster_metadata'), only=True)
    yield 'many partitions', ask(creation(n('many'), 10001), only=True)
    yield 'very many partitions', ask(creation(n('many'), 2147483647), only=True)


@scenario('DeleteTopics')
def delete_topics(s, v):
    def by(*names, ids=None):
        a = s.ask('DeleteTopics', v, TimeoutMs=10000, TopicNames=list(names),
                  Topics=[dict(Name=x) for x in names] if ids is None else [dict(Name=None, TopicId=i) for i in ids])
        if isinstance(a, dict):
            a['Responses'].sort(key=lambda r: (r['Name'] or '', r['ErrorCode']))
        return a
    n = lambda x: f'dt-{v}-{x}'
    s.topic(n('a')), s.topic(n('b')), s.topic(n('c')), s.topic(n('d'))
    yield 'good', by(n('a'))
    yield 'again', by(n('a'))
    yield 'unknown', by('no-such')
    yield 'invalid', by('a b')
    yield 'empty name', by('')
    yield 'duplicates', by(n('b'), n('b'))
    yield 'duplicates and another', by(n('b'), n('b'), n('c'))
    time.sleep(0.3)
    yield 'is it there', [t['ErrorCode'] for t in s.metadata(4, [n('b'), n('c')])['Topics']]
    yield 'none', by()
    if v >= 6:
        i = s.ids[n('d')]
        yield 'unknown id', by(ids=[STRANGE])
        yield 'zero id', by(ids=[NIL])
        yield 'ids twice', by(ids=[i, i])
        yield 'id and name', s.ask('DeleteTopics', v, TimeoutMs=9999, Topics=[dict(Name=n('d'), TopicId=i)])
        yield 'name and id of the same', s.ask('DeleteTopics', v, TimeoutMs=9999, Topics=[dict(Name=n('d')), dict(Name=None, TopicId=i)])
        s.topic(n('e'))
        yield 'by id', by(ids=[s.ids[n('e')]])
        yield 'by id again', by(ids=[s.ids[n('e')]])


@scenario('CreatePartitions')
def create_partitions(s, v):
    def ask(*topics, only=False):
        a = s.ask('CreatePartitions', v, TimeoutMs=10000, ValidateOnly=only, Topics=[
            dict(Name=t, Count=c, Assignments=None if a is None else [dict(BrokerIds=b) for b in a]) for t, c, a in topics])
        if isinstance(a, dict):
            a['Results'].sort(key=lambda r: r['Name'])
        return a
    a, b = s.topic(f'cp-{v}', 2), s.topic(f'cp-{v}-b', 1)
    yield 'decrease', ask((a, 1, None))
    yield 'same', ask((a, 2, None))
    yield 'zero', ask((a, 0, None))
    yield 'negative', ask((a, -1, None))
    yield 'unknown', ask(('no-such', 2, None))
    yield 'invalid name', ask(('a b', 2, None))
    yield 'validate only', ask((a, 3, None), only=True)
    yield 'more', ask((a, 3, None))
    s.ready(a, 3)
    yield 'now', s.metadata(4, [a])
    yield 'assigned', ask((a, 5, [[1], [1]]))
    yield 'assignments too few', ask((a, 7, [[1]]))
    yield 'assignments too many', ask((a, 6, [[1], [1]]))
    yield 'assignments none', ask((a, 6, []))
    yield 'unknown broker', ask((a, 6, [[99]]))
    yield 'broker twice', ask((a, 6, [[1, 1]]))
    yield 'no broker', ask((a, 6, [[]]))
    yield 'twice', ask((b, 3, None), (b, 4, None))
    yield 'twice and another', ask((a, 6, None), (b, 3, None), (b, 4, None))
    yield 'too many', ask((b, 20000, None), only=True)
    yield 'none', ask()


# --- Produce ---------------------------------------------------------------

@scenario('Produce')
def produce(s, v):
    t = s.topic(f'p-{v}', 2)
    p = lambda *a, **k: s.produce(v, t, *a, **k)
    yield 'good', p(batch(time=NOW))
    yield 'acks 1', p(batch(time=NOW), acks=1)
    yield 'acks 2', p(batch(time=NOW), acks=2)
    yield 'acks -2', p(batch(time=NOW), acks=-2)
    yield 'unknown topic', s.produce(v, 'no-such', batch(time=NOW))
    yield 'invalid topic', s.produce(v, 'a b', batch(time=NOW))
    yield 'unknown partition', p(batch(time=NOW), partition=9)
    yield 'negative partition', p(batch(time=NOW), partition=-1)
    yield 'acks 2 and unknown topic', s.produce(v, 'no-such', batch(time=NOW), acks=2)
    yield 'CRC broken', p(batch(time=NOW, crc=1))
    for m in (0, 1, 3, -1):
        yield f'magic {m}', p(batch(time=NOW, magic=m))
    yield 'two batches', p(batch(time=NOW) + batch(time=NOW))
    yield 'batch and long rubbish', p(batch(time=NOW) + b'a' * 100)
    yield 'truncated', p(batch(time=NOW)[:-1])
    yield 'header only', p(batch(time=NOW)[:61])
    yield 'length too small', p(batch(time=NOW, length=-1))
    yield 'length too great', p(batch(time=NOW, length=1))
    yield 'length 0', p(struct.pack('>qi', 0, 0) + batch(time=NOW)[12:])
    yield 'length negative', p(struct.pack('>qi', 0, -5) + batch(time=NOW)[12:])
    yield 'null', p(None)
    yield 'empty', p(b'')
    yield 'no records', p(batch([], time=NOW, last=0))
    yield 'no records, last -1', p(batch([], time=NOW))
    yield 'no records, last 4', p(batch([], time=NOW, last=4))
    yield 'count too great', p(batch(time=NOW, n=2, count=3))
    yield 'count too small', p(batch(time=NOW, n=3, count=2))
    yield 'count -1', p(batch(time=NOW, n=3, count=-1))
    yield 'last delta too small', p(batch(time=NOW, last=1))
    yield 'last delta too great', p(batch(time=NOW, last=7))
    yield 'last delta -1', p(batch(time=NOW, last=-1))
    yield 'delta gap', p(batch([record(0), record(2)], time=NOW, last=2))
    yield 'base offset 77', p(batch(time=NOW, base=77))
    yield 'base offset -1', p(batch(time=NOW, base=-1))
    yield 'leader epoch 5', p(batch(time=NOW, leader_epoch=5))
    yield 'record attributes', p(batch([record(0, attributes=1)], time=NOW))
    yield 'max time too small', p(batch(time=NOW, max_time=NOW - 5))
    yield 'max time too great', p(batch(time=NOW, max_time=NOW + 5))
    yield 'max time -1', p(batch(time=NOW, max_time=-1))
    yield 'times -1', p(batch(time=-1))
    yield 'time -2', p(batch(time=-2))
    yield 'time delta below zero', p(batch([record(0, ts=-NOW - 1)], time=NOW))
    yield 'times', p(batch([record(0, ts=5), record(1, ts=-5), record(2)], time=NOW, max_time=NOW + 5))
    yield 'append time flag', p(batch(time=NOW, attributes=8))
    yield 'horizon flag', p(batch(time=NOW, attributes=0x40))
    yield 'unused flags', p(batch(time=NOW, attributes=0x80))
    yield 'control batch', p(batch([record(0, key=b'\0\0\0\1', value=b'\0\0\0\0\0\0')], time=NOW, attributes=0x20))
    yield 'control and transactional', p(batch([record(0, key=b'\0\0\0\1', value=b'\0\0\0\0\0\0')], time=NOW, attributes=0x30, pid=1, epoch=0, seq=0))
    yield 'transactional', p(batch(time=NOW, attributes=0x10))
    yield 'transactional, pid', p(batch(time=NOW, attributes=0x10, pid=4321, epoch=0, seq=0))
    yield 'transactional, id', p(batch(time=NOW, attributes=0x10, pid=4321, epoch=0, seq=0), txn='tx')
    yield 'id, not transactional', p(batch(time=NOW), txn='tx')
    yield 'id empty', p(batch(time=NOW), txn='')
    yield 'null key and value', p(batch([record(0, None, None)], time=NOW))
    yield 'empty key and value', p(batch([record(0, b'', b'')], time=NOW))
    yield 'headers', p(batch([record(0, headers=[(b'a', b'b'), (b'', None)])], time=NOW))
    yield 'header key null', p(batch([record(0, headers=[(None, b'x')])], time=NOW))
    yield 'record longer than batch', p(batch(payload=varint(500) + b'x' * 20, count=1, last=0, time=NOW))
    yield 'record length 0', p(batch(payload=varint(0), count=1, last=0, time=NOW))
    yield 'record length negative', p(batch(payload=varint(-9) + b'x' * 20, count=1, last=0, time=NOW))
    yield 'record and one byte more', p(batch(payload=varint(7 + 1) + record(0)[1:] + b'x', count=1, last=0, time=NOW))
    yield 'key length -2', p(batch(payload=varint(6) + b'\0' + varint(0) + varint(0) + varint(-2) + varint(0) + varint(0), count=1, last=0, time=NOW))
    yield 'header count -1', p(batch(payload=varint(6) + b'\0' + varint(0) + varint(0) + varint(-1) + varint(-1) + varint(-1), count=1, last=0, time=NOW))
    yield 'bytes behind the records', p(batch(payload=record(0) + b'xyz', count=1, last=0, time=NOW))
    yield 'big', p(batch([record(0, value=b'x' * 1000000)], time=NOW))
    yield 'too large', p(batch([record(0, value=b'x' * 1048600)], time=NOW))
    yield 'no topics', s.ask('Produce', v, Acks=1, TimeoutMs=100, TopicData=[])
    yield 'two partitions, one bad', s.ask('Produce', v, Acks=-1, TimeoutMs=900, TopicData=[dict(Name=t, PartitionData=[
        dict(Index=0, Records=batch(time=NOW)), dict(Index=1, Records=batch(time=NOW, crc=1))])])
    yield 'end', s.offsets(1, t, -1)
    yield 'all of it', fetched(s, t)
    yield 'end of 1', s.offsets(1, t, -1, 1)


@scenario('Produce')
def produce_strict(s, v):
    t = s.topic(f'px-{v}', 2)
    p = lambda *a, **k: s.produce(v, t, *a, **k)
    yield 'deltas from 1', p(batch([record(1), record(2)], time=NOW))
    yield 'deltas twice', p(batch([record(0), record(0)], time=NOW))
    yield 'deltas backwards', p(batch([record(1), record(0)], time=NOW))
    yield 'delta negative', p(batch([record(-1)], time=NOW))
    yield 'batch and rubbish', p(batch(time=NOW) + b'abc')
    yield 'the same partition twice', s.ask('Produce', v, Acks=-1, TimeoutMs=900, TopicData=[dict(Name=t, PartitionData=[
        dict(Index=1, Records=batch(time=NOW)), dict(Index=1, Records=batch(time=NOW))])])
    yield 'the same topic twice', s.ask('Produce', v, Acks=-1, TimeoutMs=900, TopicData=[
        dict(Name=t, PartitionData=[dict(Index=1, Records=batch(time=NOW))]),
        dict(Name=t, PartitionData=[dict(Index=0, Records=batch(time=NOW))])])
    yield 'no partitions', s.ask('Produce', v, Acks=1, TimeoutMs=100, TopicData=[dict(Name=t, PartitionData=[])])


def fetched(s, t, partition=0):
    a = s.fetch(11, t, partition=partition, most=50 << 20, part=50 << 20)
    return a


@scenario('Produce')
def produce_silent(s, v):
    t = s.topic(f'p0-{v}')

    def ask(b, topic=t, txn=None):
        c = Connection(s.address)
        c.send(s.defs.request('Produce', v, dict(Acks=0, TimeoutMs=100, TransactionalId=txn, TopicData=[
            dict(Name=topic, PartitionData=[dict(Index=0, Records=b)])]), 5))
        c.send(s.defs.request('ApiVersions', 0, {}, 6))
        f = c.frame(3)
        c.close()
        return f if not isinstance(f, bytes) else f[:4].hex()
    yield 'good', ask(batch(time=NOW))
    yield 'unknown topic', ask(batch(time=NOW), 'no-such')
    yield 'CRC broken', ask(batch(time=NOW, crc=1))
    yield 'null', ask(None)
    yield 'two batches', ask(batch(time=NOW) * 2)
    yield 'too large', ask(batch([record(0, value=b'x' * 1048600)], time=NOW))
    yield 'end', s.offsets(1, t, -1)


@scenario('Produce')
def produce_codecs(s, v):
    for c in CODECS:
        t, tails = s.topic(f'pc-{v}-{c}'), s.topic(f'pc-{v}-{c}-tails')
        rs = [record(i, value=b'value %d' % i) for i in range(5)]
        z = CODECS[c][1]
        yield f'{c}: good', s.produce(v, t, batch(rs, time=NOW, codec=c))
        if c != 'none':
            yield f'{c}: garbage', s.produce(v, t, batch(time=NOW, codec=c, payload=b'garbage, not compressed', count=3))
            yield f'{c}: nothing', s.produce(v, t, batch(time=NOW, codec=c, payload=b'', count=3))
            yield f'{c}: cut', s.produce(v, t, batch(time=NOW, codec=c, payload=z(b''.join(rs))[:-3], count=5))
            yield f'{c}: tail', s.produce(v, tails, batch(time=NOW, codec=c, payload=z(b''.join(rs)) + b'tail', count=5))
            yield f'{c}: garbage inside', s.produce(v, t, batch(time=NOW, codec=c, payload=z(b'garbage, garbage, garbage'), count=3))
            yield f'{c}: count too great', s.produce(v, t, batch(rs, time=NOW, codec=c, count=6))
            yield f'{c}: count too small', s.produce(v, t, batch(rs, time=NOW, codec=c, count=4))
            yield f'{c}: deltas', s.produce(v, t, batch([record(1), record(2)], time=NOW, codec=c))
            yield f'{c}: max time', s.produce(v, t, batch(rs, time=NOW, codec=c, max_time=NOW + 9))
            yield f'{c}: record attributes', s.produce(v, t, batch([record(0, attributes=3)], time=NOW, codec=c))
            yield f'{c}: base offset', s.produce(v, t, batch(rs, time=NOW, codec=c, base=9))
        yield f'{c}: all', fetched(s, t)
    t = s.topic(f'pc-{v}-x')
    for n in (5, 6, 7):
        yield f'codec {n}', s.produce(v, t, batch(time=NOW, attributes=n))


@scenario('Produce')
def produce_idempotent(s, v):
    t = s.topic(f'pi-{v}')
    pid = 1000 + v
    p = lambda seq, n=2, epoch=0, pid=pid, **k: s.produce(v, t, batch(time=NOW, n=n, pid=pid, epoch=epoch, seq=seq, **k))
    yield 'first', p(0)
    yield 'second', p(2)
    yield 'duplicate', p(2)
    yield 'first again', p(0)
    yield 'gap', p(6)
    yield 'overlap', p(3)
    yield 'inside', p(2, n=1)
    yield 'longer', p(2, n=3)
    for i in range(4, 14, 2):
        yield f'sequence {i}', p(i)
    yield 'duplicate of the oldest', p(4)
    yield 'duplicate too old', p(0)
    yield 'new epoch, seq 5', p(5, epoch=1)
    yield 'new epoch', p(0, epoch=1)
    yield 'old epoch', p(14, epoch=0)
    yield 'new epoch, duplicate', p(0, epoch=1)
    yield 'epoch -1', p(2, epoch=-1)
    yield 'seq -1', p(-1, epoch=1)
    yield 'seq -5', p(-5, epoch=1)
    yield 'pid -5', p(0, pid=-5)
    yield 'pid -1, epoch 0', p(0, pid=-1)
    yield 'pid -1, seq 0', p(0, pid=-1, epoch=-1)
    yield 'unknown pid, seq 7', p(7, pid=pid + 100)
    yield 'unknown pid, epoch 3', p(0, pid=pid + 200, epoch=3)
    top = 2**31 - 1
    yield 'before the wrap', p(top - 3, pid=pid + 300)
    yield 'up to the top', p(top - 1, pid=pid + 300)
    yield 'wrapped', p(0, pid=pid + 300)
    yield 'wrapped duplicate', p(top - 1, pid=pid + 300)
    yield 'near the top', p(top - 1, pid=pid + 400, n=2)
    yield 'wraps within', p(top, pid=pid + 500, n=3)
    yield 'after it', p(2, pid=pid + 500, n=1)
    yield 'duplicate of it', p(top, pid=pid + 500, n=3)
    yield 'epoch at the top', p(0, pid=pid + 600, epoch=32767)
    yield 'no records', s.produce(v, t, batch([], time=NOW, pid=pid + 700, epoch=0, seq=0, last=0))
    yield 'all', fetched(s, t)


@scenario('Produce')
def produce_topics(s, v):
    """Topics that ask for something."""
    late = s.topic(f'pt-{v}-late', message_timestamp_after_max_ms=HOUR, message_timestamp_before_max_ms=HOUR)
    p = lambda t, *a, **k: s.produce(v, t, batch(*a, **k))
    yield 'in time', p(late, time=NOW)
    yield 'too far ahead', p(late, time=NOW + 3 * HOUR)
    yield 'too far behind', p(late, time=NOW - 3 * HOUR)
    yield 'no time', p(late, time=-1)
    yield 'one of three', p(late, [record(0), record(1, ts=3 * HOUR), record(2)], time=NOW, max_time=NOW + 3 * HOUR)
    yield 'two of three', p(late, [record(0, ts=-3 * HOUR), record(1, ts=3 * HOUR), record(2)], time=NOW, max_time=NOW + 3 * HOUR)
    yield 'one of three, gzip', p(late, [record(0), record(1, ts=3 * HOUR), record(2)], time=NOW, max_time=NOW + 3 * HOUR, codec='gzip')
    plain_ = s.topic(f'pt-{v}-plain')
    yield 'far ahead, no limit set', p(plain_, time=NOW + 3 * HOUR)
    yield 'further ahead, no limit set', p(plain_, time=NOW + 30 * 24 * HOUR)
    compact = s.topic(f'pt-{v}-compact', cleanup_policy='compact')
    yield 'compacted: keys', p(compact, [record(0, b'k')], time=NOW)
    yield 'compacted: empty key', p(compact, [record(0, b'')], time=NOW)
    yield 'compacted: tombstone', p(compact, [record(0, b'k', None)], time=NOW)
    yield 'compacted: no key', p(compact, [record(0)], time=NOW)
    yield 'compacted: one without', p(compact, [record(0, b'k'), record(1), record(2)], time=NOW)
    yield 'compacted: no key, gzip', p(compact, [record(0, b'k'), record(1)], time=NOW, codec='gzip')
    yield 'compacted: no key, deltas', p(compact, [record(0), record(5)], time=NOW, last=5)
    yield 'compacted: no key, too late', p(compact, [record(0)], time=NOW + 9 * HOUR)
    both = s.topic(f'pt-{v}-both', cleanup_policy='compact,delete')
    yield 'compact,delete: no key', p(both, [record(0)], time=NOW)
    stamped = s.topic(f'pt-{v}-stamped', message_timestamp_type='LogAppendTime')
    yield 'append time', p(stamped, time=NOW - 9 * HOUR)
    yield 'append time, flag set', p(stamped, time=NOW, attributes=8)
    yield 'append time, gzip', p(stamped, time=NOW, codec='gzip')
    yield 'append time, far off', p(stamped, time=NOW + 999 * HOUR)
    yield 'append time, wrong max', p(stamped, time=NOW, max_time=3)
    yield 'append time, all', fetched(s, stamped)
    small = s.topic(f'pt-{v}-small', max_message_bytes=200)
    yield 'small', p(small, [record(0, value=b'x' * 100)], time=NOW)
    yield 'too large', p(small, [record(0, value=b'x' * 200)], time=NOW)
    yield 'just right', p(small, [record(0, value=b'x' * (200 - 61 - 8))], time=NOW)
    yield 'just not', p(small, [record(0, value=b'x' * (200 - 61 - 7))], time=NOW)
    yield 'too large, CRC broken', p(small, [record(0, value=b'x' * 300)], time=NOW, crc=1)
    yield 'too large, delta', p(small, [record(3, value=b'x' * 300)], time=NOW)
    for c in ('gzip', 'lz4', 'uncompressed'):
        z = s.topic(f'pt-{v}-{c}', compression_type=c)
        yield f'compression.type {c}: plain', p(z, time=NOW)
        yield f'compression.type {c}: gzip', p(z, time=NOW, codec='gzip')
        a = s.fetch(11, z)
        yield f'compression.type {c}: all', [dict(b, size=0) for b in show(a['Responses'][0]['Partitions'][0]['Records'])]
    two = s.topic(f'pt-{v}-two', min_insync_replicas=2)
    yield 'min.insync.replicas 2, acks -1', s.produce(v, two, batch(time=NOW))
    yield 'min.insync.replicas 2, acks 1', s.produce(v, two, batch(time=NOW), acks=1)
    seg = s.topic(f'pt-{v}-seg', segment_bytes=1000)
    yield 'larger than a segment', p(seg, [record(0, value=b'x' * 2000)], time=NOW)


# --- Fetch, ListOffsets, OffsetForLeaderEpoch -------------------------------

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


# --- the others -------------------------------------------------------------

@scenario('InitProducerId')
def init_producer_id(s, v):
    ask = lambda **k: s.ask('InitProducerId', v, **dict(dict(TransactionalId=None, TransactionTimeoutMs=60000, ProducerId=-1, ProducerEpoch=-1), **k))
    while (a := ask())['ErrorCode'] == 14:    # Kafka fetches a block of ids first
        time.sleep(0.05)
    yield 'good', a
    yield 'another', 0 < ask()['ProducerId'] - a['ProducerId'] < 3
    yield 'timeout 0', ask(TransactionTimeoutMs=0)
    yield 'timeout -1', ask(TransactionTimeoutMs=-1)
    yield 'empty id', ask(TransactionalId='')
    if v >= 3:
        yield 'pid and epoch', ask(ProducerId=5, ProducerEpoch=3)
        yield 'pid alone', ask(ProducerId=5)
        yield 'epoch alone', ask(ProducerEpoch=5)
        yield 'pid -5', ask(ProducerId=-5, ProducerEpoch=2)


@scenario('FindCoordinator')
def find_coordinator(s, v):
    def ask(kind, *keys):
        return s.ask('FindCoordinator', v, Key=keys[0] if keys else '', KeyType=kind, CoordinatorKeys=list(keys))
    for kind in (2, 3, 99, -1) if v >= 1 else ():
        yield f'key type {kind}', ask(kind, 'g')
    if v >= 4:
        yield 'no keys', ask(0)
        yield 'no keys, type 9', ask(9)


@scenario('DescribeConfigs')
def describe_configs(s, v):
    def ask(*resources, **k):
        a = s.ask('DescribeConfigs', v, Resources=[dict(ResourceType=t, ResourceName=n, ConfigurationKeys=c) for t, n, c in resources], **k)
        if isinstance(a, dict):
            for r in a['Results']:
                for c in r['Configs']:
                    c.pop('Documentation', 0)
        return a
    t = s.topic(f'dc-{v}', retention_ms=12345)
    some = ['retention.ms', 'cleanup.policy', 'no.such', 'max.message.bytes']
    yield 'some', ask((2, t, some))
    yield 'some, synonyms', ask((2, t, some), IncludeSynonyms=True)
    yield 'twice', ask((2, t, some[:1]), (2, t, some[1:2]))
    yield 'no keys', ask((2, t, []))
    yield 'unknown topic', ask((2, 'no-such', None))
    yield 'invalid topic', ask((2, 'a b', None))
    yield 'empty topic', ask((2, '', None))
    yield 'broker, some', ask((4, '1', ['num.partitions', 'no.such']))
    yield 'broker, unknown', ask((4, '99', ['num.partitions']))
    yield 'broker, not a number', ask((4, 'x', ['num.partitions']))
    yield 'brokers', ask((4, '', ['num.partitions']))
    for k in (0, 1, 3, 99, -1):
        yield f'resource type {k}', ask((k, 'x', None))
    yield 'logger', [(r['ErrorCode'], r['ResourceType']) for r in ask((8, '99', None))['Results']]
    yield 'nothing', ask()
    a = ask((2, t, None))
    yield 'all of a topic', sorted((c['Name'], c['Value'], c.get('ConfigSource'), c['IsSensitive'], c['ReadOnly'], c.get('ConfigType')) for c in a['Results'][0]['Configs'])


@scenario('DescribeCluster')
def describe_cluster(s, v):
    for o in (False, True):
        yield f'operations {o}', s.ask('DescribeCluster', v, IncludeClusterAuthorizedOperations=o, EndpointType=1)
    if v >= 1:
        for e in (0, 2, 3):
            yield f'endpoint type {e}', s.ask('DescribeCluster', v, EndpointType=e)


# --- running ----------------------------------------------------------------

def versions_of(klog, kafka, api, wanted):
    a, b = klog.versions[klog.defs.key(api)], kafka.versions[kafka.defs.key(api)]
    low = max(a[0], b[0], 3 if api == 'Produce' else 0)
    high = min(a[1], b[1])
    if wanted is None:
        wanted = {low, (low + high) // 2, high}
    return sorted(v for v in wanted if low <= v <= high)


def diff(a, b, path=''):
    """Lines that say where two answers differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for k in {**a, **b}:
            yield from diff(a.get(k, 'not there'), b.get(k, 'not there'), f'{path}.{k}')
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            yield from diff(x, y, f'{path}[{i}]')
    elif a != b:
        yield f'{path or "answer"}: klog {short(a)}, Kafka {short(b)}'


def careful(questions):
    """A scenario that comes to grief on one side says so."""
    try:
        yield from questions
    except Exception as e:
        yield 'the scenario itself', f'{type(e).__name__} {e} (line {e.__traceback__.tb_next.tb_lineno})'


def short(x):
    s = str(x)
    return s if len(s) < 1000 else s[:1000] + '..'


differ_groups.add(scenario, AGREED)


def main():
    if sys.argv[1] == '--list':
        print('\n'.join(name for name, *_ in SCENARIOS))
        return
    defs = Definitions(sys.argv[1])
    sides = [Side(defs, 'klog', sys.argv[2]), Side(defs, 'Kafka', sys.argv[3])]
    equal = apart = unlike = 0
    for name, api, wanted, questions in SCENARIOS:
        if sys.argv[4:] and name not in sys.argv[4:]:
            continue
        for v in versions_of(*sides, api, wanted):
            for a, b in zip_longest(*(careful(questions(s, v)) for s in sides)):
                (what, x), (what2, y) = a or ('nothing', 0), b or ('nothing', 0)
                said = list(diff(plain(x), plain(y)))
                label = f'{name} {v}: {what}' + ('' if what == what2 else f' / {what2}')
                agreed = said != [] and all(any(q.search(label) and f.search(line) for q, f, _ in AGREED) for line in said)
                equal, apart, unlike = equal + (not said), apart + agreed, unlike + (said != [] and not agreed)
                if agreed:
                    print(f'ok - {label} # on purpose')
                elif said:
                    print(f'not ok - {label}')
                    for line in said[:8]:
                        print(f'#   {line}')
                elif os.environ.get('DIFFER_ALL'):
                    print(f'ok - {label}: {short(plain(x))}')
            sys.stdout.flush()
    print(f'differ: {equal} equal, {apart} apart on purpose, {unlike} unlike')
    sys.exit(unlike > 0)


differ_txn.add(scenario, AGREED)
main()
