/* test_record_builder.c: what is built equals what Java's client builds. */
#include "record_data.h"

#include <stdlib.h>

#include "record/builder.h"

/* Adds every record of a golden batch to a builder again. */
static void
rebuild(struct builder *b, const uint8_t *p, const struct batch_header *h)
{
	struct record_header headers[8];
	struct record_iter it;
	struct record r;
	struct header_iter hi;
	struct record_input in;

	assert_int_equal(record_iter_init(&it, p, h, NULL, NULL, 0, NULL), 0);
	while (record_iter_next(&it, &r) == 1) {
		header_iter_init(&hi, &r);
		for (int i = 0; i < r.n_headers; i++)
			header_iter_next(&hi, &headers[i]);
		in = (struct record_input){ r.timestamp, r.key, r.value,
		    r.key_len, r.value_len, headers, r.n_headers };
		assert_int_equal(builder_add(b, &in), 0);
	}
}

static void
check_golden(const char *name)
{
	struct builder_opts opts;
	struct batch_header h;
	struct builder b;
	struct buf want;
	uint8_t *mem;

	golden_load(&want, name);
	assert_int_equal(batch_parse(want.p, want.len, &h, NULL), 0);
	mem = malloc(want.len);
	builder_init(&b, mem, want.len);
	rebuild(&b, want.p, &h);
	opts = (struct builder_opts){
		.flags = (int16_t)(h.attributes & ~BATCH_CODEC_MASK),
		.base_offset = h.base_offset,
		.leader_epoch = h.leader_epoch,
		.producer_id = h.producer_id,
		.producer_epoch = h.producer_epoch,
		.base_sequence = h.base_sequence
	};
	assert_int_equal(builder_finish(&b, &opts, NULL, NULL, NULL),
	    want.len);
	assert_memory_equal(mem, want.p, want.len);
	free(mem);
	buf_release(&want);
}

static void
test_golden(void **state)
{
	check_golden("java-none");
	check_golden("java-idempotent");
	check_golden("java-transactional");
}

static const char text[] = "one\n\nthree\nunfinished";

static void
test_lines(void **state)
{
	struct builder_opts opts = BUILDER_OPTS;
	struct batch_header h;
	struct builder b;
	struct record_iter it;
	struct record r;
	enum lines_end why;
	uint8_t mem[256];
	size_t n;

	builder_init(&b, mem, sizeof(mem));
	n = builder_add_lines(&b, text, sizeof(text) - 1, '\n', 1000,
	    INT32_MAX, &why);
	assert_int_equal(n, 11);
	assert_int_equal(why, LINES_ALL);
	assert_int_equal(b.count, 3);
	n = builder_add_lines(&b, "x\0y\0z\0", 6, '\0', 2000, 2, &why);
	assert_int_equal(n, 4);
	assert_int_equal(why, LINES_COUNT);
	assert_true(builder_finish(&b, &opts, NULL, NULL, NULL) > 0);
	assert_int_equal(batch_parse(mem, b.len, &h, NULL), 0);
	assert_int_equal(h.base_timestamp, 1000);
	assert_int_equal(h.max_timestamp, 2000);
	record_iter_init(&it, mem, &h, NULL, NULL, 0, NULL);
	for (size_t i = 0; i < 5; i++) {
		static const char *const want[] = {
			"one", "", "three", "x", "y"
		};

		assert_int_equal(record_iter_next(&it, &r), 1);
		assert_field(r.key, r.key_len, NULL);
		assert_field(r.value, r.value_len, want[i]);
		assert_int_equal(r.timestamp, i < 3 ? 1000 : 2000);
	}
	assert_int_equal(record_iter_next(&it, &r), 0);
}

/* Offsets that are left out, before records and at the end. */
static void
test_holes(void **state)
{
	static const int64_t want[] = { 53, 54, 64, 65 };
	struct record_input in = { 5, NULL, "v", -1, 1, NULL, 0 };
	struct builder_opts opts = BUILDER_OPTS;
	struct batch_header h;
	struct builder b;
	struct record_iter it;
	struct record r;
	enum lines_end why;
	uint8_t mem[256];

	builder_init(&b, mem, sizeof(mem));
	builder_skip(&b, 3);
	assert_int_equal(builder_add(&b, &in), 0);
	assert_int_equal(builder_add(&b, &in), 0);
	builder_skip(&b, 9);
	builder_add_lines(&b, "x\ny\n", 4, '\n', 5, INT32_MAX, &why);
	assert_int_equal(b.count, 4);
	builder_skip(&b, 2);
	opts.base_offset = 50;
	assert_true(builder_finish(&b, &opts, NULL, NULL, NULL) > 0);
	assert_int_equal(batch_parse(mem, b.len, &h, NULL), 0);
	assert_int_equal(h.count, 4);
	assert_int_equal(batch_last_offset(&h), 67);
	record_iter_init(&it, mem, &h, NULL, NULL, 0, NULL);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(record_iter_next(&it, &r), 1);
		assert_int_equal(r.offset, want[i]);
	}
	assert_int_equal(record_iter_next(&it, &r), 0);
}

