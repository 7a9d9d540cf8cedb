/*
 * config.h: what the two halves of the verb config share: config.c (operands,
 * get) and config_change.c (set, unset).
 */
#ifndef KLOG_TOPICS_CONFIG_H
#define KLOG_TOPICS_CONFIG_H

#include "topics.h"

/* The broker of that id, which is asked itself; *node stays as it is for the
 * default of all brokers, whose name is empty. KE_NOTFOUND. */
int config_node(struct topics *, const char *name, int32_t *node,
    struct kerr *e);
/* What is shown for the name of a resource. */
struct kstr config_shown(const struct topics *, struct kstr name);
/* DescribeConfigs of names [first, first + n), of the properties named or
 * all. */
int config_describe(struct topics *, int first, int n, struct reply **,
    struct kerr *);
enum exit_class topics_config_change(struct topics *);

#endif
