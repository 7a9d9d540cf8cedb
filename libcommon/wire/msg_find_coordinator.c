/* msg_find_coordinator.c: see msg_find_coordinator.h. */
#include "wire/msg_find_coordinator.h"

#define T struct find_coordinator_request
static const struct kfield find_coordinator_request_fields[] = {
	FIELD(key, STR, 0, 3, NOTNULL, 0),
	FIELD(key_type, I8, 1, LATEST, NOTNULL, 0),
	ARRAY(coordinator_keys, STR, 4, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(find_coordinator_request, "FindCoordinatorRequest", 10, 0, 6, 3);

#define T struct find_coordinator_response_coordinator
const struct kfield find_coordinator_response_coordinator_fields[] = {
	FIELD(key, STR, 4, LATEST, NOTNULL, 0),
	FIELD(node_id, I32, 4, LATEST, NOTNULL, 0),
	FIELD(host, STR, 4, LATEST, NOTNULL, 0),
	FIELD(port, I32, 4, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 4, LATEST, NOTNULL, 0),
	FIELD(error_message, STR, 4, LATEST, NULL_FROM(4), 0),
	FIELD_END
};
#undef T

#define T struct find_coordinator_response
static const struct kfield find_coordinator_response_fields[] = {
	FIELD(throttle_time_ms, I32, 1, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, 3, NOTNULL, 0),
	FIELD(error_message, STR, 1, 3, NULL_FROM(1), 0),
	FIELD(node_id, I32, 0, 3, NOTNULL, 0),
	FIELD(host, STR, 0, 3, NOTNULL, 0),
	FIELD(port, I32, 0, 3, NOTNULL, 0),
	STRUCTS(coordinators, find_coordinator_response_coordinator, 4,
	    LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(find_coordinator_response, "FindCoordinatorResponse", 10, 0, 6, 3);
