/* test_spec.c: the offset grammar; the present is 2025-06-15 12:30 in Berlin
 * (UTC+2), a Sunday. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "cli/spec.h"

#define HOUR	3600000LL
#define DAY	(24 * HOUR)
#define MIDNIGHT 1749938400000LL	/* 2025-06-15 00:00 +02:00 */
#define NOW	(MIDNIGHT + 12 * HOUR + HOUR / 2)

static const struct {
	const char	*text;
	struct spec_range want;
	bool		 utc;
} good[] = {
	{ "beginning", { { SPEC_BEGINNING, 0 }, { SPEC_NONE, 0 } } },
	{ "start", { { SPEC_BEGINNING, 0 }, { SPEC_NONE, 0 } } },
	{ "end", { { SPEC_END, 0 }, { SPEC_NONE, 0 } } },
	{ "stored", { { SPEC_STORED, 0 }, { SPEC_NONE, 0 } } },
	{ "0", { { SPEC_OFFSET, 0 }, { SPEC_NONE, 0 } } },
	{ " 42 ", { { SPEC_OFFSET, 42 }, { SPEC_NONE, 0 } } },
	{ "9223372036854775807",
	    { { SPEC_OFFSET, INT64_MAX }, { SPEC_NONE, 0 } } },
	{ "-5", { { SPEC_TAIL, 5 }, { SPEC_NONE, 0 } } },
	{ "+5", { { SPEC_HEAD, 5 }, { SPEC_NONE, 0 } } },
	{ "5..10", { { SPEC_OFFSET, 5 }, { SPEC_OFFSET, 10 } } },
	{ "5..5", { { SPEC_OFFSET, 5 }, { SPEC_OFFSET, 5 } } },
	{ "..10", { { SPEC_NONE, 0 }, { SPEC_OFFSET, 10 } } },
	{ "10..", { { SPEC_OFFSET, 10 }, { SPEC_NONE, 0 } } },
	{ "..", { { SPEC_NONE, 0 }, { SPEC_NONE, 0 } } },
	{ "5..+3", { { SPEC_OFFSET, 5 }, { SPEC_HEAD, 3 } } },
	{ "..+3", { { SPEC_NONE, 0 }, { SPEC_HEAD, 3 } } },
	{ "-10..-5", { { SPEC_TAIL, 10 }, { SPEC_TAIL, 5 } } },
	{ "-3..end", { { SPEC_TAIL, 3 }, { SPEC_END, 0 } } },
	{ "now", { { SPEC_TIME, NOW }, { SPEC_NONE, 0 } } },
	{ "today", { { SPEC_TIME, MIDNIGHT }, { SPEC_NONE, 0 } } },
	{ "today 09:00",
	    { { SPEC_TIME, MIDNIGHT + 9 * HOUR }, { SPEC_NONE, 0 } } },
	{ "yesterday", { { SPEC_TIME, MIDNIGHT - DAY }, { SPEC_NONE, 0 } } },
	{ "yesterday..today",
	    { { SPEC_TIME, MIDNIGHT - DAY }, { SPEC_TIME, MIDNIGHT } } },
	{ "today", { { SPEC_TIME, MIDNIGHT + 2 * HOUR }, { SPEC_NONE, 0 } },
	    true },
	{ "-2h", { { SPEC_TIME, NOW - 2 * HOUR }, { SPEC_NONE, 0 } } },
	{ "2h ago", { { SPEC_TIME, NOW - 2 * HOUR }, { SPEC_NONE, 0 } } },
	{ "-1d2h30m15s500ms", { { SPEC_TIME, NOW - DAY - 2 * HOUR - HOUR / 2 -
	    15500 }, { SPEC_NONE, 0 } } },
	{ "-2h..-1h", { { SPEC_TIME, NOW - 2 * HOUR },
	    { SPEC_TIME, NOW - HOUR } } },
	{ "@1738310400",
	    { { SPEC_TIME, 1738310400000 }, { SPEC_NONE, 0 } } },
	{ "@1738310400123",
	    { { SPEC_TIME, 1738310400123 }, { SPEC_NONE, 0 } } },
	{ "@0", { { SPEC_TIME, 0 }, { SPEC_NONE, 0 } } },
	{ "s@1738310400123",
	    { { SPEC_TIME, 1738310400123 }, { SPEC_NONE, 0 } } },
	{ "e@1738310400123",
	    { { SPEC_NONE, 0 }, { SPEC_TIME, 1738310400123 } } },
	{ "2025-01-31", { { SPEC_TIME, 1738278000000 }, { SPEC_NONE, 0 } } },
	{ "2025-01-31", { { SPEC_TIME, 1738281600000 }, { SPEC_NONE, 0 } },
	    true },
	{ "2025-01-31 09:00",
	    { { SPEC_TIME, 1738310400000 }, { SPEC_NONE, 0 } } },
	{ "2025-01-31T09:00:07.25",
	    { { SPEC_TIME, 1738310407250 }, { SPEC_NONE, 0 } } },
	{ "2025-01-31T08:00:00Z",
	    { { SPEC_TIME, 1738310400000 }, { SPEC_NONE, 0 } } },
	{ "2025-01-31T13:30:00.123+05:30",
	    { { SPEC_TIME, 1738310400123 }, { SPEC_NONE, 0 } } },
	{ "2024-02-29", { { SPEC_TIME, 1709161200000 }, { SPEC_NONE, 0 } } },
	{ "09:00", { { SPEC_TIME, MIDNIGHT + 9 * HOUR }, { SPEC_NONE, 0 } } },
	{ "12:30", { { SPEC_TIME, NOW }, { SPEC_NONE, 0 } } },
	{ "12:31", { { SPEC_TIME, NOW - DAY + 60000 }, { SPEC_NONE, 0 } } },
	{ "09:00..10:00", { { SPEC_TIME, MIDNIGHT + 9 * HOUR },
	    { SPEC_TIME, MIDNIGHT + 10 * HOUR } } },
	{ "23:00..01:00", { { SPEC_TIME, MIDNIGHT - HOUR },
	    { SPEC_TIME, MIDNIGHT + HOUR } } },
	{ "12:00..13:00", { { SPEC_TIME, MIDNIGHT + 12 * HOUR },
	    { SPEC_TIME, MIDNIGHT + 13 * HOUR } } },
	{ "2025-01-31 09:00..10:00", { { SPEC_TIME, 1738310400000 },
	    { SPEC_TIME, 1738314000000 } } },
	{ "-1d..09:00", { { SPEC_TIME, NOW - DAY },
	    { SPEC_TIME, MIDNIGHT + 9 * HOUR } } },
};

