"""kbatch.py: record batches (format 2), right ones and wrong ones."""
import gzip, struct
from kcodec import Reader, varint

TABLE = []
for i in range(256):
    for _ in range(8):
        i = i >> 1 ^ (0x82F63B78 if i & 1 else 0)
    TABLE.append(i)


def crc32c(b):
    c = 0xFFFFFFFF
    for x in b:
        c = c >> 8 ^ TABLE[(c ^ x) & 255]
    return c ^ 0xFFFFFFFF


def xxh32(b):
    """Of fewer than 16 bytes, seed 0: all that a frame header needs."""
    m = 0xFFFFFFFF
    h = 374761393 + len(b)
    for x in b:
        h = h + x * 374761393 & m
        h = (h << 11 | h >> 21) * 2654435761 & m
    h = (h ^ h >> 15) * 2246822519 & m
    h = (h ^ h >> 13) * 3266489917 & m
    return h ^ h >> 16


def snappy(b):
    out, n = b'', len(b)
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    out += bytes([n])
    for i in range(0, len(b), 60):
        part = b[i:i + 60]
        out += bytes([len(part) - 1 << 2]) + part
    return out


def xerial(b):
    z = snappy(b)
    return b'\x82SNAPPY\0' + struct.pack('>iii', 1, 1, len(z)) + z


def lz4(b):
    head = b'\x60\x40'
    return (b'\x04\x22\x4d\x18' + head + bytes([xxh32(head) >> 8 & 255]) +
            struct.pack('<I', len(b) | 1 << 31) + b + b'\0\0\0\0')


def zstd(b):
    return (b'\x28\xb5\x2f\xfd\xa0' + struct.pack('<I', len(b)) +
            struct.pack('<I', len(b) << 3 | 1)[:3] + b)


CODECS = {'none': (0, bytes), 'gzip': (1, gzip.compress), 'snappy': (2, xerial),
          'snappy-raw': (2, snappy), 'lz4': (3, lz4), 'zstd': (4, zstd)}


def blob(b):
    return varint(-1) if b is None else varint(len(b)) + b


def record(delta, key=None, value=b'v', ts=0, headers=(), attributes=0):
    b = bytes([attributes]) + varint(ts) + varint(delta) + blob(key) + blob(value) + varint(len(headers))
    for k, v in headers:
        b += blob(k) + blob(v)
    return varint(len(b)) + b


def batch(records=None, time=0, n=3, codec='none', attributes=0, magic=2, crc=0,
          count=None, last=None, max_time=None, pid=-1, epoch=-1, seq=-1,
          payload=None, base=0, length=0, leader_epoch=-1):
    """Everything may be overridden; crc is what its bits are flipped by,
    length what is added to it."""
    if records is None:
        records = [record(i, value=b'value %d' % i) for i in range(n)]
    number, squeeze = CODECS[codec]
    if payload is None:
        payload = squeeze(b''.join(records))
    count = len(records) if count is None else count
    last = count - 1 if last is None else last
    body = struct.pack('>hiqqqhii', attributes | number, last, time,
                       time if max_time is None else max_time, pid, epoch, seq, count) + payload
    return struct.pack('>qiibI', base, len(body) + 9 + length, leader_epoch, magic,
                       crc32c(body) ^ crc) + body


def show(b):
    """What there is to see in fetched batches; None stays None."""
    out = []
    while b and len(b) >= 61:
        base, n, epoch, magic, _, attributes, last, first, most, pid, pe, seq, count = \
            struct.unpack_from('>qiibIhiqqqhii', b)
        if n + 12 > len(b):
            break
        if attributes & 8:
            first = most = 'append time' if most > 10**12 else most
        out.append(dict(base=base, size=n, epoch=epoch, magic=magic, attributes=attributes, last=last,
                        first=first, max=most, pid='pid' if pid >= 0 else pid, pe=pe, seq=seq, count=count))
        b = b[n + 12:]
    return b if b is None else out
