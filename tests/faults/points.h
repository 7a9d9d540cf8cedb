/*
 * points.h: a log in "/data" of a disk in memory, and what an opening of it goes
 * by besides its files: its recovery point and its start, in checkpoints.
 */
#ifndef TEST_POINTS_H
#define TEST_POINTS_H

#include "faultsys.h"
#include "store/checkpoint.h"

#define DIR	"/data/t-0"
#define POINTS	"/data/" CHECKPOINT_RECOVERY
#define STARTS	"/data/" CHECKPOINT_START

/* One of 0 to n-1, as the seed has it. */
static inline size_t
pick(struct faultsys *f, size_t n)
{
	return (size_t)(faultsys_random(f) >> 13) % n;
}

static inline bool
point_save(const struct sys *s, const char *path, int64_t offset)
{
	struct checkpoint c = { NULL };
	int rc;

	checkpoint_set(&c, "t", 0, offset);
	rc = checkpoint_save(&c, s, path, NULL);
	checkpoint_release(&c);
	return rc == 0;
}

/* none where there is no such file, or it cannot be read. */
static inline int64_t
point_load(const struct sys *s, const char *path, int64_t none,
    struct kerr *e)
{
	struct checkpoint c = { NULL };
	int64_t offset;

	(void)checkpoint_load(&c, s, path, e);
	offset = checkpoint_get(&c, "t", 0, none);
	checkpoint_release(&c);
	return offset;
}

#endif
