/*
 * msg_heartbeat.h: Heartbeat (key 12), versions 0-4.
 */
#ifndef KLOG_WIRE_MSG_HEARTBEAT_H
#define KLOG_WIRE_MSG_HEARTBEAT_H

#include "wire/field.h"

struct heartbeat_request {
	struct kstr	group_id;
	int32_t		generation_id;
	struct kstr	member_id;
	/* v3+; static member (KIP-345) */
	struct kstr	group_instance_id;
};

struct heartbeat_response {
	int32_t	throttle_time_ms;	/* v1+ */
	int16_t	error_code;
};

extern const struct kmessage heartbeat_request_msg;
extern const struct kmessage heartbeat_response_msg;

#endif
