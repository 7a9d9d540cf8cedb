/*
 * msg_list_groups.h: ListGroups (key 16), versions 0-5.
 */
#ifndef KLOG_WIRE_MSG_LIST_GROUPS_H
#define KLOG_WIRE_MSG_LIST_GROUPS_H

#include "wire/field.h"

struct list_groups_request {
	KARRAY(struct kstr)	states_filter;	/* v4+; KIP-518 */
	KARRAY(struct kstr)	types_filter;	/* v5+; KIP-848 */
};

struct list_groups_response_group {
	struct kstr	group_id;
	struct kstr	protocol_type;
	struct kstr	group_state;	/* v4+ */
	struct kstr	group_type;	/* v5+ */
};

struct list_groups_response {
	int32_t	throttle_time_ms;	/* v1+ */
	int16_t	error_code;
	KARRAY(struct list_groups_response_group)	groups;
};

extern const struct kmessage list_groups_request_msg;
extern const struct kfield list_groups_response_group_fields[];
extern const struct kmessage list_groups_response_msg;

#endif
