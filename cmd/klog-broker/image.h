/*
 * image.h: the metadata image: what applying the metadata log gives. An image
 * never changes and is counted; a new one shares all that stayed the same
 * with the one before. I/O threads answer from the current image
 * (request_image()) and reach partitions through it.
 *
 * Topics are counted too and hold a reference on each local partition
 * (partition.h), so a partition lives as long as an image that shows it.
 */
#ifndef KLOG_BROKER_IMAGE_H
#define KLOG_BROKER_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/types.h"

struct broker_config;
struct image;
struct image_set;
struct partition;
struct topic_config;

struct image_partition {
	int32_t		  leader;		/* node id, -1 = none */
	int32_t		  leader_epoch;
	int32_t		  partition_epoch;
	int32_t		  n_replicas, n_isr;
	const int32_t	 *replicas;
	const int32_t	 *isr;
	const struct kuuid *directories;	/* one a replica (KIP-858) */
	struct image_set *set;		/* where those lie; image.c's */
	struct partition *local;	/* ours; NULL where not on this broker
					 * or its directory failed to open */
};

struct image_topic {
	struct kstr	 name;
	struct kuuid	 id;
	bool		 internal;	/* __consumer_offsets and the like */
	int32_t		 n;		/* partitions 0..n-1 */
	const struct image_partition *partitions;
	const struct topic_config *config;	/* overrides over defaults */
};

struct image_override {
	char	*name;
	char	*value;
};

/* What a topic's own properties are, beside those in force. */
const struct image_override *image_overrides(const struct image_topic *,
    int32_t *n);

/* What was set for a broker while it ran (KIP-226). */
#define IMAGE_ALL_BROKERS	(-1)	/* as id: for every one */
const struct image_override *image_broker_overrides(const struct image *,
    int32_t id, int32_t *n);
/* This broker's properties in force, borrowed from the image. */
const struct broker_config *image_config(const struct image *);

struct image_endpoint {
	char		*name;		/* of the listener, e.g. PLAINTEXT */
	char		*host;
	int32_t		 port;
	int16_t		 protocol;
};

struct image_broker {
	int32_t		 id;
	int64_t		 epoch;
	struct kuuid	 incarnation;
	bool		 fenced;
	char		*rack;		/* or NULL */
	struct image_endpoint *endpoints;
	int32_t		 n_endpoints;
	struct kuuid	*log_dirs;
	int32_t		 n_log_dirs;
};

struct image_feature {
	char	*name;
	int16_t	 level;
};

struct image *image_ref(const struct image *);
void image_unref(const struct image *);	/* NULL is fine */

/* NULL where there is none. Borrowed from the image. */
const struct image_topic *image_topic(const struct image *, struct kstr name);
/* A topic of that name, or one that differs from it in having '.' for '_' or
 * the other way round. */
const struct image_topic *image_namesake(const struct image *,
    struct kstr name);
const struct image_topic *image_topic_by_id(const struct image *,
    const struct kuuid *);
/* NULL where the index is out of range. */
const struct image_partition *image_partition(const struct image_topic *,
    int32_t index);
bool image_has_partition(const struct image *, struct kstr topic,
    int32_t index);

/* All of them, by ascending id. */
const struct image_broker *const *image_brokers(const struct image *,
    int32_t *n);
const struct image_feature *image_features(const struct image *, int32_t *n);
int64_t image_next_producer_id(const struct image *);
int32_t image_topic_count(const struct image *);

/* Every topic, in no order: zero the iterator first; NULL at the end. */
struct image_iter {
	int	shard;
	int	at;
};

const struct image_topic *image_next(const struct image *,
    struct image_iter *);

#endif
