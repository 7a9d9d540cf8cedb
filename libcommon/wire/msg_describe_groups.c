/* msg_describe_groups.c: see msg_describe_groups.h. */
#include "wire/msg_describe_groups.h"

#define T struct describe_groups_request
static const struct kfield describe_groups_request_fields[] = {
	ARRAY(groups, STR, 0, LATEST, NOTNULL, 0),
	FIELD(include_authorized_operations, BOOL, 3, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(describe_groups_request, "DescribeGroupsRequest", 15, 0, 5, 5);

#define T struct describe_groups_response_member
const struct kfield describe_groups_response_member_fields[] = {
	FIELD(member_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(group_instance_id, STR, 4, LATEST, NULL_FROM(4), DNULL),
	FIELD(client_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(client_host, STR, 0, LATEST, NOTNULL, 0),
	FIELD(member_metadata, BYTES, 0, LATEST, NOTNULL, 0),
	FIELD(member_assignment, BYTES, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct describe_groups_response_group
const struct kfield describe_groups_response_group_fields[] = {
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(group_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(group_state, STR, 0, LATEST, NOTNULL, 0),
	FIELD(protocol_type, STR, 0, LATEST, NOTNULL, 0),
	FIELD(protocol_data, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(members, describe_groups_response_member, 0, LATEST, NOTNULL,
	    0),
	FIELD(authorized_operations, I32, 3, LATEST, NOTNULL, -2147483648),
	FIELD_END
};
#undef T

#define T struct describe_groups_response
static const struct kfield describe_groups_response_fields[] = {
	FIELD(throttle_time_ms, I32, 1, LATEST, NOTNULL, 0),
	STRUCTS(groups, describe_groups_response_group, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(describe_groups_response, "DescribeGroupsResponse", 15, 0, 5, 5);
