/* What a topic takes from a producer, and what it stores instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "cmd/klog-broker/produce_check.h"
#include "cmd/klog-broker/recompress.h"
#include "record/builder.h"
#include "record/iter.h"
#include "wire/kerror.h"

#define NOW	1700000000000

static uint8_t mem[65536];
static struct codecs *codecs;

static const struct topic_config plain = {
	.timestamp_before_max_ms = INT64_MAX,
	.timestamp_after_max_ms = 3600000,
	.max_message_bytes = 4096,
	.compression = -1,
	.cleanup = CLEANUP_DELETE,
};

static struct krecords
make(enum codec codec, int16_t flags, int n, int64_t timestamp)
{
	struct record_input in = {
		.timestamp = timestamp, .key_len = -1,
		.value = "hello hello hello hello", .value_len = 23
	};
	struct builder_opts opts = BUILDER_OPTS;
	struct buf scratch = { 0 };
	struct builder b;
	ssize_t len;

	builder_init(&b, mem, sizeof(mem) / 2);
	while (n-- > 0)
		assert_int_equal(builder_add(&b, &in), 0);
	opts.codec = codec;
	opts.flags = flags;
	len = builder_finish(&b, &opts, codecs, &scratch, NULL);
	buf_release(&scratch);
	assert_true(len > 0);
	return (struct krecords){ .p = mem, .len = len, .fd = -1 };
}

static int16_t
check(struct krecords rec, const struct topic_config *c, int16_t version)
{
	struct batch_header h;
	struct batch_verdict v = { 0 };
	int16_t error = produce_check(&rec, c, version, NOW, codecs, &h, &v);

	assert_int_equal(error, v.error);
	return error;
}

static void
test_good(void **state)
{
	assert_int_equal(check(make(CODEC_NONE, 0, 3, NOW), &plain, 3), 0);
	for (int codec = CODEC_GZIP; codec < CODEC_MAX; codec++)
		assert_int_equal(check(make(codec, 0, 20, NOW), &plain, 9),
		    0);
}

/* Whatever bit is wrong, it is not taken. */
static void
test_damaged(void **state)
{
	struct krecords rec = make(CODEC_NONE, 0, 2, NOW);

	for (int64_t at = BATCH_AT_CRC; at < rec.len; at++) {
		mem[at] ^= 4;
		assert_int_equal(check(rec, &plain, 9), ERR_CORRUPT_MESSAGE);
		mem[at] ^= 4;
	}
	assert_int_equal(check(rec, &plain, 9), 0);
}

static void
test_shape(void **state)
{
	struct krecords rec = make(CODEC_NONE, 0, 2, NOW), two = rec;
	struct krecords none = { .len = -1, .fd = -1 };

	assert_int_equal(check(none, &plain, 9), ERR_INVALID_RECORD);
	none.len = 0;
	assert_int_equal(check(none, &plain, 9), ERR_INVALID_RECORD);
	memcpy(mem + rec.len, mem, (size_t)rec.len);
	two.len *= 2;
	assert_int_equal(check(two, &plain, 9), ERR_INVALID_RECORD);
	rec.len--;
	assert_int_equal(check(rec, &plain, 9), ERR_INVALID_RECORD);
	rec.len = 10;
	assert_int_equal(check(rec, &plain, 9), ERR_INVALID_RECORD);
	rec = make(CODEC_NONE, 0, 1, NOW);
	mem[BATCH_AT_MAGIC] = 1;
	assert_int_equal(check(rec, &plain, 9), ERR_INVALID_RECORD);
	rec = make(CODEC_NONE, 0, 1, NOW);
	put_be32(mem + BATCH_AT_LENGTH, 5);
	assert_int_equal(check(rec, &plain, 9), ERR_CORRUPT_MESSAGE);
	rec = make(CODEC_NONE, 0, 1, NOW);
	mem[BATCH_AT_MAGIC] = 3;
	assert_int_equal(check(rec, &plain, 9), ERR_CORRUPT_MESSAGE);
	/* something behind the batch that is not another */
	rec = make(CODEC_NONE, 0, 1, NOW);
	memset(mem + rec.len, 'x', 100);
	rec.len += 100;
	assert_int_equal(check(rec, &plain, 9), ERR_CORRUPT_MESSAGE);
}

