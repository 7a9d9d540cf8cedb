/* test_format_read.c: format strings as input, pack strings and -s. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "cli/decode.h"
#include "cli/format_pack.h"
#include "cli/format_read.h"

#define L(text)	text, sizeof(text) - 1

static const struct {
	const char	*format;
	const char	*in;
	size_t		 n;
	const char	*want;		/* key|value|time|partition|headers */
} good[] = {
	{ "%s\\n", L("ab\n"), "-|ab|-|-|" },
	{ "%s", L("ab\n"), "-|ab|-|-|" },
	{ "%s\\n", L("\n"), "-||-|-|" },
	{ "%k:%s\\n", L("a:b:c\n"), "a|b:c|-|-|" },
	{ "%k%%%s;\\n", L("a%;b;\n"), "a|;b|-|-|" },
	{ "%K{big16}%k%S{little32}%s", L("\0\1k\2\0\0\0vw"), "k|vw|-|-|" },
	{ "%K{big16}%k%S{big8}%s", L("\377\377\0"), "-||-|-|" },
	{ "%K %k %S %s\\n", L("1 k 3 a\nb\n"), "k|a\nb|-|-|" },
	{ "%K,%S,%k%s\\n", L("-1,2,xy\n"), "-|xy|-|-|" },
	{ "%k{len:uvarint}%s{len:hex8}", L("\2kk01v"), "kk|v|-|-|" },
	{ "%R%s", L("\0\0\0\2ab"), "-|ab|-|-|" },
	{ "%k{hex} %s{base64}\\n", L("6b YWI=\n"), "k|ab|-|-|" },
	{ "%k{len:big8}{hex}%s{len:big8}{base64}", L("\0016b\2YWI="),
	    "k|ab|-|-|" },
	{ "%k{json} %s{json}\\n", L("null \"a \\n\\u0062\"\n"),
	    "-|a \nb|-|-|" },
	{ "%s{json}\\n", L("{\"base64\":\"YWI=\"}\n"), "-|ab|-|-|" },
	{ "%k{>h}=%s{BB}\\n", L("24930=97 98\n"), "ab|ab|-|-|" },
	{ "%T %p %s\\n", L("1738310400123 7 a\n"), "-|a|1738310400123|7|" },
	{ "%T{big64}%p{little16}%s\\n", L("\0\0\1\224\273\2\n\001\7\0a\n"),
	    "-|a|1738304260609|7|" },
	{ "%T %s\\n", L("-1 a\n"), "-|a|-|-|" },
	{ "%d %s\\n", L("2025-01-31T08:00:00.123Z a\n"),
	    "-|a|1738310400123|-|" },
	{ "%h %s\\n", L("a=1,b=NULL,c= v\n"), "-|v|-|-|a=1,b,c=," },
	{ "%h %s\\n", L(" v\n"), "-|v|-|-|" },
	{ "%h{x} %h{y}{hex} %s\\n", L("1 32 v\n"), "-|v|-|-|x=1,y=2," },
	{ "%t %o %a %e %i %H %x %y %[ %| %] %s\\n",
	    L("t 1 gzip 2 3 4 5 6 7 8 9 v\n"), "-|v|-|-|" },
	{ "%s{x}\\n", L("a{x}\n"), "-|a|-|-|" },
};

static void
put(struct buf *b, const void *p, int64_t n)
{
	if (n < 0)
		buf_putc(b, '-');
	else
		buf_put(b, p, (size_t)n);
}

static char *
text_of(const struct envelope *env)
{
	const struct record_input *r = &env->record;
	struct buf b = { 0 };

	put(&b, r->key, r->key_len);
	buf_putc(&b, '|');
	put(&b, r->value, r->value_len);
	if (env->has_time)
		buf_printf(&b, "|%lld", (long long)r->timestamp);
	else
		buf_puts(&b, "|-");
	if (env->partition >= 0)
		buf_printf(&b, "|%d|", (int)env->partition);
	else
		buf_puts(&b, "|-|");
	for (int32_t i = 0; i < r->n_headers; i++) {
		put(&b, r->headers[i].name, r->headers[i].name_len);
		if (r->headers[i].value_len >= 0) {
			buf_putc(&b, '=');
			put(&b, r->headers[i].value, r->headers[i].value_len);
		}
		buf_putc(&b, ',');
	}
	buf_putc(&b, '\0');
	return (char *)b.p;
}

