/*
 * txn_coordinator_impl.h: the inside of the transaction coordinator's place in
 * the broker, for txn_coordinator.c and txn_marking.c.
 */
#ifndef KLOG_BROKER_TXN_COORDINATOR_IMPL_H
#define KLOG_BROKER_TXN_COORDINATOR_IMPL_H

#include <bsd/sys/queue.h>

#include "net/loop.h"
#include "txn_coordinator.h"

struct journal;
struct txn_marker;
struct txn_marks;

struct txn_coordinator {
	struct broker	  *broker;
	struct journal	  *journal;
	struct txns	  *txns;
	struct loop_timer  timer;
	int64_t		   due;		/* when it fires; INT64_MAX: never */
	LIST_HEAD(, marking) markings;	/* under way */
	LIST_HEAD(, written) written;	/* records under way */
	char		   segment_bytes[16], min_isr[16];
	const char	  *configs[12];
};

/* Writes the transaction's markers, and tells its state machine; arg is the
 * coordinator. */
void txn_marking_start(void *arg, const struct txn_marker *k,
    struct txn_marks *who);
/* Gives up what is under way. */
void txn_marking_end(struct txn_coordinator *);

#endif
