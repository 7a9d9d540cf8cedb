"""The tab-separated record lines of records.py, for the Python clients."""
import base64


def un(x):
    if x == "-":
        return None
    return b"" if x == "=" else base64.b64decode(x)


def b(x):
    if x is None:
        return "-"
    return base64.b64encode(x).decode() or "="


def load(path):
    for line in open(path):
        ts, k, v, h = line.rstrip("\n").split("\t")
        heads = [] if h == "." else [
            (un(n).decode(), un(x)) for n, x in (p.split(":") for p in h.split(","))]
        yield int(ts), un(k), un(v), heads


def show(topic, offset, ts, key, value, headers):
    h = ",".join(b(n.encode()) + ":" + b(v) for n, v in headers or [])
    print(topic, offset, ts, b(key), b(value), h or ".", sep="\t")