/* Every beginning of a record is incomplete, with another one behind it it is
 * still as long as it is, and it means what it says. */
static void
test_good(void **state)
{
	struct envelope env = { .headers = NULL };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct format_reader *f;
		struct kerr e = KERR_INIT;
		size_t n = good[i].n;
		char *in = xmalloc(2 * n), *text;

		memcpy(in, good[i].in, n);
		memcpy(in + n, good[i].in, n);
		assert_int_equal(format_reader_new(&f, good[i].format, "\n", 1,
		    100, &e), 0);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(format_read(f, in, k, false, &e), 0);
		assert_int_equal(format_read(f, in, 2 * n, false, &e), n);
		assert_memory_equal(in, good[i].in, n);
		assert_int_equal(format_take(f, &env, &e), 0);
		text = text_of(&env);
		assert_string_equal(text, good[i].want);
		free(text);
		format_reader_free(f);
		free(in);
	}
	envelope_release(&env);
}

/* Only the delimiter may be missing at the end. */
static void
test_end(void **state)
{
	static const struct {
		const char	*format, *in;
		ssize_t		 rc;
	} at[] = {
		{ "%s\\n", "a", 1 }, { "%s", "a", 1 }, { "[%s]\\n", "[a]", 3 },
		{ "[%s]\\n", "[a", KE_DATA }, { "%s;", "a", KE_DATA },
		{ "%T\\n", "12", 2 }, { "%s{json}\\n", "\"a\"", 3 },
		{ "%s{json}\\n", "\"a", KE_DATA }, { "%s %T\\n", "a ", KE_DATA },
		{ "%S %s\\n", "3 ab", KE_DATA }, { "%S %s\\n", "3 abc", 5 },
	};

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct format_reader *f;
		struct kerr e = KERR_INIT;
		char *in = xstrdup(at[i].in);

		assert_int_equal(format_reader_new(&f, at[i].format, "\n", 1,
		    100, &e), 0);
		assert_int_equal(format_read(f, in, strlen(in), true, &e),
		    at[i].rc);
		assert_int_equal(format_read(f, in, 0, true, &e), 0);
		format_reader_free(f);
		free(in);
	}
}

static void
test_malformed(void **state)
{
	static const struct { const char *format, *in; int rc; } at[] = {
		{ "%T %s\\n", "x y\n", KE_DATA },
		{ "%T %s\\n", "99999999999999999999 y\n", KE_DATA },
		{ "<%s\\n", "a\n", KE_DATA },
		{ "%S %s\\n", "101 a\n", KE_RANGE },
		{ "%S %s\\n", "-2 a\n", KE_DATA },
		{ "%S{hex8}%s\\n", "zz", KE_DATA },
		{ "%S{uvarint}%s", "\377\377\377\377\377\377\377\377\377\377a",
		    KE_DATA },
		{ "%s{json}\\n", "{x, 0000000000000000000\n", KE_DATA },
		{ "%s{hex}\\n", "abc\n", 1 },
		{ "%s{base64}\\n", "?\n", 1 },
		{ "%s{>b}\\n", "128\n", 1 },
		{ "%d %s\\n", "now a\n", 1 },
		{ "%h %s\\n", "a a\n", 1 },
		{ "%p %s\\n", "4294967296 a\n", 1 },
	};
	struct envelope env = { .headers = NULL };

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct format_reader *f;
		struct kerr e = KERR_INIT;
		char *in = xstrdup(at[i].in);
		ssize_t n;

		assert_int_equal(format_reader_new(&f, at[i].format, "\n", 1,
		    100, &e), 0);
		n = format_read(f, in, strlen(in), false, &e);
		if (at[i].rc < 0) {
			assert_int_equal(n, at[i].rc);
		} else {
			assert_int_equal(n, strlen(in));
			assert_int_equal(format_take(f, &env, &e), KE_DATA);
		}
		format_reader_free(f);
		free(in);
	}
	envelope_release(&env);
}

