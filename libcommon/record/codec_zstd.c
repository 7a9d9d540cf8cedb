/* codec_zstd.c: zstd frames, one written, several read. */
#include <stdlib.h>
#include <zstd.h>

#include "base/xalloc.h"
#include "record/codec.h"

struct zstd_state {
	ZSTD_CCtx	*out;
	ZSTD_DCtx	*in;
	bool		 inside;	/* a frame has begun and not ended */
};

static struct zstd_state *
state(struct codecs *c)
{
	if (c->zstd == NULL)
		c->zstd = xcalloc(1, sizeof(*c->zstd));
	return c->zstd;
}

static int
zstd_compress(struct codecs *c, int level, const void *in, size_t n,
    struct buf *out, struct kerr *e)
{
	struct zstd_state *s = state(c);
	size_t cap = ZSTD_compressBound(n), rc;
	uint8_t *to;

	if (s->out == NULL && (s->out = ZSTD_createCCtx()) == NULL)
		return kerr_set(e, KE_UNSUPPORTED, "library does not start");
	if (level == CODEC_LEVEL_DEFAULT)
		level = ZSTD_CLEVEL_DEFAULT;
	if ((to = buf_reserve(out, cap)) == NULL)
		return 0;
	rc = ZSTD_compressCCtx(s->out, to, cap, in, n, level);
	if (ZSTD_isError(rc))
		return kerr_set(e, KE_DATA, "%s", ZSTD_getErrorName(rc));
	out->len += rc;
	return 0;
}

static int
zstd_begin(struct codecs *c, struct kerr *e)
{
	struct zstd_state *s = state(c);

	if (s->in == NULL && (s->in = ZSTD_createDCtx()) == NULL)
		return kerr_set(e, KE_UNSUPPORTED, "library does not start");
	ZSTD_DCtx_reset(s->in, ZSTD_reset_session_only);
	s->inside = true;
	return 0;
}

static ssize_t
zstd_read(struct codecs *c, void *to, size_t cap, struct kerr *e)
{
	struct zstd_state *s = c->zstd;
	ZSTD_outBuffer out = { to, cap, 0 };
	ZSTD_inBuffer in = { c->in, c->left, 0 };
	size_t before, rc;

	while (out.pos < cap && (s->inside || in.pos < in.size)) {
		before = in.pos + out.pos;
		rc = ZSTD_decompressStream(s->in, &out, &in);
		if (ZSTD_isError(rc))
			return kerr_set(e, KE_DATA, "%s",
			    ZSTD_getErrorName(rc));
		s->inside = rc != 0;
		if (rc != 0 && in.pos + out.pos == before)
			return kerr_set(e, KE_DATA, "cut short");
	}
	c->in += in.pos;
	c->left -= in.pos;
	return (ssize_t)out.pos;
}

/* The frame's own word is believed within reason, since memory is taken for
 * it before the first byte is unpacked. */
static size_t
zstd_guess(const void *in, size_t n)
{
	unsigned long long size = ZSTD_getFrameContentSize(in, n);

	return size / 64 <= n ? (size_t)size : 4 * n;
}

static void
zstd_release(struct codecs *c)
{
	if (c->zstd == NULL)
		return;
	ZSTD_freeCCtx(c->zstd->out);
	ZSTD_freeDCtx(c->zstd->in);
	free(c->zstd);
}

const struct codec_ops codec_zstd = {
	zstd_compress, zstd_begin, zstd_read, zstd_guess, zstd_release
};
