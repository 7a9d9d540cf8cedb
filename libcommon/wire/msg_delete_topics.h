/*
 * msg_delete_topics.h: DeleteTopics (key 20), versions 0-6.
 */
#ifndef KLOG_WIRE_MSG_DELETE_TOPICS_H
#define KLOG_WIRE_MSG_DELETE_TOPICS_H

#include "wire/field.h"

struct delete_topics_request_topic {
	struct kstr	name;	/* null: by id (KIP-516) */
	struct kuuid	topic_id;
};

struct delete_topics_request {
	KARRAY(struct delete_topics_request_topic)	topics;	/* v6+ */
	KARRAY(struct kstr)	topic_names;	/* v0-5 */
	int32_t			timeout_ms;
};

struct delete_topics_response_topic {
	struct kstr	name;		/* null: no such id */
	struct kuuid	topic_id;
	int16_t		error_code;
	struct kstr	error_message;	/* v5+; null: none */
};

struct delete_topics_response {
	int32_t	throttle_time_ms;
	KARRAY(struct delete_topics_response_topic)	responses;
};

extern const struct kfield delete_topics_request_topic_fields[];
extern const struct kfield delete_topics_response_topic_fields[];
extern const struct kmessage delete_topics_request_msg;
extern const struct kmessage delete_topics_response_msg;

#endif
