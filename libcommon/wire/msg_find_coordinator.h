/*
 * msg_find_coordinator.h: FindCoordinator (key 10), versions 0-6.
 */
#ifndef KLOG_WIRE_MSG_FIND_COORDINATOR_H
#define KLOG_WIRE_MSG_FIND_COORDINATOR_H

#include "wire/field.h"

struct find_coordinator_request {
	struct kstr		key;		/* v0-3 */
	int8_t			key_type;	/* 0 group, 1 transaction */
	KARRAY(struct kstr)	coordinator_keys;	/* v4+ (KIP-699) */
};

struct find_coordinator_response_coordinator {
	struct kstr	key;
	int32_t		node_id;
	struct kstr	host;
	int32_t		port;
	int16_t		error_code;
	struct kstr	error_message;
};

struct find_coordinator_response {
	int32_t		throttle_time_ms;
	int16_t		error_code;	/* this and those down to port: v0-3 */
	struct kstr	error_message;
	int32_t		node_id;
	struct kstr	host;
	int32_t		port;
	/* v4+, one a key */
	KARRAY(struct find_coordinator_response_coordinator)	coordinators;
};

extern const struct kfield find_coordinator_response_coordinator_fields[];
extern const struct kmessage find_coordinator_request_msg;
extern const struct kmessage find_coordinator_response_msg;

#endif
