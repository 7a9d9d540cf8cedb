/* msg_consumer_group_heartbeat.c: see msg_consumer_group_heartbeat.h. */
#include "wire/msg_consumer_group_heartbeat.h"

#define T struct consumer_group_heartbeat_request_topic_partition
const struct kfield
    consumer_group_heartbeat_request_topic_partition_fields[] = {
	FIELD(topic_id, UUID, 0, LATEST, NOTNULL, 0),
	ARRAY(partitions, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct consumer_group_heartbeat_request
static const struct kfield consumer_group_heartbeat_request_fields[] = {
	FIELD(group_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(member_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(member_epoch, I32, 0, LATEST, NOTNULL, 0),
	FIELD(instance_id, STR, 0, LATEST, NULL_FROM(0), DNULL),
	FIELD(rack_id, STR, 0, LATEST, NULL_FROM(0), DNULL),
	FIELD(rebalance_timeout_ms, I32, 0, LATEST, NOTNULL, -1),
	ARRAY(subscribed_topic_names, STR, 0, LATEST, NULL_FROM(0), DNULL),
	FIELD(subscribed_topic_regex, STR, 1, LATEST, NULL_FROM(1), DNULL),
	FIELD(server_assignor, STR, 0, LATEST, NULL_FROM(0), DNULL),
	STRUCTS(topic_partitions,
	    consumer_group_heartbeat_request_topic_partition, 0, LATEST,
	    NULL_FROM(0), DNULL),
	FIELD_END
};
#undef T

MESSAGE(consumer_group_heartbeat_request, "ConsumerGroupHeartbeatRequest",
    68, 0, 1, 0);

#define T struct consumer_group_heartbeat_response_topic_partitions
const struct kfield
    consumer_group_heartbeat_response_topic_partitions_fields[] = {
	FIELD(topic_id, UUID, 0, LATEST, NOTNULL, 0),
	ARRAY(partitions, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct consumer_group_heartbeat_response_assignment
const struct kfield consumer_group_heartbeat_response_assignment_fields[] = {
	STRUCTS(topic_partitions,
	    consumer_group_heartbeat_response_topic_partitions, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct consumer_group_heartbeat_response
static const struct kfield consumer_group_heartbeat_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(error_message, STR, 0, LATEST, NULL_FROM(0), DNULL),
	FIELD(member_id, STR, 0, LATEST, NULL_FROM(0), DNULL),
	FIELD(member_epoch, I32, 0, LATEST, NOTNULL, 0),
	FIELD(heartbeat_interval_ms, I32, 0, LATEST, NOTNULL, 0),
	OPTION(assignment, consumer_group_heartbeat_response_assignment, 0,
	    LATEST, NULL_FROM(0), DNULL),
	FIELD_END
};
#undef T

MESSAGE(consumer_group_heartbeat_response, "ConsumerGroupHeartbeatResponse",
    68, 0, 1, 0);
