"""groups.py DIR: what groups.sh's members have printed: all, and twice only
where it is allowed. DIR has m*.out ("partition offset" lines), m*.err, killed
(names) and ends (klog-topics offsets)."""
import collections
import glob
import os
import sys

dir = sys.argv[1]
killed = set(open(dir + "/killed").read().split())
ends = {}
for line in open(dir + "/ends"):
    f = line.split("\t")
    ends[int(f[1])] = int(f[3])

printed = collections.defaultdict(list)
told = set()
for path in glob.glob(dir + "/m*.out"):
    name = os.path.basename(path)[:-4]
    if "may be printed again" in open(dir + "/" + name + ".err").read():
        told.add(name)
    for line in open(path):
        if line.endswith("\n"):
            p, o = map(int, line.split())
            printed[p, o].append(name)

lost = sum((p, o) not in printed for p in ends for o in range(ends[p]))
twice = [(po, who) for po, who in printed.items() if len(who) > 1]
bad = [(po, who) for po, who in twice
       if sum(w not in killed and w not in told for w in who) > 1]
again = collections.Counter(w for po, who in twice for w in set(who)
                            if w in killed or w in told)
print(f"# {sum(ends.values())} records, {lost} lost, {len(twice)} printed "
      f"twice (at most {max(again.values(), default=0)} of a member's, of "
      f"{len(again)}), {len(bad)} of them without a reason")
for po, who in bad[:5]:
    print("#", po, who)
sys.exit(bool(lost or bad or os.path.exists(dir + "/unfed")))
