#!/usr/bin/env python3
"""differ.py --list | LIBS KLOG KAFKA [SCENARIO..]: sends the same requests to two brokers
(HOST:PORT each) and holds the answers against each other, field by field.
Left aside is what must differ: ids, addresses, throttling, the words of an
error. Every scenario runs at the lowest version that both serve, at the
highest, and at one between. Prints a line a question; DIFFER_ALL=1 shows
equal answers, too."""
import os, sys
from itertools import zip_longest
import differ_frames, differ_topics, differ_produce, differ_fetch, differ_groups, differ_members, differ_txn
from differ_side import AGREED, SCENARIOS, Side, plain, scenario
from kcodec import Definitions

GRIEF = 'the scenario itself'


def versions_of(klog, kafka, api, wanted):
    a, b = klog.versions[klog.defs.key(api)], kafka.versions[kafka.defs.key(api)]
    low = max(a[0], b[0], 3 if api == 'Produce' else 0)
    high = min(a[1], b[1])
    if wanted is None:
        wanted = {low, (low + high) // 2, high}
    return sorted(v for v in wanted if low <= v <= high)


def diff(a, b, path=''):
    """Lines that say where two answers differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for k in {**a, **b}:
            yield from diff(a.get(k, 'not there'), b.get(k, 'not there'), f'{path}.{k}')
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            yield from diff(x, y, f'{path}[{i}]')
    elif a != b:
        yield f'{path or "answer"}: klog {short(a)}, Kafka {short(b)}'


def careful(questions, s):
    """A scenario that comes to grief says so, and never does it alike."""
    try:
        yield from questions
    except Exception as e:
        yield GRIEF, f'with {s.name}: {type(e).__name__} {e} (line {e.__traceback__.tb_next.tb_lineno})'


def short(x):
    s = str(x)
    return s if len(s) < 1000 else s[:1000] + '..'


def main():
    if sys.argv[1] == '--list':
        print('\n'.join(name for name, *_ in SCENARIOS))
        return
    defs = Definitions(sys.argv[1])
    sides = [Side(defs, 'klog', sys.argv[2]), Side(defs, 'Kafka', sys.argv[3])]
    equal = apart = unlike = 0
    for name, api, wanted, questions in SCENARIOS:
        if sys.argv[4:] and name not in sys.argv[4:]:
            continue
        for v in versions_of(*sides, api, wanted):
            for a, b in zip_longest(*(careful(questions(s, v), s) for s in sides)):
                (what, x), (what2, y) = a or ('nothing', 0), b or ('nothing', 0)
                said = list(diff(plain(x), plain(y)))
                label = f'{name} {v}: {what}' + ('' if what == what2 else f' / {what2}')
                agreed = said != [] and GRIEF not in (what, what2) and \
                    all(any(q.search(label) and f.search(line) for q, f, _ in AGREED) for line in said)
                equal, apart, unlike = equal + (not said), apart + agreed, unlike + (said != [] and not agreed)
                if agreed:
                    print(f'ok - {label} # on purpose')
                elif said:
                    print(f'not ok - {label}')
                    for line in said[:8]:
                        print(f'#   {line}')
                elif os.environ.get('DIFFER_ALL'):
                    print(f'ok - {label}: {short(plain(x))}')
            sys.stdout.flush()
    print(f'differ: {equal} equal, {apart} apart on purpose, {unlike} unlike')
    sys.exit(unlike > 0)


differ_groups.add(scenario, AGREED)
differ_members.add(scenario, AGREED)
differ_txn.add(scenario, AGREED)
main()
