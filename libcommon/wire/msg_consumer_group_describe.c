/* msg_consumer_group_describe.c: see msg_consumer_group_describe.h. */
#include "wire/msg_consumer_group_describe.h"

#define T struct consumer_group_describe_request
static const struct kfield consumer_group_describe_request_fields[] = {
	ARRAY(group_ids, STR, 0, LATEST, NOTNULL, 0),
	FIELD(include_authorized_operations, BOOL, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(consumer_group_describe_request, "ConsumerGroupDescribeRequest", 69,
    0, 1, 0);

#define T struct consumer_group_describe_response_topic_partitions
const struct kfield
    consumer_group_describe_response_topic_partitions_fields[] = {
	FIELD(topic_id, UUID, 0, LATEST, NOTNULL, 0),
	FIELD(topic_name, STR, 0, LATEST, NOTNULL, 0),
	ARRAY(partitions, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct consumer_group_describe_response_assignment
const struct kfield consumer_group_describe_response_assignment_fields[] = {
	STRUCTS(topic_partitions,
	    consumer_group_describe_response_topic_partitions, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct consumer_group_describe_response_member
const struct kfield consumer_group_describe_response_member_fields[] = {
	FIELD(member_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(instance_id, STR, 0, LATEST, NULL_FROM(0), DNULL),
	FIELD(rack_id, STR, 0, LATEST, NULL_FROM(0), DNULL),
	FIELD(member_epoch, I32, 0, LATEST, NOTNULL, 0),
	FIELD(client_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(client_host, STR, 0, LATEST, NOTNULL, 0),
	ARRAY(subscribed_topic_names, STR, 0, LATEST, NOTNULL, 0),
	FIELD(subscribed_topic_regex, STR, 0, LATEST, NULL_FROM(0), DNULL),
	STRUCT(assignment, consumer_group_describe_response_assignment, 0,
	    LATEST),
	STRUCT(target_assignment, consumer_group_describe_response_assignment,
	    0, LATEST),
	FIELD(member_type, I8, 1, LATEST, NOTNULL, -1),
	FIELD_END
};
#undef T

#define T struct consumer_group_describe_response_group
const struct kfield consumer_group_describe_response_group_fields[] = {
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(error_message, STR, 0, LATEST, NULL_FROM(0), DNULL),
	FIELD(group_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(group_state, STR, 0, LATEST, NOTNULL, 0),
	FIELD(group_epoch, I32, 0, LATEST, NOTNULL, 0),
	FIELD(assignment_epoch, I32, 0, LATEST, NOTNULL, 0),
	FIELD(assignor_name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(members, consumer_group_describe_response_member, 0, LATEST,
	    NOTNULL, 0),
	FIELD(authorized_operations, I32, 0, LATEST, NOTNULL, -2147483648),
	FIELD_END
};
#undef T

#define T struct consumer_group_describe_response
static const struct kfield consumer_group_describe_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	STRUCTS(groups, consumer_group_describe_response_group, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(consumer_group_describe_response, "ConsumerGroupDescribeResponse",
    69, 0, 1, 0);
