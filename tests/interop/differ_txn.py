"""The differ's scenarios of transactions. add(scenario, agreed) puts them among the others."""
import re, struct, time
from kbatch import *
from kcodec import *

LATER = (14, 15, 16, 51)        # loading, not there yet, not here, not over: a client comes again
NOW = int(time.time() * 1000)


class Txn:
    """A transactional id on one side, asked in given versions."""

    def __init__(self, s, name, **versions):
        self.s, self.name = s, name
        self.v = dict(InitProducerId=4, AddPartitionsToTxn=3, AddOffsetsToTxn=3, EndTxn=3) | versions
        self.pid, self.epoch, self.seq = -1, -1, {}
        for _ in range(100):
            a = s.ask('FindCoordinator', 2, Key=name, KeyType=1)
            if a['ErrorCode'] == 0:
                break
            time.sleep(0.05)

    def steady(self, ask):
        for _ in range(200):
            a = ask()
            if not isinstance(a, dict) or a.get('ErrorCode') not in LATER:
                return a
            time.sleep(0.02)
        return a

    def init_once(self, pid=-1, epoch=-1, timeout=60000, name=0):
        return self.s.ask('InitProducerId', self.v['InitProducerId'], ProducerId=pid, ProducerEpoch=epoch,
                          TransactionalId=self.name if name == 0 else name, TransactionTimeoutMs=timeout)

    def init(self, **k):
        a = self.steady(lambda: self.init_once(**k))
        if a['ErrorCode'] == 0:
            self.pid, self.epoch, self.seq = a['ProducerId'], a['ProducerEpoch'], {}
        return a

    def who(self, pid, epoch):
        return dict(ProducerId=self.pid if pid is None else pid, ProducerEpoch=self.epoch if epoch is None else epoch)

    def add(self, *parts, pid=None, epoch=None, name=0):
        name = self.name if name == 0 else name
        topics = [dict(Name=t, Partitions=[p for u, p in parts if u == t]) for t in dict.fromkeys(t for t, _ in parts)]
        w = self.who(pid, epoch)

        def ask():
            v = self.v['AddPartitionsToTxn']
            if v < 4:
                return self.s.ask('AddPartitionsToTxn', v, V3AndBelowTransactionalId=name, V3AndBelowTopics=topics,
                                  V3AndBelowProducerId=w['ProducerId'], V3AndBelowProducerEpoch=w['ProducerEpoch'])
            return self.s.ask('AddPartitionsToTxn', v, Transactions=[dict(w, TransactionalId=name, Topics=topics)])
        for _ in range(200):
            a = ask()
            if not any(f"ErrorCode': {e}" in str(a) for e in LATER):
                return a
            time.sleep(0.02)
        return a

    def add_group(self, group, pid=None, epoch=None, name=0):
        return self.steady(lambda: self.s.ask('AddOffsetsToTxn', self.v['AddOffsetsToTxn'], GroupId=group,
                                              TransactionalId=self.name if name == 0 else name, **self.who(pid, epoch)))

    def end(self, commit=True, pid=None, epoch=None, name=0):
        return self.steady(lambda: self.s.ask('EndTxn', self.v['EndTxn'], Committed=commit,
                                              TransactionalId=self.name if name == 0 else name, **self.who(pid, epoch)))

    def put(self, topic, partition=0, n=1, seq=None, pid=None, epoch=None, txn=0, attributes=16, v=9):
        """Nineteen is what a transaction that is not quite known yet answers."""
        at = self.seq.get((topic, partition), 0) if seq is None else seq
        w = self.who(pid, epoch)
        b = batch(n=n, time=NOW, attributes=attributes, pid=w['ProducerId'], epoch=w['ProducerEpoch'], seq=at)
        for _ in range(100):
            a = self.s.produce(v, topic, b, partition=partition, txn=self.name if txn == 0 else txn)
            if not isinstance(a, dict) or a['Responses'][0]['PartitionResponses'][0]['ErrorCode'] != 19:
                break
            time.sleep(0.05)
        if isinstance(a, dict) and a['Responses'][0]['PartitionResponses'][0]['ErrorCode'] == 0 and seq is None:
            self.seq[topic, partition] = at + n
        return a

    def state(self):
        a = self.s.ask('DescribeTransactions', 0, TransactionalIds=[self.name])
        for t in a['TransactionStates']:
            if t['TransactionStartTimeMs'] > 0:
                t['TransactionStartTimeMs'] = 'then'
            t['TransactionalId'] = ''
        return a

    def until(self, state):
        """Waits until it is there."""
        for _ in range(200):
            a = self.state()
            if a['TransactionStates'][0]['TransactionState'] == state:
                break
            time.sleep(0.02)
        return a


