/* test_record_iter.c: records of batches that Java's client (3.9.1) and kcat
 * (librdkafka 2.0.2) wrote, in every codec. */
#include "record_data.h"

#include <stdlib.h>

struct want {
	int64_t		 time;
	const char	*key;
	const char	*value;
	int		 headers;
};

/* What tests/data/record/java-*.hex hold; the long value is checked apart. */
static const struct want java[] = {
	{ 1700000000000, "key", "value", 0 },
	{ 1700000000005, NULL, "no key", 0 },
	{ 1699999999995, "", "", 0 },
	{ 1700000000001, "tombstone", NULL, 0 },
	{ 1700000000002, NULL, NULL, 0 },
	{ 1700000000003, "h", "headers", 5 },
	{ 1700000000004, NULL, "", 0 },
	{ 1700000000006, "k\xc3\xa9y", "zeile\nzwei\t\xe2\x82\xac", 0 }
};

static void
check_headers(const struct record *r)
{
	static const char *const want[][2] = {
		{ "a", "1" }, { "null", NULL }, { "empty", "" }, { "a", "2" },
		{ "", "x" }
	};
	struct header_iter it;
	struct record_header h;

	header_iter_init(&it, r);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(header_iter_next(&it, &h), 1);
		assert_field(h.name, h.name_len, want[i][0]);
		assert_field(h.value, h.value_len, want[i][1]);
	}
	assert_int_equal(header_iter_next(&it, &h), 0);
}

static void
check_java(const char *name, int64_t base, int64_t append_time)
{
	struct codecs *c = codecs_new();
	struct buf b, scratch = { 0 };
	struct batch_header h;
	struct record_iter it;
	struct record r;

	golden_load(&b, name);
	assert_int_equal(batch_parse(b.p, b.len, &h, NULL), 0);
	assert_int_equal(batch_size(&h), b.len);
	assert_true(batch_crc_ok(b.p, &h));
	assert_int_equal(h.base_offset, base);
	assert_int_equal(record_iter_init(&it, b.p, &h, c, &scratch,
	    BATCH_MAX_RAW, NULL), 0);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(record_iter_next(&it, &r), 1);
		assert_int_equal(r.offset, base + (int64_t)i);
		assert_int_equal(r.timestamp,
		    append_time != 0 ? append_time : java[i].time);
		assert_field(r.key, r.key_len, java[i].key);
		if (i == 6) {
			assert_int_equal(r.value_len, 300);
			assert_int_equal(r.value[299], 'z');
		} else {
			assert_field(r.value, r.value_len, java[i].value);
		}
		assert_int_equal(r.n_headers, java[i].headers);
		if (i == 5)
			check_headers(&r);
	}
	assert_int_equal(record_iter_next(&it, &r), 0);
	assert_ptr_equal(it.p, it.end);
	buf_release(&b);
	buf_release(&scratch);
	codecs_free(c);
}

static void
test_java(void **state)
{
	check_java("java-none", 0, 0);
	check_java("java-gzip", 0, 0);
	check_java("java-snappy", 0, 0);
	check_java("java-lz4", 0, 0);
	check_java("java-zstd", 0, 0);
	check_java("java-idempotent", 42, 0);
	check_java("java-transactional", 42, 0);
	check_java("java-appendtime", 10, 1712345678901);
}

/* Several blocks of the codec in one batch. */
static void
check_big(const char *name)
{
	struct codecs *c = codecs_new();
	struct buf b, scratch = { 0 };
	struct batch_header h;
	struct record_iter it;
	struct record r;
	char want[32];
	int n;

	golden_load(&b, name);
	assert_int_equal(batch_parse(b.p, b.len, &h, NULL), 0);
	assert_int_equal(h.count, 220);
	assert_int_equal(record_iter_init(&it, b.p, &h, c, &scratch,
	    BATCH_MAX_RAW, NULL), 0);
	for (int i = 0; i < 220; i++) {
		n = snprintf(want, sizeof(want), "line %d ", i);
		assert_int_equal(record_iter_next(&it, &r), 1);
		assert_int_equal(r.value_len, 40 * n);
		assert_memory_equal(r.value, want, n);
		assert_memory_equal(r.value + 39 * n, want, n);
	}
	assert_int_equal(record_iter_next(&it, &r), 0);
	/* and the same bound to less than it takes */
	assert_int_equal(record_iter_init(&it, b.p, &h, c, &scratch, 70000,
	    NULL), KE_RANGE);
	buf_release(&b);
	buf_release(&scratch);
	codecs_free(c);
}

static void
test_big(void **state)
{
	check_big("java-big-snappy");
	check_big("java-big-lz4");
}

