/*
 * msg_leave_group.h: LeaveGroup (key 13), versions 0-5.
 */
#ifndef KLOG_WIRE_MSG_LEAVE_GROUP_H
#define KLOG_WIRE_MSG_LEAVE_GROUP_H

#include "wire/field.h"

struct leave_group_request_member {
	struct kstr	member_id;
	struct kstr	group_instance_id;	/* static member (KIP-345) */
	struct kstr	reason;	/* v5+; KIP-800 */
};

struct leave_group_request {
	struct kstr	group_id;
	struct kstr	member_id;	/* v0-2 */
	/* v3+ */
	KARRAY(struct leave_group_request_member)	members;
};

struct leave_group_response_member {
	struct kstr	member_id;
	struct kstr	group_instance_id;	/* static member (KIP-345) */
	int16_t		error_code;
};

struct leave_group_response {
	int32_t	throttle_time_ms;	/* v1+ */
	int16_t	error_code;
	/* v3+ */
	KARRAY(struct leave_group_response_member)	members;
};

extern const struct kfield leave_group_request_member_fields[];
extern const struct kmessage leave_group_request_msg;
extern const struct kfield leave_group_response_member_fields[];
extern const struct kmessage leave_group_response_msg;

#endif
