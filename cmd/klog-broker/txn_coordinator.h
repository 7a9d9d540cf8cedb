/*
 * txn_coordinator.h: the transaction coordinator in this broker: the state
 * machine (txn.h), the topic that is its memory (journal.h), its markers
 * (markers.h), its clock. Control thread only, but for
 * txn_coordinator_call().
 */
#ifndef KLOG_BROKER_TXN_COORDINATOR_H
#define KLOG_BROKER_TXN_COORDINATOR_H

#include "txn.h"

struct broker;
struct image;
struct places;
struct request;
struct txn_coordinator;

struct txn_coordinator *txn_coordinator_new(struct broker *);
/* After the pool has ended. */
void txn_coordinator_free(struct txn_coordinator *);

/* The metadata that is durable changed; pl says where, NULL: everything, at
 * the start. */
void txn_coordinator_changed(struct broker *, const struct image *,
    const struct places *pl);

/* From r's I/O thread: then(r, error) runs on the control thread when the
 * partition of that transactional id is loaded: 0, 15, 16. */
void txn_coordinator_call(struct request *r, struct kstr id,
    void (*then)(struct request *, int16_t error));
/* The same from the control thread. */
void txn_coordinator_ask(struct request *r, struct kstr id,
    void (*then)(struct request *, int16_t error));

/* The machine, its clock set; and the end of what is asked of it. */
struct txns *txn_coordinator_enter(struct broker *);
void txn_coordinator_leave(struct broker *);
/* Whether some of it is not there yet. */
bool txn_coordinator_loading(const struct broker *);

/* Makes the topic where there is none; then done(r, 0 or 15). */
void txn_coordinator_need(struct request *r,
    void (*done)(struct request *, int16_t error));

#endif
