/* test_mirror_plan.c: what klog-mirror does about a partition; names, rates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cmd/klog-mirror/names.h"
#include "cmd/klog-mirror/plan.h"
#include "cli/rate.h"

static const struct kuuid one = { { 1 } }, two = { { 2 } };
static const struct plan_rules strict = { false, false };
static const struct plan_rules lenient = { true, true };

/* Copied up to 100 of 100. */
static struct facts
mirrored(void)
{
	return (struct facts){ .known = true, .old_id = one, .id = one,
	    .src_next = 100, .tgt_next = 105, .log_start = 0, .end = 100,
	    .epoch_end = OFFSET_UNKNOWN, .tgt_end = 106,
	    .begin = OFFSET_UNKNOWN };
}

static void
expect(const struct facts *f, const struct plan_rules *r, enum verdict v,
    int64_t from, int64_t to, bool anew)
{
	struct plan p = plan_partition(f, r);

	assert_int_equal(p.verdict, v);
	assert_int_equal(p.anew, anew);
	if (v == PLAN_COPY || v == PLAN_NOTE) {
		assert_int_equal(p.from, from);
		assert_int_equal(p.to, to);
	}
}

static void
usual(void **state)
{
	struct facts f = mirrored();

	expect(&f, &strict, PLAN_NOTHING, 100, 100, false);
	f.end = 150;
	expect(&f, &strict, PLAN_COPY, 100, 150, false);
	f.log_start = 100;
	expect(&f, &strict, PLAN_COPY, 100, 150, false);
	/* an epoch that goes on, or ended behind */
	f.epoch_end = 150;
	expect(&f, &strict, PLAN_COPY, 100, 150, false);
	f.epoch_end = 100;
	expect(&f, &strict, PLAN_COPY, 100, 150, false);
	/* neither side tells ids */
	f.id = (struct kuuid){ { 0 } };
	expect(&f, &strict, PLAN_COPY, 100, 150, false);
}

static void
first(void **state)
{
	struct facts f = mirrored();

	f.known = false;
	f.log_start = 20;
	expect(&f, &strict, PLAN_COPY, 20, 100, false);
	f.begin = 60;
	expect(&f, &strict, PLAN_COPY, 60, 100, false);
	f.begin = 10;			/* gone */
	expect(&f, &strict, PLAN_COPY, 20, 100, false);
	f.begin = 100;
	expect(&f, &strict, PLAN_NOTE, 100, 100, false);
	f.begin = OFFSET_UNKNOWN;
	f.log_start = f.end = 0;	/* empty: so that a gap is seen later */
	expect(&f, &strict, PLAN_NOTE, 0, 0, false);
}

static void
gap(void **state)
{
	struct facts f = mirrored();
	struct plan p;

	f.log_start = 130;
	f.end = 150;
	p = plan_partition(&f, &strict);
	assert_int_equal(p.verdict, PLAN_GAP);
	assert_int_equal(p.lost_from, 100);
	assert_int_equal(p.lost_to, 130);
	expect(&f, &lenient, PLAN_COPY, 130, 150, false);
	f.end = 130;			/* all of it is gone */
	expect(&f, &strict, PLAN_GAP, 0, 0, false);
	expect(&f, &lenient, PLAN_NOTE, 130, 130, false);
}

static void
recreated(void **state)
{
	struct facts f = mirrored();

	f.id = two;
	f.end = 500;
	expect(&f, &strict, PLAN_RECREATED, 0, 0, false);
	expect(&f, &lenient, PLAN_COPY, 0, 500, true);
	f.end = 0;
	expect(&f, &strict, PLAN_RECREATED, 0, 0, false);
	expect(&f, &lenient, PLAN_NOTE, 0, 0, true);
	f = mirrored();
	f.other_cluster = true;
	expect(&f, &strict, PLAN_RECREATED, 0, 0, false);
}

static void
truncated(void **state)
{
	struct facts f = mirrored();
	struct plan p;

	f.end = 90;
	p = plan_partition(&f, &strict);
	assert_int_equal(p.verdict, PLAN_TRUNCATED);
	assert_int_equal(p.lost_from, 90);
	assert_int_equal(p.lost_to, 100);
	expect(&f, &lenient, PLAN_COPY, 0, 90, true);
	/* an election took back 80 to 99, and others were written there */
	f.end = 200;
	f.epoch_end = 80;
	p = plan_partition(&f, &strict);
	assert_int_equal(p.verdict, PLAN_TRUNCATED);
	assert_int_equal(p.lost_from, 80);
}

