/* test_record_batch.c: headers, patching in place, and what a broker refuses. */
#include "record_data.h"

#include <stdlib.h>

#include "base/varint.h"
#include "record/builder.h"

#define NOW	1700000000000

static const struct batch_rules any = {
	.now = NOW, .before_max = INT64_MAX, .after_max = INT64_MAX,
	.max_raw = 1 << 20
};

static int
verdict(uint8_t *p, size_t n, const struct batch_rules *rules,
    struct batch_verdict *v)
{
	struct codecs *c = codecs_new();
	struct batch_header h;
	int rc = batch_parse(p, n, &h, NULL);

	if (rc == 0)
		rc = batch_validate(p, &h, rules, c, v);
	codecs_free(c);
	return rc;
}

/* Makes the CRC right again after a change. */
static void
reseal(uint8_t *p, size_t n)
{
	struct batch_header h;

	assert_int_equal(batch_parse(p, n, &h, NULL), 0);
	put_be32(p + BATCH_AT_CRC, batch_crc(p, &h));
}

static void
test_header(void **state)
{
	struct batch_header h;
	struct buf b;
	uint8_t again[BATCH_HEADER];

	golden_load(&b, "java-idempotent");
	assert_int_equal(batch_parse(b.p, b.len, &h, NULL), 0);
	assert_int_equal(h.base_offset, 42);
	assert_int_equal(h.length, b.len - BATCH_PREFIX);
	assert_int_equal(h.leader_epoch, 7);
	assert_int_equal(h.magic, 2);
	assert_int_equal(h.attributes, 0);
	assert_int_equal(h.last_offset_delta, 7);
	assert_int_equal(h.base_timestamp, NOW);
	assert_int_equal(h.max_timestamp, NOW + 6);
	assert_int_equal(h.producer_id, 4711);
	assert_int_equal(h.producer_epoch, 3);
	assert_int_equal(h.base_sequence, 2147483645);
	assert_int_equal(h.count, 8);
	assert_int_equal(batch_last_offset(&h), 49);
	assert_int_equal(batch_last_sequence(&h), 4);	/* wrapped */
	memcpy(again, b.p, sizeof(again));
	batch_header_put(again, &h);
	assert_memory_equal(again, b.p, sizeof(again));
	buf_release(&b);
}

static void
test_parse_errors(void **state)
{
	struct batch_header h;
	struct buf b;

	golden_load(&b, "java-none");
	for (size_t n = 0; n < b.len; n++)
		assert_int_equal(batch_parse(b.p, n, &h, NULL), KE_AGAIN);
	assert_int_equal(batch_header_parse(b.p, BATCH_HEADER, &h, NULL), 0);
	put_be32(b.p + BATCH_AT_LENGTH, 48);
	assert_int_equal(batch_parse(b.p, b.len, &h, NULL), KE_PROTO);
	put_be32(b.p + BATCH_AT_LENGTH, UINT32_MAX);
	assert_int_equal(batch_parse(b.p, b.len, &h, NULL), KE_PROTO);
	put_be32(b.p + BATCH_AT_LENGTH, INT32_MAX);
	assert_int_equal(batch_parse(b.p, b.len, &h, NULL), KE_AGAIN);
	put_be32(b.p + BATCH_AT_COUNT, UINT32_MAX);
	assert_int_equal(batch_header_parse(b.p, b.len, &h, NULL), KE_DATA);
	b.p[BATCH_AT_MAGIC] = 1;
	assert_int_equal(batch_parse(b.p, 34, &h, NULL), KE_UNSUPPORTED);
	assert_int_equal(batch_parse_error(KE_PROTO), 2);
	assert_int_equal(batch_parse_error(KE_AGAIN), 87);
	buf_release(&b);
}

