/* msg_heartbeat.c: see msg_heartbeat.h. */
#include "wire/msg_heartbeat.h"

#define T struct heartbeat_request
static const struct kfield heartbeat_request_fields[] = {
	FIELD(group_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(generation_id, I32, 0, LATEST, NOTNULL, 0),
	FIELD(member_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(group_instance_id, STR, 3, LATEST, NULL_FROM(3), DNULL),
	FIELD_END
};
#undef T

MESSAGE(heartbeat_request, "HeartbeatRequest", 12, 0, 4, 4);

#define T struct heartbeat_response
static const struct kfield heartbeat_response_fields[] = {
	FIELD(throttle_time_ms, I32, 1, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(heartbeat_response, "HeartbeatResponse", 12, 0, 4, 4);
