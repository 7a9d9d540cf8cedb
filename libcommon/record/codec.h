/*
 * codec.h: between compress.c and the files of the four codecs; nobody else
 * includes it. One struct codec_ops a codec; its reader takes input from
 * c->in and moves it on.
 */
#ifndef KLOG_RECORD_CODEC_H
#define KLOG_RECORD_CODEC_H

#include "record/compress.h"

struct gzip_state;
struct snappy_state;
struct lz4_state;
struct zstd_state;

struct codecs {
	const struct codec_ops	*reading;	/* since codec_begin() */
	const uint8_t		*in;		/* not read yet */
	size_t			 left;
	uint8_t			*window;	/* see codecs_window() */
	/* made at the first use of each */
	struct gzip_state	*gzip;
	struct snappy_state	*snappy;
	struct lz4_state	*lz4;
	struct zstd_state	*zstd;
};

struct codec_ops {
	/* appends to out; KE_RANGE from out is seen by the caller */
	int	(*compress)(struct codecs *, int level, const void *, size_t,
		    struct buf *out, struct kerr *);
	int	(*begin)(struct codecs *, struct kerr *);
	/* as codec_read() */
	ssize_t	(*read)(struct codecs *, void *, size_t, struct kerr *);
	/* bytes that n bytes may unpack to: a guess, right or too much for
	 * most, to take memory in one step */
	size_t	(*guess)(const void *, size_t n);
	void	(*release)(struct codecs *);
};

extern const struct codec_ops codec_gzip, codec_snappy, codec_lz4, codec_zstd;

/* A piece of memory of the given size (the same one at every call). */
uint8_t *codecs_window(struct codecs *c, size_t size);

#endif
