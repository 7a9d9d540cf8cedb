#!/usr/bin/env python3
"""Message sets in formats 0 and 1, as kafka-python writes them.

oldset.py golden DIR      old-FORMAT-CODEC.hex, as in tests/data/record
oldset.py segment FILE    a segment with all of them, and uncompressed messages between
"""
import sys
import zlib

from kafka.record.legacy_records import LegacyRecordBatchBuilder as Builder

CODECS = {'none': 0, 'gzip': 1, 'snappy': 2, 'lz4': 3}
TIME = 1700000000000
# offset from the first, time, key, value; compaction left holes
RECORDS = [
    (0, TIME, b'key', b'value'),
    (1, TIME + 5, None, b'no key'),
    (3, TIME - 5, b'', b''),
    (4, TIME + 1, b'tombstone', None),
    (5, TIME + 2, None, None),
    (10, TIME + 6, 'k\u00e9y'.encode(), b'z' * 300),
]


def messages(magic, codec, base, records=RECORDS, append_time=None):
    """Entries for the records; one, where they are compressed. The builder leaves to the broker what the broker
    sets: offset and time of the outer message."""
    relative = magic == 1 and codec != 'none'
    b = Builder(magic, CODECS[codec], 1 << 20)
    for offset, time, key, value in records:
        b.append(offset if relative else base + offset, time, key, value)
    out = bytearray(b.build())
    if codec != 'none':
        out[:8] = (base + records[-1][0]).to_bytes(8, 'big')
    if relative:
        out[17] |= 8 if append_time else 0
        out[18:26] = (append_time or max(r[1] for r in records)).to_bytes(8, 'big')
        out[12:16] = zlib.crc32(out[16:]).to_bytes(4, 'big')
    return bytes(out)


def golden(folder):
    made = {f'old-{m}-{c}': messages(m, c, 100) for m in (0, 1) for c in CODECS}
    made['old-1-append'] = messages(1, 'gzip', 100, append_time=TIME + 1000)
    for name, data in made.items():
        text = data.hex()
        with open(f'{folder}/{name}.hex', 'w') as f:
            f.writelines(text[i:i + 64] + '\n' for i in range(0, len(text), 64))


def segment(path):
    base = 0
    with open(path, 'wb') as f:
        for magic in (0, 1):
            for codec in CODECS:
                f.write(messages(magic, codec, base))
                base += 11
                many = [(i, TIME + i, b'key%d' % i, b'%d-%s line %d' % (magic, codec.encode(), i))
                        for i in range(2000)]
                f.write(messages(magic, codec, base, many))
                base += len(many)
        f.write(messages(1, 'lz4', base, append_time=TIME + 1000))


if __name__ == '__main__':
    {'golden': golden, 'segment': segment}[sys.argv[1]](sys.argv[2])
