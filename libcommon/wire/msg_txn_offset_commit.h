/*
 * msg_txn_offset_commit.h: TxnOffsetCommit (key 28), versions 0-4.
 */
#ifndef KLOG_WIRE_MSG_TXN_OFFSET_COMMIT_H
#define KLOG_WIRE_MSG_TXN_OFFSET_COMMIT_H

#include "wire/field.h"

struct txn_offset_commit_request_partition {
	int32_t		partition_index;
	int64_t		committed_offset;
	int32_t		committed_leader_epoch;	/* v2+ */
	struct kstr	committed_metadata;
};

struct txn_offset_commit_request_topic {
	struct kstr	name;
	KARRAY(struct txn_offset_commit_request_partition)	partitions;
};

struct txn_offset_commit_request {
	struct kstr	transactional_id;
	struct kstr	group_id;
	int64_t		producer_id;
	int16_t		producer_epoch;
	int32_t		generation_id;	/* v3+ */
	struct kstr	member_id;	/* v3+ */
	/* v3+; static member (KIP-345) */
	struct kstr	group_instance_id;
	KARRAY(struct txn_offset_commit_request_topic)	topics;
};

struct txn_offset_commit_response_partition {
	int32_t	partition_index;
	int16_t	error_code;
};

struct txn_offset_commit_response_topic {
	struct kstr	name;
	KARRAY(struct txn_offset_commit_response_partition)	partitions;
};

struct txn_offset_commit_response {
	int32_t	throttle_time_ms;
	KARRAY(struct txn_offset_commit_response_topic)	topics;
};

extern const struct kfield txn_offset_commit_request_partition_fields[];
extern const struct kfield txn_offset_commit_request_topic_fields[];
extern const struct kmessage txn_offset_commit_request_msg;
extern const struct kfield txn_offset_commit_response_partition_fields[];
extern const struct kfield txn_offset_commit_response_topic_fields[];
extern const struct kmessage txn_offset_commit_response_msg;

#endif
