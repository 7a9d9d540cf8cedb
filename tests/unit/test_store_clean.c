/* test_store_clean.c: what compaction leaves of a log, by tables. */
#include "clean_util.h"

struct row {
	const char	*what;
	const char	*log;
	const char	*once;		/* after a pass at NOW */
	const char	*later;		/* after another, past the delete
					   horizons of that; NULL: the same */
	const char	*last;		/* after a third, again */
};

static const struct row rows[] = {
	{ "the last of each key", "a=1 b=1 a=2 c=1 / x=1",
	    "[1-1 1:b=1] [2-2 2:a=2] [3-3 3:c=1] [4-4 4:x=1]", NULL },
	{ "nothing to do", "a=1 b=1 / x=1",
	    "[0-0 0:a=1] [1-1 1:b=1] [2-2 2:x=1]", NULL },
	{ "the active segment counts neither way", "a=1 / a=2",
	    "[0-0 0:a=1] [1-1 1:a=2]", NULL },
	{ "batches lose records", "a=1,b=1,c=1 b=2 / x=1",
	    "[0-2 0:a=1 2:c=1] [3-3 3:b=2] [4-4 4:x=1]", NULL },
	{ "and keep their ends", "a=1,b=1,c=1 a=2,c=2 / x=1",
	    "[0-2 1:b=1] [3-4 3:a=2 4:c=2] [5-5 5:x=1]", NULL },
	{ "across segments, which become one", "a=1 b=1 / a=2 / c=1 / x=1",
	    "[1-1 1:b=1] [2-2 2:a=2] [3-3 3:c=1] [4-4 4:x=1]", NULL },
	{ "gzip", "g:a=1,b=1,c=1 b=2 / x=1",
	    "[0-2g 0:a=1 2:c=1] [3-3 3:b=2] [4-4 4:x=1]", NULL },
	{ "snappy", "s:a=1,b=1,c=1 b=2 / x=1",
	    "[0-2s 0:a=1 2:c=1] [3-3 3:b=2] [4-4 4:x=1]", NULL },
	{ "lz4", "l:a=1,b=1,c=1 b=2 / x=1",
	    "[0-2l 0:a=1 2:c=1] [3-3 3:b=2] [4-4 4:x=1]", NULL },
	{ "zstd", "z:a=1,b=1,c=1 b=2 / x=1",
	    "[0-2z 0:a=1 2:c=1] [3-3 3:b=2] [4-4 4:x=1]", NULL },
	{ "LogAppendTime stays", "L:a=1,b=1,c L:b=2 / x=1",
	    "[0-2hL 0:a=1 2:c] [3-3L 3:b=2] [4-4 4:x=1]",
	    "[0-2hL 0:a=1] [3-3L 3:b=2] [4-4 4:x=1]" },
	{ "a tombstone gets a horizon, then goes", "a=1 a b=1 / x=1",
	    "[1-1h 1:a] [2-2 2:b=1] [3-3 3:x=1]",
	    "[2-2 2:b=1] [3-3 3:x=1]" },
	{ "a compressed one", "a=1 z:c=1,c=2,a b=1 / x=1",
	    "[1-3zh 2:c=2 3:a] [4-4 4:b=1] [5-5 5:x=1]",
	    "[1-3zh 2:c=2] [4-4 4:b=1] [5-5 5:x=1]" },
	{ "a tombstone that was overwritten", "a a=1 / x=1",
	    "[1-1 1:a=1] [2-2 2:x=1]", NULL },
	{ "records without a key go", "-=1 a=1,-=2 b=1 / x=1",
	    "[1-2 1:a=1] [3-3 3:b=1] [4-4 4:x=1]", NULL },
	{ "the last batch of the segment stays, empty", "b=1 -=1 / x=1",
	    "[0-0 0:b=1] [1-1] [2-2 2:x=1]", NULL },
	{ "with its offsets alone", "b=1 p7:a=1 / p7:c=1 p7:a=2 d=1 / x=1",
	    "[0-0 0:b=1] [2-2 2:c=1] [3-3 3:a=2] [4-4 4:d=1] [5-5 5:x=1]",
	    NULL },
	{ "and is no longer needed inside", "a=1 / b=1 -=1 / c=1 / x=1",
	    "[0-0 0:a=1] [1-1 1:b=1] [3-3 3:c=1] [4-4 4:x=1]", NULL },
	{ "the last batch of a producer stays, empty", "p7:a=1 p7:b=1 p7:b=2 "
	    "b=3 a=2 / x=1",
	    "[2-2] [3-3 3:b=3] [4-4 4:a=2] [5-5 5:x=1]", NULL },
	{ "a producer's older ones do not", "p7:a=1 b=1 / p7:a=2",
	    "[0-0 0:a=1] [1-1 1:b=1] [2-2 2:a=2]", NULL },
	{ "a committed transaction", "t7:a=1 t7:b=1 C7 a=2 t7:b=2 C7 c=1 / x=1",
	    "[2-2 C7] [3-3 3:a=2] [4-4 4:b=2] [5-5 C7] [6-6 6:c=1] "
	    "[7-7 7:x=1]",
	    "[2-2h C7] [3-3 3:a=2] [4-4 4:b=2] [5-5 C7] [6-6 6:c=1] "
	    "[7-7 7:x=1]",
	    "[3-3 3:a=2] [4-4 4:b=2] [5-5 C7] [6-6 6:c=1] [7-7 7:x=1]" },
	{ "an aborted one", "a=1 t7:a=2 t7:b=1 A7 c=1 p7:d=1 / x=1",
	    "[0-0 0:a=1] [3-3 A7] [4-4 4:c=1] [5-5 5:d=1] [6-6 6:x=1]",
	    "[0-0 0:a=1] [3-3h A7] [4-4 4:c=1] [5-5 5:d=1] [6-6 6:x=1]" },
	{ "a committed one after it is not taken for it",
	    "t7:a=1 t7:b=1 A7 t7:c=1 t7:d=1 C7 e=1 / x=1",
	    "[2-2 A7] [3-3 3:c=1] [4-4 4:d=1] [5-5 C7] [6-6 6:e=1] "
	    "[7-7 7:x=1]",
	    "[2-2h A7] [3-3 3:c=1] [4-4 4:d=1] [5-5 C7] [6-6 6:e=1] "
	    "[7-7 7:x=1]",
	    "[3-3 3:c=1] [4-4 4:d=1] [5-5 C7] [6-6 6:e=1] [7-7 7:x=1]" },
	{ "two at a time", "t7:a=1 t8:a=2 t7:b=1 A7 t8:c=1 C8 d=1 / x=1",
	    "[1-1 1:a=2] [2-2] [3-3 A7] [4-4 4:c=1] [5-5 C8] [6-6 6:d=1] "
	    "[7-7 7:x=1]", NULL },
	{ "the marker lies past what is cleaned", "a=1 t7:a=2 b=1 / A7 x=1",
	    "[0-0 0:a=1] [1-1] [2-2 2:b=1] [3-3 A7] [4-4 4:x=1]", NULL },
	{ "the producer's last batch is an aborted one",
	    "a=1 t7:a=2 t7:b=1 A7 c=1 / x=1",
	    "[0-0 0:a=1] [2-2] [3-3 A7] [4-4 4:c=1] [5-5 5:x=1]", NULL },
};

