/* test_record_compress.c: every codec, round and bounded. */
#include "record_data.h"

#include <stdlib.h>

#define MAX	(4u << 20)

/* n bytes that compress somewhat. */
static uint8_t *
sample(size_t n)
{
	uint8_t *p = malloc(n + 1);
	uint32_t x = 1;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		p[i] = (uint8_t)(x >> 24 & 7) + 'a';
	}
	return p;
}

static void
test_round(void **state)
{
	static const size_t sizes[] = { 1, 10, 32767, 32768, 32769, 65536,
		65537, 1000000 };
	struct codecs *c = codecs_new();
	struct buf packed = { 0 }, out = { 0 };

	for (int codec = CODEC_GZIP; codec < CODEC_MAX; codec++)
		for (size_t i = 0; i < 8; i++) {
			size_t n = sizes[i];
			uint8_t *in = sample(n);

			buf_clear(&packed);
			buf_clear(&out);
			buf_puts(&out, "kept");
			assert_int_equal(codec_compress(c, (enum codec)codec,
			    CODEC_LEVEL_DEFAULT, in, n, &packed, NULL), 0);
			assert_int_equal(codec_decompress(c, (enum codec)codec,
			    packed.p, packed.len, n, &out, NULL), 0);
			assert_int_equal(out.len, n + 4);
			assert_memory_equal(out.p, "kept", 4);
			assert_memory_equal(out.p + 4, in, n);
			/* one byte less is too little */
			buf_clear(&out);
			assert_int_equal(codec_decompress(c, (enum codec)codec,
			    packed.p, packed.len, n - 1, &out, NULL),
			    KE_RANGE);
			free(in);
		}
	buf_release(&packed);
	buf_release(&out);
	codecs_free(c);
}

/* Two streams back to back are one to gzip, lz4, zstd and xerial. */
static void
test_members(void **state)
{
	struct codecs *c = codecs_new();
	struct buf packed = { 0 }, out = { 0 };

	for (int codec = CODEC_GZIP; codec < CODEC_MAX; codec++) {
		buf_clear(&packed);
		buf_clear(&out);
		for (int i = 0; i < 2; i++)
			assert_int_equal(codec_compress(c, (enum codec)codec,
			    CODEC_LEVEL_DEFAULT, "abc", 3, &packed, NULL), 0);
		assert_int_equal(codec_decompress(c, (enum codec)codec,
		    packed.p, packed.len, MAX, &out, NULL), 0);
		assert_int_equal(out.len, 6);
		assert_memory_equal(out.p, "abcabc", 6);
	}
	buf_release(&packed);
	buf_release(&out);
	codecs_free(c);
}

static void
test_levels(void **state)
{
	static const struct {
		enum codec	codec;
		int		level;
	} at[] = {
		{ CODEC_GZIP, 1 }, { CODEC_GZIP, 9 }, { CODEC_LZ4, 1 },
		{ CODEC_LZ4, 17 }, { CODEC_ZSTD, -131072 },
		{ CODEC_ZSTD, 22 },
	};
	struct codecs *c = codecs_new();
	struct buf packed = { 0 }, out = { 0 };
	uint8_t *in = sample(50000);
	size_t before = 0;

	for (size_t i = 0; i < 6; i++) {
		buf_clear(&packed);
		buf_clear(&out);
		assert_int_equal(codec_compress(c, at[i].codec, at[i].level,
		    in, 50000, &packed, NULL), 0);
		if (i % 2 == 1)
			assert_true(packed.len < before);
		before = packed.len;
		assert_int_equal(codec_decompress(c, at[i].codec, packed.p,
		    packed.len, MAX, &out, NULL), 0);
		assert_int_equal(out.len, 50000);
		assert_memory_equal(out.p, in, 50000);
	}
	/* as Java has them: lz4's 9 is its fast way */
	assert_int_equal(codec_level(CODEC_GZIP, -1), CODEC_LEVEL_DEFAULT);
	assert_int_equal(codec_level(CODEC_GZIP, 9), 9);
	assert_int_equal(codec_level(CODEC_LZ4, 9), CODEC_LEVEL_DEFAULT);
	assert_int_equal(codec_level(CODEC_LZ4, 1), 3);
	assert_int_equal(codec_level(CODEC_LZ4, 17), 17);
	assert_int_equal(codec_level(CODEC_ZSTD, -131072), -131072);
	assert_int_equal(codec_compress(c, CODEC_GZIP, 77, in, 10, &packed,
	    NULL), KE_CONFIG);
	free(in);
	buf_release(&packed);
	buf_release(&out);
	codecs_free(c);
}

