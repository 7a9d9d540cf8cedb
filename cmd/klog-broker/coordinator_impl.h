/*
 * coordinator_impl.h: between coordinator.c and held.c.
 */
#ifndef KLOG_BROKER_COORDINATOR_IMPL_H
#define KLOG_BROKER_COORDINATOR_IMPL_H

#include "journal.h"

struct broker;

int32_t coordinator_partition(const struct broker *, struct kstr group);
/* journal_wait() in its topic. */
void coordinator_wait(struct broker *, int32_t partition,
    struct journal_wait *);

#endif
