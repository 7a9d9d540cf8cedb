/* test_consumer.c: which batches of an answer are handed out, and how far a
 * partition has come behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/consumer_impl.h"
#include "record/builder.h"
#include "record/msgset.h"

/* The bytes of one partition in an answer. */
struct world {
	struct consumer				 c;
	struct slot				 s;
	struct answer				*a;
	struct fetch_response_partition		 part;
	struct fetch_response_aborted_transaction aborted[4];
	uint8_t					 bytes[8192];
	size_t					 n;
};

/* Appends a batch of n records at an offset. */
static void
add(struct world *w, int64_t offset, int n, int64_t producer, int flags)
{
	struct builder_opts opts = BUILDER_OPTS;
	struct record_input in = { .key_len = -1, .value = "v",
		.value_len = 1 };
	struct builder b;

	builder_init(&b, w->bytes + w->n, sizeof(w->bytes) - w->n);
	for (int i = 0; i < n; i++)
		assert_int_equal(builder_add(&b, &in), 0);
	opts.base_offset = offset;
	opts.producer_id = producer;
	opts.producer_epoch = 0;
	opts.flags = (int16_t)flags;
	w->n += (size_t)builder_finish(&b, &opts, NULL, NULL, NULL);
}

/* An end-of-transaction marker. */
static void
marker(struct world *w, int64_t offset, int64_t producer, bool commit)
{
	struct builder_opts opts = BUILDER_OPTS;
	const uint8_t key[] = { 0, 0, 0, commit };
	struct record_input in = { .key = key, .key_len = 4,
		.value = "\0\0\0\0\0\0", .value_len = 6 };
	struct builder b;

	builder_init(&b, w->bytes + w->n, sizeof(w->bytes) - w->n);
	assert_int_equal(builder_add(&b, &in), 0);
	opts.base_offset = offset;
	opts.producer_id = producer;
	opts.flags = BATCH_TRANSACTIONAL | BATCH_CONTROL;
	w->n += (size_t)builder_finish(&b, &opts, NULL, NULL, NULL);
}

/* A message in format 1 whose value is v. */
static void
add_old(struct world *w, int64_t offset, int attributes, const void *v,
    size_t len)
{
	struct buf b = { 0 };

	buf_put_i64(&b, offset);
	buf_put_i32(&b, (int32_t)(22 + len));
	buf_put_i32(&b, 0);
	buf_put_i8(&b, 1);
	buf_put_i8(&b, (int8_t)attributes);
	buf_put_i64(&b, 1000);
	buf_put_i32(&b, -1);
	buf_put_i32(&b, (int32_t)len);
	buf_put(&b, v, len);
	put_be32(b.p + MSGSET_PREFIX, msgset_crc(0, b.p + MSGSET_AT_MAGIC,
	    b.len - MSGSET_AT_MAGIC));
	memcpy(w->bytes + w->n, b.p, b.len);
	w->n += b.len;
	buf_release(&b);
}

/* One that is compressed, of n records, the last of them at offset. */
static void
add_packed(struct world *w, int64_t offset, int n)
{
	struct codecs *c = codecs_new();
	struct world *inner = calloc(1, sizeof(*inner));
	struct buf z = { 0 };

	for (int i = 0; i < n; i++)
		add_old(inner, i, CODEC_NONE, "v", 1);
	assert_int_equal(codec_compress(c, CODEC_GZIP, CODEC_LEVEL_DEFAULT,
	    inner->bytes, inner->n, &z, NULL), 0);
	add_old(w, offset, CODEC_GZIP, z.p, z.len);
	buf_release(&z);
	codecs_free(c);
	free(inner);
}

static struct world *
world(void)
{
	struct world *w = calloc(1, sizeof(*w));

	w->s.c = &w->c;
	w->s.to = INT64_MAX;
	w->part.aborted_transactions.v = w->aborted;
	return w;
}

