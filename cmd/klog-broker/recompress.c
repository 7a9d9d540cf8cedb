/* recompress.c: see recompress.h. */
#include "recompress.h"

/* A header alone, and the records behind it as they were sent, plain. */
static int
unpack(const uint8_t *batch, const struct batch_header *h, struct codecs *c,
    struct buf *raw, struct kerr *e)
{
	const uint8_t *records = batch + BATCH_HEADER;
	size_t n = batch_size(h) - BATCH_HEADER;

	if (batch_codec(h) != CODEC_NONE)
		return codec_decompress(c, batch_codec(h), records, n,
		    BATCH_MAX_RAW, raw, e);
	buf_put(raw, records, n);
	return 0;
}

int
recompress(const void *batch, struct batch_header *h, enum codec codec,
    int level, struct codecs *c, struct buf *out, struct kerr *e)
{
	struct buf raw = { 0 };
	int rc;

	buf_put(out, batch, BATCH_HEADER);
	if ((rc = unpack(batch, h, c, &raw, e)) < 0)
		goto out;
	if (codec == CODEC_NONE)
		buf_put(out, raw.p, raw.len);
	else if ((rc = codec_compress(c, codec, level, raw.p, raw.len,
	    out, e)) < 0)
		goto out;
	h->attributes = (int16_t)((h->attributes & ~BATCH_CODEC_MASK) | codec);
	h->length = (int32_t)(out->len - BATCH_PREFIX);
	batch_header_put(out->p, h);
	h->crc = batch_crc(out->p, h);
	put_be32(out->p + BATCH_AT_CRC, h->crc);
out:
	buf_release(&raw);
	return rc;
}
