/*
 * scan.h: walks the batches of a segment file header by header, or checking
 * each batch's CRC as well. Memory does not depend on what the file says.
 * Internal to the store.
 *
 * Messages in formats 0 and 1 (record/msgset.h) are taken for batches, too:
 * with that magic, one record, and the offset of their last one.
 */
#ifndef KLOG_STORE_SCAN_H
#define KLOG_STORE_SCAN_H

#include <stdint.h>

#include "base/err.h"
#include "base/sys.h"
#include "record/batch.h"

struct scan {
	const struct sys	*sys;
	int			 fd;
	int64_t			 at;	/* position of the current batch */
	int64_t			 next;	/* where the one after it begins */
	int64_t			 end;	/* the file counts up to here */
	uint8_t			*buf;	/* borrowed window onto the file */
	size_t			 cap;
	int64_t			 buf_at;
	size_t			 buf_len;
};

/* Walks [from, end) through a window of cap bytes (at least BATCH_HEADER).
 * Small windows suit short walks, large ones whole files. */
void scan_init(struct scan *c, const struct sys *s, int fd, int64_t from,
    int64_t end, void *window, size_t cap);
/* Reads the header at p, of which n bytes are there, as scan_next() does; fails
 * as batch_header_parse() and msgset_parse() do. */
int scan_header(const void *p, size_t n, struct batch_header *h,
    struct kerr *e);
/* 1 and the next header; 0 at the end; KE_CORRUPT where no whole batch with a
 * sound header begins, KE_SYS. c->at tells where. */
int scan_next(struct scan *c, struct batch_header *h, struct kerr *e);
/* Whether the current batch's CRC is right: 0, KE_CRC or KE_SYS. */
int scan_check(struct scan *c, const struct batch_header *h, struct kerr *e);

#endif
