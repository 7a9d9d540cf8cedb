/*
 * verify.h: producers of which a partition asks the coordinator whether it is
 * part of their transaction (KIP-890): from the first batch of a transaction
 * until that batch is in the log. In between a marker may come and end the
 * very transaction, so the answer is good only together with the number that
 * was given out when the question was put. Under the partition's lock.
 */
#ifndef KLOG_BROKER_VERIFY_H
#define KLOG_BROKER_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

/* A question is kept for a day, as producers are by default: by its number
 * the client may try again. */
#define VERIFY_KEPT_MS	86400000

/* Zero-initialised means empty. */
struct verifying {
	struct verify	*byid;		/* hash by producer id */
	uint64_t	 last;		/* number given out */
};

/* The number under which the producer is asked about, > 0; the same until
 * verify_end(). The lowest sequence of an epoch is kept: nothing after it may
 * come first. */
uint64_t verify_begin(struct verifying *, int64_t producer_id, int16_t epoch,
    int32_t sequence, int64_t now_ms);
/* Whether that number is the producer's. */
bool verify_holds(const struct verifying *, int64_t producer_id,
    uint64_t number);
/* Whether a batch with that sequence may be the first. */
bool verify_in_order(const struct verifying *, int64_t producer_id,
    int32_t sequence);
/* The transaction has begun, or ended. */
void verify_end(struct verifying *, int64_t producer_id);
/* Forgets those that were asked about before that time. */
void verify_expire(struct verifying *, int64_t before_ms);
void verify_release(struct verifying *);

#endif
