/* test_mirror_state.c: what klog-mirror remembers, byte for byte, and the map
 * of offsets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/klog-mirror/state.h"

static struct kuuid
id(void)
{
	struct kuuid u;

	for (int i = 0; i < 16; i++)
		u.b[i] = (uint8_t)i;
	return u;
}

#define ID "\0\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf"

static void
same(struct buf *b, const char *want, size_t n)
{
	assert_int_equal(b->len, n);
	assert_memory_equal(b->p, want, n);
	buf_release(b);
}

static const struct state_key orders = { { "orders", 6 }, { "a.orders", 8 },
    3, 1000 };

static void
golden_keys(void **state)
{
	static const char position[] = "\0\0" "\7orders" "\x9" "a.orders"
	    "\0\0\0\3" "\0";
	static const char map[] = "\0\1" "\7orders" "\x9" "a.orders"
	    "\0\0\0\3" "\0\0\0\0\0\0\3\xe8" "\0";
	enum state_kind kind;
	struct state_key k;
	struct buf b;

	buf_init(&b, 0);
	state_put_key(&b, STATE_POSITION, &orders);
	same(&b, position, sizeof(position) - 1);
	buf_init(&b, 0);
	state_put_key(&b, STATE_MAP, &orders);
	same(&b, map, sizeof(map) - 1);
	assert_int_equal(state_get_key(map, sizeof(map) - 1, &kind, &k, NULL),
	    0);
	assert_int_equal(kind, STATE_MAP);
	assert_true(kstr_eq(k.topic, orders.topic));
	assert_true(kstr_eq(k.target, orders.target));
	assert_int_equal(k.partition, 3);
	assert_int_equal(k.base, 1000);
}

static void
golden_position(void **state)
{
	static const char want[] = "\0\0" "\4abc" ID "\0\0\0\0\0\0\0\x64"
	    "\0\0\0\7" "\0\0\0\0\0\0\0\x66" "\x8" "\x0a\x0b\x05\x02\x03\xac\x02"
	    "\0";
	static const struct run runs[] = { { 10, 11, 5 }, { 17, 19, 300 } };
	struct state_position p = { { "abc", 3 }, id(), 100, 7, 102, { 0 } };
	struct omap m = { NULL, 0, 0 };
	struct buf b, r;

	buf_init(&r, 0);
	state_put_runs(&r, runs, 2);
	p.runs = (struct kbytes){ r.p, (int32_t)r.len };
	buf_init(&b, 0);
	state_put_position(&b, &p);
	buf_release(&r);
	same(&b, want, sizeof(want) - 1);
	memset(&p, 0, sizeof(p));
	assert_int_equal(state_get_position(want, sizeof(want) - 1, &p, NULL),
	    0);
	assert_true(kstr_eq(p.cluster, kstr("abc")));
	assert_int_equal(p.src_next, 100);
	assert_int_equal(p.leader_epoch, 7);
	assert_int_equal(p.tgt_next, 102);
	assert_int_equal(state_get_runs(p.runs, &m, NULL), 0);
	assert_int_equal(m.n, 2);
	assert_memory_equal(m.v, runs, sizeof(runs));
	omap_release(&m);
}

static void
golden_map(void **state)
{
	static const char want[] = "\0\0" "\4" "\x00\x00\x01" "\0";
	static const struct run run = { 0, 0, 1 };
	struct state_map v;
	struct buf b, r;

	buf_init(&r, 0);
	state_put_runs(&r, &run, 1);
	v.runs = (struct kbytes){ r.p, (int32_t)r.len };
	buf_init(&b, 0);
	state_put_map(&b, &v);
	buf_release(&r);
	same(&b, want, sizeof(want) - 1);
	assert_int_equal(state_get_map(want, sizeof(want) - 1, &v, NULL), 0);
	assert_int_equal(v.runs.len, 3);
}

static void
golden_run(void **state)
{
	static const char key[] = "\0\2" "\0", want[] = "\0\0" ID "\0";
	static const struct state_key none = { .partition = 0 };
	struct kuuid same_id = id();
	struct state_run v = { same_id };
	enum state_kind kind;
	struct state_key k;
	struct buf b;

	buf_init(&b, 0);
	state_put_key(&b, STATE_RUN, &none);
	same(&b, key, sizeof(key) - 1);
	buf_init(&b, 0);
	state_put_run(&b, &v);
	same(&b, want, sizeof(want) - 1);
	assert_int_equal(state_get_key(key, sizeof(key) - 1, &kind, &k, NULL),
	    0);
	assert_int_equal(kind, STATE_RUN);
	memset(&v, 0, sizeof(v));
	assert_int_equal(state_get_run(want, sizeof(want) - 1, &v, NULL), 0);
	assert_memory_equal(&v.id, &same_id, sizeof(v.id));
}

static void
golden_made(void **state)
{
	static const char key[] = "\0\3" "\2a" "\4x.a" "\0";
	static const char want[] = "\0\0" "\3id" "\0";
	struct state_key from = { .topic = kstr("a"), .target = kstr("x.a") };
	struct state_made v = { kstr("id") };
	enum state_kind kind;
	struct state_key k;
	struct buf b;

	buf_init(&b, 0);
	state_put_key(&b, STATE_MADE, &from);
	same(&b, key, sizeof(key) - 1);
	buf_init(&b, 0);
	state_put_made(&b, &v);
	same(&b, want, sizeof(want) - 1);
	assert_int_equal(state_get_key(key, sizeof(key) - 1, &kind, &k, NULL),
	    0);
	assert_int_equal(kind, STATE_MADE);
	assert_true(kstr_eq(k.topic, from.topic));
	assert_true(kstr_eq(k.target, from.target));
	assert_int_equal(k.partition, 0);
	memset(&v, 0, sizeof(v));
	assert_int_equal(state_get_made(want, sizeof(want) - 1, &v, NULL), 0);
	assert_true(kstr_eq(v.cluster, kstr("id")));
}

/* A newer klog-mirror may add tagged fields; another version is refused. */
static void
newer(void **state)
{
	static const char tagged[] = "\0\0" "\1" "\1\5\2xy";
	static const char version[] = "\0\1" "\1" "\0";
	static const char kind[] = "\0\4" "\2a" "\2b" "\0\0\0\0" "\0";
	enum state_kind got;
	struct state_key k;
	struct state_map v;

	assert_int_equal(state_get_map(tagged, sizeof(tagged) - 1, &v, NULL),
	    0);
	assert_int_equal(state_get_map(version, sizeof(version) - 1, &v, NULL),
	    KE_UNSUPPORTED);
	assert_int_equal(state_get_key(kind, sizeof(kind) - 1, &got, &k, NULL),
	    KE_UNSUPPORTED);
}

