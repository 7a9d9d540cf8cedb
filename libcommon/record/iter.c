/* iter.c: see iter.h. What is not inline. */
#include "record/iter.h"

int
record_iter_init(struct record_iter *it, const void *batch,
    const struct batch_header *h, struct codecs *c, struct buf *scratch,
    size_t max, struct kerr *e)
{
	const uint8_t *p = batch;
	int rc;

	it->p = p + BATCH_HEADER;
	it->end = p + batch_size(h);
	it->base_offset = h->base_offset;
	it->base_time = h->base_timestamp;
	it->append_time = h->max_timestamp;
	it->use_append_time = (h->attributes & BATCH_APPEND_TIME) != 0;
	it->last_delta = h->last_offset_delta;
	it->left = h->count;
	if (h->count < 0)
		return kerr_set(e, KE_PROTO, "batch of %d records", h->count);
	if (batch_codec(h) == CODEC_NONE || h->count == 0)
		return 0;
	buf_clear(scratch);
	if ((rc = codec_decompress(c, batch_codec(h), it->p,
	    (size_t)(it->end - it->p), max, scratch, e)) < 0) {
		kerr_wrap(e, "batch at offset %lld",
		    (long long)h->base_offset);
		return rc;
	}
	it->p = scratch->p;
	it->end = scratch->p + scratch->len;
	return 0;
}

int
record_iter_bad(const struct record_iter *it, struct kerr *e)
{
	return kerr_set(e, KE_DATA, "malformed record in the batch at offset "
	    "%lld", (long long)it->base_offset);
}

int
header_iter_next(struct header_iter *it, struct record_header *h)
{
	if (it->left == 0)
		return 0;
	if (!record_field(&it->p, it->end, &h->name, &h->name_len) ||
	    h->name == NULL ||
	    !record_field(&it->p, it->end, &h->value, &h->value_len))
		return KE_PROTO;
	it->left--;
	return 1;
}

int
record_control_type(const struct record *r)
{
	if (r->key_len < 4)	/* version, type */
		return -1;
	return (int16_t)be16(r->key + 2);
}