static const char *const bad[] = {
	"", "x", "5..x", "10..5", "--5", "+", "-", "5h", "@", "@x",
	"@123456789012345", "s@", "e@x", "1=", "=5", "x=5", "-1=5", "5,",
	",5", "99999999999999999999", "2025-02-29", "2025-13-01", "2025-1-1",
	"25:00", "09:60", "9:00", "2025-01-31T", "2025-01-31T09:00:00+",
	"09:00:00.", "5..stored", "-5x", "-1h2d", "-h", "ago", "today..yesterday",
	"2025-01-31 09:00:00Zx", "4294967296=0", "1..2..3",
};

static int
parse(struct spec *sp, const char *text, bool utc)
{
	struct kerr e = KERR_INIT;
	int rc = spec_parse(sp, text, NOW, utc, &e);

	assert_int_equal(rc, e.code);
	if (rc != 0) {
		assert_int_equal(rc, KE_USAGE);
		assert_true(e.msg[0] != '\0');
	}
	return rc;
}

static void
same_point(const char *text, struct spec_point a, struct spec_point b)
{
	if (a.kind != b.kind || a.n != b.n)
		fail_msg("'%s': %d %lld, wanted %d %lld", text, a.kind,
		    (long long)a.n, b.kind, (long long)b.n);
}

static void
test_good(void **state)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct spec sp = { 0 };

		if (parse(&sp, good[i].text, good[i].utc) != 0)
			fail_msg("'%s' refused", good[i].text);
		same_point(good[i].text, sp.all.from, good[i].want.from);
		same_point(good[i].text, sp.all.to, good[i].want.to);
		spec_release(&sp);
	}
}

