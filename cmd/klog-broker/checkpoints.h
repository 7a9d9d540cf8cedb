/* checkpoints.h: the four checkpoint files of the data directory, as they are
 * read. Writing them is logdir_checkpoint() and its like, in logdir.h. */
#ifndef KLOG_BROKER_CHECKPOINTS_H
#define KLOG_BROKER_CHECKPOINTS_H

#include "store/checkpoint.h"

struct logdir;

enum { CP_RECOVERY, CP_HW, CP_START, CP_CLEANER, CHECKPOINTS };

void checkpoints_load(struct logdir *, struct checkpoint c[CHECKPOINTS]);
void checkpoints_release(struct checkpoint c[CHECKPOINTS]);

#endif
