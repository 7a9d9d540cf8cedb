/*
 * datadir.h: a broker's data directory as a whole: its lock, its identity
 * (meta.properties), the marker of a clean stop, and what partitions lie in
 * it. The partitions themselves are log.h, their checkpoints checkpoint.h.
 */
#ifndef KLOG_STORE_DATADIR_H
#define KLOG_STORE_DATADIR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sys.h"
#include "wire/types.h"

struct datadir;

/*
 * Makes the directory (0700, parents not) where it is missing and takes the
 * lock: an open-file-description lock on `.lock`, which keeps out another
 * klog-broker and a JVM alike, and stays with the descriptor, so it ends with
 * the process.
 * KE_LOCKED: somebody else has it.
 */
int datadir_open(struct datadir **d, const struct sys *s, const char *path,
    struct kerr *e);
/* Gives the lock up and frees. */
void datadir_close(struct datadir *d);
const char *datadir_path(const struct datadir *d);
/* Whether that path still leads to what was locked. */
bool datadir_in_place(const struct datadir *d);
/* Makes everything below it durable, with one wait for the disk. -1 and errno
 * where that is not certain: each file has to be synced by itself then, and
 * from then on. Blocks; one at a time. */
int datadir_sync(struct datadir *d);

/* meta.properties. */
struct datadir_meta {
	int32_t		node_id;
	struct kuuid	directory_id;
	char		cluster_id[64];
};

/* KE_NOTFOUND: a new directory. KE_CORRUPT: unreadable, or a version other
 * than 1. */
int datadir_load_meta(struct datadir *d, struct datadir_meta *m,
    struct kerr *e);
int datadir_save_meta(struct datadir *d, const struct datadir_meta *m,
    struct kerr *e);

/*
 * The marker of a clean stop (.kafka_cleanshutdown). take: true where the last
 * stop was clean; the marker is gone afterwards, durably, so that a crash from
 * here on is seen. leave: writes it, when every log is closed.
 */
int datadir_take_clean(struct datadir *d, bool *clean, struct kerr *e);
int datadir_leave_clean(struct datadir *d, int64_t broker_epoch,
    struct kerr *e);

/* Calls each() for every partition directory <topic>-<n>, its name and parts
 * borrowed for the call, in no order. Directories of a half-done deletion
 * (...-delete) are removed on the way, other names passed over. A non-zero
 * result of each() ends the scan and is returned. */
int datadir_scan(struct datadir *d,
    int (*each)(void *arg, const char *name, const char *topic,
    int32_t partition), void *arg, struct kerr *e);

/* Removes a directory and the files in it; a missing one is fine. */
int datadir_remove(const struct sys *s, const char *path, struct kerr *e);

#endif