static void
test_bad(void **state)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct spec sp = { .all = { { SPEC_OFFSET, 7 }, { 0 } } };

		if (parse(&sp, bad[i], false) == 0)
			fail_msg("'%s' taken", bad[i]);
		same_point(bad[i], sp.all.from,
		    (struct spec_point){ SPEC_OFFSET, 7 });
		assert_int_equal(sp.nparts, 0);
	}
}

/* What is printed parses to the same point again. */
static void
test_print(void **state)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct spec a = { 0 }, b = { 0 };
		struct buf text;

		buf_init(&text, 0);
		parse(&a, good[i].text, good[i].utc);
		if (a.all.from.kind != SPEC_NONE) {
			spec_print(&a.all.from, &text);
			buf_putc(&text, '\0');
			assert_int_equal(parse(&b, (char *)text.p, false), 0);
			same_point((char *)text.p, b.all.from, a.all.from);
		}
		buf_release(&text);
		spec_release(&a);
		spec_release(&b);
	}
}

static void
test_lists(void **state)
{
	struct spec sp = { 0 };

	assert_int_equal(parse(&sp, "0=10,1=end,3=5..7,end", false), 0);
	assert_int_equal(sp.nparts, 3);
	assert_int_equal(spec_for(&sp, 0)->from.n, 10);
	assert_int_equal(spec_for(&sp, 1)->from.kind, SPEC_END);
	assert_int_equal(spec_for(&sp, 3)->to.n, 7);
	assert_int_equal(spec_for(&sp, 2)->from.kind, SPEC_END);
	assert_true(spec_bounded(&sp));
	assert_int_equal(parse(&sp, "0=11", false), 0);
	assert_int_equal(sp.nparts, 3);
	assert_int_equal(spec_for(&sp, 0)->from.n, 11);
	spec_release(&sp);

	assert_int_equal(parse(&sp, "s@1000", false), 0);
	assert_false(spec_bounded(&sp));
	assert_int_equal(parse(&sp, "e@2000", false), 0);
	assert_int_equal(sp.all.from.n, 1000);
	assert_int_equal(sp.all.to.n, 2000);
	assert_int_not_equal(parse(&sp, "e@500", false), 0);
	spec_release(&sp);
}

/* The night in which clocks went forward: 2025-03-30 in Berlin. */
static void
test_dst(void **state)
{
	struct spec sp = { 0 };
	struct kerr e = KERR_INIT;
	int64_t noon = 1743328800000;	/* 2025-03-30 12:00 +02:00 */

	assert_int_equal(spec_parse(&sp, "today..12:00", noon, false, &e), 0);
	assert_int_equal(sp.all.from.n, noon - 11 * HOUR);
	assert_int_equal(sp.all.to.n, noon);
	assert_int_equal(spec_parse(&sp, "yesterday", noon, false, &e), 0);
	assert_int_equal(sp.all.from.n, noon - 35 * HOUR);
	spec_release(&sp);
}

static void
test_durations(void **state)
{
	assert_int_equal(spec_duration("500ms", 5), 500);
	assert_int_equal(spec_duration("1m", 2), 60000);
	assert_int_equal(spec_duration("1w", 2), 7 * DAY);
	assert_int_equal(spec_duration("1m30s", 5), 90000);
	assert_int_equal(spec_duration("5", 1), -1);
	assert_int_equal(spec_duration("", 0), -1);
	assert_int_equal(spec_duration("1s1m", 4), -1);
	assert_int_equal(spec_duration("1s1s", 4), -1);
	assert_int_equal(spec_duration("9999999999999999w", 17), -1);
}

static void
add(void *arg, int32_t partition)
{
	struct buf *b = arg;

	buf_printf(b, "%d ", partition);
}

static void
test_partitions(void **state)
{
	static const char *const no[] = { "", "a", "1,", "3-1", "1-", "-1",
		"0-4294967296", "0-200000", "1--2" };
	struct kerr e = KERR_INIT;
	struct buf b;

	buf_init(&b, 0);
	assert_int_equal(spec_partitions("0,3-5, 7", add, &b, &e), 0);
	buf_putc(&b, '\0');
	assert_string_equal((char *)b.p, "0 3 4 5 7 ");
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_int_equal(spec_partitions(no[i], add, &b, &e), KE_USAGE);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_dst),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_partitions),
	};

	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
