/*
 * msg_offset_fetch.h: OffsetFetch (key 9), versions 1-9.
 */
#ifndef KLOG_WIRE_MSG_OFFSET_FETCH_H
#define KLOG_WIRE_MSG_OFFSET_FETCH_H

#include "wire/field.h"

struct offset_fetch_request_topic {
	struct kstr	name;
	KARRAY(int32_t)	partition_indexes;
};

struct offset_fetch_request_group_topic {
	struct kstr	name;
	KARRAY(int32_t)	partition_indexes;
};

struct offset_fetch_request_group {
	struct kstr	group_id;
	struct kstr	member_id;	/* v9+ */
	int32_t		member_epoch;	/* v9+ */
	KARRAY(struct offset_fetch_request_group_topic)	topics;
};

struct offset_fetch_request {
	struct kstr	group_id;	/* v0-7 */
	KARRAY(struct offset_fetch_request_topic)	topics;	/* v0-7 */
	KARRAY(struct offset_fetch_request_group)	groups;	/* v8+ */
	/* v7+; 88 while a transaction is open (KIP-447) */
	bool		require_stable;
};

struct offset_fetch_response_partition {
	int32_t		partition_index;
	int64_t		committed_offset;
	int32_t		committed_leader_epoch;	/* v5-7 */
	struct kstr	metadata;
	int16_t		error_code;
};

struct offset_fetch_response_topic {
	struct kstr	name;
	KARRAY(struct offset_fetch_response_partition)	partitions;
};

struct offset_fetch_response_group_topic_partition {
	int32_t		partition_index;
	int64_t		committed_offset;
	int32_t		committed_leader_epoch;
	struct kstr	metadata;
	int16_t		error_code;
};

struct offset_fetch_response_group_topic {
	struct kstr	name;
	KARRAY(struct offset_fetch_response_group_topic_partition)
	    partitions;
};

struct offset_fetch_response_group {
	struct kstr	group_id;
	KARRAY(struct offset_fetch_response_group_topic)	topics;
	int16_t		error_code;
};

struct offset_fetch_response {
	int32_t	throttle_time_ms;	/* v3+ */
	KARRAY(struct offset_fetch_response_topic)	topics;	/* v0-7 */
	int16_t	error_code;	/* v2-7 */
	KARRAY(struct offset_fetch_response_group)	groups;	/* v8+ */
};

extern const struct kfield offset_fetch_request_topic_fields[];
extern const struct kfield offset_fetch_request_group_topic_fields[];
extern const struct kfield offset_fetch_request_group_fields[];
extern const struct kmessage offset_fetch_request_msg;
extern const struct kfield offset_fetch_response_partition_fields[];
extern const struct kfield offset_fetch_response_topic_fields[];
extern const struct kfield offset_fetch_response_group_topic_partition_fields[];
extern const struct kfield offset_fetch_response_group_topic_fields[];
extern const struct kfield offset_fetch_response_group_fields[];
extern const struct kmessage offset_fetch_response_msg;

#endif
