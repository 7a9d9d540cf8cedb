/*
 * api.h: the APIs of Kafka's protocol and the versions of them spoken here.
 */
#ifndef KLOG_WIRE_API_H
#define KLOG_WIRE_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/field.h"

enum kapi_key {
	API_PRODUCE = 0,
	API_FETCH = 1,
	API_LIST_OFFSETS = 2,
	API_METADATA = 3,
	API_OFFSET_COMMIT = 8,
	API_OFFSET_FETCH = 9,
	API_FIND_COORDINATOR = 10,
	API_JOIN_GROUP = 11,
	API_HEARTBEAT = 12,
	API_LEAVE_GROUP = 13,
	API_SYNC_GROUP = 14,
	API_DESCRIBE_GROUPS = 15,
	API_LIST_GROUPS = 16,
	API_VERSIONS = 18,
	API_CREATE_TOPICS = 19,
	API_DELETE_TOPICS = 20,
	API_DELETE_RECORDS = 21,
	API_INIT_PRODUCER_ID = 22,
	API_OFFSET_FOR_LEADER_EPOCH = 23,
	API_ADD_PARTITIONS_TO_TXN = 24,
	API_ADD_OFFSETS_TO_TXN = 25,
	API_END_TXN = 26,
	API_WRITE_TXN_MARKERS = 27,
	API_TXN_OFFSET_COMMIT = 28,
	API_DESCRIBE_CONFIGS = 32,
	API_ALTER_CONFIGS = 33,
	API_ALTER_REPLICA_LOG_DIRS = 34,
	API_DESCRIBE_LOG_DIRS = 35,
	API_CREATE_PARTITIONS = 37,
	API_DELETE_GROUPS = 42,
	API_INCREMENTAL_ALTER_CONFIGS = 44,
	API_OFFSET_DELETE = 47,
	API_DESCRIBE_CLUSTER = 60,
	API_DESCRIBE_PRODUCERS = 61,
	API_DESCRIBE_TRANSACTIONS = 65,
	API_LIST_TRANSACTIONS = 66,
	API_CONSUMER_GROUP_HEARTBEAT = 68,
	API_CONSUMER_GROUP_DESCRIBE = 69,
	API_LIST_CLIENT_METRICS_RESOURCES = 74,
};

struct kapi {
	int16_t			 key;
	int16_t			 min;	/* versions that can be en-/decoded */
	int16_t			 max;
	/* What a broker says it has. Below min is refused all the same, but
	 * librdkafka looks for it before it compresses. */
	int16_t			 advertised_min;
	int16_t			 flex;	/* first flexible version */
	const char		*name;	/* Kafka's, e.g. "ListOffsets" */
	const struct kmessage	*req;
	const struct kmessage	*rsp;
};

/* NULL for a key that is not spoken here. */
const struct kapi *kapi_get(int16_t key);
/* All of them, in ascending order of their keys. */
const struct kapi *kapi_all(size_t *n);
/* Kafka's name of any key, spoken or not; "?" where there is none. */
const char *kapi_name(int16_t key);

static inline bool
kapi_has(const struct kapi *api, int16_t version)
{
	return version >= api->min && version <= api->max;
}

/* The highest version that both sides speak, or -1. */
static inline int16_t
kapi_pick(const struct kapi *api, int16_t peer_min, int16_t peer_max)
{
	int16_t v = api->max < peer_max ? api->max : peer_max;

	return v >= api->min && v >= peer_min ? v : -1;
}

#endif
