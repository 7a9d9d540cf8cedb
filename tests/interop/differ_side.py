"""What the differ's scenarios are written with: the two brokers, and the lists
of scenarios and of what is to differ."""
import re, struct, sys, time, uuid
from kbatch import *
from kcodec import *

NOW = int(time.time() * 1000) // 1000 * 1000
HOUR = 3600 * 1000
NIL = uuid.UUID(int=0)
STRANGE = uuid.UUID('12345678-1234-4321-8765-0123456789ab')
SCENARIOS = []
AGREED = []
ASIDE = {'ThrottleTimeMs', 'ClusterId', 'Host', 'Port', 'ErrorMessage', 'SupportedFeatures', 'FinalizedFeatures',
         'FinalizedFeaturesEpoch', 'ZkMigrationReady', 'BatchIndexErrorMessage', 'NodeEndpoints'}


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


def scenario(api, versions=None):
    def add(f):
        SCENARIOS.append((f.__name__, api, versions, f))
        return f
    return add


def apart(question, field, why):
    """Where klog is not to answer as Apache Kafka does, and the reason."""
    AGREED.append((re.compile(question), re.compile(field), why))


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