static void
test_limits(void **state)
{
	struct topic_config c = plain;

	assert_int_equal(check(make(CODEC_NONE, 0, 300, NOW), &c, 9),
	    ERR_MESSAGE_TOO_LARGE);
	assert_int_equal(check(make(CODEC_ZSTD, 0, 300, NOW), &c, 9), 0);
	assert_int_equal(check(make(CODEC_ZSTD, 0, 300, NOW), &c, 6),
	    ERR_UNSUPPORTED_COMPRESSION_TYPE);
	assert_int_equal(check(make(CODEC_NONE, 0, 1, NOW + 7200000), &c, 9),
	    ERR_INVALID_TIMESTAMP);
	c.cleanup = CLEANUP_COMPACT;
	assert_int_equal(check(make(CODEC_NONE, 0, 1, NOW), &c, 9),
	    ERR_INVALID_RECORD);
	assert_int_equal(check(make(CODEC_NONE, BATCH_CONTROL, 1, NOW),
	    &plain, 9), ERR_INVALID_RECORD);
}

/* batch.validation=relaxed: what is packed is not looked at, unless the topic
 * stores it in another codec or needs keys. */
static void
test_relaxed(void **state)
{
	struct krecords rec = make(CODEC_LZ4, 0, 20, NOW);
	struct topic_config c = plain;
	struct batch_header h;

	memset(mem + BATCH_HEADER, 'x', (size_t)rec.len - BATCH_HEADER);
	assert_int_equal(batch_parse(mem, (size_t)rec.len, &h, NULL), 0);
	put_be32(mem + BATCH_AT_CRC, batch_crc(mem, &h));
	assert_int_equal(check(rec, &c, 9), ERR_INVALID_RECORD);
	c.batch_validation = VALIDATION_RELAXED;
	assert_int_equal(check(rec, &c, 9), 0);
	c.compression = CODEC_LZ4;
	assert_int_equal(check(rec, &c, 9), 0);
	c.compression = CODEC_ZSTD;
	assert_int_equal(check(rec, &c, 9), ERR_INVALID_RECORD);
	c.compression = CODEC_NONE;
	assert_int_equal(check(rec, &c, 9), ERR_INVALID_RECORD);
	c.compression = -1;
	c.cleanup = CLEANUP_COMPACT | CLEANUP_DELETE;
	assert_int_equal(check(rec, &c, 9), ERR_INVALID_RECORD);
}

/* Every codec into every other one: the records stay what they are. */
static void
test_recompress(void **state)
{
	for (int from = CODEC_NONE; from < CODEC_MAX; from++)
		for (int to = CODEC_NONE; to < CODEC_MAX; to++) {
			struct krecords rec = make(from, 0, 50, NOW);
			struct buf out = { 0 };
			struct batch_header h;
			struct kerr e = KERR_INIT;

			assert_int_equal(batch_parse(rec.p, (size_t)rec.len,
			    &h, &e), 0);
			assert_int_equal(recompress(rec.p, &h, to,
			    CODEC_LEVEL_DEFAULT, codecs, &out, &e), 0);
			assert_int_equal(batch_codec(&h), to);
			assert_int_equal(batch_size(&h), out.len);
			rec = (struct krecords){ .p = out.p,
			    .len = (int64_t)out.len, .fd = -1 };
			assert_int_equal(check(rec, &plain, 9), 0);
			buf_release(&out);
		}
}

static int
setup(void **state)
{
	codecs = codecs_new();
	return 0;
}

static int
teardown(void **state)
{
	codecs_free(codecs);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_relaxed),
		cmocka_unit_test(test_recompress),
	};

	return cmocka_run_group_tests_name("broker_produce", tests, setup,
	    teardown);
}
