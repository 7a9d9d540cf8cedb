/* compress.c: see compress.h. Names, and the way to each codec's file. */
#include "record/compress.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "record/codec.h"

#define STEP	(64u * 1024)	/* least memory taken at a time */

static const char *const names[CODEC_MAX] = {
	"none", "gzip", "snappy", "lz4", "zstd"
};

static const struct codec_ops *const codecs[CODEC_MAX] = {
	NULL, &codec_gzip, &codec_snappy, &codec_lz4, &codec_zstd
};

struct codecs *
codecs_new(void)
{
	return xcalloc(1, sizeof(struct codecs));
}

void
codecs_free(struct codecs *c)
{
	if (c == NULL)
		return;
	for (int i = 1; i < CODEC_MAX; i++)
		codecs[i]->release(c);
	free(c->window);
	free(c);
}

uint8_t *
codecs_window(struct codecs *c, size_t size)
{
	if (c->window == NULL)
		c->window = xmalloc(size);
	return c->window;
}

const char *
codec_name(int codec)
{
	return codec >= 0 && codec < CODEC_MAX ? names[codec] : NULL;
}

int
codec_by_name(const char *name)
{
	for (int i = 0; i < CODEC_MAX; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return strcmp(name, "uncompressed") == 0 ? CODEC_NONE : -1;
}

/* To Java lz4's 9 is its fast way, as it was before there were levels; others
 * are those of its high compression, which here begins at 3. */
int
codec_level(enum codec codec, int value)
{
	if (codec == CODEC_LZ4)
		return value == 9 ? CODEC_LEVEL_DEFAULT : value < 3 ? 3 :
		    value;
	return codec == CODEC_GZIP && value < 0 ? CODEC_LEVEL_DEFAULT : value;
}

static const struct codec_ops *
find(enum codec codec, struct kerr *e)
{
	if (codec > CODEC_NONE && codec < CODEC_MAX)
		return codecs[codec];
	kerr_set(e, KE_UNSUPPORTED, "compression type %d", (int)codec);
	return NULL;
}

int
codec_compress(struct codecs *c, enum codec codec, int level, const void *in,
    size_t n, struct buf *out, struct kerr *e)
{
	const struct codec_ops *ops = find(codec, e);
	int rc;

	if (ops == NULL)
		return KE_UNSUPPORTED;
	rc = ops->compress(c, level, in, n, out, e);
	if (out->err != 0)
		return kerr_set(e, out->err, "%s: compressed data",
		    names[codec]);
	return rc < 0 ? kerr_wrap(e, "%s", names[codec]), rc : 0;
}

int
codec_begin(struct codecs *c, enum codec codec, const void *in, size_t n,
    struct kerr *e)
{
	int rc;

	c->reading = find(codec, e);
	if (c->reading == NULL)
		return KE_UNSUPPORTED;
	c->in = in;
	c->left = n;
	if ((rc = c->reading->begin(c, e)) < 0)
		kerr_wrap(e, "%s", names[codec]);
	return rc;
}

ssize_t
codec_read(struct codecs *c, void *to, size_t cap, struct kerr *e)
{
	return c->reading->read(c, to, cap, e);
}

/* Room for what comes next: the guess at first, then doubling, never more
 * than one byte over what is still allowed. */
static size_t
room(const struct buf *out, size_t guess, size_t allowed)
{
	size_t n = guess > STEP ? guess : STEP;

	if (out->cap - out->len >= n)
		n = out->cap - out->len;
	return n <= allowed ? n : allowed + 1;
}

int
codec_decompress(struct codecs *c, enum codec codec, const void *in, size_t n,
    size_t max, struct buf *out, struct kerr *e)
{
	size_t start = out->len, cap, done, guess;
	uint8_t *to;
	ssize_t got;
	int rc;

	if ((rc = codec_begin(c, codec, in, n, e)) < 0)
		return rc;
	guess = c->reading->guess(in, n);
	do {
		done = out->len - start;
		cap = room(out, guess > done ? guess - done + 1 : 0,
		    max - done);
		if ((to = buf_reserve(out, cap)) == NULL)
			return kerr_set(e, out->err, "%s: unpacked data",
			    names[codec]);
		got = codec_read(c, to, cap, e);
		if (got < 0) {
			kerr_wrap(e, "%s", names[codec]);
			return (int)got;
		}
		out->len += (size_t)got;
		if (out->len - start > max)
			return kerr_set(e, KE_RANGE,
			    "%s: unpacks to more than %zu bytes",
			    names[codec], max);
	} while (got > 0);
	return 0;
}
