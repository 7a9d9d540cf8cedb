/*
 * test_record_msgset.c: message sets in formats 0 and 1, as kafka-python 3.0.12
 * writes them (tests/interop/oldset.py golden tests/data/record), and what is
 * wrong with those that are damaged.
 */
#include "record_data.h"

#include <stdlib.h>

#include "record/msgset.h"

struct want {
	int64_t		 offset;
	int64_t		 time;
	const char	*key;
	const char	*value;		/* "z": 300 of them */
};

static const struct want want[] = {
	{ 100, 1700000000000, "key", "value" },
	{ 101, 1700000000005, NULL, "no key" },
	{ 103, 1699999999995, "", "" },
	{ 104, 1700000000001, "tombstone", NULL },
	{ 105, 1700000000002, NULL, NULL },
	{ 110, 1700000000006, "k\xc3\xa9y", "z" }
};

enum { N_WANT = sizeof(want) / sizeof(want[0]) };

/* What a set is made into. */
struct made {
	struct buf		 set, out, scratch;
	struct codecs		*codecs;
	struct msgset_source	 from;
	struct batch_header	 h;
	struct kerr		 e;
};

static struct made *
made(const char *name)
{
	struct made *m = calloc(1, sizeof(*m));

	m->codecs = codecs_new();
	if (name != NULL)
		golden_load(&m->set, name);
	return m;
}

static int
make(struct made *m, unsigned int flags)
{
	buf_clear(&m->out);
	kerr_clear(&m->e);
	return msgset_batch(m->set.p, m->set.len, flags, m->codecs,
	    &m->scratch, 1 << 20, &m->out, &m->from, &m->e);
}

static void
made_free(struct made *m)
{
	buf_release(&m->set);
	buf_release(&m->out);
	buf_release(&m->scratch);
	codecs_free(m->codecs);
	free(m);
}

/* The CRC of the entry at that place, made right. */
static void
mend(struct made *m, size_t at)
{
	uint8_t *p = m->set.p + at;
	size_t n = be32(p + 8) + MSGSET_PREFIX - MSGSET_AT_MAGIC;

	put_be32(p + 12, msgset_crc(0, p + MSGSET_AT_MAGIC, n));
}

static void
check_made(const char *name, unsigned int flags, enum codec codec, int magic,
    int64_t append_time)
{
	struct made *m = made(name);
	struct buf raw = { 0 };
	struct record_iter it;
	struct record r;

	assert_int_equal(make(m, flags), 0);
	assert_int_equal(m->from.took, m->set.len);
	assert_int_equal(m->from.codec, codec);
	assert_int_equal(batch_parse(m->out.p, m->out.len, &m->h, NULL), 0);
	assert_int_equal(batch_size(&m->h), m->out.len);
	assert_true(batch_crc_ok(m->out.p, &m->h));
	assert_int_equal(m->h.base_offset, 100);
	assert_int_equal(batch_last_offset(&m->h), 110);
	assert_int_equal(m->h.count, N_WANT);
	assert_int_equal(m->h.producer_id, -1);
	assert_int_equal(m->h.leader_epoch, -1);
	assert_int_equal(batch_codec(&m->h), (flags & MSGSET_PACK) != 0 ?
	    codec : CODEC_NONE);
	assert_int_equal(record_iter_init(&it, m->out.p, &m->h, m->codecs,
	    &raw, 1 << 20, NULL), 0);
	for (int i = 0; i < N_WANT; i++) {
		assert_int_equal(record_iter_next(&it, &r), 1);
		assert_int_equal(r.offset, want[i].offset);
		assert_int_equal(r.timestamp, magic == 0 ? -1 :
		    append_time != 0 ? append_time : want[i].time);
		assert_field(r.key, r.key_len, want[i].key);
		assert_int_equal(r.n_headers, 0);
		if (i < N_WANT - 1) {
			assert_field(r.value, r.value_len, want[i].value);
			continue;
		}
		assert_int_equal(r.value_len, 300);
		assert_int_equal(r.value[0], 'z');
		assert_int_equal(r.value[299], 'z');
	}
	assert_int_equal(record_iter_next(&it, &r), 0);
	buf_release(&raw);
	made_free(m);
}

static void
check(const char *name, enum codec codec, int magic, int64_t append_time)
{
	check_made(name, 0, codec, magic, append_time);
	check_made(name, MSGSET_NO_CRC | MSGSET_PACK, codec, magic,
	    append_time);
}

