/*
 * shared_config.h: the configuration of a topic, kept once for its partitions
 * and for those of other topics that have the same: of ten thousand partitions
 * it would else be the greater part of what each costs.
 */
#ifndef KLOG_BROKER_SHARED_CONFIG_H
#define KLOG_BROKER_SHARED_CONFIG_H

#include "config.h"

struct logdir;

/* A reference to a copy, which never changes; the copy that was made last is
 * given again where it is equal. */
const struct topic_config *shared_config(struct logdir *,
    const struct topic_config *);
void shared_config_unref(struct logdir *, const struct topic_config *);

#endif
