/*
 * msg_sync_group.h: SyncGroup (key 14), versions 0-5.
 */
#ifndef KLOG_WIRE_MSG_SYNC_GROUP_H
#define KLOG_WIRE_MSG_SYNC_GROUP_H

#include "wire/field.h"

struct sync_group_request_assignment {
	struct kstr	member_id;
	struct kbytes	assignment;
};

struct sync_group_request {
	struct kstr	group_id;
	int32_t		generation_id;
	struct kstr	member_id;
	/* v3+; static member (KIP-345) */
	struct kstr	group_instance_id;
	struct kstr	protocol_type;	/* v5+ */
	struct kstr	protocol_name;	/* v5+ */
	KARRAY(struct sync_group_request_assignment)	assignments;
};

struct sync_group_response {
	int32_t		throttle_time_ms;	/* v1+ */
	int16_t		error_code;
	struct kstr	protocol_type;	/* v5+ */
	struct kstr	protocol_name;	/* v5+ */
	struct kbytes	assignment;
};

extern const struct kfield sync_group_request_assignment_fields[];
extern const struct kmessage sync_group_request_msg;
extern const struct kmessage sync_group_response_msg;

#endif
