/*
 * txn.h: the transaction coordinator: what each transactional id is at, and
 * what a request, a marker or time makes of it (KIP-98, KIP-360, KIP-890's
 * verification). A pure state machine: it asks for records to be put and
 * markers to be written, is told when that is done, and is told the time.
 * Judged by Apache Kafka 3.9's TransactionCoordinator and
 * TransactionStateManager, whose error codes it gives.
 *
 * The states are Kafka's. A request moves an id into a new one by a record,
 * and takes effect when the record is durable; until then the id is busy. The
 * end of a transaction is decided by PrepareCommit or PrepareAbort; then its
 * markers are written, and when all are durable CompleteCommit or
 * CompleteAbort is put. That one needs no wait: a later record of the same id
 * lies behind it in the same log, and where it is lost, the markers are
 * written once more, which does nothing.
 *
 * Where Kafka answers CONCURRENT_TRANSACTIONS because an id is busy, and the
 * client comes again, the request is held here for a moment and judged again
 * when the id is not busy any more.
 *
 * Ids live in the partitions of `__transaction_state`, by a hash. A partition
 * is known from txns_loaded() to txns_unload().
 */
#ifndef KLOG_BROKER_TXN_H
#define KLOG_BROKER_TXN_H

#include <bsd/sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "wire/msg_add_partitions_to_txn.h"
#include "wire/msg_describe_transactions.h"
#include "wire/msg_list_transactions.h"

#define TXN_TOPIC	"__transaction_state"

struct request;
struct txn;
struct txn_marks;
struct txns;

struct txns_config {
	int32_t	max_timeout_ms;		/* transaction.max.timeout.ms */
	int64_t	expire_ms;		/* transactional.id.expiration.ms */
	int64_t	abort_interval_ms;	/* how often it is looked for */
	int64_t	expire_interval_ms;	/* ones that are late, or idle */
};

enum txn_op { TXN_INIT, TXN_ADD, TXN_END };

/* A request; stays put until done(), which may come at once. */
struct txn_call {
	enum txn_op	 op;
	struct kstr	 id;
	int64_t		 producer_id;	/* init: as expected, -1 none */
	int16_t		 producer_epoch;
	int32_t		 timeout_ms;	/* init */
	bool		 commit;	/* end */
	/* add */
	const struct add_partitions_to_txn_request_add_partitions_to_txn_topic
			*topics;
	int32_t		 n_topics;
	void		(*done)(struct txn_call *);
	struct request	*request;	/* the caller's */

	int16_t		 error;		/* out; init: out both above as well */

	/* the machine's */
	int64_t		 new_id;	/* -1: none at hand */
	int64_t		 until;		/* held no longer; 0: not yet */
	TAILQ_ENTRY(txn_call) link;
};

/* One partition that a marker is for, and what became of it. */
struct txn_mark {
	struct kstr	topic;		/* the machine's, until it is told */
	int32_t		partition;
	int16_t		error;
};

/* A marker for several partitions. */
struct txn_marker {
	int64_t		 producer_id;
	int16_t		 producer_epoch;
	int32_t		 coordinator_epoch;
	bool		 commit;
	struct txn_mark	*v;
	int32_t		 n;
};

struct txns_ops {
	/* A record of the topic; value NULL: a tombstone. Unless t is NULL,
	 * txns_written() says when it is durable. */
	void	(*put)(void *arg, int32_t partition, const void *key,
		    size_t key_len, const void *value, size_t value_len,
		    struct txn *t);
	/* Appends the marker; txns_marked() when all of it is durable or has
	 * failed. */
	void	(*mark)(void *arg, const struct txn_marker *,
		    struct txn_marks *);
	/* Somebody needs a producer id: txns_new_id(), now or later. */
	void	(*need_id)(void *arg, struct txn_call *);
	void	*arg;
};

struct txns *txns_new(const struct txns_config *, int32_t partitions,
    const struct txns_ops *);
void txns_free(struct txns *);
void txns_set_partitions(struct txns *, int32_t n);
/* Both clocks, in ms; before anything else is told. */
void txns_time(struct txns *, int64_t mono_ms, int64_t wall_ms);

/* The partition of the topic that an id lives in. */
int32_t txns_partition(const struct txns *, struct kstr id);
/* A record of the log, while the partition is being loaded. KE_UNSUPPORTED,
 * KE_PROTO: one that cannot be read, and counts for nothing. */
int txns_replay(struct txns *, int32_t partition, const void *key,
    size_t key_len, const void *value, size_t value_len, struct kerr *);
/* All of them came: transactions that were on their way out go on. */
void txns_loaded(struct txns *, int32_t partition, int32_t epoch);
/* Forgets the partition's ids; their calls end with NOT_COORDINATOR. */
void txns_unload(struct txns *, int32_t partition);

void txns_call(struct txns *, struct txn_call *);
/* id -1: there is none. */
void txns_new_id(struct txns *, struct txn_call *, int64_t id);
/* The record put last for t is durable (0), or is not and never will be. */
void txns_written(struct txns *, struct txn *t, int16_t error);
/* The errors are in the marker's v. After txns_free(), with NULL, as well. */
void txns_marked(struct txns *, struct txn_marks *);
/* Whether the partition is part of the producer's open transaction: 0, or
 * what a broker is told that asks. */
int16_t txns_verify(const struct txns *, struct kstr id, int64_t producer_id,
    int16_t epoch, struct kstr topic, int32_t partition);

/* Answers lie in the arena. */
void txns_describe(const struct txns *, struct kstr id, struct arena *,
    struct describe_transactions_response_transaction_state *);
void txns_list(const struct txns *, const struct list_transactions_request *,
    struct arena *, struct list_transactions_response *);

/* Something is due then (monotonic ms): txns_tick(). INT64_MAX: nothing. */
int64_t txns_next(const struct txns *);
void txns_tick(struct txns *);

#endif
