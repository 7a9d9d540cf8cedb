/*
 * fuzz_record.c: record batches from a stranger. The first byte chooses what
 * the rest is: a batch (whose CRC is made right, so that what lies behind it
 * is reached), or compressed bytes, or lines to build a batch from.
 */
#include <stdlib.h>
#include <string.h>

#include "record/builder.h"

#define MAX_RAW	(1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct codecs *codecs;
static struct buf scratch;

static void
walk(const uint8_t *p, const struct batch_header *h, bool valid)
{
	struct record_iter it;
	struct record r;
	struct header_iter hi;
	struct record_header rh;
	volatile uint8_t sink = 0;
	int32_t seen = 0;
	int rc;

	if (record_iter_init(&it, p, h, codecs, &scratch, MAX_RAW, NULL) < 0) {
		if (valid)
			abort();
		return;
	}
	while ((rc = record_iter_next(&it, &r)) == 1) {
		seen++;
		if (r.key_len > 0)
			sink ^= r.key[r.key_len - 1];
		if (r.value_len > 0)
			sink ^= r.value[r.value_len - 1];
		record_control_type(&r);
		header_iter_init(&hi, &r);
		while ((rc = header_iter_next(&hi, &rh)) == 1)
			if (rh.value_len > 0)
				sink ^= rh.value[rh.value_len - 1];
		if (valid && (rc != 0 || hi.p != r.end))
			abort();
	}
	/* what a broker lets in, a consumer can read */
	if (valid && (rc != 0 || seen != h->count || it.p != it.end))
		abort();
}

static void
batch(uint8_t *p, size_t n)
{
	struct batch_rules rules = { .now = 1700000000000,
		.before_max = INT64_MAX, .after_max = 3600000,
		.max_raw = MAX_RAW };
	struct batch_verdict v;
	struct batch_header h;

	if (batch_parse(p, n, &h, NULL) < 0)
		return;
	batch_assign(p, 0, -1);
	h.base_offset = 0;
	h.crc = batch_crc(p, &h);
	put_be32(p + BATCH_AT_CRC, h.crc);
	batch_validate(p, &h, &rules, codecs, &v);
	walk(p, &h, v.error == 0);
	batch_set_time(p, &h, true, rules.now);
	if (!batch_crc_ok(p, &h))
		abort();
}

static void
unpack(enum codec codec, const uint8_t *p, size_t n)
{
	uint8_t piece[100];

	buf_clear(&scratch);
	if (codec_decompress(codecs, codec, p, n, MAX_RAW, &scratch, NULL) ==
	    0 && scratch.len > MAX_RAW)
		abort();
	if (codec_begin(codecs, codec, p, n, NULL) < 0)
		return;
	for (int i = 0; i < 1000; i++)
		if (codec_read(codecs, piece, sizeof(piece), NULL) <= 0)
			return;
}

/* Lines in, the same lines out. */
static void
lines(const uint8_t *p, size_t n, size_t cap)
{
	uint8_t *mem = malloc(cap);
	struct builder_opts opts = BUILDER_OPTS;
	struct batch_header h;
	struct builder b;
	struct record_iter it;
	struct record r;
	enum lines_end why;
	size_t used, at = 0;

	builder_init(&b, mem, cap);
	used = builder_add_lines(&b, p, n, '\n', 1, INT32_MAX, &why);
	if (b.count > 0) {
		if (builder_finish(&b, &opts, NULL, NULL, NULL) < 0 ||
		    batch_parse(mem, b.len, &h, NULL) < 0)
			abort();
		record_iter_init(&it, mem, &h, NULL, NULL, 0, NULL);
		while (record_iter_next(&it, &r) == 1) {
			if (memcmp(p + at, r.value, (size_t)r.value_len) != 0)
				abort();
			at += (size_t)r.value_len + 1;
		}
	}
	if (at != used || (used > 0 && p[used - 1] != '\n'))
		abort();
	free(mem);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;
	uint8_t kind;

	if (size < 1)
		return 0;
	if (codecs == NULL)
		codecs = codecs_new();
	kind = *data++;
	size--;
	copy = malloc(size + 1);
	memcpy(copy, data, size);
	copy = realloc(copy, size > 0 ? size : 1);
	if (kind >= 1 && kind <= 4)
		unpack((enum codec)kind, copy, size);
	else if (kind == 5)
		lines(copy, size, BATCH_HEADER + size / 2);
	else
		batch(copy, size);
	free(copy);
	return 0;
}
