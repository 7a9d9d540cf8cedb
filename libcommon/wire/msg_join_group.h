/*
 * msg_join_group.h: JoinGroup (key 11), versions 0-9.
 */
#ifndef KLOG_WIRE_MSG_JOIN_GROUP_H
#define KLOG_WIRE_MSG_JOIN_GROUP_H

#include "wire/field.h"

struct join_group_request_protocol {
	struct kstr	name;
	struct kbytes	metadata;
};

struct join_group_request {
	struct kstr	group_id;
	int32_t		session_timeout_ms;
	int32_t		rebalance_timeout_ms;	/* v1+ */
	struct kstr	member_id;
	/* v5+; static member (KIP-345) */
	struct kstr	group_instance_id;
	struct kstr	protocol_type;
	KARRAY(struct join_group_request_protocol)	protocols;
	struct kstr	reason;	/* v8+; KIP-800 */
};

struct join_group_response_member {
	struct kstr	member_id;
	/* v5+; static member (KIP-345) */
	struct kstr	group_instance_id;
	struct kbytes	metadata;
};

struct join_group_response {
	int32_t		throttle_time_ms;	/* v2+ */
	int16_t		error_code;
	int32_t		generation_id;
	struct kstr	protocol_type;	/* v7+ */
	struct kstr	protocol_name;
	struct kstr	leader;
	/* v9+; leader: keep it (KIP-814) */
	bool		skip_assignment;
	struct kstr	member_id;
	KARRAY(struct join_group_response_member)	members;
};

extern const struct kfield join_group_request_protocol_fields[];
extern const struct kmessage join_group_request_msg;
extern const struct kfield join_group_response_member_fields[];
extern const struct kmessage join_group_response_msg;

#endif
