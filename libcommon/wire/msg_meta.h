/*
 * msg_meta.h: the records of the metadata log, __cluster_metadata-0 (KRaft).
 *
 * meta.h has their frame: how they lie in the value of a record.
 */
#ifndef KLOG_WIRE_MSG_META_H
#define KLOG_WIRE_MSG_META_H

#include "wire/field.h"

enum meta_type {
	META_REGISTER_BROKER = 0,
	META_UNREGISTER_BROKER = 1,
	META_TOPIC = 2,
	META_PARTITION = 3,
	META_CONFIG = 4,
	META_PARTITION_CHANGE = 5,
	META_FENCE_BROKER = 7,
	META_UNFENCE_BROKER = 8,
	META_REMOVE_TOPIC = 9,
	META_FEATURE_LEVEL = 12,
	META_PRODUCER_IDS = 15,
	META_BROKER_REGISTRATION_CHANGE = 17,
	META_NO_OP = 20,
	META_ZK_MIGRATION_STATE = 21,
	META_BEGIN_TRANSACTION = 23,
	META_END_TRANSACTION = 24,
	META_ABORT_TRANSACTION = 25,
	META_REGISTER_CONTROLLER = 27
};

struct register_broker_record_endpoint {
	struct kstr	name;
	struct kstr	host;
	uint16_t	port;
	int16_t		security_protocol;
};

struct register_broker_record_feature {
	struct kstr	name;
	int16_t		min_supported_version;
	int16_t		max_supported_version;
};

struct register_broker_record {
	int32_t			broker_id;
	bool			is_migrating_zk_broker;
	struct kuuid		incarnation_id;
	int64_t			broker_epoch;
	KARRAY(struct register_broker_record_endpoint)	end_points;
	KARRAY(struct register_broker_record_feature)	features;
	struct kstr		rack;
	bool			fenced;
	bool			in_controlled_shutdown;
	KARRAY(struct kuuid)	log_dirs;	/* KIP-858 */
};

struct unregister_broker_record {
	int32_t	broker_id;
	int64_t	broker_epoch;
};

struct topic_record {
	struct kstr	name;
	struct kuuid	topic_id;
};

struct partition_record {
	int32_t			partition_id;
	struct kuuid		topic_id;
	KARRAY(int32_t)		replicas;
	KARRAY(int32_t)		isr;
	KARRAY(int32_t)		removing_replicas;
	KARRAY(int32_t)		adding_replicas;
	int32_t			leader;				/* -1: none */
	/* 0 recovered, 1 recovering */
	int8_t			leader_recovery_state;
	int32_t			leader_epoch;
	int32_t			partition_epoch;
	KARRAY(struct kuuid)	directories;			/* KIP-858 */
	KARRAY(int32_t)		eligible_leader_replicas;	/* KIP-966 */
	KARRAY(int32_t)		last_known_elr;
};

struct config_record {
	int8_t		resource_type;	/* 2 topic, 4 broker */
	struct kstr	resource_name;	/* "" with 4: all brokers */
	struct kstr	name;
	struct kstr	value;		/* null: back to the default */
};

struct partition_change_record {
	int32_t			partition_id;
	struct kuuid		topic_id;
	KARRAY(int32_t)		isr;	/* null: unchanged, as all below */
	int32_t			leader;	/* -1 none, -2 unchanged */
	KARRAY(int32_t)		replicas;
	KARRAY(int32_t)		removing_replicas;
	KARRAY(int32_t)		adding_replicas;
	int8_t			leader_recovery_state;	/* -1 unchanged */
	KARRAY(struct kuuid)	directories;
	KARRAY(int32_t)		eligible_leader_replicas;
	KARRAY(int32_t)		last_known_elr;
};

struct fence_broker_record {
	int32_t	id;
	int64_t	epoch;
};

struct unfence_broker_record {
	int32_t	id;
	int64_t	epoch;
};

struct remove_topic_record {
	struct kuuid	topic_id;
};

struct feature_level_record {
	struct kstr	name;	/* e.g. "metadata.version" */
	int16_t		feature_level;
};

struct producer_ids_record {
	int32_t	broker_id;
	int64_t	broker_epoch;
	int64_t	next_producer_id;	/* first id of the next block */
};

struct broker_registration_change_record {
	int32_t			broker_id;
	int64_t			broker_epoch;
	int8_t			fenced;	/* -1 unfence, 0 unchanged, 1 fence */
	/* 0 unchanged, 1 in it */
	int8_t			in_controlled_shutdown;
	KARRAY(struct kuuid)	log_dirs;
};

struct no_op_record {
	char	none;	/* it has no fields */
};

struct zk_migration_state_record {
	int8_t	zk_migration_state;	/* 0 none: never had ZooKeeper */
};

struct begin_transaction_record {
	struct kstr	name;
};

struct end_transaction_record {
	char	none;	/* it has no fields */
};

struct abort_transaction_record {
	struct kstr	reason;
};

struct register_controller_record_endpoint {
	struct kstr	name;
	struct kstr	host;
	uint16_t	port;
	int16_t		security_protocol;
};

struct register_controller_record_feature {
	struct kstr	name;
	int16_t		min_supported_version;
	int16_t		max_supported_version;
};

struct register_controller_record {
	int32_t		controller_id;
	struct kuuid	incarnation_id;
	bool		zk_migration_ready;
	KARRAY(struct register_controller_record_endpoint)	end_points;
	KARRAY(struct register_controller_record_feature)	features;
};

extern const struct kfield register_broker_record_endpoint_fields[];
extern const struct kfield register_broker_record_feature_fields[];
extern const struct kfield register_controller_record_endpoint_fields[];
extern const struct kfield register_controller_record_feature_fields[];
extern const struct kmessage register_broker_record_msg;
extern const struct kmessage unregister_broker_record_msg;
extern const struct kmessage topic_record_msg;
extern const struct kmessage partition_record_msg;
extern const struct kmessage config_record_msg;
extern const struct kmessage partition_change_record_msg;
extern const struct kmessage fence_broker_record_msg;
extern const struct kmessage unfence_broker_record_msg;
extern const struct kmessage remove_topic_record_msg;
extern const struct kmessage feature_level_record_msg;
extern const struct kmessage producer_ids_record_msg;
extern const struct kmessage broker_registration_change_record_msg;
extern const struct kmessage no_op_record_msg;
extern const struct kmessage zk_migration_state_record_msg;
extern const struct kmessage begin_transaction_record_msg;
extern const struct kmessage end_transaction_record_msg;
extern const struct kmessage abort_transaction_record_msg;
extern const struct kmessage register_controller_record_msg;

#endif
