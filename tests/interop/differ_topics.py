"""The differ's scenarios of topics, their configuration, and the cluster."""
from differ_side import *

apart(r'metadata .*(auto-create|unknown)', '', 'klog creates topics at once and says so, Kafka later')
apart(r'metadata .*by zero id', '', 'Kafka fails with an exception')
apart(r'create_topics .*timeout 0', '', 'Kafka gives up at once')
apart(r'create_partitions .*too many', '', 'Kafka fails with an exception')
apart(r'delete_topics .*name and id', '', 'klog says it of the name only')


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


def creation(name, partitions=1, factor=1, assignments=(), configs=()):
    return dict(Name=name, NumPartitions=partitions, ReplicationFactor=factor,
                Assignments=[dict(PartitionIndex=i, BrokerIds=list(b)) for i, b in assignments],
                Configs=[dict(Name=k, Value=x) for k, x in configs])


OURS = ['batch.validation']     # a topic's properties that only klog has


@scenario('CreateTopics')
def create_topics(s, v):
    def shown(a):
        """Sorted; configs checked elsewhere, here that they are there."""
        if isinstance(a, dict):
            a['Topics'].sort(key=lambda t: t['Name'])
            for t in a['Topics']:
                if 'Configs' in t:
                    t['Configs'] = t['Configs'] and sorted(
                        c['Name'] + '=' + str(c['Value']) for c in t['Configs'] if c['Name'] not in OURS)
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
                r['Configs'] = [c for c in r['Configs'] if c['Name'] not in OURS]
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