def stable(s, v, topic, want, isolation=1, offset=0):
    """A fetch, once the last stable offset is the one that is waited for."""
    for _ in range(200):
        a = s.fetch(v, topic, offset=offset, isolation=isolation)
        p = a['Responses'][0]['Partitions'][0]
        if p['LastStableOffset'] == want:
            break
        time.sleep(0.02)
    return a


def marks(b):
    """Markers of a transaction are equal but for their times."""
    return [dict(x, first=0, max=0) for x in show(b)]


def add(scenario, agreed):

    @scenario('InitProducerId')
    def txn_init(s, v):
        t = Txn(s, f'init-{v}', InitProducerId=v)
        yield 'timeout 0', t.init_once(timeout=0)
        yield 'timeout -1', t.init_once(timeout=-1)
        yield 'timeout too long', t.init_once(timeout=900001)
        yield 'empty id', t.init_once(name='')
        yield 'first', t.init()
        yield 'state', t.state()
        yield 'second', t.init()
        yield 'third, longest timeout', t.init(timeout=900000)
        yield 'state then', t.state()
        if v >= 3:
            yield 'epoch as it is', t.init(pid=t.pid, epoch=t.epoch)
            yield 'again', t.init(pid=t.pid, epoch=t.epoch - 1)
            yield 'one too old', t.init(pid=t.pid, epoch=t.epoch - 2)
            yield 'too new', t.init(pid=t.pid, epoch=t.epoch + 1)
            yield 'other id', t.init(pid=t.pid + 1000, epoch=t.epoch)
            yield 'id without epoch', t.init_once(pid=t.pid)
            yield 'epoch without id', t.init_once(epoch=0)
            u = Txn(s, f'init-new-{v}', InitProducerId=v)
            yield 'new, with an id that it had', u.init(pid=12345, epoch=7)
        topic = s.topic(f'ti-{v}')
        yield 'add', t.add((topic, 0))
        yield 'open: once', t.init_once()
        yield 'open: then', t.init()
        yield 'state after', t.state()
        yield 'zombie adds', t.add((topic, 0), epoch=t.epoch - 1)
        yield 'zombie ends', t.end(epoch=t.epoch - 2)

    @scenario('AddPartitionsToTxn', [0, 1, 2, 3])
    def txn_add(s, v):
        t = Txn(s, f'add-{v}', AddPartitionsToTxn=v)
        a, b = s.topic(f'ta-{v}', 3), s.topic(f'tb-{v}')
        yield 'unknown transactional id', t.add((a, 0), pid=1, epoch=0)
        yield 'empty transactional id', t.add((a, 0), pid=1, epoch=0, name='')
        t.init()
        yield 'no topic at all', t.add()
        yield 'state', t.state()
        yield 'one', t.add((a, 0))
        yield 'state then', t.state()
        yield 'again', t.add((a, 0))
        yield 'two topics', t.add((a, 1), (a, 2), (b, 0))
        yield 'state of two', [sorted((x['Topic'], sorted(x['Partitions'])) for x in
                               t.state()['TransactionStates'][0]['Topics'])]
        yield 'unknown topic', t.add((a, 0), ('no-such', 0))
        yield 'unknown partition', t.add((a, 7), (b, 0))
        yield 'internal topic', t.add(('__consumer_offsets', 0))
        yield 'other producer', t.add((a, 0), pid=t.pid + 1000)
        yield 'epoch too low', t.add((a, 0), epoch=t.epoch - 1)
        yield 'epoch too high', t.add((a, 0), epoch=t.epoch + 1)
        yield 'end', t.end()
        yield 'state at last', t.until('CompleteCommit')
        yield 'next', t.add((b, 0))
        yield 'state of the next', t.state()

    @scenario('AddPartitionsToTxn', [4, 5])
    def txn_verify(s, v):
        t = Txn(s, f'verify-{v}')
        a = s.topic(f'tv-{v}', 2)
        t.init()
        t.add((a, 0))

        def ask(part, only=True, **k):
            x = s.ask('AddPartitionsToTxn', v, Transactions=[dict(dict(
                TransactionalId=t.name, ProducerId=t.pid, ProducerEpoch=t.epoch, VerifyOnly=only,
                Topics=[dict(Name=a, Partitions=[part])]), **k)])
            return x
        yield 'part of it', ask(0)
        yield 'not part of it', ask(1)
        yield 'other producer', ask(0, ProducerId=t.pid + 1000)
        yield 'other epoch', ask(0, ProducerEpoch=t.epoch + 1)
        yield 'unknown id', ask(0, TransactionalId='no-such-id')
        yield 'empty id', ask(0, TransactionalId='')
        yield 'add', ask(1, only=False)
        yield 'then', ask(1)
        yield 'two at once', s.ask('AddPartitionsToTxn', v, Transactions=[
            dict(TransactionalId=n, ProducerId=t.pid, ProducerEpoch=t.epoch, VerifyOnly=True,
                 Topics=[dict(Name=a, Partitions=[0])]) for n in (t.name, 'no-such-id')])
        t.end()
        t.until('CompleteCommit')
        yield 'over', ask(0)

    @scenario('EndTxn')
    def txn_end(s, v):
        t = Txn(s, f'end-{v}', EndTxn=v)
        a = s.topic(f'te-{v}')
        yield 'unknown id', t.end(pid=1, epoch=0)
        yield 'empty id', t.end(pid=1, epoch=0, name='')
        t.init()
        yield 'nothing to commit', t.end()
        yield 'nothing to abort', t.end(False)
        for commit in (True, False):
            t.add((a, 0))
            yield f'other producer ({commit})', t.end(commit, pid=t.pid + 1000)
            yield f'epoch too low ({commit})', t.end(commit, epoch=t.epoch - 1)
            yield f'epoch too high ({commit})', t.end(commit, epoch=t.epoch + 1)
            yield f'good ({commit})', t.end(commit)
            yield f'state ({commit})', t.until('CompleteCommit' if commit else 'CompleteAbort')
            yield f'again ({commit})', t.end(commit)
            yield f'the other way ({commit})', t.end(not commit)

    @scenario('Produce', [3, 9, 11])
    def txn_produce(s, v):
        t = Txn(s, f'produce-{v}')
        a, b = s.topic(f'tp-{v}', 2), s.topic(f'tq-{v}')
        put = lambda *x, **k: t.put(*x, v=v, **k)
        t.init()
        yield 'not added', put(a)
        t.add((a, 0))
        yield 'without transactional id', put(a, txn=None)
        yield 'good', put(a)
        yield 'next', put(a, n=2)
        yield 'duplicate', put(a, n=2, seq=1)
        yield 'gap', put(a, seq=9)
        yield 'other partition', put(a, partition=1)
        yield 'outside the transaction', put(a, attributes=0)
        yield 'outside, other partition', put(a, partition=1, attributes=0)
        yield 'unknown producer', put(b, pid=t.pid + 1000, seq=0)
        yield 'other transactional id', put(b, txn='no-such-id')
        yield 'without sequence', put(a, seq=-1)
        yield 'two producers', s.ask('Produce', v, Acks=-1, TimeoutMs=5000, TransactionalId=t.name, TopicData=[dict(
            Name=n, PartitionData=[dict(Index=0, Records=batch(attributes=16, pid=p, epoch=0, seq=0, time=NOW))])
            for n, p in ((a, t.pid), (b, t.pid + 1))])
        t.end()
        t.until('CompleteCommit')
        yield 'over', put(a)
        yield 'over: duplicate', put(a, n=2, seq=1)
        t.add((a, 0))
        yield 'the next one', put(a)
        old = t.epoch
        t.init()
        yield 'a zombie', put(a, epoch=old, seq=4)
        u = Txn(s, f'produce-u-{v}')
        u.init()
        u.add((b, 0))
        yield 'epoch too high', u.put(b, epoch=u.epoch + 1, seq=0, v=v)
        yield 'what is there', marks(s.fetch(12, a)['Responses'][0]['Partitions'][0]['Records'])

    @scenario('Fetch', [4, 7, 11, 12, 16])
    def txn_fetch(s, v):
        t, u = Txn(s, f'fetch-t-{v}'), Txn(s, f'fetch-u-{v}')
        a = s.topic(f'tf-{v}')
        t.init()
        u.init()

        def seen(what, want, **k):
            x = stable(s, v, a, want, **k)
            if isinstance(x, dict):
                for p in x['Responses'][0]['Partitions']:
                    p['Records'] = marks(p['Records'])
            return what, x
        t.add((a, 0))
        u.add((a, 0))
        t.put(a, n=2)                           # 0, 1
        yield seen('open', 0)
        yield seen('open, uncommitted', 0, isolation=0)
        u.put(a, n=1)                           # 2
        t.end(False)                            # 3
        yield seen('one aborted, one open', 2)
        t.until('CompleteAbort')
        s.produce(7, a, batch(n=1, time=NOW))   # 4
        yield seen('and something without a transaction', 2)
        t.add((a, 0))
        t.put(a)                                # 5
        u.end(True)                             # 6
        u.until('CompleteCommit')
        yield seen('the other committed', 5)
        t.end(False)                            # 7
        yield seen('all over', 8)
        for offset in (1, 2, 3, 4, 5, 6, 7, 8):
            yield seen(f'from {offset}', 8, offset=offset)
        yield seen('from 9', 8, offset=9)
        yield seen('all, uncommitted', 8, isolation=0)
        for time_ in (-1, -2, -3):
            for isolation in (0, 1):
                x = s.offsets(7, a, time_, isolation=isolation)
                p = x['Topics'][0]['Partitions'][0]
                p['Timestamp'] = 'a marker' if p['Timestamp'] > NOW else p['Timestamp']
                yield f'offset {time_}, isolation {isolation}', x
        t.add((a, 0))
        t.put(a)
        for isolation in (0, 1):
            yield f'end with one open, isolation {isolation}', s.offsets(7, a, -1, isolation=isolation)
            yield f'by time with one open, isolation {isolation}', s.offsets(7, a, NOW, isolation=isolation)

    @scenario('DescribeProducers')
    def txn_producers(s, v):
        t = Txn(s, f'producers-{v}')
        a = s.topic(f'tpr-{v}', 2)

        def ask(*parts):
            x = s.ask('DescribeProducers', v, Topics=[dict(Name=n, PartitionIndexes=[p]) for n, p in parts])
            for tp in x['Topics']:
                for p in tp['Partitions']:
                    for q in p['ActiveProducers']:
                        q['LastTimestamp'] = 'time' if q['LastTimestamp'] != NOW else 'now'
            return x
        yield 'nobody', ask((a, 0))
        yield 'unknown topic', ask(('no-such', 0))
        yield 'bad name', ask(('a b', 0))
        yield 'unknown partition', ask((a, 9))
        t.init()
        t.add((a, 0))
        t.put(a, n=3)
        yield 'open', ask((a, 0), (a, 1))
        t.end()
        t.until('CompleteCommit')
        yield 'over', ask((a, 0))
        t.init()
        t.add((a, 0))
        t.put(a)
        yield 'new epoch', ask((a, 0))

    @scenario('WriteTxnMarkers', [1])
    def txn_markers(s, v):
        t = Txn(s, f'markers-{v}')
        a = s.topic(f'tm-{v}', 2)

        def write(epoch, *parts, commit=False, coordinator=0, pid=None):
            return s.ask('WriteTxnMarkers', v, Markers=[dict(
                ProducerId=t.pid if pid is None else pid, ProducerEpoch=epoch, TransactionResult=commit,
                CoordinatorEpoch=coordinator, Topics=[dict(Name=n, PartitionIndexes=[p]) for n, p in parts])])
        yield 'no marker at all', s.ask('WriteTxnMarkers', v, Markers=[])
        t.init()
        t.add((a, 0))
        t.put(a)
        yield 'unknown topic', write(0, ('no-such', 0))
        yield 'unknown partition', write(0, (a, 9))
        yield 'abort', write(0, (a, 0))
        yield 'again', write(0, (a, 0))
        yield 'nothing there', write(0, (a, 1))
        yield 'epoch too low', write(-1, (a, 0))
        yield 'other producer', write(3, (a, 0), pid=777777)
        yield 'newer coordinator', write(0, (a, 0), coordinator=5)
        yield 'older coordinator', write(0, (a, 0), coordinator=4)
        yield 'newer epoch', write(2, (a, 0), commit=True, coordinator=5)
        yield 'older epoch', write(1, (a, 0), coordinator=5)
        yield 'read', [x if x != 'LastTimestamp' else 0 for x in marks(
            stable(s, 12, a, 6)['Responses'][0]['Partitions'][0]['Records'])]

    @scenario('ListTransactions')
    def txn_list(s, v):
        names = [f'list-{v}-{i}' for i in range(3)]
        a = s.topic(f'tl-{v}')
        ts = [Txn(s, n) for n in names]
        for t in ts:
            t.init()
        ts[1].add((a, 0))
        ts[2].add((a, 0))
        ts[2].end()
        ts[2].until('CompleteCommit')

        def ask(**k):
            x = s.ask('ListTransactions', v, **k)
            x['TransactionStates'] = sorted((t['TransactionalId'], t['TransactionState'])
                                            for t in x['TransactionStates'] if t['TransactionalId'] in names)
            return x
        base = dict(StateFilters=[], ProducerIdFilters=[])
        yield 'all', ask(**base)
        yield 'by state', ask(**dict(base, StateFilters=['Ongoing', 'Empty']))
        yield 'unknown state', ask(**dict(base, StateFilters=['Ongoing', 'nonsense']))
        yield 'by producer', ask(**dict(base, ProducerIdFilters=[ts[0].pid]))
        yield 'by unknown producer', ask(**dict(base, ProducerIdFilters=[99999999]))
        if v >= 1:
            yield 'by duration', ask(**dict(base, DurationFilter=3600000))
            yield 'by duration 0', ask(**dict(base, DurationFilter=0, StateFilters=['Ongoing']))
            time.sleep(0.05)
            yield 'by duration 20', ask(**dict(base, DurationFilter=20))
            yield 'by duration -7', ask(**dict(base, DurationFilter=-7))
        yield 'describe several', [(t['TransactionalId'], t['TransactionState'], t['ErrorCode']) for t in s.ask(
            'DescribeTransactions', 0, TransactionalIds=[names[1], 'no-such-id', '', names[0]])['TransactionStates']]

    @scenario('TxnOffsetCommit')
    def txn_offsets(s, v):
        t = Txn(s, f'offsets-{v}', AddOffsetsToTxn=min(v, 3))
        a, g = s.topic(f'to-{v}', 2), f'to-group-{v}'
        for _ in range(100):
            if s.ask('FindCoordinator', 2, Key=g, KeyType=0)['ErrorCode'] == 0:
                break
            time.sleep(0.05)

        def commit(offset, part=0, topic=a, pid=None, epoch=None, group=g, name=None, **k):
            def ask():
                return s.ask('TxnOffsetCommit', v, TransactionalId=name or t.name, GroupId=group, Topics=[dict(
                    Name=topic, Partitions=[dict(PartitionIndex=part, CommittedOffset=offset, CommittedMetadata='m')])],
                    **t.who(pid, epoch), **k)
            for _ in range(100):
                x = ask()
                if not any(f"ErrorCode': {e}" in str(x) for e in LATER):
                    return x
                time.sleep(0.03)
            return x

        def offset(stable=False):
            for _ in range(100):
                x = s.ask('OffsetFetch', 7, GroupId=g, RequireStable=stable,
                          Topics=[dict(Name=a, PartitionIndexes=[0, 1])])
                if x['ErrorCode'] not in LATER:
                    return x
                time.sleep(0.03)
            return x
        t.init()
        yield 'before it was added', commit(5)
        yield 'add, unknown id', t.add_group(g, name='no-such-id')
        yield 'add, epoch too low', t.add_group(g, epoch=t.epoch - 1)
        yield 'add', t.add_group(g)
        yield 'state', t.state()
        yield 'commit', commit(7)
        yield 'unknown topic', commit(7, topic='no-such')
        yield 'unknown partition', commit(7, part=9)
        yield 'other producer', commit(7, pid=t.pid + 1000)
        yield 'no group', commit(7, group='')
        if v >= 3:
            yield 'unknown member', commit(8, MemberId='nobody', GenerationId=3)
            yield 'unknown static member', commit(8, MemberId='nobody', GenerationId=3, GroupInstanceId='x')
        yield 'not there yet', offset()
        yield 'not stable', offset(True)
        t.end(False)
        t.until('CompleteAbort')
        yield 'aborted', offset(True)
        t.add_group(g)
        commit(11)
        commit(12, part=1)
        t.end(True)
        t.until('CompleteCommit')
        yield 'committed', offset(True)
        yield 'over', commit(13)

    @scenario('InitProducerId', [3, 4, 5])
    def txn_timed_out(s, v):
        t = Txn(s, f'timed-out-{v}', InitProducerId=v)
        a = s.topic(f'tto-{v}')
        t.init(timeout=300)
        t.add((a, 0))
        t.put(a, n=2)
        yield 'state at last', t.until('CompleteAbort')
        yield 'writes', t.put(a)
        yield 'adds', t.add((a, 0))
        yield 'adds offsets', t.add_group('g')
        yield 'commits', t.end()
        yield 'aborts', t.end(False)
        yield 'as the coordinator counts: adds', t.add((a, 0), epoch=t.epoch + 1)
        yield 'state', t.state()
        yield 'goes on', t.init(pid=t.pid, epoch=t.epoch)
        yield 'state then', t.state()
        yield 'adds again', t.add((a, 0))
        yield 'writes again', t.put(a)
        yield 'commits then', t.end()
        yield 'state in the end', t.until('CompleteCommit')
        p = stable(s, 12, a, 5)['Responses'][0]['Partitions'][0]
        yield 'what is there', dict(Records=marks(p['Records']), Aborted=p['AbortedTransactions'])

    @scenario('InitProducerId', [0, 3, 5])
    def txn_no_id(s, v):
        def init(**k):
            return s.ask('InitProducerId', v, TransactionalId=None, **k)
        yield 'an id', init(TransactionTimeoutMs=-5, ProducerId=-1, ProducerEpoch=-1)
        if v >= 3:
            yield 'one more epoch', init(TransactionTimeoutMs=0, ProducerId=4711, ProducerEpoch=3)
            yield 'half of it', init(TransactionTimeoutMs=0, ProducerId=4711, ProducerEpoch=-1)
            yield 'the other half', init(TransactionTimeoutMs=0, ProducerId=-1, ProducerEpoch=3)

    @scenario('EndTxn', [0, 3])
    def txn_replayed(s, v):
        """Each call once more, as a client does that has lost the answer."""
        t = Txn(s, f'replayed-{v}', EndTxn=v)
        a = s.topic(f'trp-{v}')
        t.init()
        for commit in (True, False):
            w = 'commit' if commit else 'abort'
            t.add((a, 0))
            t.put(a)
            yield f'{w}', t.end(commit)
            t.until('CompleteCommit' if commit else 'CompleteAbort')
            yield f'{w}: the add again', t.add((a, 0))
            yield f'{w}: the batch again', t.put(a, seq=0)
            yield f'{w}: state', t.state()
            yield f'{w}: and the end', t.end(commit)
            t.until('CompleteCommit' if commit else 'CompleteAbort')
            yield f'{w}: once more', t.end(commit)
        old = t.epoch
        t.init()
        for what, f in (('adds', lambda: t.add((a, 0), epoch=old)), ('ends', lambda: t.end(epoch=old)),
                        ('aborts', lambda: t.end(False, epoch=old)), ('groups', lambda: t.add_group('g', epoch=old))):
            yield f'fenced: {what}', f()

    @scenario('Fetch', [4, 11, 16])
    def txn_fetch_little(s, v):
        t, u = Txn(s, f'little-t-{v}'), Txn(s, f'little-u-{v}')
        a = s.topic(f'tfl-{v}')
        t.init()
        u.init()
        for i in range(4):
            t.add((a, 0))
            u.add((a, 0))
            t.put(a, n=1)
            u.put(a, n=2)
            t.put(a, n=1)
            t.end(i % 2 == 0)
            t.until('CompleteCommit' if i % 2 == 0 else 'CompleteAbort')
            stable(s, v, a, i * 6 + 1)
            u.end(i > 2)
            u.until('CompleteCommit' if i > 2 else 'CompleteAbort')
            stable(s, v, a, i * 6 + 6)
        for offset in range(24):
            for part in (1, 150, 300):
                for isolation in (0, 1):
                    p = s.fetch(v, a, offset=offset, part=part, isolation=isolation)['Responses'][0]['Partitions'][0]
                    p['Records'] = marks(p['Records'])
                    yield f'{part} bytes from {offset}, isolation {isolation}', p

    @scenario('TxnOffsetCommit', [2, 3])
    def txn_member(s, v):
        """Offsets of a group that has a member."""
        t = Txn(s, f'member-{v}')
        a, g = s.topic(f'tom-{v}'), f'tom-group-{v}'
        for _ in range(100):
            if s.ask('FindCoordinator', 2, Key=g, KeyType=0)['ErrorCode'] == 0:
                break
            time.sleep(0.05)
        for _ in range(100):
            x = s.ask('JoinGroup', 2, GroupId=g, SessionTimeoutMs=30000, RebalanceTimeoutMs=30000, MemberId='',
                      ProtocolType='consumer', Protocols=[dict(Name='range', Metadata=b'')])
            if x['ErrorCode'] not in LATER:
                break
            time.sleep(0.05)
        me, gen = x['MemberId'], x['GenerationId']
        t.init()
        t.add_group(g)

        def commit(offset, **k):
            for _ in range(100):
                x = s.ask('TxnOffsetCommit', v, TransactionalId=t.name, GroupId=g, Topics=[dict(
                    Name=a, Partitions=[dict(PartitionIndex=0, CommittedOffset=offset, CommittedMetadata='m')])],
                    **t.who(None, None), **k)
                if not any(f"ErrorCode': {e}" in str(x) for e in LATER):
                    return x
                time.sleep(0.03)
            return x

        def ask(what):
            yield f'{what}: no member', commit(1)
            if v >= 3:
                yield f'{what}: a stranger', commit(2, MemberId='nobody', GenerationId=gen)
                yield f'{what}: an older generation', commit(3, MemberId=me, GenerationId=gen - 1)
                yield f'{what}: a newer generation', commit(4, MemberId=me, GenerationId=gen + 1)
                yield f'{what}: no generation', commit(5, MemberId=me, GenerationId=-1)
                yield f'{what}: only a generation', commit(5, MemberId='', GenerationId=gen)
                yield f'{what}: the member', commit(6, MemberId=me, GenerationId=gen)
                yield f'{what}: under another instance', commit(7, MemberId=me, GenerationId=gen, GroupInstanceId='x')
        yield from ask('before it is synced')
        s.ask('SyncGroup', 1, GroupId=g, GenerationId=gen, MemberId=me, Assignments=[dict(MemberId=me, Assignment=b'')])
        yield from ask('stable')
        t.end(True)
        t.until('CompleteCommit')
        for _ in range(100):
            x = s.ask('OffsetFetch', 7, GroupId=g, RequireStable=True, Topics=[dict(Name=a, PartitionIndexes=[0])])
            if x['ErrorCode'] not in LATER and x['Topics'][0]['Partitions'][0]['ErrorCode'] not in LATER + (88,):
                break
            time.sleep(0.03)
        yield 'in the end', x

    agreed += [(re.compile(q), re.compile(f), why) for q, f, why in (
        (r'txn_markers .*epoch too low', '', 'Kafka fails with an exception'),
    )]
