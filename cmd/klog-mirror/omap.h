/*
 * omap.h: where the records of a source partition lie in the target: runs of
 * records that follow each other in both. Offsets drift apart (each
 * transaction leaves a marker, compaction and aborted transactions leave
 * holes), so that nothing is computed that was not written down.
 *
 * Runs ascend in src and in tgt. The first n_sealed are on disk in records of
 * their own and do not change any more; the others travel with the position.
 */
#ifndef KLOG_MIRROR_OMAP_H
#define KLOG_MIRROR_OMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run {
	int64_t	src;
	int64_t	tgt;
	int64_t	count;		/* > 0 */
};

struct omap {
	struct run	*v;
	size_t		 n;
	size_t		 n_sealed;
};

void omap_release(struct omap *m);
void omap_clear(struct omap *m);
/* Appends; false where it does not ascend. */
bool omap_add(struct omap *m, int64_t src, int64_t tgt, int64_t count);
/* Forgets the sealed runs: they are on disk. */
void omap_drop_sealed(struct omap *m);

/* Where a reader of the source that goes on at src goes on in the target: the
 * place of that record, else of the first one after it that was copied; -1
 * where all that was copied comes before it. */
int64_t omap_find(const struct omap *m, int64_t src);

#endif
