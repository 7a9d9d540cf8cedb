/*
 * msg_list_offsets.h: ListOffsets (key 2), versions 1-9.
 */
#ifndef KLOG_WIRE_MSG_LIST_OFFSETS_H
#define KLOG_WIRE_MSG_LIST_OFFSETS_H

#include "wire/field.h"

/* Times that stand for a place, as asked for in timestamp. */
enum list_offsets_time {
	OFFSETS_LATEST = -1,		/* last stable for read_committed */
	OFFSETS_EARLIEST = -2,
	OFFSETS_MAX_TIMESTAMP = -3,	/* v7+ (KIP-734) */
	OFFSETS_EARLIEST_LOCAL = -4,	/* v8+ (KIP-405) */
	OFFSETS_LATEST_TIERED = -5	/* v9+ (KIP-1005) */
};

struct list_offsets_request_partition {
	int32_t	partition_index;
	int32_t	current_leader_epoch;	/* -1: not checked */
	int64_t	timestamp;		/* ms, or enum list_offsets_time */
	int32_t	max_num_offsets;	/* v0, never sent */
};

struct list_offsets_request_topic {
	struct kstr	name;
	KARRAY(struct list_offsets_request_partition)	partitions;
};

struct list_offsets_request {
	int32_t	replica_id;		/* -1: a consumer */
	int8_t	isolation_level;	/* 1 = read_committed */
	KARRAY(struct list_offsets_request_topic)	topics;
};

struct list_offsets_response_partition {
	int32_t		partition_index;
	int16_t		error_code;
	KARRAY(int64_t)	old_style_offsets;	/* v0, never sent */
	int64_t		timestamp;		/* -1: none */
	int64_t		offset;			/* -1: none */
	int32_t		leader_epoch;
};

struct list_offsets_response_topic {
	struct kstr	name;
	KARRAY(struct list_offsets_response_partition)	partitions;
};

struct list_offsets_response {
	int32_t	throttle_time_ms;
	KARRAY(struct list_offsets_response_topic)	topics;
};

extern const struct kfield list_offsets_request_partition_fields[];
extern const struct kfield list_offsets_request_topic_fields[];
extern const struct kfield list_offsets_response_partition_fields[];
extern const struct kfield list_offsets_response_topic_fields[];
extern const struct kmessage list_offsets_request_msg;
extern const struct kmessage list_offsets_response_msg;

#endif
