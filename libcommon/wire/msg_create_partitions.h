/*
 * msg_create_partitions.h: CreatePartitions (key 37), versions 0-3.
 */
#ifndef KLOG_WIRE_MSG_CREATE_PARTITIONS_H
#define KLOG_WIRE_MSG_CREATE_PARTITIONS_H

#include "wire/field.h"

struct create_partitions_request_assignment {
	KARRAY(int32_t)	broker_ids;	/* of one new partition */
};

struct create_partitions_request_topic {
	struct kstr	name;
	int32_t		count;	/* new total */
	/* null: let the broker choose */
	KARRAY(struct create_partitions_request_assignment)	assignments;
};

struct create_partitions_request {
	KARRAY(struct create_partitions_request_topic)	topics;
	int32_t	timeout_ms;
	bool	validate_only;
};

struct create_partitions_response_result {
	struct kstr	name;
	int16_t		error_code;
	struct kstr	error_message;	/* null: none */
};

struct create_partitions_response {
	int32_t	throttle_time_ms;
	KARRAY(struct create_partitions_response_result)	results;
};

extern const struct kfield create_partitions_request_assignment_fields[];
extern const struct kfield create_partitions_request_topic_fields[];
extern const struct kfield create_partitions_response_result_fields[];
extern const struct kmessage create_partitions_request_msg;
extern const struct kmessage create_partitions_response_msg;

#endif