/* Lines and single records give the same bytes, for lengths on both sides of
 * every change of a varint's size. */
static void
test_lines_equal_records(void **state)
{
	static const int lens[] = { 0, 1, 55, 56, 57, 58, 59, 60, 61, 62, 63,
	    64, 65, 8180, 8183, 8184, 8185, 8186, 8191, 8192, 8193, 70000 };
	size_t cap = 1 << 20, at = 0;
	uint8_t *m1 = malloc(cap), *m2 = malloc(cap);
	char *block = malloc(cap);
	struct builder a, b;
	enum lines_end why;

	builder_init(&a, m1, cap);
	builder_init(&b, m2, cap);
	for (size_t i = 0; i < 300; i++) {
		int32_t len = lens[i % 22] > 10000 && i > 22 ? 3 :
		    lens[i % 22];
		struct record_input in = { 5, NULL, block + at, -1, len,
		    NULL, 0 };

		if (at + (size_t)len + 1 > cap)
			break;
		memset(block + at, 'x', (size_t)len);
		block[at + (size_t)len] = '\n';
		assert_int_equal(builder_add(&a, &in), 0);
		at += (size_t)len + 1;
	}
	assert_int_equal(builder_add_lines(&b, block, at, '\n', 5, INT32_MAX,
	    &why), at);
	assert_int_equal(a.count, b.count);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(m1 + BATCH_HEADER, m2 + BATCH_HEADER,
	    a.len - BATCH_HEADER);
	free(m1);
	free(m2);
	free(block);
}

/* Not a byte is written past the limit, whatever the limit. */
static void
test_full(void **state)
{
	struct record_input in = { 7, "k", "value", 1, 5, NULL, 0 };

	for (size_t cap = BATCH_HEADER; cap < BATCH_HEADER + 60; cap++) {
		uint8_t *mem = malloc(cap);
		struct builder b;
		enum lines_end why;
		size_t n;

		builder_init(&b, mem, cap);
		while (builder_add(&b, &in) == 0)
			;
		assert_true(b.len <= cap && b.len + 14 > cap);
		builder_init(&b, mem, cap);
		n = builder_add_lines(&b, "aa\nbb\ncc\ndd\nee\nff\n", 18, '\n',
		    7, INT32_MAX, &why);
		assert_int_equal(n, 3 * b.count);
		assert_int_equal(why, n == 18 ? LINES_ALL : LINES_FULL);
		assert_true(b.len <= cap);
		free(mem);
	}
}

static void
test_codecs(void **state)
{
	struct codecs *c = codecs_new();
	struct buf raw, scratch = { 0 };
	struct batch_header h;

	golden_load(&raw, "java-none");
	for (int codec = CODEC_GZIP; codec < CODEC_MAX; codec++) {
		struct builder_opts opts = BUILDER_OPTS;
		struct record_iter it;
		struct record r;
		struct builder b;
		uint8_t mem[1024];
		ssize_t n;

		assert_int_equal(batch_parse(raw.p, raw.len, &h, NULL), 0);
		builder_init(&b, mem, sizeof(mem));
		rebuild(&b, raw.p, &h);
		opts.codec = (enum codec)codec;
		n = builder_finish(&b, &opts, c, &scratch, NULL);
		assert_true(n > 0 && (size_t)n < raw.len);
		assert_int_equal(batch_parse(mem, (size_t)n, &h, NULL), 0);
		assert_int_equal(batch_codec(&h), codec);
		assert_true(batch_crc_ok(mem, &h));
		assert_int_equal(record_iter_init(&it, mem, &h, c, &scratch,
		    4096, NULL), 0);
		assert_int_equal(scratch.len, raw.len - BATCH_HEADER);
		assert_memory_equal(scratch.p, raw.p + BATCH_HEADER,
		    scratch.len);
		assert_int_equal(record_iter_next(&it, &r), 1);

		/* what does not shrink stays plain */
		builder_init(&b, mem, sizeof(mem));
		builder_add(&b, &(struct record_input){ 1, NULL, "x", -1, 1,
		    NULL, 0 });
		n = builder_finish(&b, &opts, c, &scratch, NULL);
		assert_int_equal(batch_parse(mem, (size_t)n, &h, NULL), 0);
		assert_int_equal(batch_codec(&h), CODEC_NONE);
		assert_true(batch_crc_ok(mem, &h));
	}
	buf_release(&raw);
	buf_release(&scratch);
	codecs_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_lines_equal_records),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_codecs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