/* What is handed out, as "BASE+COUNT ..", then "->POSITION". */
static void
expect(struct world *w, const char *want)
{
	struct consumer_batch b;
	struct kerr e = KERR_INIT;
	int64_t passed = w->s.from;
	struct buf got, own = { 0 };
	struct span *sp;
	int rc;

	w->part.records.p = w->bytes;
	w->part.records.len = (int64_t)w->n;
	w->a = calloc(1, sizeof(*w->a));
	w->a->refs = 1;
	buf_init(&got, 0);
	sp = span_new(&w->s, w->a, &w->part, 1);
	while ((rc = span_next(sp, &b, &own, &passed, &e)) > 0)
		buf_printf(&got, "%lld+%d ", (long long)b.header.base_offset,
		    b.header.count);
	if (rc < 0)
		buf_printf(&got, "%s", e.msg);
	else
		buf_printf(&got, "->%lld", (long long)passed);
	buf_putc(&got, '\0');
	assert_string_equal((char *)got.p, want);
	buf_release(&got);
	buf_release(&own);
	buf_release(&w->c.scratch);
	codecs_free(w->c.codecs);
	span_drop(sp);
	free(w->a);
	free(w);
}

static void
test_plain(void **state)
{
	struct world *w = world();

	add(w, 0, 3, -1, 0);
	add(w, 3, 2, -1, 0);
	add(w, 10, 1, -1, 0);		/* a hole before it */
	expect(w, "0+3 3+2 10+1 ->11");
}

static void
test_range(void **state)
{
	struct world *w = world();

	add(w, 0, 3, -1, 0);
	add(w, 3, 3, -1, 0);
	add(w, 6, 3, -1, 0);
	add(w, 9, 3, -1, 0);
	w->s.from = 4;
	w->s.to = 7;
	expect(w, "3+3 6+3 ->9");
}

/* Two producers between each other; one aborts, then commits. */
static void
test_aborted(void **state)
{
	struct world *w = world();

	add(w, 0, 2, 1, BATCH_TRANSACTIONAL);
	add(w, 2, 2, 2, BATCH_TRANSACTIONAL);
	add(w, 4, 1, -1, 0);
	add(w, 5, 1, 1, BATCH_TRANSACTIONAL);
	marker(w, 6, 1, true);
	add(w, 7, 1, 2, BATCH_TRANSACTIONAL);
	marker(w, 8, 2, false);
	add(w, 9, 1, 2, BATCH_TRANSACTIONAL);
	marker(w, 10, 2, true);
	w->aborted[0] = (struct fetch_response_aborted_transaction){ 2, 2 };
	w->part.aborted_transactions.n = 1;
	expect(w, "0+2 4+1 5+1 9+1 ->11");
}

/* One that began first and ended last: brokers name it last. */
static void
test_aborted_across(void **state)
{
	struct world *w = world();

	add(w, 0, 2, 1, BATCH_TRANSACTIONAL);
	add(w, 2, 1, 2, BATCH_TRANSACTIONAL);
	marker(w, 3, 2, false);
	add(w, 4, 1, 1, BATCH_TRANSACTIONAL);
	marker(w, 5, 1, false);
	add(w, 6, 1, 1, BATCH_TRANSACTIONAL);
	marker(w, 7, 1, true);
	w->aborted[0] = (struct fetch_response_aborted_transaction){ 2, 2 };
	w->aborted[1] = (struct fetch_response_aborted_transaction){ 1, 0 };
	w->part.aborted_transactions.n = 2;
	expect(w, "6+1 ->8");
}

/* Uncommitted: the broker names no transactions. */
static void
test_uncommitted(void **state)
{
	struct world *w = world();

	add(w, 0, 2, 2, BATCH_TRANSACTIONAL);
	marker(w, 2, 2, false);
	w->part.aborted_transactions.n = -1;
	expect(w, "0+2 ->3");
}

/* What the cleaner leaves: a batch without records, a last offset that no
 * record has. */
static void
test_emptied(void **state)
{
	struct world *w = world();
	struct batch_header h;

	add(w, 0, 1, -1, 0);
	assert_int_equal(batch_parse(w->bytes, w->n, &h, NULL), 0);
	h.last_offset_delta = 7;
	h.count = 0;
	h.length = BATCH_HEADER - BATCH_PREFIX;
	w->n = batch_size(&h);
	batch_header_put(w->bytes, &h);
	put_be32(w->bytes + BATCH_AT_CRC, batch_crc(w->bytes, &h));
	expect(w, "->8");
}

static void
test_damage(void **state)
{
	struct world *w = world();

	add(w, 0, 2, -1, 0);
	add(w, 2, 2, -1, 0);
	w->bytes[w->n - 1] ^= 1;
	expect(w, "0+2 batch at offset 2: CRC mismatch");

	w = world();
	w->c.cf.no_crc = true;
	add(w, 0, 2, -1, 0);
	w->bytes[w->n - 3] ^= 1;
	expect(w, "0+2 ->2");
}

