/* msg_create_topics.c: see msg_create_topics.h. */
#include "wire/msg_create_topics.h"

#define T struct create_topics_request_assignment
const struct kfield create_topics_request_assignment_fields[] = {
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	ARRAY(broker_ids, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct create_topics_request_config
const struct kfield create_topics_request_config_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(value, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD_END
};
#undef T

#define T struct create_topics_request_topic
const struct kfield create_topics_request_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(num_partitions, I32, 0, LATEST, NOTNULL, 0),
	FIELD(replication_factor, I16, 0, LATEST, NOTNULL, 0),
	STRUCTS(assignments, create_topics_request_assignment, 0, LATEST,
	    NOTNULL, 0),
	STRUCTS(configs, create_topics_request_config, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct create_topics_request
static const struct kfield create_topics_request_fields[] = {
	STRUCTS(topics, create_topics_request_topic, 0, LATEST, NOTNULL, 0),
	FIELD(timeout_ms, I32, 0, LATEST, NOTNULL, 60000),
	FIELD(validate_only, BOOL, 1, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(create_topics_request, "CreateTopicsRequest", 19, 2, 7, 5);

#define T struct create_topics_response_config
const struct kfield create_topics_response_config_fields[] = {
	FIELD(name, STR, 5, LATEST, NOTNULL, 0),
	FIELD(value, STR, 5, LATEST, NULL_FROM(5), 0),
	FIELD(read_only, BOOL, 5, LATEST, NOTNULL, 0),
	FIELD(config_source, I8, 5, LATEST, NOTNULL, -1),
	FIELD(is_sensitive, BOOL, 5, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct create_topics_response_topic
const struct kfield create_topics_response_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(topic_id, UUID, 7, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(error_message, STR, 1, LATEST, NULL_FROM(0), 0),
	FIELD(num_partitions, I32, 5, LATEST, NOTNULL, -1),
	FIELD(replication_factor, I16, 5, LATEST, NOTNULL, -1),
	STRUCTS(configs, create_topics_response_config, 5, LATEST,
	    NULL_FROM(5), 0),
	FIELD(topic_config_error_code, I16, 5, LATEST, NOTNULL, 0, TAG(0)),
	FIELD_END
};
#undef T

#define T struct create_topics_response
static const struct kfield create_topics_response_fields[] = {
	FIELD(throttle_time_ms, I32, 2, LATEST, NOTNULL, 0),
	STRUCTS(topics, create_topics_response_topic, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(create_topics_response, "CreateTopicsResponse", 19, 2, 7, 5);
