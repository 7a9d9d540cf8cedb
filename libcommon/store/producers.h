/*
 * producers.h: what a partition knows of its idempotent and transactional
 * producers (KIP-98, KIP-360): for each id its epoch, its last five batches
 * and its open transaction, as Kafka's ProducerStateManager; and the snapshot
 * files that spare a start from reading the whole log. Pure memory; no locks.
 */
#ifndef KLOG_STORE_PRODUCERS_H
#define KLOG_STORE_PRODUCERS_H

#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/batch.h"
#include "store/txnindex.h"

struct ended_txn;
struct producer;

RB_HEAD(open_txns, producer);

/* Zero-initialised means empty. */
struct producers {
	struct producer	 *byid;		/* hash by producer id */
	struct open_txns  open;		/* by first offset of the transaction */
	struct ended_txn *ended;	/* list, by offset of the marker */
};

enum producer_verdict {
	PRODUCER_OK,			/* none, unknown, or next in sequence */
	PRODUCER_DUPLICATE,		/* one of the last five: success */
	PRODUCER_OUT_OF_ORDER = 45,	/* Kafka's error codes */
	PRODUCER_OLD_EPOCH = 47,
	PRODUCER_NOT_IN_TXN = 48,	/* its transaction is open, and this is
					   not of it */
	PRODUCER_OLD_COORDINATOR = 52	/* a marker of one */
};

/*
 * Judges a batch that a client or a coordinator sends, of which n bytes are at
 * batch (as producers_note()). before, unless NULL, is an earlier batch of the
 * same producer in the same append. For a duplicate *base and *last are its
 * offsets, *time its largest timestamp. Batches without a producer id are
 * always PRODUCER_OK, those without a sequence (a coordinator's) are held
 * against the epoch alone.
 */
enum producer_verdict producers_check(const struct producers *ps,
    const struct batch_header *h, const void *batch, size_t n,
    const struct batch_header *before, int64_t *base, int64_t *last,
    int64_t *time);

/* Notes a batch that is in the log, offsets assigned. now_ms is kept for
 * expiration. A control batch ends the producer's transaction; batch, of which
 * n bytes are there, tells which way, and the epoch of the coordinator. True
 * where it aborted one that had data here; then *a is what the index of
 * aborted transactions has to say. */
bool producers_note(struct producers *ps, const struct batch_header *h,
    const void *batch, size_t n, int64_t now_ms, struct aborted_txn *a);

/* The first offset of the earliest open transaction, -1: none is open. */
int64_t producers_first_open(const struct producers *ps);
/* The same of those that are open or whose marker is at or above hw. Ended
 * ones below hw are forgotten: hw never goes back. */
int64_t producers_first_unstable(struct producers *ps, int64_t hw);
/* Where the producer's transaction began, -1: it has none. */
int64_t producers_open_at(const struct producers *ps, int64_t id);

/* What DescribeProducers tells of one. */
struct producer_info {
	int64_t	id;
	int16_t	epoch;
	int32_t	last_seq;	/* -1: none */
	int64_t	timestamp;	/* of the last batch or marker */
	int32_t	coordinator_epoch;
	int64_t	open_at;	/* -1: no open transaction */
};

/* Fills v with up to cap of them; returns how many there are. */
unsigned int producers_list(const struct producers *ps,
    struct producer_info *v, unsigned int cap);
/* Forgets who has been silent for expire_ms and has no open transaction. */
void producers_expire(struct producers *ps, int64_t now_ms,
    int64_t expire_ms);
unsigned int producers_count(const struct producers *ps);
void producers_release(struct producers *ps);

/* Where a producer's last batch lies, so that compaction keeps it. */
struct producer_end {
	int64_t	id;
	int64_t	last_offset;	/* of its last batch with data, -1: none is
				   known */
	int16_t	epoch;
};

/* Those of all, by id, in an array to be freed. */
struct producer_end *producers_ends(const struct producers *ps, int *n);
/* The one with that id, or NULL. */
const struct producer_end *producer_end_find(const struct producer_end *v,
    int n, int64_t id);

/* A .snapshot file's bytes. load: what it says of a producer counts, whatever
 * was known before; KE_CORRUPT (and nothing loaded) where version, CRC or
 * lengths are not right. */
void producers_save(const struct producers *ps, struct buf *b);
int producers_load(struct producers *ps, const void *p, size_t n,
    int64_t now_ms, struct kerr *e);

#endif
