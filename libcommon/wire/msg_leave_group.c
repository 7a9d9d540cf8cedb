/* msg_leave_group.c: see msg_leave_group.h. */
#include "wire/msg_leave_group.h"

#define T struct leave_group_request_member
const struct kfield leave_group_request_member_fields[] = {
	FIELD(member_id, STR, 3, LATEST, NOTNULL, 0),
	FIELD(group_instance_id, STR, 3, LATEST, NULL_FROM(3), DNULL),
	FIELD(reason, STR, 5, LATEST, NULL_FROM(5), DNULL),
	FIELD_END
};
#undef T

#define T struct leave_group_request
static const struct kfield leave_group_request_fields[] = {
	FIELD(group_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(member_id, STR, 0, 2, NOTNULL, 0),
	STRUCTS(members, leave_group_request_member, 3, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(leave_group_request, "LeaveGroupRequest", 13, 0, 5, 4);

#define T struct leave_group_response_member
const struct kfield leave_group_response_member_fields[] = {
	FIELD(member_id, STR, 3, LATEST, NOTNULL, 0),
	FIELD(group_instance_id, STR, 3, LATEST, NULL_FROM(3), 0),
	FIELD(error_code, I16, 3, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct leave_group_response
static const struct kfield leave_group_response_fields[] = {
	FIELD(throttle_time_ms, I32, 1, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	STRUCTS(members, leave_group_response_member, 3, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(leave_group_response, "LeaveGroupResponse", 13, 0, 5, 4);
