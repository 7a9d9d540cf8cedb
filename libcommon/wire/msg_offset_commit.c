/* msg_offset_commit.c: see msg_offset_commit.h. */
#include "wire/msg_offset_commit.h"

#define T struct offset_commit_request_partition
const struct kfield offset_commit_request_partition_fields[] = {
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(committed_offset, I64, 0, LATEST, NOTNULL, 0),
	FIELD(committed_leader_epoch, I32, 6, LATEST, NOTNULL, -1),
	FIELD(commit_timestamp, I64, 1, 1, NOTNULL, -1),
	FIELD(committed_metadata, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD_END
};
#undef T

#define T struct offset_commit_request_topic
const struct kfield offset_commit_request_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partitions, offset_commit_request_partition, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct offset_commit_request
static const struct kfield offset_commit_request_fields[] = {
	FIELD(group_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(generation_id_or_member_epoch, I32, 1, LATEST, NOTNULL, -1),
	FIELD(member_id, STR, 1, LATEST, NOTNULL, 0),
	FIELD(group_instance_id, STR, 7, LATEST, NULL_FROM(7), DNULL),
	FIELD(retention_time_ms, I64, 2, 4, NOTNULL, -1),
	STRUCTS(topics, offset_commit_request_topic, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(offset_commit_request, "OffsetCommitRequest", 8, 2, 9, 8);

#define T struct offset_commit_response_partition
const struct kfield offset_commit_response_partition_fields[] = {
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct offset_commit_response_topic
const struct kfield offset_commit_response_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partitions, offset_commit_response_partition, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct offset_commit_response
static const struct kfield offset_commit_response_fields[] = {
	FIELD(throttle_time_ms, I32, 3, LATEST, NOTNULL, 0),
	STRUCTS(topics, offset_commit_response_topic, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(offset_commit_response, "OffsetCommitResponse", 8, 2, 9, 8);
