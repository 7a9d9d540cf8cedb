/*
 * config_show.h: properties as responses show them: DescribeConfigs, and
 * CreateTopics from version 5 on. Everything lies in the arena, the image or
 * the broker's configuration.
 */
#ifndef KLOG_BROKER_CONFIG_SHOW_H
#define KLOG_BROKER_CONFIG_SHOW_H

#include "base/arena.h"
#include "config_table.h"
#include "image.h"
#include "wire/msg_create_topics.h"
#include "wire/msg_describe_configs.h"

struct show {
	const struct broker_config *base;	/* as the broker was started */
	const struct image	*im;
	int32_t			 self;		/* id of this broker */
	bool			 synonyms;
	bool			 docs;
	struct arena		*arena;
};

/* A topic's property; value NULL: it has no override. */
void show_topic(const struct show *, const struct property *,
    const char *value, struct describe_configs_response_config *out);
/* This broker's property; false where Kafka would not list it. */
bool show_broker(const struct show *, const struct property *,
    struct describe_configs_response_config *out);
/* What is set for all brokers; false where it is not. */
bool show_all_brokers(const struct show *, const struct property *,
    struct describe_configs_response_config *out);

/* The properties of a topic that is being created. */
void show_created(const struct show *,
    const struct create_topics_request_topic *,
    struct create_topics_response_topic *out);

#endif
