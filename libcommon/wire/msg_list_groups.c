/* msg_list_groups.c: see msg_list_groups.h. */
#include "wire/msg_list_groups.h"

#define T struct list_groups_request
static const struct kfield list_groups_request_fields[] = {
	ARRAY(states_filter, STR, 4, LATEST, NOTNULL, 0),
	ARRAY(types_filter, STR, 5, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(list_groups_request, "ListGroupsRequest", 16, 0, 5, 3);

#define T struct list_groups_response_group
const struct kfield list_groups_response_group_fields[] = {
	FIELD(group_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(protocol_type, STR, 0, LATEST, NOTNULL, 0),
	FIELD(group_state, STR, 4, LATEST, NOTNULL, 0),
	FIELD(group_type, STR, 5, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct list_groups_response
static const struct kfield list_groups_response_fields[] = {
	FIELD(throttle_time_ms, I32, 1, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	STRUCTS(groups, list_groups_response_group, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(list_groups_response, "ListGroupsResponse", 16, 0, 5, 3);
