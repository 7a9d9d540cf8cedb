/*
 * msg_offset_delete.h: OffsetDelete (key 47), version 0.
 */
#ifndef KLOG_WIRE_MSG_OFFSET_DELETE_H
#define KLOG_WIRE_MSG_OFFSET_DELETE_H

#include "wire/field.h"

struct offset_delete_request_partition {
	int32_t	partition_index;
};

struct offset_delete_request_topic {
	struct kstr	name;
	KARRAY(struct offset_delete_request_partition)	partitions;
};

struct offset_delete_request {
	struct kstr	group_id;
	KARRAY(struct offset_delete_request_topic)	topics;
};

struct offset_delete_response_partition {
	int32_t	partition_index;
	int16_t	error_code;
};

struct offset_delete_response_topic {
	struct kstr	name;
	KARRAY(struct offset_delete_response_partition)	partitions;
};

struct offset_delete_response {
	int16_t	error_code;
	int32_t	throttle_time_ms;
	KARRAY(struct offset_delete_response_topic)	topics;
};

extern const struct kfield offset_delete_request_partition_fields[];
extern const struct kfield offset_delete_request_topic_fields[];
extern const struct kmessage offset_delete_request_msg;
extern const struct kfield offset_delete_response_partition_fields[];
extern const struct kfield offset_delete_response_topic_fields[];
extern const struct kmessage offset_delete_response_msg;

#endif
