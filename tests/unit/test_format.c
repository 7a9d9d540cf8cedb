/* test_format.c: format strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "cli/format.h"

static const struct consumer_batch batch = {
	.topic = "orders", .partition = 3, .broker = 1, .log_start = 2,
	.stable = 90, .high = 99,
	.header = { .leader_epoch = 5, .producer_id = 4711,
	    .producer_epoch = 6, .attributes = CODEC_ZSTD },
};

/* headers: a=1, b=null, a=\xff */
static const uint8_t headers[] = { 2, 'a', 2, '1', 2, 'b', 1, 2, 'a', 2,
	0xff };

static const struct record plain = {
	.offset = 7, .timestamp = 1738310400123,
	.key = (const uint8_t *)"\x01\x02", .key_len = 2,
	.value = (const uint8_t *)"va\"l", .value_len = 4,
	.headers = headers, .n_headers = 3, .end = headers + sizeof(headers),
};

static const struct record nulls = {
	.offset = 8, .timestamp = -1, .key_len = -1, .value_len = -1,
};

#define L(text)	text, sizeof(text) - 1

static const struct {
	const struct record	*r;
	const char		*format;
	const char		*want;
	size_t			 n;
} good[] = {
	{ &plain, "", L("") },
	{ &plain, "%t %p %o\\n", L("orders 3 7\n") },
	{ &plain, "%s|%S|%v|%V", L("va\"l|4|va\"l|4") },
	{ &plain, "%K%%%T", L("2%1738310400123") },
	{ &plain, "%R", L("\0\0\0\4") },
	{ &plain, "%h", L("a=1,b=NULL,a=\xff") },
	{ &plain, "%H %h{a} %h{b} %h{c}", L("3 \xff  ") },
	{ &plain, "%h{a}{hex}", L("ff") },
	{ &plain, "%e %a %x %y %i", L("5 zstd 4711 6 12") },
	{ &plain, "%[ %| %]", L("2 90 99") },
	{ &plain, "%d", L("2025-01-31T08:00:00.123Z") },
	{ &plain, "%d{%H:%M}", L("08:00") },
	{ &plain, "%k{hex} %k{base64} %s{json}", L("0102 AQI= \"va\\\"l\"") },
	{ &plain, "%k{h}", L("258") },
	{ &plain, "%k{<h}", L("513") },
	{ &plain, "%k{bB$}", L("1 2") },
	{ &plain, "%k{i}", L("\1\2") },
	{ &plain, "%k{len:big16}", L("\0\2\1\2") },
	{ &plain, "%k{len:uvarint}{hex}", L("\2" "0102") },
	{ &plain, "%o{big32}%o{little16}%o{hex16}", L("\0\0\0\7\7\0" "0007") },
	{ &plain, "%s{x} {%s}", L("va\"l{x} {va\"l}") },
	{ &plain, "%d{", L("2025-01-31T08:00:00.123Z{") },
	{ &plain, "\\x41\\0\\\\q\\t", L("A\0\\q\t") },
	{ &nulls, "%k|%s|%K|%S|%h|%d|%T", L("NIL|NIL|-1|-1|||-1") },
	{ &nulls, "%s{json} %s{hex} %R", L("null NIL \xff\xff\xff\xff") },
};

static void
test_good(void **state)
{
	struct format_opts opts = { .null = "NIL", .utc = true };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct kerr e = KERR_INIT;
		struct format *f;
		struct buf b;

		if (format_compile(&f, good[i].format, &opts, &e) != 0)
			fail_msg("'%s': %s", good[i].format, e.msg);
		/* no header b: an absent header is nothing, too */
		if (strstr(good[i].format, "%h{b}") != NULL)
			opts.null = NULL;
		buf_init(&b, 0);
		format_print(f, &batch, good[i].r, 12, &b);
		opts.null = "NIL";
		if (b.len != good[i].n ||
		    (b.len > 0 && memcmp(b.p, good[i].want, b.len) != 0))
			fail_msg("'%s' gave '%.*s'", good[i].format,
			    (int)b.len, (char *)b.p);
		buf_release(&b);
		format_free(f);
	}
}

static void
test_bad(void **state)
{
	static const char *const bad[] = { "%", "%q", "x%", "%s %z", "% s",
	    "\\q", "x\\", "\\x4", "\\xg0", "%s\\ " };
	struct format_opts opts = { 0 };
	struct format *f;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct kerr e = KERR_INIT;

		assert_int_equal(format_compile(&f, bad[i], &opts, &e),
		    KE_USAGE);
		assert_true(e.msg[0] != '\0');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
