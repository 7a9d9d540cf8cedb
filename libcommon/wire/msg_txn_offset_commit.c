/* msg_txn_offset_commit.c: see msg_txn_offset_commit.h. */
#include "wire/msg_txn_offset_commit.h"

#define T struct txn_offset_commit_request_partition
const struct kfield txn_offset_commit_request_partition_fields[] = {
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(committed_offset, I64, 0, LATEST, NOTNULL, 0),
	FIELD(committed_leader_epoch, I32, 2, LATEST, NOTNULL, -1),
	FIELD(committed_metadata, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD_END
};
#undef T

#define T struct txn_offset_commit_request_topic
const struct kfield txn_offset_commit_request_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partitions, txn_offset_commit_request_partition, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct txn_offset_commit_request
static const struct kfield txn_offset_commit_request_fields[] = {
	FIELD(transactional_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(group_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(producer_id, I64, 0, LATEST, NOTNULL, 0),
	FIELD(producer_epoch, I16, 0, LATEST, NOTNULL, 0),
	FIELD(generation_id, I32, 3, LATEST, NOTNULL, -1),
	FIELD(member_id, STR, 3, LATEST, NOTNULL, 0),
	FIELD(group_instance_id, STR, 3, LATEST, NULL_FROM(3), DNULL),
	STRUCTS(topics, txn_offset_commit_request_topic, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(txn_offset_commit_request, "TxnOffsetCommitRequest", 28, 0, 4, 3);

#define T struct txn_offset_commit_response_partition
const struct kfield txn_offset_commit_response_partition_fields[] = {
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct txn_offset_commit_response_topic
const struct kfield txn_offset_commit_response_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partitions, txn_offset_commit_response_partition, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct txn_offset_commit_response
static const struct kfield txn_offset_commit_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	STRUCTS(topics, txn_offset_commit_response_topic, 0, LATEST, NOTNULL,
	    0),
	FIELD_END
};
#undef T

MESSAGE(txn_offset_commit_response, "TxnOffsetCommitResponse", 28, 0, 4, 3);