static void
test_patch(void **state)
{
	struct batch_header h, h2;
	struct buf b;

	golden_load(&b, "java-none");
	assert_int_equal(batch_parse(b.p, b.len, &h, NULL), 0);
	batch_assign(b.p, 1234567890123, 9);
	assert_int_equal(batch_parse(b.p, b.len, &h, NULL), 0);
	assert_int_equal(h.base_offset, 1234567890123);
	assert_int_equal(h.leader_epoch, 9);
	assert_true(batch_crc_ok(b.p, &h));

	batch_set_time(b.p, &h, true, NOW + 99);
	assert_int_equal(batch_parse(b.p, b.len, &h2, NULL), 0);
	assert_int_equal(h2.attributes, BATCH_APPEND_TIME);
	assert_int_equal(h2.max_timestamp, NOW + 99);
	assert_int_equal(h2.crc, h.crc);
	assert_true(batch_crc_ok(b.p, &h2));

	batch_set_producer(b.p, &h, 5, 6, 7);
	assert_int_equal(batch_parse(b.p, b.len, &h2, NULL), 0);
	assert_int_equal(h2.producer_id, 5);
	assert_int_equal(h2.producer_epoch, 6);
	assert_int_equal(h2.base_sequence, 7);
	assert_true(batch_crc_ok(b.p, &h2));

	h.attributes |= BATCH_TRANSACTIONAL;
	h.base_offset = 0;
	batch_set_header(b.p, &h);
	assert_int_equal(batch_parse(b.p, b.len, &h2, NULL), 0);
	assert_int_equal(h2.base_offset, 0);
	assert_int_equal(h2.attributes, h.attributes);
	assert_int_equal(h2.crc, h.crc);
	assert_true(batch_crc_ok(b.p, &h2));
	/* damage before it is not sealed in */
	b.p[b.len - 1] ^= 1;
	batch_set_producer(b.p, &h, 8, 9, 10);
	assert_false(batch_crc_ok(b.p, &h));
	b.p[b.len - 1] ^= 1;
	assert_true(batch_crc_ok(b.p, &h));
	buf_release(&b);
}

/* A real client's batches pass, as sent (base offset 0). */
static void
test_accepts(void **state)
{
	static const char *const names[] = {
		"java-none", "java-gzip", "java-snappy", "java-lz4",
		"java-zstd", "java-idempotent", "java-transactional",
		"java-big-snappy", "java-big-lz4"
	};
	struct batch_verdict v;
	struct buf b;

	for (size_t i = 0; i < 9; i++) {
		golden_load(&b, names[i]);
		batch_assign(b.p, 0, -1);
		assert_int_equal(verdict(b.p, b.len, &any, &v), 0);
		assert_int_equal(v.error, 0);
		assert_int_equal(v.max_timestamp, i < 7 ? NOW + 6 : NOW + 219);
		buf_release(&b);
	}
}

/* One record with a key and one without. */
static size_t
make(uint8_t *mem, enum codec codec, int16_t flags)
{
	struct builder_opts opts = BUILDER_OPTS;
	struct codecs *c = codecs_new();
	struct buf scratch = { 0 };
	struct builder b;
	char value[200];
	ssize_t n;

	memset(value, 'v', sizeof(value));
	builder_init(&b, mem, 1024);
	builder_add(&b, &(struct record_input){ NOW, "k", value, 1, 200, NULL,
	    0 });
	builder_add(&b, &(struct record_input){ NOW - 1000, NULL, value, -1,
	    200, NULL, 0 });
	opts.codec = codec;
	opts.flags = flags;
	n = builder_finish(&b, &opts, c, &scratch, NULL);
	buf_release(&scratch);
	codecs_free(c);
	return (size_t)n;
}

static void
test_header_refused(void **state)
{
	static const struct {
		size_t		at;
		const char	*bytes;
		size_t		n;
		int		error;
	} bad[] = {
		{ 7, "\1", 1, 87 },			/* base offset */
		{ BATCH_AT_COUNT, "\0\0\0\0", 4, 87 },
		{ BATCH_AT_COUNT, "\0\0\0\1", 4, 87 },
		{ BATCH_AT_COUNT, "\0\0\0\3", 4, 87 },
		{ BATCH_AT_LAST_DELTA, "\0\0\0\2", 4, 87 },
		{ BATCH_AT_ATTRIBUTES, "\0\x20", 2, 87 },	/* control */
		{ BATCH_AT_ATTRIBUTES, "\0\5", 2, 76 },
		{ BATCH_AT_ATTRIBUTES, "\0\7", 2, 76 },
		{ BATCH_AT_PRODUCER_ID, "\0\0\0\0\0\0\0\1", 8, 87 },
	};
	struct batch_verdict v;
	uint8_t mem[1024];
	size_t n;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		n = make(mem, CODEC_NONE, 0);
		memcpy(mem + bad[i].at, bad[i].bytes, bad[i].n);
		reseal(mem, n);
		assert_int_equal(verdict(mem, n, &any, &v), bad[i].error);
		assert_int_equal(v.record, -1);
		assert_non_null(v.message);
	}
	n = make(mem, CODEC_NONE, 0);
	mem[n - 1] ^= 1;
	assert_int_equal(verdict(mem, n, &any, &v), 2);
}

