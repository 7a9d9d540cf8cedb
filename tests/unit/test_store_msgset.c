/*
 * test_store_msgset.c: a log that begins with messages in formats 0 and 1, as a
 * directory of Apache Kafka may have them: opened, read, searched, written on,
 * and compacted into batches of the present format.
 */
#include "clean_util.h"
#include "record_data.h"

#include "record/msgset.h"
#include "store/file.h"

/* Compressed messages of six records each (test_record_msgset.c), formats 0, 1
 * and 1. Their last offsets are 110, 121 and 132. */
static const char *const names[] = {
	"old-0-gzip", "old-1-lz4", "old-1-append"
};

enum { N = sizeof(names) / sizeof(names[0]) };

struct old {
	struct bench	*b;
	struct buf	 all;		/* the segment */
	size_t		 at[N + 1];	/* where each begins */
};

/* Closes the log, and opens it on o->all for its segment. */
static void
plant(struct old *o, bool stop, struct log_recovery *r)
{
	const struct log_known k = { .clean = stop };
	struct bench *b = o->b;
	char *path = xasprintf("%s/%020d.log", b->dir, 0);

	must_close(b->l);
	assert_int_equal(file_save(sys_real(), path, o->all.p, o->all.len,
	    false, NULL), 0);
	free(path);
	b->l = must_open(sys_fast(), b->dir, &b->config, &k, r);
}

static void
old_open(struct old *o, bool stop)
{
	struct log_recovery r;
	struct buf g;

	o->b = bench_new();
	fill(o->b, "a=1");	/* for the directory to be there */
	buf_init(&o->all, 0);
	for (int i = 0; i < N; i++) {
		golden_load(&g, names[i]);
		put_be64(g.p, 110 + (uint64_t)i * 11);
		o->at[i] = o->all.len;
		buf_put(&o->all, g.p, g.len);
		buf_release(&g);
	}
	o->at[N] = o->all.len;
	plant(o, stop, &r);
	assert_int_equal(r.cut, 0);
	assert_int_equal(log_end(o->b->l), 133);
}

static void
old_free(struct old *o)
{
	buf_release(&o->all);
	bench_free(o->b);
}

/* Reading of one message's worth from offset on gives the i-th one, as it was
 * written. */
static void
expect(struct old *o, int64_t offset, int i)
{
	struct kerr e = KERR_INIT;
	struct buf b = { 0 };

	assert_int_equal(log_read_buf(o->b->l, offset, 1, 133, true, &b, &e),
	    o->at[i + 1] - o->at[i]);
	assert_memory_equal(b.p, o->all.p + o->at[i], b.len);
	buf_release(&b);
}

static void
test_read(void **state)
{
	struct old o;

	for (int stop = 0; stop < 2; stop++) {
		old_open(&o, stop != 0);
		expect(&o, 0, 0);
		expect(&o, 110, 0);
		expect(&o, 111, 1);
		expect(&o, 121, 1);
		expect(&o, 122, 2);
		reopen(o.b, true);
		expect(&o, 115, 1);
		fill(o.b, "x=1");
		reopen(o.b, false);
		assert_int_equal(log_end(o.b->l), 134);
		expect(&o, 132, 2);
		old_free(&o);
	}
}

static void
expect_time(struct old *o, int64_t ts, int64_t offset, int64_t found)
{
	struct kerr e = KERR_INIT;
	struct log_when w;

	assert_int_equal(log_find_time(o->b->l, ts, 133, &w, &e), 0);
	assert_int_equal(w.offset, offset);
	assert_int_equal(w.timestamp, found);
	assert_int_equal(w.epoch, -1);
}

/* Format 0 has no times; the last message's records have its own. */
static void
test_time(void **state)
{
	const int64_t t = 1700000000000;
	struct old o;

	old_open(&o, false);
	expect_time(&o, 0, 111, t);
	expect_time(&o, t + 1, 112, t + 5);
	expect_time(&o, t + 6, 121, t + 6);
	expect_time(&o, t + 7, 122, t + 1000);
	expect_time(&o, t + 1001, -1, -1);
	old_free(&o);

	/* what cannot be unpacked is found as a whole */
	old_open(&o, true);
	o.all.p[o.at[1] + 50] ^= 1;
	put_be32(o.all.p + o.at[1] + 12, msgset_crc(0, o.all.p + o.at[1] + 16,
	    o.at[2] - o.at[1] - 16));
	plant(&o, true, NULL);
	expect_time(&o, 0, 121, t + 6);
	old_free(&o);
}

/* Damage is what it is in a batch: the log ends before it. */
static void
test_damage(void **state)
{
	struct log_recovery r;
	struct old o;

	old_open(&o, false);
	o.all.p[o.at[1] + 50] ^= 1;
	plant(&o, false, &r);
	assert_int_equal(log_end(o.b->l), 111);
	assert_int_equal(r.cut, o.at[3] - o.at[1]);
	assert_int_equal(files(o.b, "[.]111[.]cut$"), 1);
	expect(&o, 100, 0);
	old_free(&o);
}

/* Only the last message has records that are not overwritten later. */
static void
test_clean(void **state)
{
	static const int64_t offsets[] = { 122, 125, 126, 132 };
	struct kerr e = KERR_INIT;
	struct buf b = { 0 }, raw = { 0 };
	struct batch_header h;
	struct record_iter it;
	struct record r;
	struct old o;

	old_open(&o, false);
	fill(o.b, "/ x=1");
	clean(o.b, NOW);
	assert_true(log_read_buf(o.b->l, 0, 1, 133, true, &b, &e) > 0);
	assert_int_equal(batch_parse(b.p, b.len, &h, &e), 0);
	assert_true(batch_crc_ok(b.p, &h));
	assert_int_equal(h.base_offset, 122);
	assert_int_equal(batch_last_offset(&h), 132);
	assert_int_equal(h.count, 4);
	assert_int_equal(h.attributes, CODEC_GZIP | BATCH_APPEND_TIME |
	    BATCH_DELETE_HORIZON);
	assert_int_equal(record_iter_init(&it, b.p, &h, o.b->codecs, &raw,
	    1 << 20, &e), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(record_iter_next(&it, &r), 1);
		assert_int_equal(r.offset, offsets[i]);
		assert_int_equal(r.timestamp, 1700000001000);
	}
	assert_field(r.key, r.key_len, "k\xc3\xa9y");
	buf_release(&b);
	buf_release(&raw);
	reopen(o.b, false);
	assert_int_equal(log_end(o.b->l), 134);
	old_free(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
