/*
 * msg_fetch.h: Fetch (key 1), versions 4-17.
 *
 * From v13 on topics go by their ids (KIP-516).
 */
#ifndef KLOG_WIRE_MSG_FETCH_H
#define KLOG_WIRE_MSG_FETCH_H

#include "wire/field.h"

struct fetch_request_replica_state {
	int32_t	replica_id;
	int64_t	replica_epoch;
};

struct fetch_request_partition {
	int32_t		partition;
	int32_t		current_leader_epoch;	/* -1: not checked (KIP-320) */
	int64_t		fetch_offset;
	int32_t		last_fetched_epoch;	/* -1: none (KIP-595) */
	int64_t		log_start_offset;	/* a follower's own; -1 */
	int32_t		partition_max_bytes;
	struct kuuid	replica_directory_id;	/* KIP-853 */
};

struct fetch_request_topic {
	struct kstr	topic;		/* v4-12 */
	struct kuuid	topic_id;	/* v13+ (KIP-516) */
	KARRAY(struct fetch_request_partition)	partitions;
};

struct fetch_request_forgotten_topic {
	struct kstr	topic;
	struct kuuid	topic_id;
	KARRAY(int32_t)	partitions;
};

struct fetch_request {
	struct kstr	cluster_id;		/* null: not checked */
	int32_t		replica_id;		/* v4-14; -1: a consumer */
	struct fetch_request_replica_state	replica_state;	/* v15+ */
	int32_t		max_wait_ms;
	int32_t		min_bytes;
	int32_t		max_bytes;
	int8_t		isolation_level;	/* 1 = read_committed */
	int32_t		session_id;		/* KIP-227 */
	int32_t		session_epoch;		/* -1 none, 0 new session */
	KARRAY(struct fetch_request_topic)	topics;
	/* to leave the session (KIP-227) */
	KARRAY(struct fetch_request_forgotten_topic)	forgotten_topics_data;
	struct kstr	rack_id;	/* the consumer's (KIP-392) */
};

struct fetch_response_diverging_epoch {
	int32_t	epoch;
	int64_t	end_offset;
};

struct fetch_response_current_leader {
	int32_t	leader_id;
	int32_t	leader_epoch;
};

struct fetch_response_snapshot_id {
	int64_t	end_offset;
	int32_t	epoch;
};

struct fetch_response_aborted_transaction {
	int64_t	producer_id;
	int64_t	first_offset;
};

struct fetch_response_partition {
	int32_t		partition_index;
	int16_t		error_code;
	int64_t		high_watermark;
	int64_t		last_stable_offset;	/* -1: unknown */
	int64_t		log_start_offset;
	/* truncate to this; -1 -1: no need (KIP-595) */
	struct fetch_response_diverging_epoch	diverging_epoch;
	/* -1 -1: not told (KIP-595, KIP-951) */
	struct fetch_response_current_leader	current_leader;
	struct fetch_response_snapshot_id	snapshot_id;	/* KIP-630 */
	/* null: read_uncommitted */
	KARRAY(struct fetch_response_aborted_transaction)
			aborted_transactions;
	int32_t		preferred_read_replica;	/* -1: stay here (KIP-392) */
	struct krecords	records;
};

struct fetch_response_topic {
	struct kstr	topic;		/* v4-12 */
	struct kuuid	topic_id;	/* v13+ */
	KARRAY(struct fetch_response_partition)	partitions;
};

struct fetch_response_node_endpoint {
	int32_t		node_id;
	struct kstr	host;
	int32_t		port;
	struct kstr	rack;
};

struct fetch_response {
	int32_t	throttle_time_ms;
	int16_t	error_code;
	int32_t	session_id;	/* 0: no session */
	KARRAY(struct fetch_response_topic)	responses;
	/* where the current leaders are (KIP-951) */
	KARRAY(struct fetch_response_node_endpoint)	node_endpoints;
};

extern const struct kfield fetch_request_replica_state_fields[];
extern const struct kfield fetch_request_partition_fields[];
extern const struct kfield fetch_request_topic_fields[];
extern const struct kfield fetch_request_forgotten_topic_fields[];
extern const struct kfield fetch_response_diverging_epoch_fields[];
extern const struct kfield fetch_response_current_leader_fields[];
extern const struct kfield fetch_response_snapshot_id_fields[];
extern const struct kfield fetch_response_aborted_transaction_fields[];
extern const struct kfield fetch_response_partition_fields[];
extern const struct kfield fetch_response_topic_fields[];
extern const struct kfield fetch_response_node_endpoint_fields[];
extern const struct kmessage fetch_request_msg;
extern const struct kmessage fetch_response_msg;

#endif
