#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "cli/edit.h"
#include "cli/parse.h"

static void
test_int(void **state)
{
	int64_t v;

	assert_int_equal(parse_int("42", 0, 100, &v), 0);
	assert_int_equal(v, 42);
	assert_int_equal(parse_int("-7", INT64_MIN, INT64_MAX, &v), 0);
	assert_int_equal(v, -7);
	assert_int_equal(parse_int("9223372036854775807", 0, INT64_MAX, &v), 0);
	assert_int_equal(parse_int("9223372036854775808", 0, INT64_MAX, &v),
	    KE_RANGE);
	assert_int_equal(parse_int("101", 0, 100, &v), KE_RANGE);
	assert_int_equal(parse_int("", 0, 100, &v), KE_USAGE);
	assert_int_equal(parse_int(" 1", 0, 100, &v), KE_USAGE);
	assert_int_equal(parse_int("1x", 0, 100, &v), KE_USAGE);
	assert_int_equal(parse_int("+", 0, 100, &v), KE_USAGE);
	assert_int_equal(parse_int("0x10", 0, 100, &v), KE_USAGE);
}

static void
test_duration(void **state)
{
	static const struct {
		const char	*s;
		int64_t		 ms;		/* -1: refused */
	} cases[] = {
		{ "5", 5000 }, { "0", 0 }, { "0.25", 250 }, { "1.5", 1500 },
		{ "500ms", 500 }, { "2s", 2000 }, { "3m", 180000 },
		{ "1h30m", 5400000 }, { "1d2h30m15s500ms", 95415500 },
		{ "1w", 604800000 }, { "2min", 120000 }, { "1.5h", 5400000 },
		{ "", -1 }, { "h", -1 }, { "-1s", -1 }, { "5x", -1 },
		{ "1m1h", -1 }, { "1h1h", -1 }, { "1h5", -1 }, { ".5", -1 },
		{ "5.", -1 }, { "1 s", -1 }, { "99999999999999999999", -1 },
		{ "99999999999w", -1 },
	};
	int64_t ms;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ms = -1;
		if (parse_duration(cases[i].s, &ms) != 0)
			ms = -1;
		if (ms != cases[i].ms)
			fail_msg("'%s': %lld", cases[i].s, (long long)ms);
	}
}

static void
test_bool(void **state)
{
	int b;

	assert_int_equal(parse_bool("TRUE", &b), 0);
	assert_int_equal(b, 1);
	assert_int_equal(parse_bool("off", &b), 0);
	assert_int_equal(b, 0);
	assert_int_equal(parse_bool("maybe", &b), KE_USAGE);
}

static void
test_distance(void **state)
{
	assert_int_equal(edit_distance("", ""), 0);
	assert_int_equal(edit_distance("abc", "abc"), 0);
	assert_int_equal(edit_distance("", "abc"), 3);
	assert_int_equal(edit_distance("abc", "acb"), 1);
	assert_int_equal(edit_distance("kitten", "sitting"), 3);
	assert_int_equal(edit_distance("partitons", "partitions"), 1);
}

static void
test_nearest(void **state)
{
	static const char *const names[] = {
		"partitions", "replicas", "offset", "json", NULL
	};

	assert_string_equal(nearest("partitons", names, sizeof(names[0])),
	    "partitions");
	assert_string_equal(nearest("ofset", names, sizeof(names[0])),
	    "offset");
	assert_null(nearest("banana", names, sizeof(names[0])));
	assert_null(nearest("x", names, sizeof(names[0])));
}

/* The words with a '|' behind each; NULL: a quote is open. */
static void
check_split(const char *line, bool partial, const char *want)
{
	char text[256] = "", **words;
	int n = edit_split(line, strlen(line), partial, &words);

	if (want == NULL) {
		assert_int_equal(n, -1);
		return;
	}
	for (int i = 0; i < n; i++)
		strcat(strcat(text, words[i]), "|");
	assert_string_equal(text, want);
	assert_null(words[n]);
	edit_words_free(words, n);
}

static void
test_split(void **state)
{
	check_split("", false, "");
	check_split("  ", false, "");
	check_split("list a  b ", false, "list|a|b|");
	check_split("seek g --to '2h ago'", false, "seek|g|--to|2h ago|");
	check_split("a\\ b \"c d\"e '' f", false, "a b|c de||f|");
	check_split("a 'b", false, NULL);
	/* what stands before the cursor */
	check_split("", true, "|");
	check_split("list", true, "list|");
	check_split("list ", true, "list||");
	check_split("list 'a b", true, "list|a b|");
}

/* What is put behind begun: the word has to come back as it was. */
static void
test_quote(void **state)
{
	static const char *const odd[] = { "a b", "q\"u'o", "back\\slash", "'",
	    "\"", "\\", "\xc3\xbc,*#", "tab\tx", NULL };
	static const char *const begun[] = { "", "'", "\"", NULL };

	assert_int_equal(edit_open_quote("lag 'a\"", 7), '\'');
	assert_int_equal(edit_open_quote("lag \"a\\\"' ", 10), '"');
	assert_int_equal(edit_open_quote("lag \\\" 'a'", 11), '\0');
	for (int i = 0; odd[i] != NULL; i++)
		for (int k = 0; begun[k] != NULL; k++) {
			struct buf b = { 0 };
			char **words;

			buf_puts(&b, begun[k]);
			edit_quote(&b, begun[k][0], odd[i], strlen(odd[i]));
			buf_puts(&b, begun[k]);
			assert_int_equal(edit_split((char *)b.p, b.len, false,
			    &words), 1);
			assert_string_equal(words[0], odd[i]);
			edit_words_free(words, 1);
			buf_release(&b);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_int),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_bool),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_quote),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
