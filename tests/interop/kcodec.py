"""kcodec.py: Apache Kafka's messages in Python, driven by the definitions that
lie in its kafka-clients jar; a connection that sends them. For the differ."""
import glob, json, re, select, socket, struct, uuid, zipfile

PLAIN = {'bool': '?', 'int8': 'b', 'int16': 'h', 'uint16': 'H', 'int32': 'i',
         'uint32': 'I', 'int64': 'q', 'float64': 'd'}


def has(versions, v):
    """Is v in '3', '3-5' or '3+'?"""
    if versions in (None, '', 'none'):
        return False
    if versions.endswith('+'):
        return v >= int(versions[:-1])
    a, _, b = versions.partition('-')
    return int(a) <= v <= int(b or a)


def uvarint(n):
    out = b''
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def varint(n):
    return uvarint((n << 1 ^ n >> 63) & (1 << 64) - 1)


class Reader:
    def __init__(self, b):
        self.b, self.at = b, 0

    def take(self, n):
        x = self.b[self.at:self.at + n]
        if len(x) != n:
            raise ValueError('message ends too early')
        self.at += n
        return x

    def plain(self, t):
        f = '>' + PLAIN[t]
        return struct.unpack(f, self.take(struct.calcsize(f)))[0]

    def uvarint(self):
        n = shift = 0
        while True:
            c = self.take(1)[0]
            n |= (c & 127) << shift
            if c < 128:
                return n
            shift += 7

    def varint(self):
        n = self.uvarint()
        return n >> 1 ^ -(n & 1)


class Message:
    """One definition at one version."""

    def __init__(self, definition, v):
        self.d, self.v = definition, v
        self.flex = has(definition.get('flexibleVersions'), v)
        self.common = {c['name']: c for c in definition.get('commonStructs', [])}

    def fields(self, f):
        return f.get('fields') or self.common[f['type'].lstrip('[]')]['fields']

    def default(self, f):
        t, d = f['type'], f.get('default')
        if d == 'null':
            return None
        if t.startswith('[]'):
            return []
        if t == 'bool':
            return d in (True, 'true')
        if t in PLAIN:
            return int(str(d or 0), 0)
        return {'uuid': uuid.UUID(int=0), 'string': d or ''}.get(t, b'')

    def length(self, n, short):
        if self.flex:
            return uvarint(n + 1)
        return struct.pack('>h' if short else '>i', n)

    def put(self, t, f, x):
        if t in PLAIN:
            return struct.pack('>' + PLAIN[t], x)
        if t == 'uuid':
            return x.bytes
        if t.startswith('[]'):
            if x is None:
                return self.length(-1, False)
            return self.length(len(x), False) + b''.join(
                self.put(t[2:], dict(f, nullableVersions='none'), y) for y in x)
        if t in ('string', 'bytes', 'records'):
            b = x.encode() if isinstance(x, str) else x
            return self.length(-1 if b is None else len(b), t == 'string') + (b or b'')
        null = has(f.get('nullableVersions'), self.v)
        if x is None:
            return b'\xff'
        return (b'\1' if null else b'') + self.put_struct(self.fields(f), x)

    def put_struct(self, fields, x):
        unknown = set(x) - {f['name'] for f in fields}
        assert not unknown, f'{self.d["name"]} has no {unknown}'
        out, tagged = b'', {}
        for f in fields:
            y = x.get(f['name'], self.default(f))
            if 'tag' in f and has(f.get('taggedVersions'), self.v):
                if f['name'] in x:
                    tagged[int(f['tag'])] = self.put(f['type'], f, y)
            elif has(f['versions'], self.v):
                out += self.put(f['type'], f, y)
        if self.flex:
            out += uvarint(len(tagged)) + b''.join(
                uvarint(k) + uvarint(len(b)) + b for k, b in sorted(tagged.items()))
        return out

    def get_length(self, r, short):
        return r.uvarint() - 1 if self.flex else r.plain('int16' if short else 'int32')

    def get(self, t, f, r):
        if t in PLAIN:
            return r.plain(t)
        if t == 'uuid':
            return uuid.UUID(bytes=r.take(16))
        if t.startswith('[]'):
            n = self.get_length(r, False)
            g = dict(f, nullableVersions='none')
            return None if n < 0 else [self.get(t[2:], g, r) for _ in range(n)]
        if t in ('string', 'bytes', 'records'):
            n = self.get_length(r, t == 'string')
            b = None if n < 0 else r.take(n)
            return b.decode() if b is not None and t == 'string' else b
        if has(f.get('nullableVersions'), self.v) and r.plain('int8') < 0:
            return None
        return self.get_struct(self.fields(f), r)

    def get_struct(self, fields, r):
        x, tags = {}, {}
        for f in fields:
            if 'tag' in f and has(f.get('taggedVersions'), self.v):
                tags[int(f['tag'])] = f
            elif has(f['versions'], self.v):
                x[f['name']] = self.get(f['type'], f, r)
        for _ in range(r.uvarint() if self.flex else 0):
            tag, n = r.uvarint(), r.uvarint()
            body = Reader(r.take(n))
            f = tags[tag]
            x[f['name']] = self.get(f['type'], f, body)
        return x


class Definitions:
    def __init__(self, libs):
        self.by_name = {}
        jar = glob.glob(f'{libs}/kafka-clients-[0-9]*[0-9].jar')[0]
        with zipfile.ZipFile(jar) as z:
            for n in z.namelist():
                if re.match(r'common/message/\w+\.json$', n):
                    text = re.sub(r'(?m)^\s*//.*$', '', z.read(n).decode())
                    d = json.loads(text)
                    self.by_name[d['name']] = d

    def key(self, api):
        return self.by_name[api + 'Request']['apiKey']

    def request(self, api, v, body, correlation, client='differ'):
        """The frame, length and all."""
        m = Message(self.by_name[api + 'Request'], v)
        head = struct.pack('>hhih', self.key(api), v, correlation, len(client))
        frame = head + client.encode() + (b'\0' if m.flex else b'') + m.put_struct(m.d['fields'], body)
        return struct.pack('>i', len(frame)) + frame

    def response(self, api, v, frame):
        """(correlation id, body); no byte may be left over."""
        m = Message(self.by_name[api + 'Response'], v)
        r = Reader(frame)
        correlation = r.plain('int32')
        if m.flex and api != 'ApiVersions':
            r.uvarint()
        x = m.get_struct(m.d['fields'], r)
        if r.at != len(frame):
            x['left over'] = len(frame) - r.at
        return correlation, x


class Connection:
    def __init__(self, address):
        host, port = address.rsplit(':', 1)
        self.s = socket.create_connection((host, int(port)), timeout=20)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, b):
        self.s.sendall(b)

    def _read(self, n):
        b = b''
        while len(b) < n:
            x = self.s.recv(n - len(b))
            if not x:
                raise EOFError
            b += x
        return b

    def frame(self, timeout=15):
        """The next frame; None where the peer closes, 'silent' where nothing
        comes."""
        self.s.settimeout(timeout)
        try:
            return self._read(struct.unpack('>i', self._read(4))[0])
        except (EOFError, ConnectionError):
            return None
        except socket.timeout:
            return 'silent'

    def open(self):
        """Is the connection still there, with nothing to be read?"""
        return not select.select([self.s], [], [], 0.15)[0]

    def close(self):
        self.s.close()
