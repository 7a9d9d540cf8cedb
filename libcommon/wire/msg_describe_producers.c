/* msg_describe_producers.c: see msg_describe_producers.h. */
#include "wire/msg_describe_producers.h"

#define T struct describe_producers_request_topic
const struct kfield describe_producers_request_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	ARRAY(partition_indexes, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct describe_producers_request
static const struct kfield describe_producers_request_fields[] = {
	STRUCTS(topics, describe_producers_request_topic, 0, LATEST, NOTNULL,
	    0),
	FIELD_END
};
#undef T

MESSAGE(describe_producers_request, "DescribeProducersRequest", 61, 0, 0, 0);

#define T struct describe_producers_response_active_producer
const struct kfield describe_producers_response_active_producer_fields[] = {
	FIELD(producer_id, I64, 0, LATEST, NOTNULL, 0),
	FIELD(producer_epoch, I32, 0, LATEST, NOTNULL, 0),
	FIELD(last_sequence, I32, 0, LATEST, NOTNULL, -1),
	FIELD(last_timestamp, I64, 0, LATEST, NOTNULL, -1),
	FIELD(coordinator_epoch, I32, 0, LATEST, NOTNULL, 0),
	FIELD(current_txn_start_offset, I64, 0, LATEST, NOTNULL, -1),
	FIELD_END
};
#undef T

#define T struct describe_producers_response_partition
const struct kfield describe_producers_response_partition_fields[] = {
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(error_message, STR, 0, LATEST, NULL_FROM(0), DNULL),
	STRUCTS(active_producers, describe_producers_response_active_producer,
	    0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct describe_producers_response_topic
const struct kfield describe_producers_response_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partitions, describe_producers_response_partition, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct describe_producers_response
static const struct kfield describe_producers_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	STRUCTS(topics, describe_producers_response_topic, 0, LATEST, NOTNULL,
	    0),
	FIELD_END
};
#undef T

MESSAGE(describe_producers_response, "DescribeProducersResponse", 61, 0, 0, 0);
