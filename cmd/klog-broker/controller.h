/*
 * controller.h: what the embedded controller decides: pure functions of an
 * image and a request. They append the records that make it so and fill the
 * response in; nothing happens until the records are durable (control.h).
 * Error codes and messages are Apache Kafka's. Responses lie in the arena.
 */
#ifndef KLOG_BROKER_CONTROLLER_H
#define KLOG_BROKER_CONTROLLER_H

#include "base/arena.h"
#include "base/sys.h"
#include "config.h"
#include "image.h"
#include "records.h"
#include "wire/msg_create_partitions.h"
#include "wire/msg_create_topics.h"
#include "wire/msg_delete_topics.h"

#define PRODUCER_ID_BLOCK	1000

struct controller {
	const struct sys		*sys;
	const struct broker_config	*config;
	int32_t				 node_id;
	struct kuuid			 directory_id;
};

void controller_create_topics(const struct controller *, const struct image *,
    const struct create_topics_request *, struct arena *,
    struct create_topics_response *, struct records *);
/* Names and ids alike; version for what older ones must not be told. */
void controller_delete_topics(const struct controller *, const struct image *,
    const struct delete_topics_request *, int16_t version, struct arena *,
    struct delete_topics_response *, struct records *);
void controller_create_partitions(const struct controller *,
    const struct image *, const struct create_partitions_request *,
    struct arena *, struct create_partitions_response *, struct records *);

/* A block of PRODUCER_ID_BLOCK ids; returns the first. */
int64_t controller_producer_ids(const struct controller *,
    const struct image *, struct records *);
/* The first records of a new cluster of this one broker. */
void controller_bootstrap(const struct controller *, struct records *);
/* What a start brings: this broker leads what has no leader (as Apache Kafka
 * leaves it at its stop) and is in sync; after an unclean stop, what it leads
 * already gets a new leader epoch. */
void controller_elect(const struct controller *, const struct image *,
    bool unclean, struct records *);

/* 0 or 17 with a text (static or in the arena). */
int16_t controller_check_name(struct kstr name, struct arena *,
    const char **why);

#endif
