/* msg_sync_group.c: see msg_sync_group.h. */
#include "wire/msg_sync_group.h"

#define T struct sync_group_request_assignment
const struct kfield sync_group_request_assignment_fields[] = {
	FIELD(member_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(assignment, BYTES, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct sync_group_request
static const struct kfield sync_group_request_fields[] = {
	FIELD(group_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(generation_id, I32, 0, LATEST, NOTNULL, 0),
	FIELD(member_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(group_instance_id, STR, 3, LATEST, NULL_FROM(3), DNULL),
	FIELD(protocol_type, STR, 5, LATEST, NULL_FROM(5), DNULL),
	FIELD(protocol_name, STR, 5, LATEST, NULL_FROM(5), DNULL),
	STRUCTS(assignments, sync_group_request_assignment, 0, LATEST, NOTNULL,
	    0),
	FIELD_END
};
#undef T

MESSAGE(sync_group_request, "SyncGroupRequest", 14, 0, 5, 4);

#define T struct sync_group_response
static const struct kfield sync_group_response_fields[] = {
	FIELD(throttle_time_ms, I32, 1, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(protocol_type, STR, 5, LATEST, NULL_FROM(5), DNULL),
	FIELD(protocol_name, STR, 5, LATEST, NULL_FROM(5), DNULL),
	FIELD(assignment, BYTES, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(sync_group_response, "SyncGroupResponse", 14, 0, 5, 4);
