/* test_base_buf.c: struct buf and struct rd, the numbers in them, sticky
 * errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"

static void
test_round(void **state)
{
	struct buf b;
	struct rd r;

	buf_init(&b, 0);
	buf_put_i8(&b, -2);
	buf_put_i16(&b, INT16_MIN);
	buf_put_i32(&b, 0x01020304);
	buf_put_i64(&b, INT64_MIN + 1);
	buf_put_uvarint(&b, 300);
	buf_put_varint(&b, -300);
	buf_puts(&b, "text");
	buf_printf(&b, "%d-%s", 42, "x");
	buf_patch_i32(&b, 3, 0x05060708);
	assert_int_equal(b.err, 0);
	assert_memory_equal(b.p + 1, "\x80\x00\x05\x06\x07\x08", 6);

	rd_init(&r, b.p, b.len);
	assert_int_equal(rd_i8(&r), -2);
	assert_int_equal(rd_i16(&r), INT16_MIN);
	assert_int_equal(rd_i32(&r), 0x05060708);
	assert_int_equal(rd_i64(&r), INT64_MIN + 1);
	assert_int_equal(rd_uvarint(&r), 300);
	assert_int_equal(rd_varint(&r), -300);
	assert_memory_equal(rd_bytes(&r, 8), "text42-x", 8);
	assert_int_equal(rd_left(&r), 0);
	assert_int_equal(r.err, 0);
	buf_release(&b);
}

/* After the first short read all others give 0, and the error stays. */
static void
test_rd_sticky(void **state)
{
	struct rd r;

	rd_init(&r, "\0\0\1", 3);
	assert_int_equal(rd_i32(&r), 0);
	assert_int_equal(r.err, KE_PROTO);
	assert_int_equal(rd_i8(&r), 0);
	assert_null(rd_bytes(&r, 0));
	assert_int_equal(rd_left(&r), 0);
	rd_init(&r, NULL, 0);
	assert_int_equal(rd_i8(&r), 0);
	assert_int_equal(r.err, KE_PROTO);
	/* a number longer than its type */
	rd_init(&r, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10);
	rd_uvarint(&r);
	assert_int_equal(r.err, KE_PROTO);
}

static void
test_max(void **state)
{
	struct buf b;

	buf_init(&b, 10);
	buf_puts(&b, "12345678");
	buf_put_i16(&b, 1);
	assert_int_equal(b.err, 0);
	assert_int_equal(b.len, 10);
	buf_put(&b, "", 0);
	assert_int_equal(b.err, 0);
	/* cap may be beyond max: the limit is on growing */
	while (b.err == 0)
		buf_put_i64(&b, 1);
	assert_int_equal(b.err, KE_RANGE);
	assert_null(buf_reserve(&b, SIZE_MAX));
	buf_clear(&b);
	assert_int_equal(b.err, 0);
	assert_null(buf_reserve(&b, SIZE_MAX));
	assert_int_equal(b.err, KE_RANGE);
	buf_release(&b);
}

static void
test_consume_detach(void **state)
{
	struct buf b;
	uint8_t *p;
	size_t n;

	buf_init(&b, 0);
	for (int i = 0; i < 1000; i++)
		buf_putc(&b, 'a' + i % 26);
	buf_consume(&b, 990);
	assert_int_equal(b.len, 10);
	assert_int_equal(b.p[0], 'a' + 990 % 26);
	buf_consume(&b, 10);
	assert_int_equal(b.len, 0);
	buf_puts(&b, "mine");
	p = buf_detach(&b, &n);
	assert_int_equal(n, 4);
	assert_memory_equal(p, "mine", 4);
	assert_int_equal(b.len + b.cap, 0);
	free(p);
	buf_release(&b);
}

static void
test_big_endian(void **state)
{
	uint8_t p[9] = { 0 };

	put_be16(p + 1, 0x1234);
	assert_int_equal(be16(p + 1), 0x1234);
	assert_int_equal(p[1], 0x12);
	put_be32(p + 1, 0x12345678);
	assert_int_equal(be32(p + 1), 0x12345678);
	put_be64(p + 1, 0x123456789abcdef0);
	assert_int_equal(be64(p + 1), 0x123456789abcdef0);
	assert_int_equal(p[8], 0xf0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_rd_sticky),
		cmocka_unit_test(test_max),
		cmocka_unit_test(test_consume_detach),
		cmocka_unit_test(test_big_endian),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
