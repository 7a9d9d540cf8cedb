/*
 * txn.h: the transactions of one producer, as a pure state machine: which
 * request to a coordinator is due, and what its answer means. No I/O, no
 * clock; producer_txn.c sends and asks.
 *
 * A transaction begins at the first partition (or group) that is added to it,
 * and the coordinator hears of each before anything is written there. It ends
 * by a commit, or by an abort. What makes a commit impossible breaks the
 * transaction: only an abort is left, and then a new epoch of the producer id,
 * so that sequence numbers begin anew and what is still on its way is late. A
 * producer that another one of the same transactional id has fenced, or whose
 * transaction the coordinator gave up, is dead for good.
 */
#ifndef KLOG_CLIENT_TXN_H
#define KLOG_CLIENT_TXN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum txn_phase {
	TXN_STARTING,		/* no producer id, or not its new epoch */
	TXN_READY,		/* between transactions */
	TXN_OPEN,
	TXN_BROKEN,		/* open, fit for an abort only */
	TXN_COMMITTING,
	TXN_ABORTING,
	TXN_DEAD		/* for good: err says why */
};

enum txn_request {
	TXN_NOTHING,
	TXN_FIND,		/* FindCoordinator: the transaction's */
	TXN_INIT,		/* InitProducerId */
	TXN_ADD_PARTITIONS,
	TXN_ADD_OFFSETS,
	TXN_FIND_GROUP,		/* FindCoordinator: the group's */
	TXN_COMMIT_OFFSETS,
	TXN_END
};

/* How far the offsets of a group are. */
enum txn_offsets { OFFSETS_NONE, OFFSETS_TO_ADD, OFFSETS_TO_COMMIT };

struct txn {
	enum txn_phase	 phase;
	bool		 found;		/* the coordinator is known */
	bool		 group_found;
	bool		 asking;	/* a request is under way */
	bool		 begun;		/* the coordinator may know of it */
	bool		 renew;		/* after the abort a new epoch */
	int		 to_add;	/* partitions that wait to be added */
	enum txn_offsets offsets;
	int		 failures;	/* in a row */
	int64_t		 retry_at;	/* nothing is due before */
	int64_t		 since;		/* of the first of them */
	int64_t		 give_up_ms;	/* after so long without an answer */
	int64_t		 contact_ms;	/* a coordinator that is there, and
					 * gives no id for so long, has failed
					 * to load; 0: it is asked on */
	int64_t		 refused_at;	/* since when it does not; -1 */
	struct kerr	 err;		/* BROKEN and DEAD: why */
	struct kerr	 trouble;	/* what is being tried again */
};

void txn_init(struct txn *t, int64_t give_up_ms);
/* The request that is to be sent now, which is then under way; TXN_NOTHING:
 * none, or not before *at (INT64_MAX: not before something changes). */
enum txn_request txn_next(struct txn *t, int64_t now, int64_t *at);
/* What it came to: e->code 0, or why not; n partitions were added. */
void txn_answered(struct txn *t, enum txn_request r, int n,
    const struct kerr *e, int64_t now);

/* READY becomes OPEN. */
void txn_begin(struct txn *t);
/* Partitions wait to be added; a group's offsets to be committed. */
void txn_add(struct txn *t, int partitions);
void txn_add_offsets(struct txn *t);
/* Whether all that was to be told before a commit has been. */
bool txn_settled(const struct txn *t);
/* OPEN becomes COMMITTING, or READY at once where nothing was added. */
void txn_commit(struct txn *t);
/* Whatever is open is to be undone. renew: batches were dropped. */
void txn_abort(struct txn *t, bool renew);
/* A batch was lost, or refused with e: only an abort is left, or nothing where
 * e says that the producer is fenced. */
void txn_break(struct txn *t, const struct kerr *e);
/* Whether e says so. */
bool txn_is_fatal(const struct kerr *e);

#endif
