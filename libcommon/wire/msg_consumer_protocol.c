/* msg_consumer_protocol.c: see msg_consumer_protocol.h. */
#include "wire/msg_consumer_protocol.h"

#define T struct consumer_protocol_subscription_owned_partition
const struct kfield consumer_protocol_subscription_owned_partition_fields[] = {
	FIELD(topic, STR, 1, LATEST, NOTNULL, 0),
	ARRAY(partitions, I32, 1, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct consumer_protocol_subscription
static const struct kfield consumer_protocol_subscription_fields[] = {
	ARRAY(topics, STR, 0, LATEST, NOTNULL, 0),
	FIELD(user_data, BYTES, 0, LATEST, NULL_FROM(0), DNULL),
	STRUCTS(owned_partitions,
	    consumer_protocol_subscription_owned_partition, 1, LATEST, NOTNULL,
	    0),
	FIELD(generation_id, I32, 2, LATEST, NOTNULL, -1),
	FIELD(rack_id, STR, 3, LATEST, NULL_FROM(3), DNULL),
	FIELD_END
};
#undef T

MESSAGE(consumer_protocol_subscription, "ConsumerProtocolSubscription", -1,
    0, 3, NEVER);

#define T struct consumer_protocol_assignment_assigned_partition
const struct kfield consumer_protocol_assignment_assigned_partition_fields[] = {
	FIELD(topic, STR, 0, LATEST, NOTNULL, 0),
	ARRAY(partitions, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct consumer_protocol_assignment
static const struct kfield consumer_protocol_assignment_fields[] = {
	STRUCTS(assigned_partitions,
	    consumer_protocol_assignment_assigned_partition, 0, LATEST,
	    NOTNULL, 0),
	FIELD(user_data, BYTES, 0, LATEST, NULL_FROM(0), DNULL),
	FIELD_END
};
#undef T

MESSAGE(consumer_protocol_assignment, "ConsumerProtocolAssignment", -1, 0, 3,
    NEVER);
