#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"

static void
test_utf8(void **state)
{
	static const char *const good[] = {
		"", "plain", "0123456789abcdef\303\251", "\302\200", "\337\277",
		"\340\240\200", "\355\237\277", "\356\200\200", "\357\277\277",
		"\360\220\200\200", "\364\217\277\277",
	};
	static const char *const bad[] = {
		"\200", "\300\200", "\301\277", "\302", "\303x", "\340\237\277",
		"\355\240\200", "\360\217\277\277", "\364\220\200\200",
		"\365\200\200\200", "\377", "12345678\200", "\342\202",
		"\342\202x",
	};
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(utf8_valid(good[i], strlen(good[i])));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(utf8_valid(bad[i], strlen(bad[i])));
	assert_true(utf8_valid("a\0b", 3));
	assert_int_equal(utf8_utf16_len("", 0), 0);
	assert_int_equal(utf8_utf16_len("a\303\251\342\202\254", 6), 3);
	assert_int_equal(utf8_utf16_len("\360\237\230\200", 4), 2);
	assert_int_equal(utf8_utf16_len("\377\342\202", 3), 3);
}

static void
test_base64(void **state)
{
	static const char *const pairs[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
	};
	uint8_t out[32];
	struct buf b;
	size_t i, n;

	buf_init(&b, 0);
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		n = strlen(pairs[i][0]);
		buf_clear(&b);
		base64_encode(&b, pairs[i][0], n);
		assert_int_equal(b.len, strlen(pairs[i][1]));
		if (b.len > 0)
			assert_memory_equal(b.p, pairs[i][1], b.len);
		assert_int_equal(base64_decode(pairs[i][1], b.len, out), n);
		assert_memory_equal(out, pairs[i][0], n);
	}
	buf_release(&b);
	assert_int_equal(base64_decode("Zm8", 3, out), 2);
	assert_int_equal(base64_decode("Z", 1, out), KE_DATA);
	assert_int_equal(base64_decode("Zg=", 3, out), KE_DATA);
	assert_int_equal(base64_decode("Zh==", 4, out), KE_DATA);
	assert_int_equal(base64_decode("Zm 9v", 5, out), KE_DATA);
	assert_int_equal(base64_decode("====", 4, out), KE_DATA);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_base64),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
