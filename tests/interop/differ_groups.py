"""The differ's scenarios of consumer groups. add(scenario, agreed) puts them among the others."""
import re, struct, time
from kbatch import *
from kcodec import *


def subscription(*topics):
    return struct.pack('>hi', 0, len(topics)) + b''.join(
        struct.pack('>h', len(t)) + t.encode() for t in topics) + struct.pack('>i', -1)


class Group:
    """A group's members on one side; their ids are named in the order of their coming."""

    def __init__(self, s, name, topic='t'):
        self.s, self.name, self.ids, self.topic = s, name, [], topic

    def plain(self, x):
        if isinstance(x, dict):
            return {k: self.plain(y) for k, y in x.items()}
        if isinstance(x, list):
            return sorted((self.plain(y) for y in x), key=str)
        if isinstance(x, str):
            for i, m in enumerate(self.ids):
                x = x.replace(m, f'member {i}')
            return re.sub('[0-9a-f]{8}-[0-9a-f-]{27}', 'uuid', x)
        return x

    def note(self, a):
        """Remembers the id that was given out."""
        if isinstance(a, dict) and a.get('MemberId') and a['MemberId'] not in self.ids:
            self.ids.append(a['MemberId'])
        return a

    def join(self, v, member='', protocols=('range',), topics=None, instance=None, **k):
        k = dict(SessionTimeoutMs=10000, RebalanceTimeoutMs=10000, ProtocolType='consumer') | k
        data = subscription(*(topics or [self.topic]))
        return self.note(self.s.ask('JoinGroup', v, GroupId=self.name, MemberId=member, GroupInstanceId=instance,
                                    Protocols=[dict(Name=p, Metadata=data) for p in protocols], **k))

    def enter(self, v, **k):
        """Joins, with the id that the first answer gives where there is one."""
        a = self.join(v, **k)
        return self.join(v, member=a['MemberId'], **k) if a['ErrorCode'] == 79 else a

    def sync(self, v, member, generation, assign=(), **k):
        k = dict(ProtocolType='consumer', ProtocolName='range') | k
        return self.s.ask('SyncGroup', v, GroupId=self.name, MemberId=member, GenerationId=generation,
                          Assignments=[dict(MemberId=m, Assignment=b'for ' + str(i).encode()) for i, m in enumerate(assign)], **k)

    def stable(self, **k):
        a = self.enter(5, **k)
        self.sync(3, a['MemberId'], a['GenerationId'], [a['MemberId']])
        return a['MemberId'], a['GenerationId']

    def beat(self, v, member, generation, **k):
        return self.s.ask('Heartbeat', v, GroupId=self.name, MemberId=member, GenerationId=generation, **k)

    def leave(self, v, *members, **k):
        return self.s.ask('LeaveGroup', v, GroupId=self.name, MemberId=members[0][0] if members else '',
                          Members=[dict(MemberId=m, GroupInstanceId=i) for m, i in members], **k)

    def describe(self, v=5, **k):
        return self.plain(self.s.ask('DescribeGroups', v, Groups=[self.name], **k))

    def commit(self, v, topic, offset=5, partition=0, member='', generation=-1, meta='m', epoch=-1, **k):
        return self.s.ask('OffsetCommit', v, GroupId=self.name, MemberId=member, GenerationIdOrMemberEpoch=generation,
                          RetentionTimeMs=-1, Topics=[dict(Name=topic, Partitions=[dict(
                              PartitionIndex=partition, CommittedOffset=offset, CommittedLeaderEpoch=epoch, CommittedMetadata=meta, CommitTimestamp=-1)])], **k)

    def fetch(self, v, topics, stable=False):
        t = None if topics is None else [dict(Name=n, PartitionIndexes=list(p)) for n, p in topics]
        return self.s.ask('OffsetFetch', v, GroupId=self.name, Topics=t, RequireStable=stable,
                          Groups=[dict(GroupId=self.name, MemberId=None, MemberEpoch=-1, Topics=t)])