static void
test_rows(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct bench *b = bench_new();

		fill(b, row->log);
		clean(b, NOW);
		check(b, row->what, row->once);
		assert_int_equal(b->r.dirty, log_end(b->l) -
		    (strcmp(row->what, "the marker lies past what is cleaned")
		    == 0 ? 2 : 1));
		reopen(b, i % 2 == 0);
		check(b, "reopened", row->once);
		/* too early: nothing more happens */
		fill(b, "/ y=1 /");
		clean(b, NOW + RETENTION - 1);
		bench_free(b);

		b = bench_new();
		fill(b, row->log);
		clean(b, NOW);
		b->dirty = 0;
		clean(b, NOW + RETENTION + 1);
		check(b, row->what, row->later != NULL ? row->later :
		    row->once);
		reopen(b, i % 2 != 0);
		check(b, "reopened", row->later != NULL ? row->later :
		    row->once);
		b->dirty = 0;
		clean(b, NOW + 2 * RETENTION + 2);
		if (row->last != NULL)
			check(b, row->what, row->last);
		bench_free(b);
	}
}

/* A map of three keys: pass by pass, the same end. */
static void
test_small_map(void **state)
{
	struct bench *b = bench_new();
	int passes = 0;

	fill(b, "a=1,b=1 c=1,d=1,e=1 f=1 / a=2,b=2,g=1 / h=1 c=2 a=3 / x=1");
	while (b->dirty < 12) {
		struct kerr e = KERR_INIT;
		int64_t before = b->dirty;

		if (try_clean(b, NOW, 4 * (int64_t)sizeof(struct clean_slot),
		    &e) != 0)
			fail_msg("%s", e.msg);
		assert_true(b->dirty > before);
		passes++;
	}
	assert_true(passes > 2);
	check(b, "small map", "[2-4 3:d=1 4:e=1] [5-5 5:f=1] "
	    "[6-8 7:b=2 8:g=1] [9-9 9:h=1] [10-10 10:c=2] [11-11 11:a=3] "
	    "[12-12 12:x=1]");
	bench_free(b);
}

/* Nothing of the first segments is left but their ends, and then of those the
 * last; readers step over them. */
