/*
 * coordinator.h: the group coordinator in this broker: the state machine
 * (group.h), the topic that is its memory (journal.h), its clock. Control
 * thread only, but for coordinator_call().
 *
 * A handler hands its request over with coordinator_call(), decides between
 * coordinator_enter() and coordinator_leave(), and answers through
 * coordinator_settle() where the answer rests on records that were just put.
 */
#ifndef KLOG_BROKER_COORDINATOR_H
#define KLOG_BROKER_COORDINATOR_H

#include "group.h"

struct broker;
struct coordinator;
struct image;
struct places;
struct request;

struct coordinator *coordinator_new(struct broker *);
/* After the pool has ended. */
void coordinator_free(struct coordinator *);

/* The metadata that is durable changed; pl says where, NULL: everything, at
 * the start. */
void coordinator_changed(struct broker *, const struct image *,
    const struct places *pl);

/* From r's I/O thread: then(r, errors) runs on the control thread when the
 * partitions of all these groups are loaded. An error each: 0, 15, 16. Groups
 * borrow from r. */
void coordinator_call(struct request *r, const struct kstr *groups, int32_t n,
    void (*then)(struct request *, int16_t *errors));
/* Control thread: the same when all that was put into them is durable. */
void coordinator_settle(struct request *r, const struct kstr *groups,
    int32_t n, void (*then)(struct request *, int16_t *errors));

/* The same for one group, where then() only answers: it may run on r's I/O
 * thread. */
void coordinator_answer(struct request *r, const struct kstr *group,
    void (*then)(struct request *, int16_t *errors));

/* The machine, its clock set; and the end of what is asked of it. */
struct groups *coordinator_enter(struct broker *);
void coordinator_leave(struct broker *);
/* Whether some of it is not there yet. */
bool coordinator_loading(const struct broker *);

/* Whether groups may be of the consumer protocol (KIP-848). Any thread. */
bool coordinator_consumer_protocol(const struct broker *);

/* Makes the topic where there is none; then done(r, 0 or 15). */
void coordinator_need(struct request *r,
    void (*done)(struct request *, int16_t error));

/* A marker of that producer was written to that partition of
 * `__consumer_offsets`, and is durable. */
void coordinator_txn_end(struct broker *, int32_t partition,
    int64_t producer_id, bool commit);

#endif
