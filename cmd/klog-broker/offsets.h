/*
 * offsets.h: what one group has committed: an offset for each partition, and
 * what open transactions would commit (KIP-98). Plain memory, no I/O, no
 * clock. An offset without a text costs 32 bytes.
 *
 * Offsets of a transaction stay pending, by producer id, until its marker
 * says commit or abort; one that was committed plainly after the transaction
 * wrote it stays as it is then.
 */
#ifndef KLOG_BROKER_OFFSETS_H
#define KLOG_BROKER_OFFSETS_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/types.h"

struct offset_topic;
struct offset_txn;

struct offset_value {
	int64_t		offset;
	int64_t		commit_ms;	/* ms since 1970 */
	int64_t		expire_ms;	/* -1: as the broker's setting is */
	int32_t		leader_epoch;	/* -1: none */
	struct kstr	metadata;	/* never null; borrowed */
};

struct offset_set {
	struct offset_topic	*topics;	/* by name */
	int32_t			 n;		/* offsets in all */
};

/* Zero-initialised means empty. */
struct offsets {
	struct offset_set	 set;
	struct offset_txn	*txns;		/* by producer id */
};

void offsets_release(struct offsets *);

void offsets_put(struct offsets *, struct kstr topic, int32_t partition,
    const struct offset_value *);
/* False where there is none. The text is borrowed until the next change. */
bool offsets_get(const struct offsets *, struct kstr topic, int32_t partition,
    struct offset_value *);
/* Pending ones of transactions go as well. False where there was none. */
bool offsets_drop(struct offsets *, struct kstr topic, int32_t partition);
bool offsets_has_topic(const struct offsets *, struct kstr topic);

/* Calls each() for every offset, by partition within a topic; where it
 * answers true, the offset goes. */
void offsets_each(struct offsets *, bool (*each)(void *arg, struct kstr topic,
    int32_t partition, const struct offset_value *), void *arg);
int32_t offsets_topic_count(const struct offsets *);
/* Offsets of one topic. */
int32_t offsets_topic_size(const struct offsets *, struct kstr topic);

/* TxnOffsetCommit was written; pending from now on. */
void offsets_txn_put(struct offsets *, int64_t producer_id,
    struct kstr topic, int32_t partition, const struct offset_value *);
/* The marker was written. */
void offsets_txn_end(struct offsets *, int64_t producer_id, bool commit);
/* Whether a transaction that is open would change it (KIP-447); for any
 * partition at all. */
bool offsets_txn_pending(const struct offsets *, struct kstr topic,
    int32_t partition);
bool offsets_txn_any(const struct offsets *);

#endif