static void
test_topic_rules(void **state)
{
	struct batch_rules rules;
	struct batch_verdict v;
	uint8_t mem[1024];
	size_t n;

	for (int codec = 0; codec < CODEC_MAX; codec++) {
		n = make(mem, (enum codec)codec, 0);
		assert_int_equal(verdict(mem, n, &any, &v), 0);
		assert_int_equal(v.max_timestamp, NOW);

		rules = any;
		rules.need_key = true;
		assert_int_equal(verdict(mem, n, &rules, &v), 87);
		assert_int_equal(v.record, 1);

		rules = any;
		rules.before_max = 1000;
		assert_int_equal(verdict(mem, n, &rules, &v), 0);
		rules.before_max = 999;
		rules.need_key = true;
		assert_int_equal(verdict(mem, n, &rules, &v), 32);
		assert_int_equal(v.record, 1);

		rules = any;
		rules.now = NOW - 60;
		rules.after_max = 60;
		assert_int_equal(verdict(mem, n, &rules, &v), 0);
		rules.after_max = 59;
		assert_int_equal(verdict(mem, n, &rules, &v), 32);
		assert_int_equal(v.record, 0);

		rules = any;
		rules.append_time = true;
		rules.now = NOW + 5;
		rules.before_max = rules.after_max = 0;
		assert_int_equal(verdict(mem, n, &rules, &v), 0);
		assert_int_equal(v.max_timestamp, NOW + 5);

		n = make(mem, (enum codec)codec, BATCH_APPEND_TIME);
		assert_int_equal(verdict(mem, n, &rules, &v), 32);
		assert_int_equal(verdict(mem, n, &any, &v), 0);
	}
	rules = any;
	rules.no_zstd = true;
	n = make(mem, CODEC_ZSTD, 0);
	assert_int_equal(verdict(mem, n, &rules, &v), 76);
}

/* A compressed batch on its header's word, where that is enough. */
static void
test_relaxed(void **state)
{
	struct batch_rules relaxed = any, rules;
	struct batch_verdict v;
	uint8_t mem[1024];
	size_t n;

	relaxed.relaxed = true;
	for (int codec = CODEC_GZIP; codec < CODEC_MAX; codec++) {
		n = make(mem, (enum codec)codec, 0);
		assert_int_equal(verdict(mem, n, &relaxed, &v), 0);
		assert_int_equal(v.max_timestamp, NOW);

		memset(mem + BATCH_HEADER, 'x', n - BATCH_HEADER);
		assert_int_equal(verdict(mem, n, &relaxed, &v), 2);
		reseal(mem, n);
		assert_int_equal(verdict(mem, n, &any, &v), 87);
		assert_int_equal(verdict(mem, n, &relaxed, &v), 0);
		assert_int_equal(v.max_timestamp, NOW);

		/* whose keys and ages nobody knows without unpacking it */
		rules = relaxed;
		rules.need_key = true;
		assert_int_equal(verdict(mem, n, &rules, &v), 87);
		rules = relaxed;
		rules.before_max = 1000000000;
		assert_int_equal(verdict(mem, n, &rules, &v), 87);
		/* late by its header: the record would be named */
		rules = relaxed;
		rules.now = NOW - 60;
		rules.after_max = 60;
		assert_int_equal(verdict(mem, n, &rules, &v), 0);
		rules.after_max = 59;
		assert_int_equal(verdict(mem, n, &rules, &v), 87);
		rules = relaxed;
		rules.append_time = true;
		rules.now = NOW + 5;
		assert_int_equal(verdict(mem, n, &rules, &v), 0);
		assert_int_equal(v.max_timestamp, NOW + 5);

		/* headers that answer for nothing */
		put_be64(mem + BATCH_AT_MAX_TIME, (uint64_t)NOW - 1);
		reseal(mem, n);
		assert_int_equal(verdict(mem, n, &relaxed, &v), 87);
		put_be64(mem + BATCH_AT_MAX_TIME, UINT64_MAX);
		reseal(mem, n);
		assert_int_equal(verdict(mem, n, &relaxed, &v), 87);
		put_be64(mem + BATCH_AT_MAX_TIME, (uint64_t)NOW);
		put_be32(mem + BATCH_AT_COUNT, 3);
		reseal(mem, n);
		assert_int_equal(verdict(mem, n, &relaxed, &v), 87);
	}
	/* what is not packed is read in any case */
	n = make(mem, CODEC_NONE, 0);
	mem[BATCH_HEADER] ^= 2;
	reseal(mem, n);
	assert_int_equal(verdict(mem, n, &relaxed, &v), 87);
	/* and times that only a broker sets are refused */
	n = make(mem, CODEC_LZ4, BATCH_APPEND_TIME);
	rules = relaxed;
	rules.append_time = true;
	assert_int_equal(verdict(mem, n, &rules, &v), 32);
}

