/* msg_list_offsets.c: see msg_list_offsets.h. */
#include "wire/msg_list_offsets.h"

#define T struct list_offsets_request_partition
const struct kfield list_offsets_request_partition_fields[] = {
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(current_leader_epoch, I32, 4, LATEST, NOTNULL, -1),
	FIELD(timestamp, I64, 0, LATEST, NOTNULL, 0),
	FIELD(max_num_offsets, I32, 0, 0, NOTNULL, 1),
	FIELD_END
};
#undef T

#define T struct list_offsets_request_topic
const struct kfield list_offsets_request_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partitions, list_offsets_request_partition, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct list_offsets_request
static const struct kfield list_offsets_request_fields[] = {
	FIELD(replica_id, I32, 0, LATEST, NOTNULL, 0),
	FIELD(isolation_level, I8, 2, LATEST, NOTNULL, 0),
	STRUCTS(topics, list_offsets_request_topic, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(list_offsets_request, "ListOffsetsRequest", 2, 1, 9, 6);

#define T struct list_offsets_response_partition
const struct kfield list_offsets_response_partition_fields[] = {
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	ARRAY(old_style_offsets, I64, 0, 0, NOTNULL, 0),
	FIELD(timestamp, I64, 1, LATEST, NOTNULL, -1),
	FIELD(offset, I64, 1, LATEST, NOTNULL, -1),
	FIELD(leader_epoch, I32, 4, LATEST, NOTNULL, -1),
	FIELD_END
};
#undef T

#define T struct list_offsets_response_topic
const struct kfield list_offsets_response_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partitions, list_offsets_response_partition, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct list_offsets_response
static const struct kfield list_offsets_response_fields[] = {
	FIELD(throttle_time_ms, I32, 2, LATEST, NOTNULL, 0),
	STRUCTS(topics, list_offsets_response_topic, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(list_offsets_response, "ListOffsetsResponse", 2, 1, 9, 6);
