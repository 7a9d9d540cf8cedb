/*
 * msg_create_topics.h: CreateTopics (key 19), versions 2-7.
 */
#ifndef KLOG_WIRE_MSG_CREATE_TOPICS_H
#define KLOG_WIRE_MSG_CREATE_TOPICS_H

#include "wire/field.h"

struct create_topics_request_assignment {
	int32_t		partition_index;
	KARRAY(int32_t)	broker_ids;	/* preferred leader first */
};

struct create_topics_request_config {
	struct kstr	name;
	struct kstr	value;	/* null: the default */
};

struct create_topics_request_topic {
	struct kstr	name;
	int32_t		num_partitions;	/* -1: the broker's default (KIP-464) */
	int16_t		replication_factor;	/* -1 as well */
	/* empty: let the broker choose */
	KARRAY(struct create_topics_request_assignment)	assignments;
	KARRAY(struct create_topics_request_config)	configs;
};

struct create_topics_request {
	KARRAY(struct create_topics_request_topic)	topics;
	int32_t	timeout_ms;
	bool	validate_only;
};

struct create_topics_response_config {
	struct kstr	name;
	struct kstr	value;
	bool		read_only;
	int8_t		config_source;	/* as in msg_describe_configs.h */
	bool		is_sensitive;
};

struct create_topics_response_topic {
	struct kstr	name;
	struct kuuid	topic_id;
	int16_t		error_code;
	struct kstr	error_message;	/* null: none */
	int16_t		topic_config_error_code; /* why configs is null */
	int32_t		num_partitions;
	int16_t		replication_factor;
	/* v5+ (KIP-525); null: not to be seen */
	KARRAY(struct create_topics_response_config)	configs;
};

struct create_topics_response {
	int32_t	throttle_time_ms;
	KARRAY(struct create_topics_response_topic)	topics;
};

extern const struct kfield create_topics_request_assignment_fields[];
extern const struct kfield create_topics_request_config_fields[];
extern const struct kfield create_topics_request_topic_fields[];
extern const struct kfield create_topics_response_config_fields[];
extern const struct kfield create_topics_response_topic_fields[];
extern const struct kmessage create_topics_request_msg;
extern const struct kmessage create_topics_response_msg;

#endif