static void
test_golden(void **state)
{
	check("old-0-none", CODEC_NONE, 0, 0);
	check("old-0-gzip", CODEC_GZIP, 0, 0);
	check("old-0-snappy", CODEC_SNAPPY, 0, 0);
	check("old-0-lz4", CODEC_LZ4, 0, 0);
	check("old-1-none", CODEC_NONE, 1, 0);
	check("old-1-gzip", CODEC_GZIP, 1, 0);
	check("old-1-snappy", CODEC_SNAPPY, 1, 0);
	check("old-1-lz4", CODEC_LZ4, 1, 0);
	check("old-1-append", CODEC_GZIP, 1, 1700000001000);
}

/* The header's checksum of an lz4 frame is wrong in format 0 only. */
static void
test_lz4_header(void **state)
{
	struct made *m = made("old-0-lz4");
	const size_t frame = 26;
	uint8_t was = m->set.p[frame + 6];

	assert_int_equal(be32(m->set.p + frame), 0x04224d18);
	codec_mend_lz4(m->set.p + frame, m->set.len - frame);
	assert_int_not_equal(m->set.p[frame + 6], was);
	assert_int_equal(m->set.p[frame + 6], 0x82);
	for (size_t n = 0; n < 7; n++)		/* cut short: nothing to do */
		codec_mend_lz4(m->set.p + frame, n);
	made_free(m);

	m = made("old-1-lz4");
	m->set.p[34 + 6 + 8 * ((m->set.p[34 + 4] & 8) != 0)] ^= 1;
	mend(m, 0);
	assert_int_equal(make(m, 0), KE_DATA);
	made_free(m);
}

/* Cut anywhere, and one bit of it turned over: an error or, where no CRC covers
 * it, other offsets; never a read past the end. */
static void
test_damage(void **state)
{
	static const char *const names[] = {
		"old-0-none", "old-0-gzip", "old-0-lz4", "old-1-none",
		"old-1-snappy", "old-1-lz4", "old-1-append"
	};

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		struct made *m = made(names[k]);
		struct made *cut = made(NULL);
		size_t size = be32(m->set.p + 8) + MSGSET_PREFIX;

		for (size_t n = 0; n < size; n++) {
			buf_release(&cut->set);
			buf_put(&cut->set, m->set.p, n);
			assert_int_equal(make(cut, 0), KE_AGAIN);
		}
		for (size_t i = 12; i < size; i++) {
			if (i == MSGSET_AT_MAGIC)
				continue;
			m->set.p[i] ^= 0x40;
			assert_int_equal(make(m, 0), KE_CRC);
			(void)make(m, MSGSET_NO_CRC);
			mend(m, 0);
			(void)make(m, 0);
			buf_release(&m->set);
			golden_load(&m->set, names[k]);
		}
		made_free(m);
		made_free(cut);
	}
}

/* What is wrong behind the first message of a run is told when it is first. */
static void
test_run_ends(void **state)
{
	struct made *m = made("old-1-none");
	size_t second = be32(m->set.p + 8) + MSGSET_PREFIX, n = m->set.len;

	m->set.p[second + 30] ^= 1;
	assert_int_equal(make(m, 0), 0);
	assert_int_equal(m->from.took, second);
	buf_consume(&m->set, second);
	assert_int_equal(make(m, 0), KE_CRC);
	made_free(m);

	m = made("old-1-none");		/* cut in its last message */
	m->set.len = n - 3;
	assert_int_equal(make(m, 0), 0);
	assert_int_equal(batch_parse(m->out.p, m->out.len, &m->h, NULL), 0);
	assert_int_equal(batch_last_offset(&m->h), 105);
	made_free(m);

	m = made("old-1-none");		/* offsets that go back */
	put_be64(m->set.p + second, 100);
	assert_int_equal(make(m, 0), 0);
	assert_int_equal(m->from.took, second);
	made_free(m);

	m = made("old-1-none");		/* another format follows */
	m->set.p[second + MSGSET_AT_MAGIC] = BATCH_MAGIC;
	assert_int_equal(make(m, 0), 0);
	assert_int_equal(m->from.took, second);
	made_free(m);

	m = made("old-1-none");		/* further than a batch reaches */
	put_be64(m->set.p + second, (uint64_t)100 + INT32_MAX);
	assert_int_equal(make(m, 0), 0);
	assert_int_equal(m->from.took, second);
	put_be64(m->set.p + second, (uint64_t)99 + INT32_MAX);
	assert_int_equal(make(m, 0), 0);
	assert_true(m->from.took > second);
	made_free(m);
}