def ready(s):
    """Waits until there is a coordinator for every group."""
    for g in ('a', 'b', 'c', 'd', 'e'):
        while (a := s.ask('FindCoordinator', 3, Key=g, KeyType=0))['ErrorCode'] != 0:
            time.sleep(0.1)
        while s.ask('OffsetFetch', 5, GroupId=g, Topics=[])['ErrorCode'] != 0:
            time.sleep(0.1)


def add(scenario, agreed):
    @scenario('FindCoordinator')
    def group_coordinator(s, v):
        ready(s)
        yield 'one', s.ask('FindCoordinator', v, Key='a', KeyType=0, CoordinatorKeys=['a', 'b'])
        yield 'no name', s.ask('FindCoordinator', v, Key='', KeyType=0, CoordinatorKeys=[''])

    @scenario('JoinGroup')
    def join_group(s, v):
        ready(s)
        g = Group(s, f'join-{v}')
        p = lambda a: g.plain(a)
        for ms in (5999, 1800001, -1):
            yield f'session {ms}', p(g.join(v, SessionTimeoutMs=ms))
        yield 'unknown member', p(g.join(v, member='nobody'))
        yield 'no protocols', p(g.join(v, protocols=()))
        yield 'no protocol type', p(g.join(v, ProtocolType=''))
        yield 'no group', p(Group(s, '').join(v))
        yield 'alone', p(g.enter(v))
        m = g.ids[-1]
        yield 'while completing', g.describe()
        yield 'again while completing', p(g.join(v, member=m))
        yield 'commit while completing', g.commit(7, 'no', member=m, generation=1)
        yield 'other protocol type', p(g.join(v, ProtocolType='connect'))
        yield 'other protocol', p(g.join(v, protocols=('other',)))
        yield 'sync', p(g.sync(3, m, 1, [m]))
        yield 'stable', g.describe()
        yield 'leader again', p(g.join(v, member=m))
        yield 'sync again', p(g.sync(3, m, 2, [m]))
        yield 'other metadata', p(g.join(v, member=m, topics=['other']))
        yield 'beat', g.beat(3, m, 3)
        yield 'leave', p(g.leave(2, (m, None)))
        yield 'left', g.describe()
        yield 'gone member', p(g.join(v, member=m))

    @scenario('JoinGroup', {5, 7, 9})
    def static_members(s, v):
        ready(s)
        g = Group(s, f'static-{v}')
        p = lambda a: g.plain(a)
        yield 'first', p(a := g.join(v, instance='i'))
        m = a['MemberId']
        yield 'sync', p(g.sync(3, m, 1, [m], GroupInstanceId='i'))
        yield 'comes back', p(a := g.join(v, instance='i'))
        n = a.get('MemberId')
        yield 'old one beats', p(g.beat(3, m, 1, GroupInstanceId='i'))
        yield 'old one joins', p(g.join(v, member=m, instance='i'))
        yield 'old one syncs', p(g.sync(3, m, 1, GroupInstanceId='i'))
        yield 'old one commits', p(g.commit(7, 'no', member=m, generation=1, GroupInstanceId='i'))
        yield 'another instance beats', p(g.beat(3, n, 1, GroupInstanceId='j'))
        yield 'new one beats', p(g.beat(3, n, 1, GroupInstanceId='i'))
        yield 'new one syncs', p(g.sync(3, n, 1, GroupInstanceId='i'))
        yield 'described', g.describe(4)
        yield 'wrong pair leaves', p(g.leave(3, (m, 'i'), (n, 'j'), ('', 'j'), ('', None)))
        yield 'leaves', p(g.leave(3, ('', 'i')))
        yield 'described after', g.describe(4)

    @scenario('SyncGroup')
    def sync_group(s, v):
        ready(s)
        g = Group(s, f'sync-{v}')
        p = lambda a: g.plain(a)
        yield 'no group', p(g.sync(v, 'x', 1))
        yield 'empty group', p(Group(s, '').sync(v, 'x', 1))
        m = g.enter(5)['MemberId']
        yield 'unknown member', p(g.sync(v, 'x', 1))
        yield 'other generation', p(g.sync(v, m, 9))
        if v >= 5:
            yield 'other type', p(g.sync(v, m, 1, ProtocolType='connect'))
            yield 'other protocol', p(g.sync(v, m, 1, ProtocolName='other'))
            yield 'no type', p(g.sync(v, m, 1, ProtocolType=None))
            yield 'no protocol', p(g.sync(v, m, 1, ProtocolName=None))
        yield 'nobody named', p(g.sync(v, m, 1))
        yield 'after that', p(g.sync(v, m, 1))
        yield 'described', g.describe()

    @scenario('Heartbeat')
    def heartbeat(s, v):
        ready(s)
        g = Group(s, f'beat-{v}')
        yield 'no group', g.beat(v, 'x', 1)
        yield 'empty name', Group(s, '').beat(v, 'x', 1)
        m, n = g.stable()
        yield 'good', g.beat(v, m, n)
        yield 'unknown member', g.beat(v, 'x', n)
        yield 'other generation', g.beat(v, m, n + 1)
        yield 'no member', g.beat(v, '', n)
        a = g.join(5)   # an id that is pending
        yield 'pending', g.beat(v, a['MemberId'], n)

    @scenario('LeaveGroup')
    def leave_group(s, v):
        ready(s)
        g = Group(s, f'leave-{v}')
        p = lambda a: g.plain(a)
        yield 'no group', p(g.leave(v, ('x', None)))
        yield 'empty name', p(Group(s, '').leave(v, ('x', None)))
        m, n = g.stable()
        yield 'unknown member', p(g.leave(v, ('x', None)))
        yield 'nobody', p(g.leave(v))
        a = g.join(5)
        yield 'pending', p(g.leave(v, (a['MemberId'], None)))
        yield 'good', p(g.leave(v, (m, None)))
        yield 'again', p(g.leave(v, (m, None)))

    @scenario('OffsetCommit')
    def offset_commit(s, v):
        ready(s)
        t = s.topic(f'oc-{v}', 2)
        g = Group(s, f'commit-{v}', t)
        yield 'simple', g.commit(v, t)
        yield 'unknown topic', g.commit(v, 'no-such')
        yield 'unknown partition', g.commit(v, t, partition=2)
        yield 'partition -1', g.commit(v, t, partition=-1)
        yield 'long text', g.commit(v, t, meta='x' * 4097)
        yield 'text to the brim', g.commit(v, t, meta='x' * 4096)
        yield 'no text', g.commit(v, t, meta=None)
        yield 'offset -1', g.commit(v, t, offset=-1)
        yield 'generation of nobody', g.commit(v, t, generation=3)
        yield 'member of nobody', g.commit(v, t, member='x')
        yield 'no such group, with a generation', Group(s, f'commit-other-{v}').commit(v, t, generation=1)
        yield 'group without a name', Group(s, '').commit(v, t)
        yield 'no topics', s.ask('OffsetCommit', v, GroupId=g.name, GenerationIdOrMemberEpoch=-1, Topics=[])
        m, n = g.stable()
        yield 'member', g.commit(v, t, member=m, generation=n, offset=77)
        yield 'old generation', g.commit(v, t, member=m, generation=n - 1)
        yield 'no member', g.commit(v, t)
        yield 'unknown member', g.commit(v, t, member='x', generation=n)
        yield 'all', g.fetch(5, None)

    @scenario('OffsetFetch')
    def offset_fetch(s, v):
        ready(s)
        t, u = s.topic(f'of-{v}', 2), s.topic(f'of-{v}-u')
        g = Group(s, f'fetch-{v}')
        yield 'no group', g.fetch(v, [(t, [0])])
        g.commit(6, t, offset=3, epoch=1)
        g.commit(6, t, partition=1, offset=4, meta='')
        g.commit(6, u, offset=5)
        yield 'some', g.fetch(v, [(t, [0, 1, 7]), (u, [0]), ('no-such', [0])])
        yield 'none', g.fetch(v, [])
        if v >= 2:
            yield 'all', g.fetch(v, None)
            yield 'all of no group', Group(s, f'fetch-no-{v}').fetch(v, None)
        if v >= 7:
            yield 'stable', g.fetch(v, [(t, [0])], stable=True)
        if v >= 8:
            yield 'two groups', s.ask('OffsetFetch', v, RequireStable=False, Groups=[
                dict(GroupId=n, MemberId=None, MemberEpoch=-1, Topics=[dict(Name=t, PartitionIndexes=[1])])
                for n in (g.name, 'no-such')])
        yield 'group without a name', Group(s, f'').fetch(v, [(f'of-{v}-v', [0])])

    @scenario('DescribeGroups')
    def describe_groups(s, v):
        ready(s)
        g = Group(s, f'describe-{v}')
        yield 'nothing there', g.describe(v)
        if v >= 3:
            yield 'operations', g.describe(v, IncludeAuthorizedOperations=True)
        g.stable()
        yield 'stable', g.describe(v)
        if v >= 3:
            yield 'stable, operations', g.describe(v, IncludeAuthorizedOperations=True)
        yield 'several', g.plain(s.ask('DescribeGroups', v, Groups=[g.name, 'none', '', g.name]))
        yield 'nobody', s.ask('DescribeGroups', v, Groups=[])
        t = s.topic(f'dg-{v}')
        h = Group(s, f'describe-simple-{v}')
        h.commit(5, t)
        yield 'simple', h.describe(v)

    @scenario('ListGroups')
    def list_groups(s, v):
        ready(s)
        t = s.topic(f'lg-{v}')
        g, h = Group(s, f'list-{v}'), Group(s, f'list-simple-{v}')
        g.stable()
        h.commit(5, t)

        def ask(**k):
            a = s.ask('ListGroups', v, **k)
            a['Groups'] = [x for x in a['Groups'] if x['GroupId'] in (g.name, h.name)]
            return g.plain(a)
        yield 'all', ask()
        if v >= 4:
            for f in (['Stable'], ['Empty'], ['empty', 'STABLE'], ['nonsense'], ['Dead', 'PreparingRebalance']):
                yield f'states {f}', ask(StatesFilter=f)
        if v >= 5:
            for f in (['classic'], ['consumer'], ['Classic'], ['nonsense']):
                yield f'types {f}', ask(TypesFilter=f)

    @scenario('DeleteGroups')
    def delete_groups(s, v):
        ready(s)
        t = s.topic(f'del-{v}')
        g, h = Group(s, f'delete-{v}', t), Group(s, f'delete-simple-{v}')
        m, n = g.stable()
        g.commit(7, t, member=m, generation=n)
        h.commit(5, t)
        ask = lambda *names: g.plain(s.ask('DeleteGroups', v, GroupsNames=list(names)))
        yield 'mixed', ask(g.name, h.name, 'no-such')
        yield 'without a name', ask('')
        yield 'nobody', ask()
        yield 'offsets went', h.fetch(5, None)
        g.leave(2, (m, None))
        yield 'empty by now', ask(g.name)
        yield 'described', g.describe()

    @scenario('OffsetDelete')
    def offset_delete(s, v):
        ready(s)
        t, u = s.topic(f'od-{v}'), s.topic(f'od-{v}-u')
        g, h = Group(s, f'od-{v}', t), Group(s, f'od-simple-{v}')

        def ask(group, *topics):
            return s.ask('OffsetDelete', v, GroupId=group.name, Topics=[
                dict(Name=n, Partitions=[dict(PartitionIndex=p)]) for n, p in topics])
        m, n = g.stable()
        for x in (t, u):
            g.commit(7, x, member=m, generation=n)
            h.commit(5, x)
        yield 'no group', ask(Group(s, 'no-such'), (t, 0))
        yield 'without a name', ask(Group(s, ''), (t, 0))
        yield 'simple', ask(h, (t, 0), (u, 5), ('no-such', 0))
        yield 'left', h.fetch(5, None)
        yield 'subscribed', ask(g, (t, 0), (u, 0))
        yield 'left of the members', g.fetch(5, None)
        k = Group(s, f'od-other-{v}')
        a = k.enter(5, ProtocolType='connect')
        k.sync(3, a['MemberId'], 1)
        yield 'of another kind', ask(k, (t, 0))

    @scenario('ConsumerGroupHeartbeat')
    def consumer_heartbeat(s, v):
        ready(s)
        t, u = s.topic(f'ch-{v}', 4), s.topic(f'ch-{v}-u', 2)
        ids = {s.ids[t]: 't', s.ids[u]: 'u'}
        g = f'consumer-{v}'

        def said(a):
            """With the topics' names for their ids."""
            if isinstance(a, dict) and a.get('Assignment'):
                a['Assignment'] = sorted((ids[p['TopicId']], sorted(p['Partitions'])) for p in a['Assignment']['TopicPartitions'])
            return a

        def ask(member='a', epoch=0, owned=None, **k):
            if epoch == 0:
                k = dict(RebalanceTimeoutMs=60000, SubscribedTopicNames=[t]) | k
                owned = [] if owned is None else owned
            parts = None if owned is None else [dict(TopicId=s.ids[n], Partitions=p) for n, p in owned]
            return said(s.ask('ConsumerGroupHeartbeat', v, GroupId=g, MemberId=member, MemberEpoch=epoch, TopicPartitions=parts, **k))

        def describe():
            a = s.ask('ConsumerGroupDescribe', v, GroupIds=[g])
            for x in a['Groups']:
                x.pop('ErrorMessage')
                for m in x['Members']:
                    for f in ('Assignment', 'TargetAssignment'):
                        m[f] = sorted((p['TopicName'], sorted(p['Partitions'])) for p in m[f]['TopicPartitions'])
                x['Members'].sort(key=lambda m: m['MemberId'])
            return a
        yield 'described, not there', describe()
        yield 'unknown group', ask(epoch=3)
        yield 'leaves an unknown group', ask(epoch=-1)
        yield 'epoch -3', ask(epoch=-3)
        yield 'no timeout', ask(RebalanceTimeoutMs=-1)
        yield 'owns at once', ask(owned=[(t, [0])])
        yield 'no topics', ask(SubscribedTopicNames=None)
        yield 'strange assignor', ask(ServerAssignor='best')
        yield 'empty instance', ask(InstanceId='')
        yield 'empty rack', ask(RackId='')
        yield 'joins', ask()
        yield 'described', describe()
        yield 'joins again', ask()
        yield 'beats', ask(epoch=1)
        yield 'epoch too high', ask(epoch=2)
        yield 'second joins', ask('b')
        yield 'first gives back', ask(epoch=1)
        yield 'first has not', ask(epoch=1, owned=[(t, [0, 1, 2, 3])])
        yield 'second waits', ask('b', 2, [])
        yield 'described, reconciling', describe()
        yield 'listed', sorted((x['GroupId'], x['GroupState'], x['GroupType'], x['ProtocolType']) for x in s.ask(
            'ListGroups', 5, TypesFilter=['consumer'])['Groups'] if x['GroupId'] == g)
        kept = next(m for m in s.ask('ConsumerGroupDescribe', v, GroupIds=[g])['Groups'][0]['Members'] if m['MemberId'] == 'a')
        kept = [(t, p['Partitions']) for p in kept['TargetAssignment']['TopicPartitions']]
        yield 'first has', ask(epoch=1, owned=kept)
        yield 'second gets', ask('b', 2, [])
        yield 'old epoch, its parts', ask(epoch=1, owned=kept)
        yield 'old epoch, no parts', ask(epoch=1)
        yield 'commits', s.ask('OffsetCommit', 9, GroupId=g, MemberId='a', GenerationIdOrMemberEpoch=2, Topics=[
            dict(Name=t, Partitions=[dict(PartitionIndex=0, CommittedOffset=5, CommittedMetadata='')])])
        yield 'commits in an old epoch', s.ask('OffsetCommit', 9, GroupId=g, MemberId='a', GenerationIdOrMemberEpoch=1, Topics=[
            dict(Name=t, Partitions=[dict(PartitionIndex=0, CommittedOffset=5, CommittedMetadata='')])])
        yield 'commits the old way', s.ask('OffsetCommit', 8, GroupId=g, MemberId='a', GenerationIdOrMemberEpoch=2, Topics=[
            dict(Name=t, Partitions=[dict(PartitionIndex=0, CommittedOffset=5, CommittedMetadata='')])])
        for member, epoch in (('a', 2), ('a', 1), ('x', 2), (None, -1)):
            yield f'fetches as {member} of {epoch}', s.ask('OffsetFetch', 9, RequireStable=False, Groups=[dict(
                GroupId=g, MemberId=member, MemberEpoch=epoch, Topics=[dict(Name=t, PartitionIndexes=[0])])])
        yield 'deleted while it works', s.ask('DeleteGroups', 2, GroupsNames=[g])
        yield 'another subscription', ask('b', 2, SubscribedTopicNames=[t, u])
        yield 'static', ask('c', InstanceId='i')
        yield 'the same instance', ask('d', InstanceId='i')
        yield 'is away for a moment', ask('c', -2, InstanceId='i')
        yield 'is back', ask('d', InstanceId='i')
        yield 'the old one', ask('c', 4, InstanceId='i')
        for m in 'abd':
            yield f'{m} leaves', ask(m, -1)
        yield 'leaves again', ask('a', -1)
        yield 'described, empty', describe()

    # version 1 is Apache Kafka 4's
    @scenario('ConsumerGroupHeartbeat', {1})
    def consumer_regex(s, v):
        ready(s)

        def joins(regex):
            return s.ask('ConsumerGroupHeartbeat', v, GroupId='regex', MemberId=regex, MemberEpoch=0, RebalanceTimeoutMs=60000,
                         SubscribedTopicNames=None, SubscribedTopicRegex=regex, TopicPartitions=[])['ErrorCode']
        for regex in (
                'rx-.*', 'rx-(a+)+$', 'rx-(?:aa|orders)', 'rx-a*?', '(?i)RX-.*', '(?<n>rx).*', '(?P<n>rx).*', '\\Qrx-aa\\E', 'rx-a{2}', 'rx-a{,2}',
                '(r)x-\\1', '(?<n>r)\\k<n>', '(?=rx).*', '(?!rx).*', '.*(?<=a)', '.*(?<!a)', 'rx.*+', 'rx.++', 'rx.?+', 'a{2}+', '(?>rx).*',
                'a**', 'a{2}{3}', 'a{1001}', '(?#c)rx', '(?x)rx', '(?|a|b)', '(?R)', '(?(1)a)', '(*UTF)rx', 'rx\\Z', '\\Grx', 'r\\Kx', '\\h', '\\R', '\\N',
                '\\X', '\\e', '\\C', '\\x4', '[\\b]', '(', 'a)', '[a', '[[:foo:]]', '*', '\\'):
            yield regex, joins(regex)

    agreed += [(re.compile(q), re.compile(f), why) for q, f, why in (
        (r'consumer_heartbeat .*another subscription', 'Assignment', 'which of two partitions stays is the order of a Java set'),
    )]
