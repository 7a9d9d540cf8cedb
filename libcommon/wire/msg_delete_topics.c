/* msg_delete_topics.c: see msg_delete_topics.h. */
#include "wire/msg_delete_topics.h"

#define T struct delete_topics_request_topic
const struct kfield delete_topics_request_topic_fields[] = {
	FIELD(name, STR, 6, LATEST, NULL_FROM(6), DNULL),
	FIELD(topic_id, UUID, 6, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct delete_topics_request
static const struct kfield delete_topics_request_fields[] = {
	STRUCTS(topics, delete_topics_request_topic, 6, LATEST, NOTNULL, 0),
	ARRAY(topic_names, STR, 0, 5, NOTNULL, 0),
	FIELD(timeout_ms, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(delete_topics_request, "DeleteTopicsRequest", 20, 0, 6, 4);

#define T struct delete_topics_response_topic
const struct kfield delete_topics_response_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NULL_FROM(6), 0),
	FIELD(topic_id, UUID, 6, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(error_message, STR, 5, LATEST, NULL_FROM(5), DNULL),
	FIELD_END
};
#undef T

#define T struct delete_topics_response
static const struct kfield delete_topics_response_fields[] = {
	FIELD(throttle_time_ms, I32, 1, LATEST, NOTNULL, 0),
	STRUCTS(responses, delete_topics_response_topic, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(delete_topics_response, "DeleteTopicsResponse", 20, 0, 6, 4);
