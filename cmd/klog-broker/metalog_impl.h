/*
 * metalog_impl.h: the inside of the metadata log, for the files that make it
 * up: metalog.c (the log itself), metalog_replay.c (from the files to an image),
 * metalog_snapshot.c (from an image to a file).
 */
#ifndef KLOG_BROKER_METALOG_IMPL_H
#define KLOG_BROKER_METALOG_IMPL_H

#include "base/buf.h"
#include "metalog.h"
#include "store/log.h"

struct kmessage;

struct metalog {
	const struct sys *sys;
	char		 *dir;
	struct log	 *log;
	int32_t		  node_id;
	int32_t		  epoch;
	int64_t		  flushed;	/* where log is NULL: its end */
	int64_t		  snapped;	/* end offset of the last snapshot */
	int64_t		  snapped_size;	/* log_size() then */
};

/* A batch of one control record; its size. */
size_t metalog_control(uint8_t *mem, size_t cap, int16_t type,
    const struct kmessage *msg, const void *value, int64_t now);
/* Records [from, to) as one batch at the end of b. */
void metalog_put_batch(struct buf *b, const struct records *rs, int32_t from,
    int32_t to, int64_t now, int64_t base_offset, int32_t epoch);

/* The name of the latest snapshot before the one of that name ("": of all),
 * or "" where there is none. */
void metalog_snapshot_before(const struct metalog *m, const char *before,
    char name[64]);

#endif
