/* msg_offset_fetch.c: see msg_offset_fetch.h. */
#include "wire/msg_offset_fetch.h"

#define T struct offset_fetch_request_topic
const struct kfield offset_fetch_request_topic_fields[] = {
	FIELD(name, STR, 0, 7, NOTNULL, 0),
	ARRAY(partition_indexes, I32, 0, 7, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct offset_fetch_request_group_topic
const struct kfield offset_fetch_request_group_topic_fields[] = {
	FIELD(name, STR, 8, LATEST, NOTNULL, 0),
	ARRAY(partition_indexes, I32, 8, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct offset_fetch_request_group
const struct kfield offset_fetch_request_group_fields[] = {
	FIELD(group_id, STR, 8, LATEST, NOTNULL, 0),
	FIELD(member_id, STR, 9, LATEST, NULL_FROM(9), DNULL),
	FIELD(member_epoch, I32, 9, LATEST, NOTNULL, -1),
	STRUCTS(topics, offset_fetch_request_group_topic, 8, LATEST,
	    NULL_FROM(8), 0),
	FIELD_END
};
#undef T

#define T struct offset_fetch_request
static const struct kfield offset_fetch_request_fields[] = {
	FIELD(group_id, STR, 0, 7, NOTNULL, 0),
	STRUCTS(topics, offset_fetch_request_topic, 0, 7, NULL_FROM(2), 0),
	STRUCTS(groups, offset_fetch_request_group, 8, LATEST, NOTNULL, 0),
	FIELD(require_stable, BOOL, 7, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(offset_fetch_request, "OffsetFetchRequest", 9, 1, 9, 6);

#define T struct offset_fetch_response_partition
const struct kfield offset_fetch_response_partition_fields[] = {
	FIELD(partition_index, I32, 0, 7, NOTNULL, 0),
	FIELD(committed_offset, I64, 0, 7, NOTNULL, 0),
	FIELD(committed_leader_epoch, I32, 5, 7, NOTNULL, -1),
	FIELD(metadata, STR, 0, 7, NULL_FROM(0), 0),
	FIELD(error_code, I16, 0, 7, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct offset_fetch_response_topic
const struct kfield offset_fetch_response_topic_fields[] = {
	FIELD(name, STR, 0, 7, NOTNULL, 0),
	STRUCTS(partitions, offset_fetch_response_partition, 0, 7, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct offset_fetch_response_group_topic_partition
const struct kfield offset_fetch_response_group_topic_partition_fields[] = {
	FIELD(partition_index, I32, 8, LATEST, NOTNULL, 0),
	FIELD(committed_offset, I64, 8, LATEST, NOTNULL, 0),
	FIELD(committed_leader_epoch, I32, 8, LATEST, NOTNULL, -1),
	FIELD(metadata, STR, 8, LATEST, NULL_FROM(8), 0),
	FIELD(error_code, I16, 8, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct offset_fetch_response_group_topic
const struct kfield offset_fetch_response_group_topic_fields[] = {
	FIELD(name, STR, 8, LATEST, NOTNULL, 0),
	STRUCTS(partitions, offset_fetch_response_group_topic_partition, 8,
	    LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct offset_fetch_response_group
const struct kfield offset_fetch_response_group_fields[] = {
	FIELD(group_id, STR, 8, LATEST, NOTNULL, 0),
	STRUCTS(topics, offset_fetch_response_group_topic, 8, LATEST, NOTNULL,
	    0),
	FIELD(error_code, I16, 8, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct offset_fetch_response
static const struct kfield offset_fetch_response_fields[] = {
	FIELD(throttle_time_ms, I32, 3, LATEST, NOTNULL, 0),
	STRUCTS(topics, offset_fetch_response_topic, 0, 7, NOTNULL, 0),
	FIELD(error_code, I16, 2, 7, NOTNULL, 0),
	STRUCTS(groups, offset_fetch_response_group, 8, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(offset_fetch_response, "OffsetFetchResponse", 9, 1, 9, 6);
