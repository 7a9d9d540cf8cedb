/*
 * codec_snappy.c: snappy blocks, raw or in the frames of xerial's Java
 * library: "\x82SNAPPY\0", version, oldest compatible version, then blocks
 * behind 32-bit big-endian lengths. Concatenated frame streams are read too.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "record/codec.h"

#define LIBRARY		"libsnappy.so.1"
#define FRAME_HEADER	16
#define FRAME_BLOCK	(32u * 1024)	/* as xerial's default */
/* A copy of 64 bytes takes three: no block unpacks to more than this. */
#define MOST(n)		(22 * (n) + 64)

static const uint8_t frame_magic[8] = {
	0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0
};

/* Loaded at the first use: it needs the C++ runtime, which costs a tool's
 * start more than everything else together. */
static struct {
	__typeof__(&snappy_compress)			compress;
	__typeof__(&snappy_uncompress)			uncompress;
	__typeof__(&snappy_uncompressed_length)		length;
	__typeof__(&snappy_max_compressed_length)	bound;
	bool						ok;
} lib;

struct snappy_state {
	uint8_t	*block;		/* unpacked, where it does not fit the caller */
	size_t	 cap;
	size_t	 at;		/* next byte of it to hand out */
	size_t	 len;
	bool	 framed;
};

static void
load(void)
{
	void *so = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (so == NULL)
		return;
	lib.compress = (__typeof__(lib.compress))
	    dlsym(so, "snappy_compress");
	lib.uncompress = (__typeof__(lib.uncompress))
	    dlsym(so, "snappy_uncompress");
	lib.length = (__typeof__(lib.length))
	    dlsym(so, "snappy_uncompressed_length");
	lib.bound = (__typeof__(lib.bound))
	    dlsym(so, "snappy_max_compressed_length");
	lib.ok = lib.compress != NULL && lib.uncompress != NULL &&
	    lib.length != NULL && lib.bound != NULL;
}

static int
ready(struct kerr *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	if (!lib.ok)
		return kerr_set(e, KE_UNSUPPORTED,
		    "cannot load %s (Debian package libsnappy1v5)", LIBRARY);
	return 0;
}

static int
snappy_pack(struct codecs *c, int level, const void *in, size_t n,
    struct buf *out, struct kerr *e)
{
	const char *p = in;
	size_t step, size;
	uint8_t *to;
	int rc;

	if ((rc = ready(e)) < 0)
		return rc;
	buf_put(out, frame_magic, sizeof(frame_magic));
	buf_put_i32(out, 1);
	buf_put_i32(out, 1);
	for (; n > 0; p += step, n -= step) {
		step = n < FRAME_BLOCK ? n : FRAME_BLOCK;
		size = lib.bound(step);
		if ((to = buf_reserve(out, 4 + size)) == NULL)
			return 0;
		if (lib.compress(p, step, (char *)to + 4, &size) != SNAPPY_OK)
			return kerr_set(e, KE_DATA, "failed");
		put_be32(to, (uint32_t)size);
		out->len += 4 + size;
	}
	return 0;
}

static int
snappy_begin(struct codecs *c, struct kerr *e)
{
	struct snappy_state *s;
	int rc;

	if ((rc = ready(e)) < 0)
		return rc;
	if (c->snappy == NULL)
		c->snappy = xcalloc(1, sizeof(*c->snappy));
	s = c->snappy;
	s->at = s->len = 0;
	s->framed = c->left >= FRAME_HEADER &&
	    memcmp(c->in, frame_magic, sizeof(frame_magic)) == 0;
	return 0;
}

/* Steps to the next block; 0 at the end. */
static ssize_t
next_block(struct codecs *c, const uint8_t **block, struct kerr *e)
{
	size_t n = c->left;

	if (c->snappy->framed) {
		while (c->left >= FRAME_HEADER &&
		    memcmp(c->in, frame_magic, sizeof(frame_magic)) == 0) {
			c->in += FRAME_HEADER;
			c->left -= FRAME_HEADER;
		}
		if (c->left == 0)
			return 0;
		if (c->left < 4 || (n = be32(c->in)) > c->left - 4 || n == 0)
			return kerr_set(e, KE_DATA, "bad frame");
		c->in += 4;
		c->left -= 4;
	}
	*block = c->in;
	c->in += n;
	c->left -= n;
	return (ssize_t)n;
}

/* Unpacks a block to the caller where it fits, else into the state. */
static ssize_t
unpack(struct snappy_state *s, const uint8_t *block, size_t n, void *to,
    size_t cap, struct kerr *e)
{
	size_t size;
	char *at = to;

	if (lib.length((const char *)block, n, &size) != SNAPPY_OK ||
	    size > MOST(n))
		return kerr_set(e, KE_DATA, "bad block length");
	if (size > cap) {
		if (size > s->cap) {
			s->block = xrealloc(s->block, size);
			s->cap = size;
		}
		at = (char *)s->block;
		s->len = size;
		s->at = 0;
	}
	if (lib.uncompress((const char *)block, n, at, &size) != SNAPPY_OK) {
		s->len = 0;
		return kerr_set(e, KE_DATA, "damaged block");
	}
	return size <= cap ? (ssize_t)size : 0;
}

static ssize_t
snappy_read(struct codecs *c, void *to, size_t cap, struct kerr *e)
{
	struct snappy_state *s = c->snappy;
	const uint8_t *block = NULL;
	ssize_t n = 0;

	while (s->at == s->len && n == 0) {
		if ((n = next_block(c, &block, e)) <= 0)
			return n;
		if ((n = unpack(s, block, (size_t)n, to, cap, e)) < 0)
			return n;
	}
	if (n > 0)
		return n;
	if (cap > s->len - s->at)
		cap = s->len - s->at;
	memcpy(to, s->block + s->at, cap);
	s->at += cap;
	return (ssize_t)cap;
}

static size_t
snappy_guess(const void *in, size_t n)
{
	size_t size;

	if (n > FRAME_HEADER &&
	    memcmp(in, frame_magic, sizeof(frame_magic)) == 0)
		return 4 * n;
	if (lib.length(in, n, &size) == SNAPPY_OK && size <= MOST(n))
		return size;
	return 0;
}

static void
snappy_release(struct codecs *c)
{
	if (c->snappy == NULL)
		return;
	free(c->snappy->block);
	free(c->snappy);
}

const struct codec_ops codec_snappy = {
	snappy_pack, snappy_begin, snappy_read, snappy_guess, snappy_release
};
