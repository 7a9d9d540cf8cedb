/* test_base_varint.c: variable-length integers at every change of length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/varint.h"

/* Known bytes: protobuf's examples, Kafka's ByteUtilsTest. */
static void
test_known(void **state)
{
	static const struct {
		int32_t		 v;
		const char	*bytes;
		size_t		 n;
	} known[] = {
		{ 0, "\x00", 1 }, { -1, "\x01", 1 }, { 1, "\x02", 1 },
		{ 63, "\x7e", 1 }, { -64, "\x7f", 1 }, { 64, "\x80\x01", 2 },
		{ -65, "\x81\x01", 2 }, { 8191, "\xfe\x7f", 2 },
		{ -8192, "\xff\x7f", 2 }, { 8192, "\x80\x80\x01", 3 },
		{ 1048575, "\xfe\xff\x7f", 3 },
		{ 1048576, "\x80\x80\x80\x01", 4 },
		{ INT32_MAX, "\xfe\xff\xff\xff\x0f", 5 },
		{ INT32_MIN, "\xff\xff\xff\xff\x0f", 5 }
	};
	uint8_t p[10];
	int32_t v;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		assert_int_equal(varint_size(known[i].v), known[i].n);
		assert_int_equal(varint_put(p, known[i].v), known[i].n);
		assert_memory_equal(p, known[i].bytes, known[i].n);
		assert_int_equal(varint32_get(p, p + known[i].n, &v),
		    known[i].n);
		assert_int_equal(v, known[i].v);
	}
}

/* Round trips on both sides of every power of two, and cut short. */
static void
test_round(void **state)
{
	for (int bit = 0; bit < 64; bit++)
		for (int off = -2; off <= 2; off++) {
			uint64_t v = ((uint64_t)1 << bit) + (uint64_t)off, u;
			uint8_t *p = malloc(10), *cut;
			int64_t s;
			size_t n = uvarint_put(p, v);

			assert_int_equal(n, uvarint_size(v));
			assert_int_equal(uvarint64_get(p, p + n, &u), n);
			assert_true(u == v);
			n = varint_put(p, (int64_t)v);
			assert_int_equal(n, varint_size((int64_t)v));
			assert_int_equal(varint64_get(p, p + n, &s), n);
			assert_true(s == (int64_t)v);
			cut = malloc(n);
			memcpy(cut, p, n - 1);
			assert_int_equal(varint64_get(cut, cut + n - 1, &s),
			    0);
			free(cut);
			free(p);
		}
}

static void
test_too_long(void **state)
{
	static const uint8_t ten[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0x02 };
	static const uint8_t eleven[] = { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
		0x80, 0x80, 0x80, 0x80, 0x00 };
	static const uint8_t five[] = { 0xff, 0xff, 0xff, 0xff, 0x1f };
	static const uint8_t six[] = { 0x80, 0x80, 0x80, 0x80, 0x80, 0x00 };
	uint64_t u;
	uint32_t v;

	assert_int_equal(uvarint64_get(ten, ten + 10, &u), 0);
	assert_int_equal(uvarint64_get(eleven, eleven + 11, &u), 0);
	assert_int_equal(uvarint32_get(five, five + 5, &v), 0);
	assert_int_equal(uvarint32_get(six, six + 6, &v), 0);
	assert_int_equal(uvarint32_get(six, six, &v), 0);
	assert_int_equal(uvarint64_get(six, six, &u), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
