/*
 * image_impl.h: the inside of an image, for image.c and image_edit.c.
 *
 * Topics hang in two tables of shards, by hash of the name and by id. Each
 * shard is a counted sorted array of counted topics, so that a change copies
 * one shard and one topic, whatever else there is. An object carries the
 * serial of the image it was made for: equal means that the edit under way
 * owns it and may write to it.
 */
#ifndef KLOG_BROKER_IMAGE_IMPL_H
#define KLOG_BROKER_IMAGE_IMPL_H

#include <stdatomic.h>

#include "config.h"
#include "image.h"

#define IMAGE_SHARDS	64

/* Replicas and in-sync replicas of a partition; never changes. */
struct image_set {
	atomic_int	refs;
	int32_t		ids[];		/* then the replicas' directories */
};

struct overrides {
	struct image_override	 *v;
	int32_t			  n;
};

/* The broker's properties in force; topics that have none of their own point
 * in. */
struct settings {
	atomic_int		  refs;
	struct broker_config	 *config;
};

struct topic {
	struct image_topic	  pub;		/* first */
	atomic_int		  refs;
	uint64_t		  serial;
	struct image_partition	 *partitions;	/* pub's, writable */
	struct settings		 *settings;	/* NULL: not settled yet */
	struct overrides	  overrides;
	struct topic_config	  config;	/* where there are overrides */
	char			  name[];
};

struct shard {
	atomic_int	  refs;
	uint64_t	  serial;
	int32_t		  n;
	struct topic	**v;
};

/* What was set for a broker while it ran. */
struct entity {
	int32_t			  id;		/* or IMAGE_ALL_BROKERS */
	struct overrides	  overrides;
};

/* Brokers, features and the like: few, so copied as a whole. */
struct cluster {
	atomic_int		  refs;
	uint64_t		  serial;
	struct image_broker	**brokers;	/* by id */
	int32_t			  n_brokers;
	struct image_feature	 *features;
	int32_t			  n_features;
	struct entity		 *entities;
	int32_t			  n_entities;
	int64_t			  next_producer_id;
};

struct image {
	atomic_int		  refs;
	uint64_t		  serial;
	int32_t			  self;		/* id of this broker */
	const struct broker_config *base;	/* what it was started with */
	struct settings		 *settings;
	int32_t			  n_topics;
	struct shard		 *by_name[IMAGE_SHARDS]; /* NULL: empty */
	struct shard		 *by_id[IMAGE_SHARDS];
	struct cluster		 *cluster;
};

unsigned int image_name_shard(struct kstr name);
unsigned int image_id_shard(const struct kuuid *);
/* Where it is, or should be; *found says which. */
int32_t shard_find_name(const struct shard *, struct kstr, bool *found);
int32_t shard_find_id(const struct shard *, const struct kuuid *,
    bool *found);
void overrides_set(struct overrides *, struct kstr name, struct kstr value);
void overrides_copy(struct overrides *to, const struct overrides *from);
void overrides_release(struct overrides *);
/* Those of a broker, made where there are none. */
struct overrides *cluster_overrides(struct cluster *, int32_t id);
/* As the image has them now, one reference. */
struct settings *settings_new(const struct image *,
    const struct broker_config *base);
struct settings *settings_ref(struct settings *);
void settings_unref(struct settings *);
void topic_settle(struct topic *, struct settings *);
void shard_unref(struct shard *);
void topic_unref(struct topic *);
void cluster_unref(struct cluster *);
void image_broker_free(struct image_broker *);
struct image_broker *image_broker_copy(const struct image_broker *);

#endif
