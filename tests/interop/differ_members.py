"""The differ's scenarios of groups whose members wait for each other, and of limits. Their names
begin with members_: the brokers have group.min.session.timeout.ms=500, group.max.size=2,
offset.metadata.max.bytes=20, offsets.retention.check.interval.ms=100 and
group.initial.rebalance.delay.ms=300."""
import time
from differ_groups import Group, ready, subscription
from differ_side import Side


class Waiting:
    """A request on a connection of its own whose answer is had later."""

    def __init__(self, s, api, v, **body):
        self.s, self.api, self.v = Side(s.defs, s.name, s.address), api, v
        self.s.n += 1
        self.s.conn.send(s.defs.request(api, v, body, self.s.n))

    def answer(self, wait=10):
        frame = self.s.conn.frame(timeout=wait)
        if frame is None or frame == 'silent':
            return frame or 'closed'
        self.s.conn.close()
        return self.s.defs.response(self.api, self.v, frame)[1]


class Members(Group):
    """A group some of whose requests wait."""

    def joining(self, v, member='', protocols=('range',), instance=None, session=60000, rebalance=60000, topics=None, **k):
        return Waiting(self.s, 'JoinGroup', v, GroupId=self.name, MemberId=member, GroupInstanceId=instance,
                       SessionTimeoutMs=session, RebalanceTimeoutMs=rebalance, ProtocolType='consumer',
                       Protocols=[dict(Name=p, Metadata=subscription(*(topics or [self.topic]))) for p in protocols], **k)

    def fresh(self, v, **k):
        """The id for a member that is to come."""
        return self.join(v, **{('SessionTimeoutMs' if x == 'session' else x): y for x, y in k.items()})['MemberId']

    def syncing(self, v, member, generation):
        return Waiting(self.s, 'SyncGroup', v, GroupId=self.name, MemberId=member, GenerationId=generation,
                       ProtocolType='consumer', ProtocolName='range', Assignments=[])

    def state(self):
        a = self.describe(5)['Groups'][0]
        return a['GroupState'], a['ProtocolData'], len(a['Members'])

    def until(self, state, members=0, seconds=8):
        """Waits until the group is so, with that many members at least; its state then."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            now = self.state()
            if now[0] == state and now[2] >= members:
                break
            time.sleep(0.05)
        return self.state()


def two(g, p):
    """Two members of a group, generation 2: their ids; p makes answers plain."""
    a, n = g.stable(SessionTimeoutMs=30000, RebalanceTimeoutMs=30000)
    b = g.fresh(5)
    w = g.joining(5, b, session=30000, rebalance=30000)
    g.until('PreparingRebalance')
    g.join(5, member=a, SessionTimeoutMs=30000, RebalanceTimeoutMs=30000)
    w.answer()
    x = g.syncing(3, b, n + 1)
    g.sync(3, a, n + 1, [a, b])
    x.answer()
    return a, b, n + 1


def add(scenario, agreed):
    @scenario('JoinGroup', {5, 7, 9})
    def members_rebalance(s, v):
        ready(s)
        t = s.topic(f'mr-{v}')
        g = Members(s, f'members-{v}', t)
        p = g.plain
        a, n = g.stable(SessionTimeoutMs=60000, RebalanceTimeoutMs=60000)
        b = g.fresh(v)
        yield 'pending', g.state()
        yield 'beat while one is pending', g.beat(3, a, n)
        w = g.joining(v, b)
        yield 'second joins', g.until('PreparingRebalance')
        yield 'described', g.describe()
        yield 'first beats', g.beat(3, a, n)
        yield 'first syncs', p(g.sync(3, a, n))
        yield 'first commits', g.commit(7, t, member=a, generation=n)
        yield 'first commits, next generation', g.commit(7, t, member=a, generation=n + 1)
        yield 'second beats', g.beat(3, b, n)
        yield 'second syncs', p(g.sync(3, b, n))
        yield 'simple commit', g.commit(7, t)
        yield 'deleted', g.s.ask('DeleteGroups', 1, GroupsNames=[g.name])
        yield 'no common protocol', p(g.join(v, member=a, protocols=('other',)))
        yield 'first joins again', p(g.join(v, member=a))
        yield 'second has joined', p(w.answer())
        yield 'completing', g.state()
        yield 'first beats, completing', g.beat(3, a, n + 1)
        yield 'first commits, completing', g.commit(7, t, member=a, generation=n + 1)
        yield 'old generation commits, completing', g.commit(7, t, member=a, generation=n)
        w = g.syncing(3, b, n + 1)
        yield 'leader syncs', p(g.sync(3, a, n + 1, [a, b]))
        yield 'second has synced', p(w.answer())
        yield 'stable', g.describe()
        yield 'follower joins again as it is', p(g.join(v, member=b))
        w = g.joining(v, a)
        yield 'leader joins again', g.until('PreparingRebalance')
        yield 'second leaves meanwhile', p(g.leave(2, (b, None)))
        yield 'leader has joined', p(w.answer())
        w = g.syncing(3, a, n + 2)
        yield 'leader syncs without a word for anybody', p(w.answer())
        yield 'alone', g.describe()

    @scenario('JoinGroup', {5})
    def members_timeouts(s, v):
        ready(s)
        g = Members(s, 'timeouts')
        p = g.plain
        a = g.enter(v, SessionTimeoutMs=30000, RebalanceTimeoutMs=700)['MemberId']
        g.sync(3, a, 1, [a])
        b = g.fresh(v)
        w = g.joining(v, b)
        yield 'waits for the first', g.until('PreparingRebalance')
        yield 'the first is late', p(w.answer())
        yield 'the late one beats', p(g.beat(3, a, 1))
        yield 'the late one joins', p(g.join(v, member=a))
        yield 'alone', g.state()
        yield 'nobody syncs: after the session', g.state()
        h = Members(s, 'sessions')
        a = h.enter(v, SessionTimeoutMs=600)['MemberId']
        h.sync(3, a, 1, [a])
        yield 'stable', h.state()
        yield 'the session ends', h.until('Empty')[0] in ('Empty', 'Dead')
        yield 'beats', h.plain(h.beat(3, a, 1))
        yield 'joins', h.plain(h.join(v, member=a, SessionTimeoutMs=600))
        yield 'commits', h.plain(h.commit(7, 'no', member=a, generation=1))
        yield 'old generation commits', h.plain(h.commit(7, 'no', generation=1))
        k = Members(s, 'never-synced')
        a = k.enter(v, SessionTimeoutMs=600, RebalanceTimeoutMs=600)['MemberId']
        yield 'does not sync', k.state()
        yield 'it is put out', k.until('Empty')[0] in ('Empty', 'Dead')

    @scenario('JoinGroup', {3, 5, 9})
    def members_too_many(s, v):
        ready(s)
        g = Members(s, f'many-{v}')
        p = g.plain
        a, b, n = two(g, p)
        yield 'a third', p(g.join(v))
        yield 'a third with a name', p(g.join(max(v, 5), instance='i'))
        yield 'state', g.state()
        yield 'one of them again', p(g.join(v, member=b))
        yield 'state after', g.state()

    @scenario('JoinGroup', {5, 9})
    def members_delay(s, v):
        ready(s)
        g = Members(s, f'delay-{v}')
        p = g.plain
        a = g.fresh(v)
        started = time.monotonic()
        w = g.joining(v, a)
        b = g.fresh(v)
        g.until('PreparingRebalance')
        x = g.joining(v, b)
        # the other side has its turn at a yield, and that takes time
        meanwhile = g.until('PreparingRebalance', 2), g.beat(3, a, 0)
        first, second = p(w.answer()), p(x.answer())
        took = time.monotonic() - started
        yield 'meanwhile', meanwhile
        yield 'both at once', sorted(str(y['Members']) for y in (first, second))
        yield 'generation', [first['GenerationId'], second['GenerationId']]
        yield 'not before the delay', 0.3 <= took < 2

    @scenario('JoinGroup', {5, 7, 9})
    def members_static(s, v):
        ready(s)
        g = Members(s, f'named-{v}')
        p = g.plain
        long = dict(SessionTimeoutMs=60000, protocols=('range', 'roundrobin'))
        a = g.enter(v, instance='i', **long)['MemberId']
        g.sync(3, a, 1, [a], GroupInstanceId='i')
        w = g.joining(v, instance='j', session=60000, protocols=('range', 'roundrobin'))
        g.until('PreparingRebalance')
        yield 'joins again', p(g.join(v, member=a, instance='i', **long))
        b = g.note(w.answer())
        yield 'second', p(b)
        b = b['MemberId']
        w = g.syncing(3, b, 2)
        g.sync(3, a, 2, [a, b], GroupInstanceId='i')
        yield 'second has synced', p(w.answer())
        yield 'follower comes back', p(c := g.join(v, instance='j', **long))
        yield 'the old one', p(g.beat(3, b, 2, GroupInstanceId='j'))
        yield 'the old one without its name', p(g.beat(3, b, 2))
        yield 'it syncs', p(g.sync(3, c['MemberId'], 2, GroupInstanceId='j'))
        yield 'leader comes back', p(d := g.join(v, instance='i', **long))
        yield 'it syncs, too', p(g.sync(3, d['MemberId'], 2, GroupInstanceId='i'))
        yield 'state', g.state()
        yield 'comes back with another subscription', p(g.join(v, instance='j', topics=['other'], **long))
        yield 'no rebalance', g.state()
        w = g.joining(v, instance='j', protocols=['roundrobin'], session=60000)
        yield 'comes back with the other protocol', g.until('PreparingRebalance')
        x = g.joining(v, instance='j', protocols=['roundrobin'], session=60000)
        yield 'the same once more, while it waits', p(w.answer())
        yield 'leader joins', p(g.join(v, member=d['MemberId'], instance='i', **long))
        yield 'the newest has joined', p(g.note(x.answer()))
        yield 'removed by their names', p(g.leave(3, ('', 'i'), ('', 'j'), ('', 'k')))
        # and nobody knows for how long: there is nothing in it
        yield 'empty', g.state()[0] in ('Empty', 'Dead')

    @scenario('OffsetCommit', {2, 4, 8})
    def members_offsets(s, v):
        ready(s)
        t = s.topic(f'mo-{v}', 2)
        g = Members(s, f'offsets-{v}', t)
        yield 'text to the brim', g.commit(v, t, meta='x' * 20)
        yield 'too long', g.commit(v, t, meta='x' * 21)
        yield 'too long in bytes', g.commit(v, t, meta='ü' * 11)
        yield 'there', g.fetch(5, None)
        yield 'deleted', s.ask('OffsetDelete', 0, GroupId=g.name, Topics=[dict(Name=t, Partitions=[dict(PartitionIndex=0)])])
        yield 'the last offset takes the group with it', g.state()
        yield 'listed', [x for x in s.ask('ListGroups', 4)['Groups'] if x['GroupId'] == g.name]
        if v < 5:
            def short(partition, ms):
                return s.ask('OffsetCommit', v, GroupId=g.name, MemberId='', GenerationIdOrMemberEpoch=-1, RetentionTimeMs=ms,
                             Topics=[dict(Name=t, Partitions=[dict(PartitionIndex=partition, CommittedOffset=3, CommittedMetadata='')])])
            yield 'for half a second', short(0, 500)
            yield 'for an hour', short(1, 3600000)
            end = time.monotonic() + 5
            while g.fetch(5, [(t, [0])])['Topics'][0]['Partitions'][0]['CommittedOffset'] >= 0 and time.monotonic() < end:
                time.sleep(0.1)
            yield 'expired', g.fetch(5, [(t, [0, 1])])
            yield 'state', g.state()
            s.ask('OffsetDelete', 0, GroupId=g.name, Topics=[dict(Name=t, Partitions=[dict(PartitionIndex=1)])])
            yield 'for half a second, alone', short(0, 500)
            yield 'the group goes with it', g.until('Dead', seconds=5)
