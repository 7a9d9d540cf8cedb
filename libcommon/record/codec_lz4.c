/*
 * codec_lz4.c: LZ4 frames. Written as Java's consumer wants them: blocks of
 * 64 KiB, each on its own, no content size. Any frame is read.
 */
#include <endian.h>
#include <lz4frame.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "record/codec.h"

struct lz4_state {
	LZ4F_cctx	*out;
	LZ4F_dctx	*in;
	bool		 inside;	/* a frame has begun and not ended */
};

static struct lz4_state *
state(struct codecs *c)
{
	if (c->lz4 == NULL)
		c->lz4 = xcalloc(1, sizeof(*c->lz4));
	return c->lz4;
}

static int
lz4_compress(struct codecs *c, int level, const void *in, size_t n,
    struct buf *out, struct kerr *e)
{
	struct lz4_state *s = state(c);
	LZ4F_preferences_t prefs = {
		.frameInfo.blockSizeID = LZ4F_max64KB,
		.frameInfo.blockMode = LZ4F_blockIndependent,
		.compressionLevel = level == CODEC_LEVEL_DEFAULT ? 0 : level
	};
	size_t cap = LZ4F_compressFrameBound(n, &prefs), used = 0, k;
	uint8_t *to;

	if (s->out == NULL && LZ4F_isError(
	    LZ4F_createCompressionContext(&s->out, LZ4F_VERSION)))
		return kerr_set(e, KE_UNSUPPORTED, "library does not start");
	if ((to = buf_reserve(out, cap)) == NULL)
		return 0;
	k = LZ4F_compressBegin(s->out, to, cap, &prefs);
	if (!LZ4F_isError(k)) {
		used = k;
		k = LZ4F_compressUpdate(s->out, to + used, cap - used, in, n,
		    NULL);
	}
	if (!LZ4F_isError(k)) {
		used += k;
		k = LZ4F_compressEnd(s->out, to + used, cap - used, NULL);
	}
	if (LZ4F_isError(k))
		return kerr_set(e, KE_DATA, "%s", LZ4F_getErrorName(k));
	out->len += used + k;
	return 0;
}

static int
lz4_begin(struct codecs *c, struct kerr *e)
{
	struct lz4_state *s = state(c);

	if (s->in == NULL && LZ4F_isError(
	    LZ4F_createDecompressionContext(&s->in, LZ4F_VERSION)))
		return kerr_set(e, KE_UNSUPPORTED, "library does not start");
	LZ4F_resetDecompressionContext(s->in);
	s->inside = true;
	return 0;
}

static ssize_t
lz4_read(struct codecs *c, void *to, size_t cap, struct kerr *e)
{
	struct lz4_state *s = c->lz4;
	uint8_t *p = to;
	size_t done = 0, got, took, rc;

	while (done < cap && (s->inside || c->left > 0)) {
		got = cap - done;
		took = c->left;
		rc = LZ4F_decompress(s->in, p + done, &got, c->in, &took,
		    NULL);
		if (LZ4F_isError(rc))
			return kerr_set(e, KE_DATA, "%s",
			    LZ4F_getErrorName(rc));
		c->in += took;
		c->left -= took;
		done += got;
		s->inside = rc != 0;
		if (rc != 0 && got == 0 && took == 0)
			return kerr_set(e, KE_DATA, "cut short");
	}
	return (ssize_t)done;
}

static uint32_t
rotate(uint32_t v, int bits)
{
	return v << bits | v >> (32 - bits);
}

/* XXH32 of fewer than 16 bytes: the library keeps its own to itself. */
static uint32_t
xxh32(const uint8_t *p, size_t n)
{
	uint32_t h = 0x165667b1 + (uint32_t)n, v;

	for (; n >= sizeof(v); p += sizeof(v), n -= sizeof(v)) {
		memcpy(&v, p, sizeof(v));
		h = rotate(h + le32toh(v) * 0xc2b2ae3d, 17) * 0x27d4eb2f;
	}
	for (; n > 0; p++, n--)
		h = rotate(h + *p * 0x165667b1u, 11) * 0x9e3779b1;
	h = (h ^ h >> 15) * 0x85ebca77;
	h = (h ^ h >> 13) * 0xc2b2ae3d;
	return h ^ h >> 16;
}

void
codec_mend_lz4(uint8_t *frame, size_t n)
{
	enum { AT = 4, CONTENT_SIZE = 0x08, DICT_ID = 0x01 };
	size_t len = 2;

	if (n <= AT)
		return;
	if ((frame[AT] & CONTENT_SIZE) != 0)
		len += 8;
	if ((frame[AT] & DICT_ID) != 0)
		len += 4;
	if (n > AT + len)
		frame[AT + len] = (uint8_t)(xxh32(frame + AT, len) >> 8);
}

static size_t
lz4_guess(const void *in, size_t n)
{
	return 4 * n;
}

static void
lz4_release(struct codecs *c)
{
	if (c->lz4 == NULL)
		return;
	LZ4F_freeCompressionContext(c->lz4->out);
	LZ4F_freeDecompressionContext(c->lz4->in);
	free(c->lz4);
}

const struct codec_ops codec_lz4 = {
	lz4_compress, lz4_begin, lz4_read, lz4_guess, lz4_release
};
