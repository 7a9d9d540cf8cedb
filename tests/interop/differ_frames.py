"""The differ's scenarios of frames and versions."""
from differ_side import *


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