/* An append time of its own ends a run, too: a batch has only one. */
static void
test_run_append_time(void **state)
{
	struct made *m = made("old-1-none");
	size_t second = be32(m->set.p + 8) + MSGSET_PREFIX;

	m->set.p[17] |= MSGSET_APPEND_TIME;
	mend(m, 0);
	m->set.p[second + 17] |= MSGSET_APPEND_TIME;
	mend(m, second);
	assert_int_equal(make(m, 0), 0);
	assert_int_equal(m->from.took, second);
	assert_int_equal(batch_parse(m->out.p, m->out.len, &m->h, NULL), 0);
	assert_int_equal(m->h.attributes, BATCH_APPEND_TIME);
	assert_int_equal(m->h.max_timestamp, 1700000000000);
	memcpy(m->set.p + second + 18, m->set.p + 18, 8);
	mend(m, second);
	assert_int_equal(make(m, 0), 0);
	assert_true(m->from.took > second);
	made_free(m);
}

static void
expect(const char *name, size_t at, int add, int code, const char *says)
{
	struct made *m = made(name);

	m->set.p[at] = (uint8_t)(m->set.p[at] + add);
	if (at >= MSGSET_AT_MAGIC)
		mend(m, 0);
	assert_int_equal(make(m, 0), code);
	assert_non_null(strstr(m->e.msg, says));
	assert_int_equal(m->out.len, 0);
	made_free(m);
}

static void
test_refused(void **state)
{
	struct made *m;

	expect("old-1-none", 0, 0x80, KE_DATA, "offset -");
	expect("old-1-none", 8, 0x80, KE_PROTO, "bytes");
	expect("old-1-none", 26, 0x7f, KE_DATA, "malformed");
	expect("old-1-none", 29, 1, KE_DATA, "malformed");
	expect("old-1-none", 17, 4, KE_DATA, "unknown compression");
	expect("old-1-gzip", 17, 1, KE_DATA, "snappy");
	expect("old-0-gzip", 7, -1, KE_DATA, "out of range");
	expect("old-1-gzip", 7, 0x40 - 0x6e + 9 - 0x40, KE_DATA,
	    "out of range");
	expect("old-0-gzip", 3, 1, KE_DATA, "out of range");

	m = made("old-1-gzip");
	assert_int_equal(msgset_batch(m->set.p, m->set.len, 0, m->codecs,
	    &m->scratch, 100, &m->out, &m->from, &m->e), KE_RANGE);
	made_free(m);
}

/* A set whose inner set is the first bytes of another one. */
static void
test_inner(void **state)
{
	struct made *in = made("old-1-none"), *out = made(NULL);
	struct buf z = { 0 };
	static const struct { size_t n; int code; } cases[] = {
		{ 0, KE_DATA }, { 10, KE_DATA }, { 40, KE_DATA }, { 42, 0 },
		{ 60, KE_DATA }
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&z);
		assert_int_equal(codec_compress(in->codecs, CODEC_GZIP,
		    CODEC_LEVEL_DEFAULT, in->set.p, cases[i].n, &z, NULL), 0);
		buf_clear(&out->set);
		buf_put_i64(&out->set, 500);
		buf_put_i32(&out->set, (int32_t)(22 + z.len));
		buf_put_i32(&out->set, 0);
		buf_put_i8(&out->set, 1);
		buf_put_i8(&out->set, CODEC_GZIP);
		buf_put_i64(&out->set, 1);
		buf_put_i32(&out->set, -1);
		buf_put_i32(&out->set, (int32_t)z.len);
		buf_put(&out->set, z.p, z.len);
		mend(out, 0);
		assert_int_equal(make(out, 0), cases[i].code);
		if (cases[i].code != 0)
			continue;
		assert_int_equal(batch_parse(out->out.p, out->out.len,
		    &out->h, NULL), 0);
		assert_int_equal(out->h.base_offset, 500);
	}
	buf_release(&z);
	made_free(in);
	made_free(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_lz4_header),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_run_ends),
		cmocka_unit_test(test_run_append_time),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_inner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
