/* What klog-mirror remembers: a key and a value, the key's length in front;
 * what is understood must be the same after it was written and read again. */
#include <stdlib.h>
#include <string.h>

#include "cmd/klog-mirror/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(int good)
{
	if (!good)
		abort();
}

static void
key(const uint8_t *p, size_t n)
{
	struct kerr e = KERR_INIT;
	struct state_key k, again;
	enum state_kind kind, same;
	struct buf b;

	if (state_get_key(p, n, &kind, &k, &e) != 0)
		return;
	buf_init(&b, 0);
	state_put_key(&b, kind, &k);
	check(state_get_key(b.p, b.len, &same, &again, &e) == 0);
	check(same == kind && kstr_eq(k.topic, again.topic) &&
	    kstr_eq(k.target, again.target) &&
	    k.partition == again.partition && k.base == again.base);
	buf_release(&b);
}

static void
runs(struct kbytes in)
{
	struct kerr e = KERR_INIT;
	struct omap m = { NULL, 0, 0 }, again = { NULL, 0, 0 };
	struct buf b;

	buf_init(&b, 0);
	if (state_get_runs(in, &m, &e) == 0) {
		state_put_runs(&b, m.v, m.n);
		check(state_get_runs((struct kbytes){ b.p, (int32_t)b.len },
		    &again, &e) == 0);
		check(m.n == again.n && (m.n == 0 || memcmp(m.v, again.v,
		    m.n * sizeof(*m.v)) == 0));
		for (size_t i = 0; i < m.n; i++)
			check(omap_find(&m, m.v[i].src) == m.v[i].tgt);
	}
	omap_release(&m);
	omap_release(&again);
	buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kerr e = KERR_INIT;
	struct state_position v;
	struct state_map m;
	size_t n;

	if (size == 0)
		return 0;
	n = data[0] < size ? data[0] : size - 1;
	key(data + 1, n);
	data += n + 1;
	size -= n + 1;
	if (state_get_position(data, size, &v, &e) == 0)
		runs(v.runs);
	kerr_clear(&e);
	if (state_get_map(data, size, &m, &e) == 0)
		runs(m.runs);
	return 0;
}
