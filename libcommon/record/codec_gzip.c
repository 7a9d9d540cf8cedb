/* codec_gzip.c: gzip by zlib; several members on read (RFC 1952). */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/xalloc.h"
#include "record/codec.h"

#define GZIP	(15 + 16)	/* zlib's way to say: greatest window, gzip */

struct gzip_state {
	z_stream	out;
	z_stream	in;
	int		level;	/* of out */
	bool		have_out;
	bool		have_in;
	bool		inside;	/* a member has begun and not ended */
};

static struct gzip_state *
state(struct codecs *c)
{
	if (c->gzip == NULL)
		c->gzip = xcalloc(1, sizeof(*c->gzip));
	return c->gzip;
}

static int
ready_out(struct gzip_state *s, int level, struct kerr *e)
{
	if (s->have_out && s->level == level) {
		deflateReset(&s->out);
		return 0;
	}
	if (s->have_out)
		deflateEnd(&s->out);
	s->have_out = deflateInit2(&s->out, level, Z_DEFLATED, GZIP, 8,
	    Z_DEFAULT_STRATEGY) == Z_OK;
	s->level = level;
	if (!s->have_out)
		return kerr_set(e, KE_CONFIG, "no level %d", level);
	return 0;
}

static int
gzip_compress(struct codecs *c, int level, const void *in, size_t n,
    struct buf *out, struct kerr *e)
{
	struct gzip_state *s = state(c);
	size_t cap;
	int rc;

	if (level == CODEC_LEVEL_DEFAULT)
		level = Z_DEFAULT_COMPRESSION;
	if ((rc = ready_out(s, level, e)) < 0)
		return rc;
	cap = deflateBound(&s->out, n);
	s->out.next_out = buf_reserve(out, cap);
	if (s->out.next_out == NULL)
		return 0;
	s->out.avail_out = (unsigned int)cap;
	s->out.next_in = (unsigned char *)(uintptr_t)in;
	s->out.avail_in = (unsigned int)n;
	if (deflate(&s->out, Z_FINISH) != Z_STREAM_END)
		return kerr_set(e, KE_DATA, "%s",
		    s->out.msg != NULL ? s->out.msg : "failed");
	out->len += s->out.total_out;
	return 0;
}

static int
gzip_begin(struct codecs *c, struct kerr *e)
{
	struct gzip_state *s = state(c);

	if (s->have_in)
		inflateReset(&s->in);
	else if (inflateInit2(&s->in, GZIP) != Z_OK)
		return kerr_set(e, KE_UNSUPPORTED, "zlib does not start");
	s->have_in = true;
	s->inside = true;
	return 0;
}

/* The next member, if there is one. */
static bool
next_member(struct codecs *c)
{
	struct gzip_state *s = c->gzip;

	if (!s->inside && c->left > 0) {
		inflateReset(&s->in);
		s->inside = true;
	}
	return s->inside;
}

static ssize_t
gzip_read(struct codecs *c, void *to, size_t cap, struct kerr *e)
{
	z_stream *z = &c->gzip->in;
	int rc;

	z->next_out = to;
	z->avail_out = (unsigned int)(cap < INT32_MAX ? cap : INT32_MAX);
	cap = z->avail_out;
	while (z->avail_out > 0 && next_member(c)) {
		z->next_in = (unsigned char *)(uintptr_t)c->in;
		z->avail_in = (unsigned int)
		    (c->left < INT32_MAX ? c->left : INT32_MAX);
		rc = inflate(z, Z_NO_FLUSH);
		c->left -= (size_t)(z->next_in - c->in);
		c->in = z->next_in;
		if (rc == Z_STREAM_END)
			c->gzip->inside = false;
		else if (rc != Z_OK)
			return kerr_set(e, KE_DATA, "%s",
			    z->msg != NULL ? z->msg : "cut short");
	}
	return (ssize_t)(cap - z->avail_out);
}

/* The last four bytes are the size of the last member, modulo 2^32; deflate
 * never does better than 1032 to 1. */
static size_t
gzip_guess(const void *in, size_t n)
{
	const uint8_t *p = in;
	uint32_t size;

	if (n < 18)
		return 0;
	memcpy(&size, p + n - 4, sizeof(size));
	size = le32toh(size);
	return size / 16 <= n ? size : 4 * n;
}

static void
gzip_release(struct codecs *c)
{
	if (c->gzip == NULL)
		return;
	if (c->gzip->have_out)
		deflateEnd(&c->gzip->out);
	if (c->gzip->have_in)
		inflateEnd(&c->gzip->in);
	free(c->gzip);
}

const struct codec_ops codec_gzip = {
	gzip_compress, gzip_begin, gzip_read, gzip_guess, gzip_release
};
