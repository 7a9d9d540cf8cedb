/* msg_produce.c: see msg_produce.h. */
#include "wire/msg_produce.h"

#define T struct produce_request_partition
const struct kfield produce_request_partition_fields[] = {
	FIELD(index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(records, RECORDS, 0, LATEST, NULL_FROM(0), DNULL),
	FIELD_END
};
#undef T

#define T struct produce_request_topic
const struct kfield produce_request_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partition_data, produce_request_partition, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct produce_request
static const struct kfield produce_request_fields[] = {
	FIELD(transactional_id, STR, 3, LATEST, NULL_FROM(3), DNULL),
	FIELD(acks, I16, 0, LATEST, NOTNULL, 0),
	FIELD(timeout_ms, I32, 0, LATEST, NOTNULL, 0),
	STRUCTS(topic_data, produce_request_topic, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(produce_request, "ProduceRequest", 0, 3, 11, 9);

#define T struct produce_response_record_error
const struct kfield produce_response_record_error_fields[] = {
	FIELD(batch_index, I32, 8, LATEST, NOTNULL, 0),
	FIELD(batch_index_error_message, STR, 8, LATEST, NULL_FROM(8), DNULL),
	FIELD_END
};
#undef T

#define T struct produce_response_current_leader
const struct kfield produce_response_current_leader_fields[] = {
	FIELD(leader_id, I32, 10, LATEST, NOTNULL, -1),
	FIELD(leader_epoch, I32, 10, LATEST, NOTNULL, -1),
	FIELD_END
};
#undef T

#define T struct produce_response_partition
const struct kfield produce_response_partition_fields[] = {
	FIELD(index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(base_offset, I64, 0, LATEST, NOTNULL, 0),
	FIELD(log_append_time_ms, I64, 2, LATEST, NOTNULL, -1),
	FIELD(log_start_offset, I64, 5, LATEST, NOTNULL, -1),
	STRUCTS(record_errors, produce_response_record_error, 8, LATEST,
	    NOTNULL, 0),
	FIELD(error_message, STR, 8, LATEST, NULL_FROM(8), DNULL),
	STRUCT(current_leader, produce_response_current_leader, 10, LATEST,
	    TAG(0)),
	FIELD_END
};
#undef T

#define T struct produce_response_topic
const struct kfield produce_response_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partition_responses, produce_response_partition, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct produce_response_node_endpoint
const struct kfield produce_response_node_endpoint_fields[] = {
	FIELD(node_id, I32, 10, LATEST, NOTNULL, 0),
	FIELD(host, STR, 10, LATEST, NOTNULL, 0),
	FIELD(port, I32, 10, LATEST, NOTNULL, 0),
	FIELD(rack, STR, 10, LATEST, NULL_FROM(10), DNULL),
	FIELD_END
};
#undef T

#define T struct produce_response
static const struct kfield produce_response_fields[] = {
	STRUCTS(responses, produce_response_topic, 0, LATEST, NOTNULL, 0),
	FIELD(throttle_time_ms, I32, 1, LATEST, NOTNULL, 0),
	STRUCTS(node_endpoints, produce_response_node_endpoint, 10, LATEST,
	    NOTNULL, 0, TAG(0)),
	FIELD_END
};
#undef T

MESSAGE(produce_response, "ProduceResponse", 0, 3, 11, 9);
