/*
 * msg_consumer_group_heartbeat.h: ConsumerGroupHeartbeat (key 68), version 0.
 */
#ifndef KLOG_WIRE_MSG_CONSUMER_GROUP_HEARTBEAT_H
#define KLOG_WIRE_MSG_CONSUMER_GROUP_HEARTBEAT_H

#include "wire/field.h"

struct consumer_group_heartbeat_request_topic_partition {
	struct kuuid	topic_id;
	KARRAY(int32_t)	partitions;
};

struct consumer_group_heartbeat_request {
	struct kstr		group_id;
	struct kstr		member_id;
	int32_t			member_epoch;
	struct kstr		instance_id;
	struct kstr		rack_id;
	int32_t			rebalance_timeout_ms;
	KARRAY(struct kstr)	subscribed_topic_names;
	struct kstr		subscribed_topic_regex;	/* v1+ */
	struct kstr		server_assignor;
	KARRAY(struct consumer_group_heartbeat_request_topic_partition)
	    topic_partitions;
};

struct consumer_group_heartbeat_response_topic_partitions {
	struct kuuid	topic_id;
	KARRAY(int32_t)	partitions;
};

struct consumer_group_heartbeat_response_assignment {
	KARRAY(struct consumer_group_heartbeat_response_topic_partitions)
	    topic_partitions;
};

struct consumer_group_heartbeat_response {
	int32_t		throttle_time_ms;
	int16_t		error_code;
	struct kstr	error_message;
	struct kstr	member_id;
	int32_t		member_epoch;
	int32_t		heartbeat_interval_ms;
	struct consumer_group_heartbeat_response_assignment	*assignment;
};

extern const struct kfield
    consumer_group_heartbeat_request_topic_partition_fields[];
extern const struct kmessage consumer_group_heartbeat_request_msg;
extern const struct kfield
    consumer_group_heartbeat_response_topic_partitions_fields[];
extern const struct kfield
    consumer_group_heartbeat_response_assignment_fields[];
extern const struct kmessage consumer_group_heartbeat_response_msg;

#endif
