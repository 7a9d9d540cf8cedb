/*
 * msg_describe_groups.h: DescribeGroups (key 15), versions 0-5.
 */
#ifndef KLOG_WIRE_MSG_DESCRIBE_GROUPS_H
#define KLOG_WIRE_MSG_DESCRIBE_GROUPS_H

#include "wire/field.h"

struct describe_groups_request {
	KARRAY(struct kstr)	groups;
	bool			include_authorized_operations;	/* v3+ */
};

struct describe_groups_response_member {
	struct kstr	member_id;
	/* v4+; static member (KIP-345) */
	struct kstr	group_instance_id;
	struct kstr	client_id;
	struct kstr	client_host;
	struct kbytes	member_metadata;
	struct kbytes	member_assignment;
};

struct describe_groups_response_group {
	int16_t		error_code;
	struct kstr	group_id;
	struct kstr	group_state;
	struct kstr	protocol_type;
	struct kstr	protocol_data;
	KARRAY(struct describe_groups_response_member)	members;
	int32_t		authorized_operations;	/* v3+ */
};

struct describe_groups_response {
	int32_t	throttle_time_ms;	/* v1+ */
	KARRAY(struct describe_groups_response_group)	groups;
};

extern const struct kmessage describe_groups_request_msg;
extern const struct kfield describe_groups_response_member_fields[];
extern const struct kfield describe_groups_response_group_fields[];
extern const struct kmessage describe_groups_response_msg;

#endif
