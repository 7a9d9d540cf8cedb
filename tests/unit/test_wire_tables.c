/* test_wire_tables.c: what must hold for every row of every table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/wire_all.h"
#include "wire/codec.h"

static size_t
kind_size(const struct kfield *f, enum kkind kind)
{
	switch (kind) {
	case K_BOOL:
	case K_I8:
		return 1;
	case K_I16:
	case K_U16:
		return 2;
	case K_I32:
		return 4;
	case K_I64:
	case K_F64:
		return 8;
	case K_STR:
		return sizeof(struct kstr);
	case K_BYTES:
		return sizeof(struct kbytes);
	case K_RECORDS:
		return sizeof(struct krecords);
	case K_UUID:
		return sizeof(struct kuuid);
	case K_STRUCT:
		return f->size;
	case K_OPTION:
		return sizeof(void *);
	case K_ARRAY:
		return sizeof(struct karray);
	case K_END:
		break;
	}
	fail_msg("%s: bad kind", f->name);
	return 0;
}

static bool
plain_name(const char *s)
{
	return s[0] != '\0' &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(s);
}

static void
check_rows(const struct kmessage *m, const struct kfield *rows, size_t size)
{
	const struct kfield *f, *g;

	for (f = rows; f->kind != K_END; f++) {
		if (!plain_name(f->name) || f->since < 0 ||
		    f->until < f->since || f->null < 0)
			fail_msg("%s: %s: bad row", m->name, f->name);
		/* A row that begins or ends past the message is a typing
		 * error; fields of old versions that are not spoken any more
		 * are there. */
		if (f->since > m->max ||
		    (f->until != LATEST && f->until > m->max))
			fail_msg("%s: %s: versions", m->name, f->name);
		if (f->off + kind_size(f, f->kind) > size)
			fail_msg("%s: %s: outside its struct", m->name,
			    f->name);
		for (g = rows; g != f; g++) {
			if (strcmp(f->name, g->name) == 0)
				fail_msg("%s: %s twice", m->name, f->name);
			if (f->off < g->off + kind_size(g, g->kind) &&
			    g->off < f->off + kind_size(f, f->kind))
				fail_msg("%s: %s overlaps", m->name, f->name);
		}
		if (f->tag1 != 0 && f->since < m->flex)
			fail_msg("%s: %s: tagged too early", m->name, f->name);
		if (f != rows && f->tag1 <= f[-1].tag1 && f[-1].tag1 != 0)
			fail_msg("%s: %s: tags descend", m->name, f->name);
		if (f->dflt == DNULL && f->null == NOTNULL &&
		    (f->kind == K_STR || f->kind == K_BYTES ||
		    f->kind == K_RECORDS || f->kind == K_ARRAY))
			fail_msg("%s: %s: null default", m->name, f->name);
		if (f->kind == K_ARRAY && f->elem == K_STRUCT)
			assert_non_null(f->child);
		if (f->kind == K_ARRAY &&
		    f->size != kind_size(f, (enum kkind)f->elem))
			fail_msg("%s: %s: element size", m->name, f->name);
		if (f->child != NULL)
			check_rows(m, f->child, f->size);
	}
}

static void
rows_are_sound(void **state)
{
	const struct kmessage *all[WIRE_ALL_MAX];
	size_t n = wire_all(all);

	for (size_t i = 0; i < n; i++) {
		assert_true(all[i]->min >= 0 && all[i]->min <= all[i]->max);
		check_rows(all[i], all[i]->fields, all[i]->size);
	}
}

static void
registry_fits_its_messages(void **state)
{
	size_t n;
	const struct kapi *v = kapi_all(&n);
	char name[64];

	for (size_t i = 0; i < n; i++) {
		assert_true(i == 0 || v[i].key > v[i - 1].key);
		assert_ptr_equal(kapi_get(v[i].key), &v[i]);
		assert_string_equal(kapi_name(v[i].key), v[i].name);
		assert_true(v[i].advertised_min <= v[i].min);
		const struct kmessage *pair[] = { v[i].req, v[i].rsp };
		for (int k = 0; k < 2; k++) {
			snprintf(name, sizeof(name), "%s%s", v[i].name,
			    k == 0 ? "Request" : "Response");
			assert_string_equal(pair[k]->name, name);
			assert_int_equal(pair[k]->key, v[i].key);
			assert_int_equal(pair[k]->min, v[i].min);
			assert_int_equal(pair[k]->max, v[i].max);
			assert_int_equal(pair[k]->flex, v[i].flex);
		}
	}
	assert_null(kapi_get(-1));
	assert_null(kapi_get(4));
	assert_string_equal(kapi_name(-1), "?");
	assert_string_equal(kapi_name(82), "UpdateRaftVoter");
	assert_string_equal(kapi_name(9999), "?");
}

static void
versions_are_picked(void **state)
{
	const struct kapi *fetch = kapi_get(API_FETCH);

	assert_int_equal(kapi_pick(fetch, 0, 11), 11);
	assert_int_equal(kapi_pick(fetch, 4, 99), 17);
	assert_int_equal(kapi_pick(fetch, 18, 20), -1);
	assert_int_equal(kapi_pick(fetch, 0, 3), -1);
	assert_true(kapi_has(fetch, 4) && !kapi_has(fetch, 3));
}

static void
defaults_are_defaults(void **state)
{
	const struct kmessage *all[WIRE_ALL_MAX];
	size_t n = wire_all(all);
	struct rd r;
	struct buf b;
	struct arena a;

	/* What an encoder leaves out of a default message, a decoder puts
	 * back: at every version the same struct again. */
	buf_init(&b, 0);
	arena_init(&a, 1 << 16);
	for (size_t i = 0; i < n; i++) {
		void *x = calloc(1, all[i]->size), *y = calloc(1, all[i]->size);

		kmsg_defaults(all[i], x);
		for (int16_t v = all[i]->min; v <= all[i]->max; v++) {
			struct kerr e = KERR_INIT;

			buf_clear(&b);
			if (kmsg_encode_buf(all[i], v, x, &b, &e) != 0)
				continue;	/* null by default, not here */
			rd_init(&r, b.p, b.len);
			assert_int_equal(kmsg_decode(all[i], v, &r, &a, y, &e),
			    0);
			assert_int_equal(rd_left(&r), 0);
		}
		free(x);
		free(y);
	}
	arena_release(&a);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_sound),
		cmocka_unit_test(registry_fits_its_messages),
		cmocka_unit_test(versions_are_picked),
		cmocka_unit_test(defaults_are_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
