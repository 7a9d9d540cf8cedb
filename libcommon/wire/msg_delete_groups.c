/* msg_delete_groups.c: see msg_delete_groups.h. */
#include "wire/msg_delete_groups.h"

#define T struct delete_groups_request
static const struct kfield delete_groups_request_fields[] = {
	ARRAY(groups_names, STR, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(delete_groups_request, "DeleteGroupsRequest", 42, 0, 2, 2);

#define T struct delete_groups_response_result
const struct kfield delete_groups_response_result_fields[] = {
	FIELD(group_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct delete_groups_response
static const struct kfield delete_groups_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	STRUCTS(results, delete_groups_response_result, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(delete_groups_response, "DeleteGroupsResponse", 42, 0, 2, 2);
