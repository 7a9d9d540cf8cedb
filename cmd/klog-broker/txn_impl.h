/*
 * txn_impl.h: the inside of the transaction coordinator, for txn*.c and no
 * others.
 */
#ifndef KLOG_BROKER_TXN_IMPL_H
#define KLOG_BROKER_TXN_IMPL_H

#include <uthash.h>

#include "base/buf.h"
#include "txn.h"

/* As in the records. */
enum txn_status {
	TXN_EMPTY, TXN_ONGOING, TXN_PREPARE_COMMIT, TXN_PREPARE_ABORT,
	TXN_COMPLETE_COMMIT, TXN_COMPLETE_ABORT, TXN_DEAD, TXN_EPOCH_FENCE,
	TXN_NONE = -1
};

#define TXN_LAST_EPOCH	(INT16_MAX - 1)	/* no client gets that one */
#define TXN_HOLD_MS	1000		/* a request is held at most */
#define TXN_RETRY_MS	100		/* between tries of a marker */

/* Partitions of a transaction, in no order. */
struct txn_part {
	struct kstr	topic;		/* own memory */
	int32_t		partition;
};

struct txn_parts {
	struct txn_part	*v;
	int32_t		 n, cap;
};

TAILQ_HEAD(txn_calls, txn_call);

struct txn_state {
	enum txn_status	status;
	int64_t		producer_id;
	int16_t		epoch;		/* -1: the id is new */
	int32_t		timeout_ms;
	int64_t		start_ms;	/* of the transaction, -1 */
	int64_t		update_ms;
	/* not in the records (version 0) */
	int64_t		last_producer_id;
	int16_t		last_epoch;	/* -1: no way back to it */
};

struct txn {
	UT_hash_handle	  hh;		/* of all, by id */
	struct kstr	  id;		/* own memory */
	int32_t		  home;		/* partition of the topic */
	struct txn_state  now;
	struct txn_parts  parts;
	struct txn_state  next;		/* busy: what is being written */
	struct txn_parts  next_parts;	/* the same; Ongoing only */
	bool		  busy;
	struct txn_call	 *caller;	/* whose doing that is, or NULL */
	struct txn_calls  held;
	struct txn_marks *marks;	/* under way */
	int64_t		  retry_at;	/* markers again then; mono, 0: no */
};

struct txn_marks {
	struct txn	 *of;		/* NULL: nobody cares any more */
	struct txn_parts  parts;	/* whose names are in the marker */
	struct txn_marker marker;
};

/* One partition of the topic. */
struct txn_home {
	bool	ready;
	int32_t	epoch;		/* leader epoch: the coordinator's */
};

struct txns {
	struct txns_config config;
	struct txns_ops	 ops;
	struct txn	*all;
	struct txn_home	*homes;
	int32_t		 n;		/* partitions */
	int64_t		 mono, wall;
	int64_t		 abort_at, expire_at;	/* mono */
	int64_t		 look_at;	/* earliest end of a hold, or retry */
	struct buf	 key, value;
};

/* txn.c */
struct txn *txn_find(const struct txns *, struct kstr id);
struct txn *txn_need(struct txns *, struct kstr id, int32_t home);
void txn_drop(struct txns *, struct txn *);
/* Asks to be ticked at that time or before. */
void txn_look_at(struct txns *, int64_t mono_ms);
/* Judges held requests anew. */
void txn_release(struct txns *, struct txn *);
void txn_done(struct txn_call *, int16_t error);

/* txn_parts.c */
bool txn_parts_has(const struct txn_parts *, struct kstr topic,
    int32_t partition);
void txn_parts_add(struct txn_parts *, struct kstr topic, int32_t partition);
void txn_parts_remove(struct txn_parts *, struct kstr topic,
    int32_t partition);
void txn_parts_copy(struct txn_parts *to, const struct txn_parts *from);
void txn_parts_release(struct txn_parts *);

/* txn_records.c */
/* Puts the state as a record; NULL parts: the partitions are null in it. */
void txn_put(struct txns *, struct txn *, const struct txn_state *,
    const struct txn_parts *, bool tell);
void txn_put_tombstone(struct txns *, struct txn *);

/* txn_marks.c */
/* In a Prepare state: writes the markers that are left, completes. */
void txn_go_on(struct txns *, struct txn *);

/* txn_calls.c */
/* Ends an open transaction that takes too long. */
void txn_abort_late(struct txns *, struct txn *);

#endif