static void
rubbish(void **state)
{
	static const char *const bad[] = { "", "\0", "\0\0", "\xff\xff\0",
	    "\0\0\7ord" };
	static const uint8_t down[] = { 0x80 };
	static const uint8_t none[] = { 5, 5, 0 };
	static const uint8_t huge[] = { 255, 255, 255, 255, 255, 255, 255, 255,
	    255, 1, 0, 1 };
	struct omap m = { NULL, 0, 0 };
	enum state_kind kind;
	struct state_key k;
	struct state_position p;

	for (size_t i = 0; i < 5; i++) {
		size_t n = i < 2 ? i : i == 2 ? 2 : i == 3 ? 3 : 6;

		assert_true(state_get_key(bad[i], n, &kind, &k, NULL) < 0);
		assert_true(state_get_position(bad[i], n, &p, NULL) < 0);
	}
	assert_int_equal(state_get_runs((struct kbytes){ down, 1 }, &m, NULL),
	    KE_DATA);
	assert_int_equal(state_get_runs((struct kbytes){ none, 3 }, &m, NULL),
	    KE_DATA);
	assert_int_equal(state_get_runs((struct kbytes){ huge, 12 }, &m, NULL),
	    KE_DATA);
	assert_int_equal(m.n, 0);
	omap_release(&m);
}

static void
finds(void **state)
{
	struct omap m = { NULL, 0, 0 };

	assert_int_equal(omap_find(&m, 0), -1);
	assert_true(omap_add(&m, 10, 0, 5));		/* 10..14 at 0..4 */
	assert_true(omap_add(&m, 15, 5, 5));		/* goes on */
	assert_int_equal(m.n, 1);
	assert_true(omap_add(&m, 20, 11, 10));		/* behind a marker */
	assert_true(omap_add(&m, 40, 21, 1));		/* behind a hole */
	assert_int_equal(m.n, 3);
	assert_int_equal(omap_find(&m, 0), 0);		/* the first after it */
	assert_int_equal(omap_find(&m, 10), 0);
	assert_int_equal(omap_find(&m, 19), 9);
	assert_int_equal(omap_find(&m, 20), 11);
	assert_int_equal(omap_find(&m, 29), 20);
	assert_int_equal(omap_find(&m, 30), 21);	/* in the hole */
	assert_int_equal(omap_find(&m, 40), 21);
	assert_int_equal(omap_find(&m, 41), -1);
	omap_release(&m);
}

static void
ascends(void **state)
{
	struct omap m = { NULL, 0, 0 };

	assert_true(omap_add(&m, 10, 10, 5));
	assert_false(omap_add(&m, 14, 20, 1));
	assert_false(omap_add(&m, 20, 14, 1));
	assert_false(omap_add(&m, 20, 20, 0));
	assert_false(omap_add(&m, -1, 20, 1));
	assert_false(omap_add(&m, INT64_MAX, 20, 1));
	assert_int_equal(m.n, 1);
	/* sealed runs do not grow any more */
	m.n_sealed = 1;
	assert_true(omap_add(&m, 15, 15, 5));
	assert_int_equal(m.n, 2);
	omap_drop_sealed(&m);
	assert_int_equal(m.n, 1);
	assert_int_equal(omap_find(&m, 16), 16);
	for (int i = 0; i < 1000; i++)
		assert_true(omap_add(&m, 100 + 2 * i, 100 + i, 1));
	assert_int_equal(m.n, 1001);
	assert_int_equal(omap_find(&m, 100 + 2 * 500), 600);
	omap_release(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_keys),
		cmocka_unit_test(golden_position),
		cmocka_unit_test(golden_map),
		cmocka_unit_test(golden_run),
		cmocka_unit_test(golden_made),
		cmocka_unit_test(newer),
		cmocka_unit_test(rubbish),
		cmocka_unit_test(finds),
		cmocka_unit_test(ascends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
