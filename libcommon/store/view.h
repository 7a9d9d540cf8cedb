/*
 * view.h: a partition's directory as it lies there, read without a lock and
 * without changing anything: for a directory that no broker has open, for one
 * that a broker writes to at this moment, and for a damaged one.
 *
 * Opening walks the headers of all batches once: it finds where the log ends
 * and what has become of its transactions. Index files are not looked at. The
 * end is pinned: what is appended later is not seen. What a cleaner or
 * retention takes away meanwhile is passed over, as a hole of compaction is.
 *
 * Damage does not end the reading: the caller is told once of each place, and
 * the next sound batch is searched for, byte by byte if need be. The last
 * batch of a log that a broker is just appending to may be half there: that is
 * the end, and no damage.
 *
 * One thread.
 */
#ifndef KLOG_STORE_VIEW_H
#define KLOG_STORE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys.h"

struct view;

/* Told of what cannot be read: e says file, position and what is wrong. */
typedef void view_damage(void *arg, const struct kerr *e);

/* A transaction that was aborted. */
struct view_aborted {
	int64_t	producer_id;
	int64_t	first;		/* offset of its first batch */
	int64_t	last;		/* of its marker */
};

/* start: the log start offset, as the data directory's checkpoint has it; 0
 * where it has none. KE_SYS, KE_NOTFOUND (no segment at all). */
int view_open(struct view **v, const struct sys *s, const char *dir,
    int64_t start, view_damage *damage, void *arg, struct kerr *e);
void view_close(struct view *v);

int64_t view_start(const struct view *v);
int64_t view_end(const struct view *v);
/* The first offset of the earliest transaction that is open at the end. */
int64_t view_stable(const struct view *v);
/* All of them, in the order of first. */
const struct view_aborted *view_aborted(const struct view *v, size_t *n);

/* Appends whole batches (messages in formats 0 and 1, where such lie there)
 * whose CRC is right to b: from the one that contains offset on, none that
 * begins at or after upto, until there are max bytes (one batch at least).
 * *next is the offset to go on from; it is upto where nothing is left. */
int view_read(struct view *v, int64_t offset, int64_t upto, size_t max,
    struct buf *b, int64_t *next, struct kerr *e);

/* The first offset below upto of a batch with a greatest timestamp of at least
 * ts, -1: none. */
int view_find_time(struct view *v, int64_t ts, int64_t upto, int64_t *offset,
    struct kerr *e);

#endif
