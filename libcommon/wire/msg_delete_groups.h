/*
 * msg_delete_groups.h: DeleteGroups (key 42), versions 0-2.
 */
#ifndef KLOG_WIRE_MSG_DELETE_GROUPS_H
#define KLOG_WIRE_MSG_DELETE_GROUPS_H

#include "wire/field.h"

struct delete_groups_request {
	KARRAY(struct kstr)	groups_names;
};

struct delete_groups_response_result {
	struct kstr	group_id;
	int16_t		error_code;
};

struct delete_groups_response {
	int32_t	throttle_time_ms;
	KARRAY(struct delete_groups_response_result)	results;
};

extern const struct kmessage delete_groups_request_msg;
extern const struct kfield delete_groups_response_result_fields[];
extern const struct kmessage delete_groups_response_msg;

#endif