/* 40 lines in several batches, as Apache Kafka's segment file has them. */
static void
check_kcat(const char *name)
{
	struct codecs *c = codecs_new();
	struct buf b, scratch = { 0 };
	struct batch_header h;
	struct record_iter it;
	struct record r;
	char want[64];
	int line = 1;

	golden_load(&b, name);
	for (size_t at = 0; at < b.len; at += batch_size(&h)) {
		assert_int_equal(batch_parse(b.p + at, b.len - at, &h, NULL),
		    0);
		assert_true(batch_crc_ok(b.p + at, &h));
		assert_int_equal(record_iter_init(&it, b.p + at, &h, c,
		    &scratch, BATCH_MAX_RAW, NULL), 0);
		for (; record_iter_next(&it, &r) == 1; line++) {
			snprintf(want, sizeof(want), "kcat line %d %d %d %d",
			    line, line, line, line);
			assert_field(r.key, r.key_len, NULL);
			assert_field(r.value, r.value_len, want);
			assert_int_equal(r.offset, line - 1);
			assert_int_equal(r.n_headers, 2);
		}
		assert_int_equal(it.left, 0);
	}
	assert_int_equal(line, 41);
	buf_release(&b);
	buf_release(&scratch);
	codecs_free(c);
}

static void
test_kcat(void **state)
{
	check_kcat("kcat-none");
	check_kcat("kcat-gzip");
	check_kcat("kcat-snappy");
	check_kcat("kcat-lz4");
	check_kcat("kcat-zstd");
}

static void
check_marker(const char *name, int type)
{
	struct batch_header h;
	struct record_iter it;
	struct record r;
	struct buf b;

	golden_load(&b, name);
	assert_int_equal(batch_parse(b.p, b.len, &h, NULL), 0);
	assert_true(batch_is_control(&h));
	assert_true(batch_is_transactional(&h));
	assert_int_equal(h.producer_id, 4711);
	assert_int_equal(h.producer_epoch, 3);
	assert_int_equal(h.base_sequence, -1);
	assert_int_equal(batch_last_sequence(&h), -1);
	assert_int_equal(record_iter_init(&it, b.p, &h, NULL, NULL, 0, NULL),
	    0);
	assert_int_equal(record_iter_next(&it, &r), 1);
	assert_int_equal(record_control_type(&r), type);
	buf_release(&b);
}

static void
test_marker(void **state)
{
	check_marker("java-commit", CONTROL_COMMIT);
	check_marker("java-abort", CONTROL_ABORT);
}

/* Whatever byte is wrong, the walk ends, inside the memory. */
static void
test_damage(void **state)
{
	struct codecs *c = codecs_new();
	struct buf b, scratch = { 0 };
	struct batch_header h;
	struct record_iter it;
	struct record r;
	struct header_iter hi;
	struct record_header rh;
	uint8_t *copy;

	golden_load(&b, "java-none");
	copy = malloc(b.len);	/* exact size, for the address sanitizer */
	for (size_t at = BATCH_AT_COUNT; at < b.len; at++)
		for (int bit = 0; bit < 8; bit++) {
			memcpy(copy, b.p, b.len);
			copy[at] ^= (uint8_t)(1 << bit);
			if (batch_parse(copy, b.len, &h, NULL) < 0)
				continue;
			assert_int_equal(record_iter_init(&it, copy, &h, c,
			    &scratch, 1 << 20, NULL), 0);
			while (record_iter_next(&it, &r) == 1) {
				header_iter_init(&hi, &r);
				while (header_iter_next(&hi, &rh) == 1)
					;
			}
		}
	free(copy);
	buf_release(&b);
	buf_release(&scratch);
	codecs_free(c);
}

/* A header and records that do not go together; the batch is named. */
static void
test_named(void **state)
{
	struct codecs *c = codecs_new();
	struct kerr e = KERR_INIT;
	struct buf b, scratch = { 0 };
	struct batch_header h;
	struct record_iter it;
	struct record r;

	golden_load(&b, "java-none");
	batch_assign(b.p, 4711, 0);
	assert_int_equal(batch_parse(b.p, b.len, &h, NULL), 0);
	h.last_offset_delta = 2;
	assert_int_equal(record_iter_init(&it, b.p, &h, c, &scratch,
	    BATCH_MAX_RAW, &e), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(record_iter_next(&it, &r), 1);
	assert_int_equal(record_iter_next(&it, &r), KE_PROTO);
	assert_int_equal(record_iter_bad(&it, &e), KE_DATA);
	assert_string_equal(e.msg, "malformed record in the batch at offset "
	    "4711");
	kerr_clear(&e);
	h.attributes |= CODEC_LZ4;
	assert_int_equal(record_iter_init(&it, b.p, &h, c, &scratch,
	    BATCH_MAX_RAW, &e), KE_DATA);
	assert_non_null(strstr(e.msg, "batch at offset 4711: lz4: "));
	buf_release(&b);
	buf_release(&scratch);
	codecs_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_java),
		cmocka_unit_test(test_big),
		cmocka_unit_test(test_kcat),
		cmocka_unit_test(test_marker),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
