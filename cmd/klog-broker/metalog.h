/*
 * metalog.h: the metadata log on disk: `__cluster_metadata-0` in the data
 * directory, in KRaft's format, with its quorum-state file and snapshots
 * (<end offset>-<epoch>.checkpoint). This broker is its only voter and
 * leader. One thread at a time; everything here may block.
 */
#ifndef KLOG_BROKER_METALOG_H
#define KLOG_BROKER_METALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sys.h"
#include "image.h"
#include "records.h"

struct metalog;

/* Opens or makes it. clean: the last stop was a clean one; after any other
 * the leader epoch goes up by one. */
int metalog_open(struct metalog **, const struct sys *, const char *data_dir,
    int32_t node_id, bool clean, struct kerr *);
/* Applies the latest snapshot and the log behind it; *im is replaced by the
 * image that results. */
int metalog_replay(struct metalog *, struct image **im, struct kerr *);
/* Writes each of v[0..n) as one batch and makes them durable, in one flush,
 * together with what opening wrote. */
int metalog_append(struct metalog *, const struct records *const *v, int n,
    struct kerr *);
/* A snapshot of im, which is what replaying up to now gives. The one before
 * stays, with the log since then; what is older goes. */
int metalog_snapshot(struct metalog *, const struct image *im, struct kerr *);
/* Bytes of log since the last snapshot. */
int64_t metalog_unsnapped(const struct metalog *);
int64_t metalog_end(const struct metalog *);
/* True where an append found no room and metalog_revive() may help: once there
 * is room again it makes the log what it was before that append. */
bool metalog_full(const struct metalog *);
int metalog_revive(struct metalog *, struct kerr *);
int32_t metalog_epoch(const struct metalog *);
/* Flushes, closes and frees, also when it fails. */
int metalog_close(struct metalog *, struct kerr *);

#endif
