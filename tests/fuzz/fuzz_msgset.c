/*
 * fuzz_msgset.c: message sets in formats 0 and 1 from a stranger. The first
 * byte's lowest two bits are enum msgset_flags; the rest is the set. Each
 * outer CRC is made right, so that what lies behind it is reached. What a set
 * is made into is a batch that can be read to its end.
 */
#include <stdlib.h>
#include <string.h>

#include "record/iter.h"
#include "record/msgset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct codecs *codecs;
static struct buf scratch, out;

static void
walk(const uint8_t *p, size_t n, int64_t last)
{
	struct batch_header h;
	struct record_iter it;
	struct record r;
	volatile uint8_t sink = 0;
	int64_t before = -1;
	int32_t seen = 0;
	int rc;

	if (batch_parse(p, n, &h, NULL) != 0 || batch_size(&h) != n ||
	    !batch_crc_ok(p, &h) || batch_last_offset(&h) != last ||
	    record_iter_init(&it, p, &h, codecs, &scratch, 2 << 20,
	    NULL) != 0)
		abort();
	while ((rc = record_iter_next(&it, &r)) == 1) {
		if (r.key_len > 0)
			sink ^= r.key[r.key_len - 1];
		if (r.value_len > 0)
			sink ^= r.value[r.value_len - 1];
		if (r.offset <= before || r.n_headers != 0)
			abort();
		before = r.offset;
		seen++;
	}
	if (rc != 0 || seen == 0 || seen != h.count || it.p != it.end)
		abort();
}

static void
mend(uint8_t *p, size_t n)
{
	struct msgset_entry m;

	for (; msgset_parse(p, n, &m, NULL) == 0 && msgset_size(&m) <= n;
	    p += msgset_size(&m), n -= msgset_size(&m))
		put_be32(p + MSGSET_PREFIX, msgset_crc(0, p + MSGSET_AT_MAGIC,
		    msgset_size(&m) - MSGSET_AT_MAGIC));
}

/* Offset of the last of the entries that n bytes hold. */
static int64_t
last_of(const uint8_t *p, size_t n)
{
	struct msgset_entry m = { 0 };

	for (; n > 0; p += msgset_size(&m), n -= msgset_size(&m))
		if (msgset_parse(p, n, &m, NULL) != 0 || msgset_size(&m) > n)
			abort();
	return m.offset;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct msgset_source from;
	uint8_t *copy, *p;

	if (size < 1)
		return 0;
	if (codecs == NULL)
		codecs = codecs_new();
	copy = malloc(size);
	memcpy(copy, data, size);
	copy = realloc(copy, size);
	size--;
	mend(copy + 1, size);
	for (p = copy + 1; size > 0; p += from.took, size -= from.took) {
		buf_clear(&out);
		if (msgset_batch(p, size, copy[0] & 3, codecs, &scratch,
		    1 << 20, &out, &from, NULL) != 0)
			break;
		if (from.took == 0 || from.took > size)
			abort();
		walk(out.p, out.len, last_of(p, from.took));
	}
	free(copy);
	return 0;
}