/* Formats and offsets are not covered by the CRC. */
static void
test_misplaced(void **state)
{
	struct world *w = world();

	add(w, 0, 2, -1, 0);
	add(w, 2, 2, -1, 0);
	w->bytes[w->n / 2] ^= 1;
	w->part.high_watermark = 4;
	expect(w, "0+2 after offset 1: a batch at 72057594037927938, where the "
	    "end is 4");

	w = world();
	add(w, 0, 2, -1, 0);
	add(w, 2, 2, -1, 0);
	w->bytes[w->n / 2 + BATCH_AT_MAGIC] = 90;
	expect(w, "0+2 after offset 1: record format 90");
}

/* Formats of before Kafka 0.11: single messages go together, those that are
 * compressed are apart and begin before the offset that they have. */
static void
test_old(void **state)
{
	struct world *w = world();

	add_old(w, 0, CODEC_NONE, "a", 1);
	add_old(w, 1, CODEC_NONE, "b", 1);
	add_packed(w, 6, 4);
	add(w, 7, 2, -1, 0);
	expect(w, "0+2 3+4 7+2 ->9");

	w = world();			/* a Fetch into the middle of one */
	add_packed(w, 6, 4);
	add_packed(w, 10, 4);
	add_packed(w, 14, 4);
	w->s.from = 5;
	w->s.to = 9;
	expect(w, "3+4 7+4 ->11");

	w = world();
	add_old(w, 0, CODEC_NONE, "a", 1);
	w->bytes[w->n - 1] ^= 1;
	expect(w, "message at offset 0: CRC mismatch");

	w = world();
	add_packed(w, 6, 4);
	w->c.cf.no_crc = true;
	w->bytes[w->n - 8] ^= 1;
	expect(w, "after offset -1: message at offset 6: gzip: incorrect data "
	    "check");

	w = world();			/* cut short */
	add_old(w, 0, CODEC_NONE, "a", 1);
	add_packed(w, 6, 4);
	w->n -= 5;
	expect(w, "0+1 ->1");

	w = world();
	add_old(w, 9, CODEC_NONE, "a", 1);
	w->part.high_watermark = 9;
	expect(w, "after offset -1: a batch at 9, where the end is 9");
}

/* The last batch is cut short: the next Fetch begins with it. */
static void
test_cut(void **state)
{
	struct world *w = world();

	add(w, 0, 2, -1, 0);
	add(w, 2, 2, -1, 0);
	w->n -= 5;
	expect(w, "0+2 ->2");
}

/* The epoch is that of the last batch, whoever it is for. */
static void
test_epoch(void **state)
{
	struct world *w = world();
	struct consumer_batch b;
	struct kerr e = KERR_INIT;
	struct slot *slots[] = { &w->s };
	struct span *sp;

	w->c.slot = slots;
	w->s.epoch = -1;
	add(w, 0, 2, 1, BATCH_TRANSACTIONAL);
	batch_assign(w->bytes, 0, 4);
	marker(w, 2, 1, true);
	batch_assign(w->bytes + w->n - 78, 2, 5);
	w->part.records.p = w->bytes;
	w->part.records.len = (int64_t)w->n;
	w->a = calloc(1, sizeof(*w->a));
	w->a->refs = 1;
	sp = span_new(&w->s, w->a, &w->part, 1);
	w->s.queued = 1;
	w->s.fetch_at = 3;
	assert_int_equal(consumer_epoch(&w->c, 0), -1);
	assert_int_equal(span_next(sp, &b, NULL, &w->s.taken_at, &e), 1);
	assert_int_equal(consumer_epoch(&w->c, 0), 4);
	assert_int_equal(span_next(sp, &b, NULL, &w->s.taken_at, &e), 0);
	assert_int_equal(e.code, 0);
	w->s.queued = 0;
	assert_int_equal(consumer_position(&w->c, 0), 3);
	assert_int_equal(consumer_epoch(&w->c, 0), 5);
	w->s.fetch_at = 9;	/* compaction left nothing up to there */
	assert_int_equal(consumer_epoch(&w->c, 0), -1);
	span_drop(sp);
	free(w->a);
	free(w);
}

