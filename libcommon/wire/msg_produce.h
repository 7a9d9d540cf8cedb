/*
 * msg_produce.h: Produce (key 0), versions 3-11.
 *
 * Versions 0-2 carry the old message formats: advertised (KAFKA-18659), never
 * spoken.
 */
#ifndef KLOG_WIRE_MSG_PRODUCE_H
#define KLOG_WIRE_MSG_PRODUCE_H

#include "wire/field.h"

struct produce_request_partition {
	int32_t		index;
	struct krecords	records;	/* one batch, magic 2 */
};

struct produce_request_topic {
	struct kstr	name;
	KARRAY(struct produce_request_partition)	partition_data;
};

struct produce_request {
	struct kstr	transactional_id;	/* null: none */
	int16_t		acks;			/* 0, 1, -1 = all */
	int32_t		timeout_ms;
	KARRAY(struct produce_request_topic)	topic_data;
};

struct produce_response_record_error {
	int32_t		batch_index;	/* offset delta of the record */
	struct kstr	batch_index_error_message;
};

struct produce_response_current_leader {
	int32_t	leader_id;
	int32_t	leader_epoch;
};

struct produce_response_partition {
	int32_t		index;
	int16_t		error_code;
	int64_t		base_offset;		/* -1: none given */
	int64_t		log_append_time_ms;	/* -1: CreateTime */
	int64_t		log_start_offset;	/* -1: unknown */
	/* the records to blame (KIP-467) */
	KARRAY(struct produce_response_record_error)	record_errors;
	struct kstr	error_message;		/* may be null */
	struct produce_response_current_leader	current_leader;	/* KIP-951 */
};

struct produce_response_topic {
	struct kstr	name;
	KARRAY(struct produce_response_partition)	partition_responses;
};

struct produce_response_node_endpoint {
	int32_t		node_id;
	struct kstr	host;
	int32_t		port;
	struct kstr	rack;
};

struct produce_response {
	KARRAY(struct produce_response_topic)	responses;
	int32_t	throttle_time_ms;
	/* where the current leaders are (KIP-951) */
	KARRAY(struct produce_response_node_endpoint)	node_endpoints;
};

extern const struct kfield produce_request_partition_fields[];
extern const struct kfield produce_request_topic_fields[];
extern const struct kfield produce_response_record_error_fields[];
extern const struct kfield produce_response_current_leader_fields[];
extern const struct kfield produce_response_partition_fields[];
extern const struct kfield produce_response_topic_fields[];
extern const struct kfield produce_response_node_endpoint_fields[];
extern const struct kmessage produce_request_msg;
extern const struct kmessage produce_response_msg;

#endif
