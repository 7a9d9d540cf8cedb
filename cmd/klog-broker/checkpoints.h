/* checkpoints.h: the four checkpoint files of the data directory, as they are
 * read. Writing them is logdir_checkpoint() and its like, in logdir.h. */
#ifndef KLOG_BROKER_CHECKPOINTS_H
#define KLOG_BROKER_CHECKPOINTS_H

#include <stdbool.h>

#include "store/checkpoint.h"

struct logdir;

/* From more logs on that have something to be made durable, the disk is waited
 * for once, not for each. */
#define MANY_LOGS	64

enum { CP_RECOVERY, CP_HW, CP_START, CP_CLEANER, CHECKPOINTS };

void checkpoints_load(struct logdir *, struct checkpoint c[CHECKPOINTS]);
void checkpoints_release(struct checkpoint c[CHECKPOINTS]);
void checkpoints_forget(struct logdir *);	/* at the very end */
/* What the files say of that partition is of one that is deleted. Any thread;
 * a partition's lock may be held, here and below. */
void checkpoints_outdated(struct logdir *, const char *name);
/* True as long as they may still say so; they are then being written. What a
 * new log acknowledged before that could be taken for deleted by the next
 * start. */
bool checkpoints_mislead(struct logdir *, const char *name);

#endif
