/*
 * held.h: a request whose answer the group coordinator has later: JoinGroup
 * and SyncGroup wait for other members. It stays on its connection's thread,
 * so that a connection that goes, or a broker that stops, need not wait.
 */
#ifndef KLOG_BROKER_HELD_H
#define KLOG_BROKER_HELD_H

#include <bsd/sys/queue.h>

#include "request.h"

struct held;

LIST_HEAD(held_list, held);

/* On the control thread, which holds r: what the coordinator calls `who`. */
struct held *held_new(struct request *r, struct kstr group);
int16_t held_version(const struct held *h);
/* The answer, a <api>_response; it leaves when what was put into the group's
 * partition is durable. h is gone for the coordinator. */
void held_answer(struct held *h, const void *rsp);
/* The coordinator was asked; r is out of its hands. */
void held_park(struct held *h);
/* The broker has stopped, no request is there any more: nobody is answered. */
void held_end(struct held_list *);

#endif