/* Records by hand: what a broker must not let in, packed or not. */
static void
check_records(const char *raw, size_t n, int count, int error, int record)
{
	for (int codec = 0; codec < CODEC_MAX; codec++) {
		struct codecs *c = codecs_new();
		struct buf b = { 0 };
		struct batch_header h = { .last_offset_delta = count - 1,
			.attributes = (int16_t)codec, .max_timestamp = NOW,
			.base_timestamp = NOW, .producer_id = -1,
			.base_sequence = -1, .count = count };
		struct batch_verdict v;

		b.len = (size_t)(buf_reserve(&b, BATCH_HEADER) - b.p) +
		    BATCH_HEADER;
		if (codec == CODEC_NONE)
			buf_put(&b, raw, n);
		else
			assert_int_equal(codec_compress(c, (enum codec)codec,
			    CODEC_LEVEL_DEFAULT, raw, n, &b, NULL), 0);
		h.length = (int32_t)(b.len - BATCH_PREFIX);
		batch_header_put(b.p, &h);
		put_be32(b.p + BATCH_AT_CRC, batch_crc(b.p, &h));
		assert_int_equal(verdict(b.p, b.len, &any, &v), error);
		assert_int_equal(v.record, record);
		buf_release(&b);
		codecs_free(c);
	}
}

#define RECORDS(s, count, error, record) \
	check_records(s, sizeof(s) - 1, count, error, record)

static void
test_records_refused(void **state)
{
	/* length, attributes, time, offset, key, value, headers */
	RECORDS("\x0e\0\0\0\1\2v\0", 1, 0, -1);
	RECORDS("\x0e\0\0\0\3\1\0", 1, 87, 0);		/* value lacks */
	RECORDS("\x0c\0\0\0\3\1\0", 1, 0, -1);		/* key len -2: null */
	RECORDS("\x0e\0\0\0\1\2v\0\x0e\0\0\2\1\2v\0", 2, 0, -1);
	RECORDS("\x0e\0\0\0\1\2v\0\x0e\0\0\4\1\2v\0", 2, 87, 1);
	RECORDS("\x0e\0\0\0\1\2v\0\x0e\0\0\0\1\2v\0", 2, 87, 1);
	RECORDS("\x0e\0\0\0\1\2v\0", 2, 87, 1);		/* one missing */
	RECORDS("\x0e\0\0\0\1\2v\0x", 1, 87, -1);	/* one byte more */
	RECORDS("\x10\0\0\0\1\2v\0", 1, 87, 0);		/* longer than it is */
	RECORDS("\x0c\0\0\0\1\2v\0", 1, 87, 0);		/* shorter */
	RECORDS("\x00", 1, 87, 0);
	RECORDS("\x01", 1, 87, 0);			/* negative */
	RECORDS("\xff\xff\xff\xff\xff\xff", 1, 87, 0);
	RECORDS("\x0e\0\0\0\1\2v\1", 1, 87, 0);		/* -1 headers */
	RECORDS("\x0e\0\0\0\1\2v\2", 1, 87, 0);		/* none there */
	RECORDS("\x14\0\0\0\1\2v\2\2a\1", 1, 0, -1);	/* null value */
	RECORDS("\x12\0\0\0\1\2v\2\1\1", 1, 87, 0);	/* null name */
	RECORDS("\x18\0\0\0\1\2v\2\2a\4bc", 1, 0, -1);
	RECORDS("\x18\0\0\0\1\2v\2\2a\6bc", 1, 87, 0);
	RECORDS("\x12\0\0\0\xff\xff\xff\xff\x0f\0", 1, 87, 0);
	RECORDS("\x1a\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\0\1\1\0", 1,
	    87, 0);
}

