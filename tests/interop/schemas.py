#!/usr/bin/env python3
"""schemas.py LIBS NEWER < TABLES: holds klog's message tables (tests/helper/wire_tables)
against the definitions in Apache Kafka's jars: name, order, type, versions,
nullability, tag and default of every field, and the error codes' names."""
import glob, json, re, sys, zipfile

def snake(name):
    name = name.replace('KRaft', 'Kraft')
    return re.sub(r'(?<=[a-z0-9])([A-Z])', r'_\1', name).lower()

def load_all(libs):
    """All messages by name; Kafka's JSON has comments."""
    found = {}
    for jar in ('kafka-clients', 'kafka-metadata', 'kafka-group-coordinator',
                'kafka-transaction-coordinator'):
        path = glob.glob(f'{libs}/{jar}-[0-9]*[0-9].jar')[0]
        with zipfile.ZipFile(path) as z:
            for n in z.namelist():
                if re.match(r'common/(message|metadata)/\w+\.json$', n):
                    text = z.read(n).decode()
                    text = re.sub(r'(?m)^\s*//.*$', '', text)
                    text = re.sub(r'(?m)(?<=[,\[{ ])//[^"\n]*$', '', text)
                    m = json.loads(text)
                    found[m['name']] = m
    return found

def bounds(text):
    """'3', '3-5' or '3+' as (first, last), last None where there is none."""
    if text in (None, '', 'none'):
        return None
    if text.endswith('+'):
        return int(text[:-1]), None
    a, _, b = text.partition('-')
    return int(a), int(b or a)

def default(field, array, base):
    d = field.get('default')
    if array or base in ('string', 'bytes', 'records'):
        return -1 if d == 'null' or (base == 'records' and not array) else 0
    if base in ('uuid',) or str(d).lower() in ('none', '', 'false'):
        return 0
    return 1 if str(d).lower() == 'true' else int(str(d), 0)

def rows(message, fields, path):
    """(path, type, since, until, null, tag, default) in the order of klog's
    tables: wire order, tagged ones last."""
    common = {c['name']: c for c in message.get('commonStructs') or []}
    def tag(f):
        return int(f.get('tag', -1))
    for f in sorted(fields, key=tag):
        array = f['type'].startswith('[]')
        base = f['type'][2:] if array else f['type']
        struct = base[0].isupper()
        first, last = bounds(f['versions'])
        null = bounds(f.get('nullableVersions'))
        where = f'{path}.{snake(f["name"])}' if path else snake(f['name'])
        if tag(f) >= 0 and f['taggedVersions'] != f['versions']:
            sys.exit(f'{message["name"]}: {where}: not tagged from the start')
        yield (where, ('[]' if array else '') + ('struct' if struct else base),
               first, last, null[0] if null else None, tag(f),
               (-1 if f.get('default') == 'null' else 0)
               if struct and not array else default(f, array, base))
        if struct:
            sub = f.get('fields') or common[base]['fields']
            yield from rows(message, sub, where)

def main():
    kafka = load_all(sys.argv[1])
    # what klog serves in versions that came after 3.9
    newer = load_all(sys.argv[2])
    for name in newer:
        if name.startswith(('ConsumerGroupHeartbeatRe', 'ConsumerGroupDescribeRe')):
            kafka[name] = newer[name]
    bad = fields = 0
    ours, order = {}, []
    number = lambda s: None if s == '-' else int(s)
    for line in sys.stdin:
        w = line.rstrip('\n').split('\t')
        if w[0] == 'message':
            order.append(w[1:])
            ours[w[1]] = []
        elif w[0] == 'field':
            ours[w[1]].append((w[2], w[3], int(w[4]), number(w[5]),
                               number(w[6]), int(w[7]), int(w[8])))
    for name, key, low, high, flex in order:
        m = kafka[name]
        first, last = bounds(m['validVersions'])
        # the types of the internal topics' records are not in 3.9's definitions
        theirs = (m.get('apiKey', int(key)), last, bounds(m['flexibleVersions']))
        mine = (int(key), int(high), (int(flex), None) if flex != '-' else None)
        if theirs != mine or int(low) < first:
            print(f'{name}: ours {mine} from {low}, Kafka {theirs} from {first}')
            bad += 1
        want = list(rows(m, m['fields'], ''))
        have = ours[name]
        fields += len(want)
        for i in range(max(len(want), len(have))):
            a = have[i] if i < len(have) else None
            b = want[i] if i < len(want) else None
            if a != b:
                print(f'{name}: ours {a}, Kafka {b}')
                bad += 1
    print(f'{len(order)} messages, {fields} fields, {bad} differences')
    sys.exit(1 if bad or not order else 0)

main()
