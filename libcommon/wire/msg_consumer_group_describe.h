/*
 * msg_consumer_group_describe.h: ConsumerGroupDescribe (key 69), version 0.
 */
#ifndef KLOG_WIRE_MSG_CONSUMER_GROUP_DESCRIBE_H
#define KLOG_WIRE_MSG_CONSUMER_GROUP_DESCRIBE_H

#include "wire/field.h"

struct consumer_group_describe_request {
	KARRAY(struct kstr)	group_ids;
	bool			include_authorized_operations;
};

struct consumer_group_describe_response_topic_partitions {
	struct kuuid	topic_id;
	struct kstr	topic_name;
	KARRAY(int32_t)	partitions;
};

struct consumer_group_describe_response_assignment {
	KARRAY(struct consumer_group_describe_response_topic_partitions)
	    topic_partitions;
};

struct consumer_group_describe_response_member {
	struct kstr		member_id;
	struct kstr		instance_id;
	struct kstr		rack_id;
	int32_t			member_epoch;
	struct kstr		client_id;
	struct kstr		client_host;
	KARRAY(struct kstr)	subscribed_topic_names;
	struct kstr		subscribed_topic_regex;
	struct consumer_group_describe_response_assignment	assignment;
	struct consumer_group_describe_response_assignment
	    target_assignment;
	int8_t			member_type;	/* v1+; 0 classic (KIP-1099) */
};

struct consumer_group_describe_response_group {
	int16_t		error_code;
	struct kstr	error_message;
	struct kstr	group_id;
	struct kstr	group_state;
	int32_t		group_epoch;
	int32_t		assignment_epoch;
	struct kstr	assignor_name;
	KARRAY(struct consumer_group_describe_response_member)	members;
	int32_t		authorized_operations;
};

struct consumer_group_describe_response {
	int32_t	throttle_time_ms;
	KARRAY(struct consumer_group_describe_response_group)	groups;
};

extern const struct kmessage consumer_group_describe_request_msg;
extern const struct kfield
    consumer_group_describe_response_topic_partitions_fields[];
extern const struct kfield consumer_group_describe_response_assignment_fields[];
extern const struct kfield consumer_group_describe_response_member_fields[];
extern const struct kfield consumer_group_describe_response_group_fields[];
extern const struct kmessage consumer_group_describe_response_msg;

#endif
