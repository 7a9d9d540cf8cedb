/*
 * produce_txn.h: a Produce with batches of a transaction: before the first one
 * enters a partition, the transaction coordinator is asked whether the
 * partition is part of the transaction (KIP-890).
 */
#ifndef KLOG_BROKER_PRODUCE_TXN_H
#define KLOG_BROKER_PRODUCE_TXN_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/msg_produce.h"

struct request;

/* One partition of the request, in its order. */
struct produce_verdict {
	uint64_t	 number;	/* partition_verify()'s */
	int16_t		 error;		/* what the coordinator says */
	const char	*message;
};

struct produce_txn {
	int64_t		 producer_id;	/* -1: no transaction */
	int16_t		 epoch;
	bool		 verify;	/* somebody has to ask */
	struct produce_verdict *v;	/* NULL: there is nothing to ask */
};

/* Own I/O thread: looks at the batches' headers. 0; or the error for the whole
 * request: 53 (no transactional id), 49 (more than one producer). False in
 * *fits: no memory. Where t->v is set afterwards, produce_txn_ask(). */
int16_t produce_txn_look(struct request *r, struct produce_txn *t,
    bool *fits);
/* Control thread: fills t->v in. */
void produce_txn_ask(struct request *r, struct produce_txn *t);

#endif
