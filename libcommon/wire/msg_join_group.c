/* msg_join_group.c: see msg_join_group.h. */
#include "wire/msg_join_group.h"

#define T struct join_group_request_protocol
const struct kfield join_group_request_protocol_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(metadata, BYTES, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct join_group_request
static const struct kfield join_group_request_fields[] = {
	FIELD(group_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(session_timeout_ms, I32, 0, LATEST, NOTNULL, 0),
	FIELD(rebalance_timeout_ms, I32, 1, LATEST, NOTNULL, -1),
	FIELD(member_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(group_instance_id, STR, 5, LATEST, NULL_FROM(5), DNULL),
	FIELD(protocol_type, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(protocols, join_group_request_protocol, 0, LATEST, NOTNULL, 0),
	FIELD(reason, STR, 8, LATEST, NULL_FROM(8), DNULL),
	FIELD_END
};
#undef T

MESSAGE(join_group_request, "JoinGroupRequest", 11, 0, 9, 6);

#define T struct join_group_response_member
const struct kfield join_group_response_member_fields[] = {
	FIELD(member_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(group_instance_id, STR, 5, LATEST, NULL_FROM(5), DNULL),
	FIELD(metadata, BYTES, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct join_group_response
static const struct kfield join_group_response_fields[] = {
	FIELD(throttle_time_ms, I32, 2, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(generation_id, I32, 0, LATEST, NOTNULL, -1),
	FIELD(protocol_type, STR, 7, LATEST, NULL_FROM(7), DNULL),
	FIELD(protocol_name, STR, 0, LATEST, NULL_FROM(7), 0),
	FIELD(leader, STR, 0, LATEST, NOTNULL, 0),
	FIELD(skip_assignment, BOOL, 9, LATEST, NOTNULL, 0),
	FIELD(member_id, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(members, join_group_response_member, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(join_group_response, "JoinGroupResponse", 11, 0, 9, 6);