/* The stream in small pieces gives the same bytes. */
static void
test_pieces(void **state)
{
	struct codecs *c = codecs_new();
	struct buf packed = { 0 };
	uint8_t *in = sample(100000), piece[777];
	size_t at;
	ssize_t n;

	for (int codec = CODEC_GZIP; codec < CODEC_MAX; codec++) {
		buf_clear(&packed);
		codec_compress(c, (enum codec)codec, CODEC_LEVEL_DEFAULT, in,
		    100000, &packed, NULL);
		assert_int_equal(codec_begin(c, (enum codec)codec, packed.p,
		    packed.len, NULL), 0);
		for (at = 0; (n = codec_read(c, piece, sizeof(piece), NULL)) >
		    0; at += (size_t)n) {
			assert_true(at + (size_t)n <= 100000);
			assert_memory_equal(piece, in + at, (size_t)n);
		}
		assert_int_equal(n, 0);
		assert_int_equal(at, 100000);
	}
	free(in);
	buf_release(&packed);
	codecs_free(c);
}

/* Cut short anywhere is an error, and so is anything behind the end. */
static void
test_cut(void **state)
{
	struct codecs *c = codecs_new();
	struct buf packed = { 0 }, out = { 0 };
	struct kerr e = KERR_INIT;

	for (int codec = CODEC_GZIP; codec < CODEC_MAX; codec++) {
		buf_clear(&packed);
		codec_compress(c, (enum codec)codec, CODEC_LEVEL_DEFAULT,
		    "some text, some text, some text", 31, &packed, NULL);
		for (size_t n = 1; n < packed.len; n++) {
			uint8_t *copy = malloc(n);

			if (codec == CODEC_SNAPPY && n == 16) {
				free(copy);	/* a frame without blocks */
				continue;
			}
			memcpy(copy, packed.p, n);
			buf_clear(&out);
			assert_int_equal(codec_decompress(c, (enum codec)codec,
			    copy, n, MAX, &out, &e), KE_DATA);
			assert_non_null(strstr(e.msg, codec_name(codec)));
			free(copy);
		}
		buf_puts(&packed, "xyz");
		buf_clear(&out);
		assert_int_equal(codec_decompress(c, (enum codec)codec,
		    packed.p, packed.len, MAX, &out, &e), KE_DATA);
	}
	buf_release(&packed);
	buf_release(&out);
	codecs_free(c);
}

static void
test_names(void **state)
{
	struct codecs *c = codecs_new();
	struct buf out = { 0 };

	for (int i = 0; i < CODEC_MAX; i++)
		assert_int_equal(codec_by_name(codec_name(i)), i);
	assert_null(codec_name(CODEC_MAX));
	assert_null(codec_name(-1));
	assert_int_equal(codec_by_name("uncompressed"), CODEC_NONE);
	assert_int_equal(codec_by_name("bzip2"), -1);
	assert_int_equal(codec_compress(c, (enum codec)5, 0, "x", 1, &out,
	    NULL), KE_UNSUPPORTED);
	assert_int_equal(codec_decompress(c, (enum codec)6, "x", 1, 1, &out,
	    NULL), KE_UNSUPPORTED);
	codecs_free(c);
	codecs_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
