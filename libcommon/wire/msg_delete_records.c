/* msg_delete_records.c: see msg_delete_records.h. */
#include "wire/msg_delete_records.h"

#define T struct delete_records_request_partition
const struct kfield delete_records_request_partition_fields[] = {
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(offset, I64, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct delete_records_request_topic
const struct kfield delete_records_request_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partitions, delete_records_request_partition, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct delete_records_request
static const struct kfield delete_records_request_fields[] = {
	STRUCTS(topics, delete_records_request_topic, 0, LATEST, NOTNULL, 0),
	FIELD(timeout_ms, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(delete_records_request, "DeleteRecordsRequest", 21, 0, 2, 2);

#define T struct delete_records_response_partition
const struct kfield delete_records_response_partition_fields[] = {
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(low_watermark, I64, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct delete_records_response_topic
const struct kfield delete_records_response_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partitions, delete_records_response_partition, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct delete_records_response
static const struct kfield delete_records_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	STRUCTS(topics, delete_records_response_topic, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(delete_records_response, "DeleteRecordsResponse", 21, 0, 2, 2);
