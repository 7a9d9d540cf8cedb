/*
 * coordinator_impl.h: between coordinator.c and held.c.
 */
#ifndef KLOG_BROKER_COORDINATOR_IMPL_H
#define KLOG_BROKER_COORDINATOR_IMPL_H

#include "held.h"
#include "journal.h"

struct broker;

int32_t coordinator_partition(const struct broker *, struct kstr group);
/* journal_wait() in its topic. */
void coordinator_wait(struct broker *, int32_t partition,
    struct journal_wait *);
/* Those whose answers it owes. */
struct held_list *coordinator_held(const struct broker *);

#endif
