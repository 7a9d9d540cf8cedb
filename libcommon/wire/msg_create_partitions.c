/* msg_create_partitions.c: see msg_create_partitions.h. */
#include "wire/msg_create_partitions.h"

#define T struct create_partitions_request_assignment
const struct kfield create_partitions_request_assignment_fields[] = {
	ARRAY(broker_ids, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct create_partitions_request_topic
const struct kfield create_partitions_request_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(count, I32, 0, LATEST, NOTNULL, 0),
	STRUCTS(assignments, create_partitions_request_assignment, 0,
	    LATEST, NULL_FROM(0), 0),
	FIELD_END
};
#undef T

#define T struct create_partitions_request
static const struct kfield create_partitions_request_fields[] = {
	STRUCTS(topics, create_partitions_request_topic, 0, LATEST, NOTNULL, 0),
	FIELD(timeout_ms, I32, 0, LATEST, NOTNULL, 0),
	FIELD(validate_only, BOOL, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(create_partitions_request, "CreatePartitionsRequest", 37, 0, 3, 2);

#define T struct create_partitions_response_result
const struct kfield create_partitions_response_result_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(error_message, STR, 0, LATEST, NULL_FROM(0), DNULL),
	FIELD_END
};
#undef T

#define T struct create_partitions_response
static const struct kfield create_partitions_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	STRUCTS(results, create_partitions_response_result, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(create_partitions_response, "CreatePartitionsResponse", 37, 0, 3, 2);
