/*
 * msg_describe_producers.h: DescribeProducers (key 61), version 0.
 */
#ifndef KLOG_WIRE_MSG_DESCRIBE_PRODUCERS_H
#define KLOG_WIRE_MSG_DESCRIBE_PRODUCERS_H

#include "wire/field.h"

struct describe_producers_request_topic {
	struct kstr	name;
	KARRAY(int32_t)	partition_indexes;
};

struct describe_producers_request {
	KARRAY(struct describe_producers_request_topic)	topics;
};

struct describe_producers_response_active_producer {
	int64_t	producer_id;
	int32_t	producer_epoch;
	int32_t	last_sequence;
	int64_t	last_timestamp;
	int32_t	coordinator_epoch;
	int64_t	current_txn_start_offset;
};

struct describe_producers_response_partition {
	int32_t		partition_index;
	int16_t		error_code;
	struct kstr	error_message;
	KARRAY(struct describe_producers_response_active_producer)
	    active_producers;
};

struct describe_producers_response_topic {
	struct kstr	name;
	KARRAY(struct describe_producers_response_partition)	partitions;
};

struct describe_producers_response {
	int32_t	throttle_time_ms;
	KARRAY(struct describe_producers_response_topic)	topics;
};

extern const struct kfield describe_producers_request_topic_fields[];
extern const struct kmessage describe_producers_request_msg;
extern const struct kfield describe_producers_response_active_producer_fields[];
extern const struct kfield describe_producers_response_partition_fields[];
extern const struct kfield describe_producers_response_topic_fields[];
extern const struct kmessage describe_producers_response_msg;

#endif
