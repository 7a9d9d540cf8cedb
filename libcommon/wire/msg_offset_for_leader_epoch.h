/*
 * msg_offset_for_leader_epoch.h: OffsetForLeaderEpoch (key 23), versions 2-4.
 */
#ifndef KLOG_WIRE_MSG_OFFSET_FOR_LEADER_EPOCH_H
#define KLOG_WIRE_MSG_OFFSET_FOR_LEADER_EPOCH_H

#include "wire/field.h"

struct offset_for_leader_epoch_request_partition {
	int32_t	partition;
	/* of the asker, -1: not known (KIP-320) */
	int32_t	current_leader_epoch;
	int32_t	leader_epoch;
};

struct offset_for_leader_epoch_request_topic {
	struct kstr	topic;
	KARRAY(struct offset_for_leader_epoch_request_partition)
		partitions;
};

struct offset_for_leader_epoch_request {
	int32_t	replica_id;	/* -1 consumer, -2 debugging */
	KARRAY(struct offset_for_leader_epoch_request_topic)	topics;
};

struct offset_for_leader_epoch_response_partition {
	int16_t	error_code;
	int32_t	partition;
	int32_t	leader_epoch;	/* the largest not above it */
	int64_t	end_offset;	/* where that ends; -1: unknown */
};

struct offset_for_leader_epoch_response_topic {
	struct kstr	topic;
	KARRAY(struct offset_for_leader_epoch_response_partition)
		partitions;
};

struct offset_for_leader_epoch_response {
	int32_t	throttle_time_ms;
	KARRAY(struct offset_for_leader_epoch_response_topic)	topics;
};

extern const struct kfield offset_for_leader_epoch_request_partition_fields[];
extern const struct kfield offset_for_leader_epoch_request_topic_fields[];
extern const struct kfield offset_for_leader_epoch_response_partition_fields[];
extern const struct kfield offset_for_leader_epoch_response_topic_fields[];
extern const struct kmessage offset_for_leader_epoch_request_msg;
extern const struct kmessage offset_for_leader_epoch_response_msg;

#endif
