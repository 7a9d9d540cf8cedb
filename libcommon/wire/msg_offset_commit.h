/*
 * msg_offset_commit.h: OffsetCommit (key 8), versions 2-9.
 */
#ifndef KLOG_WIRE_MSG_OFFSET_COMMIT_H
#define KLOG_WIRE_MSG_OFFSET_COMMIT_H

#include "wire/field.h"

struct offset_commit_request_partition {
	int32_t		partition_index;
	int64_t		committed_offset;
	int32_t		committed_leader_epoch;	/* v6+ */
	int64_t		commit_timestamp;	/* v1 */
	struct kstr	committed_metadata;
};

struct offset_commit_request_topic {
	struct kstr	name;
	KARRAY(struct offset_commit_request_partition)	partitions;
};

struct offset_commit_request {
	struct kstr	group_id;
	int32_t		generation_id_or_member_epoch;	/* v1+ */
	struct kstr	member_id;	/* v1+ */
	/* v7+; static member (KIP-345) */
	struct kstr	group_instance_id;
	int64_t		retention_time_ms;	/* v2-4 */
	KARRAY(struct offset_commit_request_topic)	topics;
};

struct offset_commit_response_partition {
	int32_t	partition_index;
	int16_t	error_code;
};

struct offset_commit_response_topic {
	struct kstr	name;
	KARRAY(struct offset_commit_response_partition)	partitions;
};

struct offset_commit_response {
	int32_t	throttle_time_ms;	/* v3+ */
	KARRAY(struct offset_commit_response_topic)	topics;
};

extern const struct kfield offset_commit_request_partition_fields[];
extern const struct kfield offset_commit_request_topic_fields[];
extern const struct kmessage offset_commit_request_msg;
extern const struct kfield offset_commit_response_partition_fields[];
extern const struct kfield offset_commit_response_topic_fields[];
extern const struct kmessage offset_commit_response_msg;

#endif
