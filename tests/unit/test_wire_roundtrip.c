/*
 * test_wire_roundtrip.c: every message at every version, filled at random:
 * encoded, measured, decoded, compared, and cut short.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/wire_all.h"
#include "wire/codec.h"

#define ROUNDS	20

static uint64_t seed = 1;

static uint32_t
rnd(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % below;
}

static int64_t
rnd_int(void)
{
	static const int64_t edges[] = { 0, -1, 1, INT64_MAX, INT64_MIN,
	    INT32_MAX, INT32_MIN, 0x7fff, -0x8000, 127, 128 };

	if (rnd(3) == 0)
		return edges[rnd(sizeof(edges) / sizeof(edges[0]))];
	return (int64_t)((uint64_t)rnd(1u << 31) << 33 | rnd(1u << 31));
}

/* Sizes about the places where a compact length grows. */
static int32_t
rnd_len(void)
{
	return (int32_t)(rnd(8) == 0 ? 120 + rnd(20) : rnd(12));
}

static void fill_struct(struct arena *a, const struct kfield *rows,
    int16_t version, void *out);

static const void *
rnd_bytes(struct arena *a, int32_t n)
{
	uint8_t *p = arena_alloc(a, (size_t)n + 1);

	for (int32_t i = 0; i < n; i++)
		p[i] = (uint8_t)rnd(256);
	return p;
}

static void
fill_plain(struct arena *a, enum kkind kind, bool null, void *m)
{
	int64_t v = rnd_int();
	int32_t n = null ? -1 : rnd_len();
	const void *p = n < 0 ? NULL : rnd_bytes(a, n);
	double f = (double)v / 3;

	switch (kind) {
	case K_BOOL:
		*(bool *)m = v & 1;
		break;
	case K_F64:
		*(double *)m = f;
		break;
	case K_I8:
		*(int8_t *)m = (int8_t)v;
		break;
	case K_I16:
	case K_U16:
		*(int16_t *)m = (int16_t)v;
		break;
	case K_I32:
		*(int32_t *)m = (int32_t)v;
		break;
	case K_I64:
		*(int64_t *)m = v;
		break;
	case K_UUID:
		memcpy(m, rnd_bytes(a, 16), 16);
		break;
	case K_STR:
		*(struct kstr *)m = (struct kstr){ p, n };
		break;
	case K_BYTES:
		*(struct kbytes *)m = (struct kbytes){ p, n };
		break;
	case K_RECORDS:
		*(struct krecords *)m = (struct krecords){ .p = p, .len = n,
		    .fd = -1 };
		break;
	default:
		fail();
	}
}

static void
fill_field(struct arena *a, const struct kfield *f, int16_t version, void *m)
{
	bool null = version >= f->null && rnd(4) == 0;
	struct karray *arr = m;

	switch ((enum kkind)f->kind) {
	case K_STRUCT:
		fill_struct(a, f->child, version, m);
		return;
	case K_OPTION:
		*(void **)m = null ? NULL : arena_alloc(a, f->size);
		if (!null)
			fill_struct(a, f->child, version, *(void **)m);
		return;
	case K_ARRAY:
		break;
	default:
		fill_plain(a, f->kind, null, m);
		return;
	}
	arr->n = null ? -1 : (int32_t)rnd(4);
	if (f->elem != K_STRUCT && rnd(30) == 0)
		arr->n = 130;	/* two bytes of compact length */
	arr->v = arr->n <= 0 ? NULL : arena_alloc(a, f->size * (size_t)arr->n);
	for (int32_t i = 0; i < arr->n; i++) {
		void *p = (char *)arr->v + f->size * (size_t)i;

		if (f->elem == K_STRUCT)
			fill_struct(a, f->child, version, p);
		else
			fill_plain(a, f->elem, false, p);
	}
}

static void
fill_struct(struct arena *a, const struct kfield *rows, int16_t version,
    void *out)
{
	kfields_defaults(rows, out);
	for (const struct kfield *f = rows; f->kind != K_END; f++)
		if (version >= f->since && version <= f->until &&
		    (f->tag1 == 0 || rnd(2) == 0))
			fill_field(a, f, version, (char *)out + f->off);
}

static bool same_struct(const struct kfield *rows, const void *x,
    const void *y);

static bool
same_blob(const void *p, int64_t n, const void *q, int64_t m)
{
	return n == m && (n <= 0 || memcmp(p, q, (size_t)n) == 0);
}

