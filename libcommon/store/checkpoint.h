/*
 * checkpoint.h: Kafka's small text files: one offset a partition
 * (recovery-point-offset-checkpoint, replication-offset-checkpoint,
 * log-start-offset-checkpoint, cleaner-offset-checkpoint), and
 * partition.metadata. Each is replaced as a whole: temporary file, fsync,
 * rename, fsync of the directory; a reader sees the old or the new one.
 */
#ifndef KLOG_STORE_CHECKPOINT_H
#define KLOG_STORE_CHECKPOINT_H

#include <stdint.h>

#include "base/err.h"
#include "base/sys.h"
#include "wire/types.h"

#define CHECKPOINT_RECOVERY	"recovery-point-offset-checkpoint"
#define CHECKPOINT_HW		"replication-offset-checkpoint"
#define CHECKPOINT_START	"log-start-offset-checkpoint"
#define CHECKPOINT_CLEANER	"cleaner-offset-checkpoint"

/* A table from partition to offset. Zero-initialised means empty. */
struct checkpoint {
	struct checkpoint_entry	*byname;	/* hash by topic-partition */
};

/* What the file at path holds, added to c (which is empty before). A missing
 * or empty file is an empty table. KE_CORRUPT: not of that form; c is then
 * empty. */
int checkpoint_load(struct checkpoint *c, const struct sys *s,
    const char *path, struct kerr *e);
int checkpoint_save(const struct checkpoint *c, const struct sys *s,
    const char *path, struct kerr *e);
void checkpoint_release(struct checkpoint *c);

/* The offset noted, or none. */
int64_t checkpoint_get(const struct checkpoint *c, const char *topic,
    int32_t partition, int64_t none);
unsigned int checkpoint_count(const struct checkpoint *c);
void checkpoint_set(struct checkpoint *c, const char *topic,
    int32_t partition, int64_t offset);

/* partition.metadata in dir; load fails with KE_NOTFOUND or KE_CORRUPT. */
int partition_metadata_load(const struct sys *s, const char *dir,
    struct kuuid *topic_id, struct kerr *e);
/* Writes without a sync; the log's first flush makes it durable. */
int partition_metadata_save(const struct sys *s, const char *dir,
    const struct kuuid *topic_id, struct kerr *e);

#endif
