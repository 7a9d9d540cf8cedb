/*
 * topic_configs.h: properties as responses show them: DescribeConfigs, and
 * CreateTopics from version 5 on.
 */
#ifndef KLOG_BROKER_TOPIC_CONFIGS_H
#define KLOG_BROKER_TOPIC_CONFIGS_H

#include "base/arena.h"
#include "config.h"
#include "wire/msg_create_topics.h"

/* The properties of a topic that is being created. */
void topic_configs_created(const struct broker_config *,
    const struct create_topics_request_topic *, struct arena *,
    struct create_topics_response_topic *out);

#endif
