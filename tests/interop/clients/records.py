#!/usr/bin/env python3
"""records.py plain|odd: the records every client writes and reads back.

One a line, tab-separated: timestamp (ms), key, value, headers as
name:value,name:value ("." for none); key, names and values in base64, null as
"-", empty as "=". `plain` holds what every client can express, `odd` adds null
and repeated headers, which kafkajs cannot.
"""
import random
import sys
import time
from common import b


def records(kind):
    r = random.Random(20261121)
    ts = int(time.time() * 1000)  # old ones would go by retention
    yield ts, None, b"no key", []
    yield ts + 1, b"", b"empty key", []
    yield ts + 1, b"k", b"", []
    yield ts + 2, b"tombstone", None, []
    yield ts + 3, b"null", b"null", []
    yield ts + 4, b"\xff\xfe\x00\x80", bytes(range(256)), []
    yield ts + 5, "schlüssel".encode(), "größe ☃ 𝄞".encode(), [(b"h", b"v")]
    yield ts + 6, b"h2", b"two headers", [(b"a", b"1"), (b"b", b"\x00\xff")]
    yield ts + 7, b"he", b"empty header", [(b"empty", b"")]
    yield ts, b"back", b"a timestamp that goes back", []
    yield ts + 9, b"big", r.randbytes(20000), []
    yield ts + 10, b"lines", b"one\ntwo\r\n\tthree\x00", []
    if kind == "odd":
        yield ts + 11, b"hn", b"null header", [(b"n", None)]
        yield ts + 12, b"hd", b"repeated", [(b"d", b"1"), (b"d", b"2"), (b"d", b"1")]
    for i in range(300):
        key = b"key-%d" % r.randrange(50) if i % 3 else None
        value = b"value %d " % i + b"x" * r.randrange(200)
        yield ts + 100 + i, key, value, [(b"i", b"%d" % i)] if i % 5 == 0 else []


if __name__ == "__main__":
    for ts, key, value, headers in records(sys.argv[1]):
        h = ",".join(b(n) + ":" + b(v) for n, v in headers)
        print(ts, b(key), b(value), h or ".", sep="\t")
