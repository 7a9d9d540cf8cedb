/*
 * msg_group_records.h: the records of __consumer_offsets. A key begins with its
 * type, a value with its version (both int16), which stand before the body.
 */
#ifndef KLOG_WIRE_MSG_GROUP_RECORDS_H
#define KLOG_WIRE_MSG_GROUP_RECORDS_H

#include "wire/field.h"

struct offset_commit_key {
	struct kstr	group;
	struct kstr	topic;
	int32_t		partition;
};

struct offset_commit_value {
	int64_t		offset;
	int32_t		leader_epoch;	/* v3+ */
	struct kstr	metadata;
	int64_t		commit_timestamp;
	int64_t		expire_timestamp;	/* v1 */
};

struct group_metadata_key {
	struct kstr	group;
};

struct group_metadata_value_member_metadata {
	struct kstr	member_id;
	/* v3+; static member (KIP-345) */
	struct kstr	group_instance_id;
	struct kstr	client_id;
	struct kstr	client_host;
	int32_t		rebalance_timeout;	/* v1+ */
	int32_t		session_timeout;
	struct kbytes	subscription;
	struct kbytes	assignment;
};

struct group_metadata_value {
	struct kstr	protocol_type;
	int32_t		generation;
	struct kstr	protocol;
	struct kstr	leader;
	int64_t		current_state_timestamp;	/* v2+ */
	KARRAY(struct group_metadata_value_member_metadata)	members;
};

struct consumer_group_metadata_key {
	struct kstr	group_id;
};

struct consumer_group_metadata_value {
	int32_t	epoch;
};

struct consumer_group_partition_metadata_key {
	struct kstr	group_id;
};

struct consumer_group_partition_racks {
	int32_t			partition;
	KARRAY(struct kstr)	racks;
};

struct consumer_group_partition_metadata_value_topic {
	struct kuuid	topic_id;
	struct kstr	topic_name;
	int32_t		num_partitions;
	KARRAY(struct consumer_group_partition_racks)	partition_metadata;
};

struct consumer_group_partition_metadata_value {
	KARRAY(struct consumer_group_partition_metadata_value_topic)	topics;
};

struct consumer_group_member_metadata_key {
	struct kstr	group_id;
	struct kstr	member_id;
};

struct consumer_group_member_metadata_value_supported_protocol {
	struct kstr	name;
	struct kbytes	metadata;
};

struct consumer_group_member_metadata_value_classic_member_metadata {
	int32_t	session_timeout_ms;
	KARRAY(struct consumer_group_member_metadata_value_supported_protocol)
	    supported_protocols;
};

struct consumer_group_member_metadata_value {
	struct kstr		instance_id;
	struct kstr		rack_id;
	struct kstr		client_id;
	struct kstr		client_host;
	KARRAY(struct kstr)	subscribed_topic_names;
	struct kstr		subscribed_topic_regex;
	int32_t			rebalance_timeout_ms;
	struct kstr		server_assignor;
	struct consumer_group_member_metadata_value_classic_member_metadata
	    *classic_member_metadata;
};

struct consumer_group_target_assignment_metadata_key {
	struct kstr	group_id;
};

struct consumer_group_target_assignment_metadata_value {
	int32_t	assignment_epoch;
};

struct consumer_group_target_assignment_member_key {
	struct kstr	group_id;
	struct kstr	member_id;
};

struct consumer_group_target_partitions {
	struct kuuid	topic_id;
	KARRAY(int32_t)	partitions;
};

struct consumer_group_target_assignment_member_value {
	KARRAY(struct consumer_group_target_partitions)	topic_partitions;
};

struct consumer_group_current_member_assignment_key {
	struct kstr	group_id;
	struct kstr	member_id;
};

struct consumer_group_current_partitions {
	struct kuuid	topic_id;
	KARRAY(int32_t)	partitions;
};

struct consumer_group_current_member_assignment_value {
	int32_t	member_epoch;
	int32_t	previous_member_epoch;
	int8_t	state;
	KARRAY(struct consumer_group_current_partitions)
	    assigned_partitions;
	KARRAY(struct consumer_group_current_partitions)
	    partitions_pending_revocation;
};

extern const struct kmessage offset_commit_key_msg;
extern const struct kmessage offset_commit_value_msg;
extern const struct kmessage group_metadata_key_msg;
extern const struct kfield group_metadata_value_member_metadata_fields[];
extern const struct kmessage group_metadata_value_msg;
extern const struct kmessage consumer_group_metadata_key_msg;
extern const struct kmessage consumer_group_metadata_value_msg;
extern const struct kmessage consumer_group_partition_metadata_key_msg;
extern const struct kfield consumer_group_partition_racks_fields[];
extern const struct kfield
    consumer_group_partition_metadata_value_topic_fields[];
extern const struct kmessage consumer_group_partition_metadata_value_msg;
extern const struct kmessage consumer_group_member_metadata_key_msg;
extern const struct kfield
    consumer_group_member_metadata_value_supported_protocol_fields[];
extern const struct kfield
    consumer_group_member_metadata_value_classic_member_metadata_fields[];
extern const struct kmessage consumer_group_member_metadata_value_msg;
extern const struct kmessage consumer_group_target_assignment_metadata_key_msg;
extern const struct kmessage
    consumer_group_target_assignment_metadata_value_msg;
extern const struct kmessage consumer_group_target_assignment_member_key_msg;
extern const struct kfield consumer_group_target_partitions_fields[];
extern const struct kmessage consumer_group_target_assignment_member_value_msg;
extern const struct kmessage consumer_group_current_member_assignment_key_msg;
extern const struct kfield consumer_group_current_partitions_fields[];
extern const struct kmessage consumer_group_current_member_assignment_value_msg;

#endif
