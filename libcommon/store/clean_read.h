/*
 * clean_read.h: the cleaner's way through a segment: whole batches, one after
 * the other, in large reads; the caller is told of every read, to pace or to
 * stop. Messages in formats 0 and 1 come as batches, and so what is rewritten
 * is in the present format. Internal to the store.
 */
#ifndef KLOG_STORE_CLEAN_READ_H
#define KLOG_STORE_CLEAN_READ_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys.h"
#include "record/batch.h"

/* Zero-initialised, but for sys and the callback; its memory serves one
 * segment after the other. */
struct clean_reader {
	const struct sys *sys;
	int		(*pace)(void *arg, int64_t bytes);
	void		 *arg;
	int64_t		  read;		/* bytes so far */

	int		  fd;
	int64_t		  at;		/* position of the current batch */
	int64_t		  next;		/* and of the one after it */
	int64_t		  end;
	int64_t		  window_at;	/* position of the window's bytes */
	struct buf	  window;

	struct codecs	 *codecs;	/* for old formats; NULL: none yet */
	struct buf	  raw;
	struct buf	  made;		/* a batch of such */
};

/* Begins with [from, end) of a file. */
void clean_reader_start(struct clean_reader *r, int fd, int64_t from,
    int64_t end);
/* 1, the next batch's header and bytes, good until the next call; 0 at the
 * end. KE_CORRUPT, KE_SYS, and KE_CANCELLED where pace() was not 0; of an old
 * format, what msgset_batch() says. */
int clean_reader_next(struct clean_reader *r, struct batch_header *h,
    const uint8_t **batch, struct kerr *e);
void clean_reader_release(struct clean_reader *r);

#endif