static void
target_lost(void **state)
{
	struct facts f = mirrored();

	f.tgt_end = OFFSET_UNKNOWN;
	expect(&f, &strict, PLAN_TARGET_LOST, 0, 0, false);
	expect(&f, &lenient, PLAN_COPY, 0, 100, true);
	f.tgt_end = 50;
	expect(&f, &strict, PLAN_TARGET_LOST, 0, 0, false);
	f.tgt_next = -1;		/* nothing was copied yet */
	f.tgt_end = OFFSET_UNKNOWN;
	expect(&f, &strict, PLAN_NOTHING, 0, 0, false);
}

static void
is_named(const struct names *nm, const char *topic, const char *want)
{
	char *got = names_target(nm, topic);

	if (want == NULL)
		assert_null(got);
	else {
		assert_non_null(got);
		assert_string_equal(got, want);
	}
	free(got);
}

static void
names(void **state)
{
	const char *list[] = { "a,b=c", "^ord(ers)?|x.*" };
	struct names *nm;

	assert_int_equal(names_parse(&nm, list, 2, "p.", NULL), 0);
	is_named(nm, "a", "p.a");
	is_named(nm, "b", "c");
	is_named(nm, "c", NULL);
	is_named(nm, "ord", "p.ord");
	is_named(nm, "orders", "p.orders");
	is_named(nm, "orders2", NULL);		/* whole names */
	is_named(nm, "xyz", "p.xyz");
	assert_string_equal(names_literal(nm, 1), "b");
	assert_null(names_literal(nm, 2));
	names_free(nm);
	assert_int_equal(names_parse(&nm, NULL, 0, NULL, NULL), 0);
	is_named(nm, "any", "any");
	is_named(nm, "__consumer_offsets", NULL);
	is_named(nm, "mm2-offsets.b.internal", NULL);
	is_named(nm, "internal", "internal");
	names_free(nm);
	list[0] = "__consumer_offsets=copy";
	assert_int_equal(names_parse(&nm, list, 1, NULL, NULL), 0);
	is_named(nm, "__consumer_offsets", "copy");
	names_free(nm);
}

static void
bad_names(void **state)
{
	static const char *const bad[] = { "", "a,", "=b", "a=", "a b", "a=b=c",
	    "^(", "a,a=b" };
	struct kerr e = KERR_INIT;
	struct names *nm;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(names_parse(&nm, &bad[i], 1, NULL, &e),
		    KE_USAGE);
		names_free(nm);
	}
	assert_int_equal(names_parse(&nm, NULL, 0, "a/", &e), KE_USAGE);
	names_free(nm);
}

static void
rates(void **state)
{
	static const char *const bad[] = { "", "5", "/s", "0/s", "5MB", "5X/s",
	    "-5/s", "5/m" };
	struct rate r = { 0 };

	assert_int_equal(rate_wait(&r, 1000), 0);	/* no limit */
	assert_int_equal(rate_parse(&r, "200/s", NULL), 0);
	assert_int_equal(rate_wait(&r, 1000), 0);
	rate_take(&r, 100, 1 << 20, 1000);
	assert_in_range(rate_wait(&r, 1000), 499, 502);
	assert_in_range(rate_wait(&r, 1400), 99, 102);
	assert_int_equal(rate_wait(&r, 1502), 0);
	/* an idle hour earns next to nothing */
	rate_take(&r, 100, 0, 3600000);
	assert_in_range(rate_wait(&r, 3600000), 479, 482);
	/* and more than one a millisecond are no fewer for it */
	assert_int_equal(rate_parse(&r, "100000/s", NULL), 0);
	for (int64_t n = 0, now = 1; n < 100000; n++) {
		now += rate_wait(&r, now);
		rate_take(&r, 1, 100, now);
		assert_in_range(now, n / 100, n / 100 + 3);
	}
	assert_int_equal(rate_parse(&r, "1.5MB/s", NULL), 0);
	rate_take(&r, 1, 3000000, 5000);
	assert_in_range(rate_wait(&r, 5000), 1999, 2002);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(rate_parse(&r, bad[i], NULL), KE_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usual),
		cmocka_unit_test(first),
		cmocka_unit_test(gap),
		cmocka_unit_test(recreated),
		cmocka_unit_test(truncated),
		cmocka_unit_test(target_lost),
		cmocka_unit_test(names),
		cmocka_unit_test(bad_names),
		cmocka_unit_test(rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
