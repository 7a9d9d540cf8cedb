/* msg_offset_delete.c: see msg_offset_delete.h. */
#include "wire/msg_offset_delete.h"

#define T struct offset_delete_request_partition
const struct kfield offset_delete_request_partition_fields[] = {
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct offset_delete_request_topic
const struct kfield offset_delete_request_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partitions, offset_delete_request_partition, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct offset_delete_request
static const struct kfield offset_delete_request_fields[] = {
	FIELD(group_id, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(topics, offset_delete_request_topic, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(offset_delete_request, "OffsetDeleteRequest", 47, 0, 0, NEVER);

#define T struct offset_delete_response_partition
const struct kfield offset_delete_response_partition_fields[] = {
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct offset_delete_response_topic
const struct kfield offset_delete_response_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partitions, offset_delete_response_partition, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct offset_delete_response
static const struct kfield offset_delete_response_fields[] = {
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	STRUCTS(topics, offset_delete_response_topic, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(offset_delete_response, "OffsetDeleteResponse", 47, 0, 0, NEVER);
