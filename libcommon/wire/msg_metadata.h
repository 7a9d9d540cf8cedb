/*
 * msg_metadata.h: Metadata (key 3), versions 0-12.
 */
#ifndef KLOG_WIRE_MSG_METADATA_H
#define KLOG_WIRE_MSG_METADATA_H

#include "wire/field.h"

struct metadata_request_topic {
	struct kuuid	topic_id;
	struct kstr	name;	/* null: by id */
};

struct metadata_request {
	/* null: all; in v0 empty is all */
	KARRAY(struct metadata_request_topic)	topics;
	bool	allow_auto_topic_creation;	/* before v4: always */
	bool	include_cluster_authorized_operations;	/* KIP-430 */
	bool	include_topic_authorized_operations;
};

struct metadata_response_broker {
	int32_t		node_id;
	struct kstr	host;
	int32_t		port;
	struct kstr	rack;	/* may be null */
};

struct metadata_response_partition {
	int16_t		error_code;
	int32_t		partition_index;
	int32_t		leader_id;	/* -1: none */
	int32_t		leader_epoch;	/* KIP-320 */
	KARRAY(int32_t)	replica_nodes;	/* preferred leader first */
	KARRAY(int32_t)	isr_nodes;
	KARRAY(int32_t)	offline_replicas;
};

struct metadata_response_topic {
	int16_t		error_code;
	struct kstr	name;	/* null: asked by id, unknown */
	struct kuuid	topic_id;
	bool		is_internal;
	KARRAY(struct metadata_response_partition)	partitions;
	/* bits, or INT32_MIN: not asked for (KIP-430) */
	int32_t		topic_authorized_operations;
};

struct metadata_response {
	int32_t		throttle_time_ms;
	KARRAY(struct metadata_response_broker)	brokers;
	struct kstr	cluster_id;	/* null: none */
	int32_t		controller_id;	/* -1: none */
	KARRAY(struct metadata_response_topic)	topics;
	int32_t		cluster_authorized_operations;	/* v8-10, likewise */
};

extern const struct kfield metadata_request_topic_fields[];
extern const struct kfield metadata_response_broker_fields[];
extern const struct kfield metadata_response_partition_fields[];
extern const struct kfield metadata_response_topic_fields[];
extern const struct kmessage metadata_request_msg;
extern const struct kmessage metadata_response_msg;

#endif