static bool
same_plain(enum kkind kind, const void *x, const void *y)
{
	const struct kstr *s = x, *t = y;
	const struct kbytes *b = x, *c = y;
	const struct krecords *k = x, *l = y;

	switch (kind) {
	case K_BOOL:
	case K_I8:
		return memcmp(x, y, 1) == 0;
	case K_I16:
	case K_U16:
		return memcmp(x, y, 2) == 0;
	case K_I32:
		return memcmp(x, y, 4) == 0;
	case K_I64:
	case K_F64:
		return memcmp(x, y, 8) == 0;
	case K_UUID:
		return memcmp(x, y, 16) == 0;
	case K_STR:
		return same_blob(s->p, s->len, t->p, t->len);
	case K_BYTES:
		return same_blob(b->p, b->len, c->p, c->len);
	case K_RECORDS:
		return same_blob(k->p, k->len, l->p, l->len);
	default:
		return false;
	}
}

static bool
same_field(const struct kfield *f, const void *x, const void *y)
{
	const struct karray *a = x, *b = y;

	if (f->kind == K_STRUCT)
		return same_struct(f->child, x, y);
	if (f->kind == K_OPTION) {
		const void *p = *(const void *const *)x;
		const void *q = *(const void *const *)y;

		return p == NULL || q == NULL ? p == q :
		    same_struct(f->child, p, q);
	}
	if (f->kind != K_ARRAY)
		return same_plain(f->kind, x, y);
	if (a->n != b->n)
		return false;
	for (int32_t i = 0; i < a->n; i++) {
		const void *q = (const char *)a->v + f->size * (size_t)i;
		const void *r = (const char *)b->v + f->size * (size_t)i;

		if (!(f->elem == K_STRUCT ? same_struct(f->child, q, r) :
		    same_plain(f->elem, q, r)))
			return false;
	}
	return true;
}

static bool
same_struct(const struct kfield *rows, const void *x, const void *y)
{
	for (const struct kfield *f = rows; f->kind != K_END; f++)
		if (!same_field(f, (const char *)x + f->off,
		    (const char *)y + f->off))
			return false;
	return true;
}

/* The bytes in memory that ends where they end, so that a sanitizer sees any
 * read past them. */
static int
decode_exact(const struct kmessage *m, int16_t v, const uint8_t *p, size_t n,
    struct arena *a, void *out)
{
	uint8_t *copy = malloc(n != 0 ? n : 1);
	struct kerr e = KERR_INIT;
	struct rd r;
	int ret;

	memcpy(copy, p, n);
	rd_init(&r, copy, n);
	ret = kmsg_decode(m, v, &r, a, out, &e);
	assert_true((ret == 0) == (e.code == 0));
	free(copy);
	return ret;
}

static void
one(const struct kmessage *m, int16_t v, bool cut)
{
	void *in = calloc(1, m->size), *out = calloc(1, m->size);
	struct arena a, b;
	struct chunks c;
	struct buf flat, plain;
	struct kerr e = KERR_INIT;
	struct rd r;

	arena_init(&a, 0);
	arena_init(&b, 0);
	chunks_init(&c);
	buf_init(&flat, 0);
	buf_init(&plain, 0);
	fill_struct(&a, m->fields, v, in);
	if (kmsg_encode(m, v, in, &c, &e) != 0)
		fail_msg("%s", e.msg);
	assert_int_equal(c.len, kmsg_size(m, v, in));
	assert_int_equal(chunks_flatten(&c, &flat), 0);
	assert_int_equal(kmsg_encode_buf(m, v, in, &plain, &e), 0);
	assert_int_equal(flat.len, c.len);
	assert_true(same_blob(flat.p, (int64_t)flat.len, plain.p,
	    (int64_t)plain.len));
	rd_init(&r, flat.p, flat.len);
	if (kmsg_decode(m, v, &r, &b, out, &e) != 0)
		fail_msg("%s", e.msg);
	assert_int_equal(rd_left(&r), 0);
	if (!same_struct(m->fields, in, out))
		fail_msg("%s v%d differs after a round trip", m->name, v);
	for (size_t n = 0; cut && n < flat.len; n += 1 + n / 100) {
		arena_clear(&b);
		assert_int_not_equal(decode_exact(m, v, flat.p, n, &b, out), 0);
	}
	plain.len = 0;
	kmsg_print(m, v, in, &plain);
	assert_true(plain.len >= 2);
	buf_release(&plain);
	buf_release(&flat);
	chunks_release(&c);
	arena_release(&b);
	arena_release(&a);
	free(out);
	free(in);
}

static void
what_goes_in_comes_out(void **state)
{
	const struct kmessage *all[WIRE_ALL_MAX];
	size_t n = wire_all(all);

	for (size_t i = 0; i < n; i++)
		for (int16_t v = all[i]->min; v <= all[i]->max; v++)
			for (int k = 0; k < ROUNDS; k++)
				one(all[i], v, k == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