static void
test_empty_segments(void **state)
{
	struct bench *b = bench_new();
	struct kerr e = KERR_INIT;
	struct log_when w;

	b->config.segment_bytes = 300;	/* each for itself */
	fill(b, "a=1 / a=2 / b=1 / a=3 / b=2 / x=1");
	log_set_config(b->l, &b->config);
	for (int i = 0; i < 3; i++) {
		clean(b, NOW);
		check(b, "empty segments", i == 0 ? "[0-0] [1-1] [2-2] "
		    "[3-3 3:a=3] [4-4 4:b=2] [5-5 5:x=1]" : "[2-2] "
		    "[3-3 3:a=3] [4-4 4:b=2] [5-5 5:x=1]");
		assert_int_equal(files(b, "log$"), i == 0 ? 6 : 4);
		assert_int_equal(log_find_time(b->l, 1000, 6, &w, &e), 0);
		assert_int_equal(w.offset, 3);
		reopen(b, i == 0);
		b->dirty = 0;
	}
	/* the last batch of the pass stays, and its time counts for nothing */
	fill(b, "/ c=1 -=1 /");
	clean(b, NOW);
	assert_int_equal(log_find_max_time(b->l, &w, &e), 0);
	assert_int_equal(w.offset, 6);
	bench_free(b);
}

static void
test_look(void **state)
{
	struct bench *b = bench_new();
	struct log_clean_limits all = { .dirty = -1, .stable = 100,
	    .now_ms = 1006, .max_lag_ms = INT64_MAX }, c;
	struct log_dirt d;

	/* offsets 0 and 1, 2 and 3, 4 and 5, 6; times 1000 and on */
	fill(b, "a=1 b=1 / a=2 b=2 / c=1 d=1 /");
	d = look(b, &all);
	assert_int_equal(d.dirty, 0);
	assert_int_equal(d.upto, 6);
	assert_int_equal(d.clean_bytes, 0);
	assert_int_equal(d.dirty_bytes, log_size(b->l));
	assert_false(d.overdue);
	c = all, c.dirty = 2, c.stable = 5;
	d = look(b, &c);
	assert_int_equal(d.dirty, 2);
	assert_int_equal(d.upto, 4);
	assert_true(d.clean_bytes > 0 && d.dirty_bytes > 0);
	/* a checkpoint from another life */
	c = all, c.dirty = 1000;
	assert_int_equal(look(b, &c).dirty, 0);
	c = all, c.min_lag_ms = 2;	/* 1004 and 1005: the latter is young */
	assert_int_equal(look(b, &c).upto, 4);
	c.min_lag_ms = 1;
	assert_int_equal(look(b, &c).upto, 6);
	c = all, c.max_lag_ms = 5, c.dirty = 2;	/* its first is of 1002 */
	assert_false(look(b, &c).overdue);
	c.max_lag_ms = 3;
	assert_true(look(b, &c).overdue);
	c = all;
	assert_int_equal(log_set_start(b->l, 3, NULL), 0);
	assert_int_equal(look(b, &c).dirty, 3);
	bench_free(b);
}

static void
test_grouping(void **state)
{
	struct bench *b = bench_new();
	static const char *const what = "groups";

	fill(b, "a=1 a=2 / b=1 / c=1 / d=1 / x=1");
	b->config.segment_bytes = (int32_t)log_size(b->l) / 2;
	log_set_config(b->l, &b->config);
	clean(b, NOW);
	assert_int_equal(files(b, "log$"), 3);
	b->config.segment_bytes = 1 << 20;
	log_set_config(b->l, &b->config);
	b->dirty = 0;
	clean(b, NOW);
	assert_int_equal(files(b, "log$"), 2);
	assert_int_equal(files(b, "snapshot$"), 1);
	assert_int_equal(files(b, "cleaned\\|swap"), 0);
	check(b, what, "[1-1 1:a=2] [2-2 2:b=1] [3-3 3:c=1] [4-4 4:d=1] "
	    "[5-5 5:x=1]");
	bench_free(b);
}

static void
test_map(void **state)
{
	struct clean_map m;
	char key[16];
	int n;

	assert_int_equal(clean_map_init(&m, sys_fast(), 100 *
	    sizeof(struct clean_slot), 0.9, 1000), 0);
	for (n = 0; n < 200; n++) {
		snprintf(key, sizeof(key), "%d", n);
		if (!clean_map_put(&m, clean_map_digest(&m, key,
		    strlen(key)), n))
			break;
	}
	assert_int_equal(n, 90);
	for (int i = 0; i < 200; i++) {
		struct digest128 d;

		snprintf(key, sizeof(key), "%d", i);
		d = clean_map_digest(&m, key, strlen(key));
		assert_int_equal(clean_map_get(&m, d), i < n ? i : -1);
		/* full for new keys only */
		assert_int_equal(clean_map_put(&m, d, i), i < n);
	}
	clean_map_release(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_small_map),
		cmocka_unit_test(test_empty_segments),
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_grouping),
		cmocka_unit_test(test_map),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