/* Many records, one of them larger than what is unpacked at a time: whichever
 * is wrong is named, wherever it lies. */
static void
test_across_windows(void **state)
{
	enum { COUNT = 2000, GIANT = 900, CAP = 1 << 20 };
	static size_t start[COUNT];
	const struct record_header header = { (const uint8_t *)"name",
		(const uint8_t *)"value", 4, 5 };
	uint8_t *mem = malloc(CAP);
	char *value = malloc(200000);
	struct builder b;
	uint8_t *delta;

	for (size_t i = 0; i < 200000; i++)
		value[i] = (char)('a' + i * i % 23);
	builder_init(&b, mem, CAP);
	for (int i = 0; i < COUNT; i++) {
		start[i] = b.len;
		assert_int_equal(builder_add(&b, &(struct record_input){ NOW,
		    value, value + i, i % 3 == 0 ? -1 : i % 50,
		    i == GIANT ? 150000 : i * 37 % 400, &header, i % 2 }), 0);
	}
	check_records((char *)mem + BATCH_HEADER, b.len - BATCH_HEADER, COUNT,
	    0, -1);
	for (int i = 0; i < COUNT; i++) {
		size_t left = (i + 1 < COUNT ? start[i + 1] : b.len) -
		    start[i];

		/* near the edges of the windows, and some others */
		if ((start[i] - BATCH_HEADER) % (32 * 1024) > 700 &&
		    i % 331 != 0 && i != GIANT)
			continue;
		delta = mem + start[i] + varint_size((int64_t)left) + 2;
		*delta ^= 2;
		check_records((char *)mem + BATCH_HEADER,
		    b.len - BATCH_HEADER, COUNT, 87, i);
		*delta ^= 2;
	}
	free(value);
	free(mem);
}

/* A megabyte that unpacks to a gigabyte is refused after max_raw. */
static void
test_bomb(void **state)
{
	static const int kinds[] = { CODEC_GZIP, CODEC_SNAPPY, CODEC_LZ4,
		CODEC_ZSTD };
	size_t n = 8 << 20;
	char *zero = calloc(1, n);

	/* one record: length, 0, 0, 0, null, value of nearly n, .. */
	memcpy(zero, "\x80\x80\x80\x08\0\0\0\1\xe0\xff\xff\x07", 12);
	for (size_t i = 0; i < 4; i++) {
		struct codecs *c = codecs_new();
		struct buf b = { 0 };
		struct batch_header h = { .count = 1, .base_sequence = -1,
			.producer_id = -1, .attributes = (int16_t)kinds[i] };
		struct batch_verdict v;

		b.len = (size_t)(buf_reserve(&b, BATCH_HEADER) - b.p) +
		    BATCH_HEADER;
		assert_int_equal(codec_compress(c, (enum codec)kinds[i],
		    CODEC_LEVEL_DEFAULT, zero, n, &b, NULL), 0);
		h.length = (int32_t)(b.len - BATCH_PREFIX);
		batch_header_put(b.p, &h);
		put_be32(b.p + BATCH_AT_CRC, batch_crc(b.p, &h));
		assert_int_equal(verdict(b.p, b.len, &any, &v), 87);
		assert_string_equal(v.message,
		    "compressed records unpack to too much");
		buf_release(&b);
		codecs_free(c);
	}
	free(zero);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_parse_errors),
		cmocka_unit_test(test_patch),
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_header_refused),
		cmocka_unit_test(test_topic_rules),
		cmocka_unit_test(test_relaxed),
		cmocka_unit_test(test_records_refused),
		cmocka_unit_test(test_across_windows),
		cmocka_unit_test(test_bomb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