static void
test_bad_formats(void **state)
{
	static const char *const bad[] = { "", "%", "%q", "%k%s", "%k%T",
	    "%s%T\\n", "%h%s\\n", "%d{%H}\\n", "%S %s{>I}\\n",
	    "%k{len:big8}{b}\\n" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct format_reader *f;
		struct kerr e = KERR_INIT;

		assert_int_equal(format_reader_new(&f, bad[i], "\n", 1, 100,
		    &e), KE_USAGE);
		assert_true(e.msg[0] != '\0');
	}
}

/* What is unpacked is packed to the same bytes. */
static void
test_pack(void **state)
{
	static const struct { const char *pack, *bytes; size_t n; } same[] = {
		{ "b", L("\x80") }, { "B", L("\xff") }, { ">h", L("\x80\0") },
		{ "<H", L("\xff\xfe") }, { "iI", L("\x80\0\0\0\xff\xff\xff\xff") },
		{ ">q<q", L("\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80") },
		{ "Q", L("\xff\xff\xff\xff\xff\xff\xff\xff") },
		{ "cBs", L("a\1tail 1") }, { "B c$", L("\7-") }, { "s", L("") },
	};
	static const struct { const char *pack, *text; } bad[] = {
		{ "b", "" }, { "b", "-" }, { "b", "128" }, { "b", "-129" },
		{ "B", "-1" }, { "B", "256" }, { "BB", "1" }, { "BB", "1  2" },
		{ "B", "1x" }, { "B$", "1 " }, { "c", "ab" }, { "B c", "1x" },
		{ "q", "9223372036854775808" }, { "Q", "18446744073709551616" },
		{ "q", "-9223372036854775809" },
	};
	struct buf text = { 0 }, out = { 0 };

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		buf_clear(&text);
		buf_clear(&out);
		assert_true(format_unpack(same[i].pack, same[i].bytes,
		    same[i].n, &text));
		assert_true(format_pack(same[i].pack, (char *)text.p, text.len,
		    &out));
		assert_int_equal(out.len, same[i].n);
		if (out.len > 0)
			assert_memory_equal(out.p, same[i].bytes, out.len);
	}
	buf_clear(&out);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(format_pack(bad[i].pack, bad[i].text,
		    strlen(bad[i].text), &out));
		assert_int_equal(out.len, 0);
	}
	buf_release(&text);
	buf_release(&out);
}

static void
test_decode(void **state)
{
	static const struct {
		const char	*form, *text, *want;	/* NULL: malformed */
	} at[] = {
		{ "hex", "6162", "ab" }, { "hex", "6", NULL },
		{ "base64", "YWI=", "ab" }, { "base64", "?", NULL },
		{ "json", " {\"a\": 1} ", " {\"a\": 1} " },
		{ "json", "1 2", NULL }, { "json", "", NULL },
		{ "json", "{", NULL }, { ">h", "24930", "ab" },
		{ ">h", "x", NULL },
	};
	struct buf room = { 0 };

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		char *text = xstrdup(at[i].text);
		struct kerr e = KERR_INIT;
		const void *p;
		int32_t n;

		assert_int_equal(decode_text(at[i].form, text, strlen(text),
		    &room, &p, &n, &e), at[i].want != NULL ? 0 : KE_DATA);
		if (at[i].want != NULL) {
			assert_int_equal(n, strlen(at[i].want));
			assert_memory_equal(p, at[i].want, (size_t)n);
		}
		free(text);
	}
	buf_release(&room);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_bad_formats),
		cmocka_unit_test(test_pack),
		cmocka_unit_test(test_decode),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
