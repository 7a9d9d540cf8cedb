/*
 * producers.h: what a partition knows of its idempotent and transactional
 * producers (KIP-98, KIP-360): for each id its epoch, its last five batches
 * and its open transaction, as Kafka's ProducerStateManager; and the snapshot
 * files that spare a start from reading the whole log. Pure memory; no locks.
 */
#ifndef KLOG_STORE_PRODUCERS_H
#define KLOG_STORE_PRODUCERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/batch.h"

/* Zero-initialised means empty. */
struct producers {
	struct producer	*byid;		/* hash by producer id */
};

enum producer_verdict {
	PRODUCER_OK,			/* none, unknown, or next in sequence */
	PRODUCER_DUPLICATE,		/* one of the last five: success */
	PRODUCER_OUT_OF_ORDER = 45,	/* Kafka's error codes */
	PRODUCER_OLD_EPOCH = 47
};

/*
 * Judges a batch that a client sends. before, unless NULL, is an earlier batch
 * of the same producer in the same append. For a duplicate *base and *last are
 * its offsets, *time its largest timestamp. Batches without a producer id are always PRODUCER_OK.
 */
enum producer_verdict producers_check(const struct producers *ps,
    const struct batch_header *h, const struct batch_header *before,
    int64_t *base, int64_t *last, int64_t *time);

/* Notes a batch that is in the log, offsets assigned. now_ms is kept for
 * expiration. A control batch ends the producer's transaction; batch, of which
 * n bytes are there, tells the epoch of the coordinator. */
void producers_note(struct producers *ps, const struct batch_header *h,
    const void *batch, size_t n, int64_t now_ms);
/* Forgets who has been silent for expire_ms and has no open transaction. */
void producers_expire(struct producers *ps, int64_t now_ms,
    int64_t expire_ms);
unsigned int producers_count(const struct producers *ps);
void producers_release(struct producers *ps);

/* A .snapshot file's bytes. load: KE_CORRUPT (and nothing loaded) where
 * version, CRC or lengths are not right. */
void producers_save(const struct producers *ps, struct buf *b);
int producers_load(struct producers *ps, const void *p, size_t n,
    int64_t now_ms, struct kerr *e);

#endif