static void
test_scan(void **state)
{
	struct world *w = world();
	size_t need, first;

	add(w, 4, 3, -1, 0);
	first = w->n;
	add(w, 7, 2, -1, 0);
	assert_int_equal(span_scan(w->bytes, w->bytes + w->n, 5, &need), 9);
	assert_int_equal(need, 0);
	assert_int_equal(span_scan(w->bytes, w->bytes + w->n - 1, 5, &need),
	    7);
	assert_int_equal(need, 0);
	assert_int_equal(span_scan(w->bytes, w->bytes + first - 1, 5, &need),
	    5);
	assert_int_equal(need, first);
	assert_int_equal(span_scan(w->bytes, w->bytes + 20, 5, &need), 5);
	assert_int_equal(need, 0);
	w->n = 0;
	add_packed(w, 6, 4);
	first = w->n;
	add_old(w, 7, CODEC_NONE, "a", 1);
	assert_int_equal(span_scan(w->bytes, w->bytes + w->n, 5, &need), 8);
	assert_int_equal(span_scan(w->bytes, w->bytes + w->n - 1, 5, &need),
	    7);
	assert_int_equal(need, 0);
	assert_int_equal(span_scan(w->bytes, w->bytes + first - 1, 5, &need),
	    5);
	assert_int_equal(need, first);
	free(w);
}

/* The leader names a replica that is nearer; that one fails: back again. */
static void
test_preferred(void **state)
{
	struct world *w = world();
	struct fetch_response_partition *part = &w->part;

	w->s.preferred = -1;
	part->preferred_read_replica = -1;
	assert_false(consumer_follow(&w->s, part, 1, 1000, 500));
	assert_int_equal(w->s.preferred, -1);
	part->preferred_read_replica = 2;
	assert_true(consumer_follow(&w->s, part, 1, 1000, 500));
	assert_int_equal(w->s.preferred, 2);
	assert_int_equal(w->s.preferred_until, 1500);
	/* the replica answers */
	part->preferred_read_replica = -1;
	assert_false(consumer_follow(&w->s, part, 2, 1100, 500));
	assert_int_equal(w->s.preferred, 2);
	/* an error of the leader is not one of the replica */
	part->error_code = 1;
	assert_false(consumer_follow(&w->s, part, 1, 1100, 500));
	assert_int_equal(w->s.preferred, 2);
	assert_true(consumer_follow(&w->s, part, 2, 1100, 500));
	assert_int_equal(w->s.preferred, -1);
	assert_false(consumer_follow(&w->s, part, 2, 1100, 500));
	free(w);
}

static struct view *
no_view(void *arg, const char *topic, int32_t partition)
{
	return NULL;
}

/* A batch that somebody keeps is there for longer than its consumer. */
static void
test_kept(void **state)
{
	struct consumer_files files = { no_view, NULL };
	struct consumer_config cf = CONSUMER_CONFIG;
	struct consumer *c = consumer_new_files(NULL, &files, &cf);
	struct world *w = world();
	struct answer *a = answer_new();
	const struct consumer_batch *b;
	struct khold *hold;
	struct span *sp;
	uint8_t *p;
	size_t n;

	consumer_assign(c, "t", 0, 0, -1);
	add(w, 0, 3, -1, 0);
	n = w->n;
	add_old(w, 3, CODEC_NONE, "a", 1);
	a->own = malloc(w->n);
	memcpy(a->own, w->bytes, w->n);
	a->part.records.p = a->own;
	a->part.records.len = (int64_t)w->n;
	sp = span_new(c->slot[0], a, &a->part, 1);
	TAILQ_INSERT_TAIL(&c->ready, sp, link);
	c->slot[0]->queued++;
	answer_drop(a);
	b = consumer_take(c);
	assert_non_null(b);
	assert_int_equal(b->header.count, 3);
	hold = consumer_hold(b);
	p = b->p;
	consumer_release(c, b);
	b = consumer_take(c);
	assert_non_null(b);
	assert_null(consumer_hold(b));	/* it was made of an old format */
	consumer_free(c);
	batch_assign(p, 0, 7);
	assert_memory_equal(p + BATCH_HEADER, w->bytes + BATCH_HEADER,
	    n - BATCH_HEADER);
	hold->drop(hold);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_aborted),
		cmocka_unit_test(test_aborted_across),
		cmocka_unit_test(test_uncommitted),
		cmocka_unit_test(test_emptied),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_misplaced),
		cmocka_unit_test(test_old),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_epoch),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_preferred),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
