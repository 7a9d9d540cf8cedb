/* msg_offset_for_leader_epoch.c: see msg_offset_for_leader_epoch.h. */
#include "wire/msg_offset_for_leader_epoch.h"

#define T struct offset_for_leader_epoch_request_partition
const struct kfield offset_for_leader_epoch_request_partition_fields[] = {
	FIELD(partition, I32, 0, LATEST, NOTNULL, 0),
	FIELD(current_leader_epoch, I32, 2, LATEST, NOTNULL, -1),
	FIELD(leader_epoch, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct offset_for_leader_epoch_request_topic
const struct kfield offset_for_leader_epoch_request_topic_fields[] = {
	FIELD(topic, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partitions, offset_for_leader_epoch_request_partition, 0,
	    LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct offset_for_leader_epoch_request
static const struct kfield offset_for_leader_epoch_request_fields[] = {
	FIELD(replica_id, I32, 3, LATEST, NOTNULL, -2),
	STRUCTS(topics, offset_for_leader_epoch_request_topic, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(offset_for_leader_epoch_request, "OffsetForLeaderEpochRequest",
    23, 2, 4, 4);

#define T struct offset_for_leader_epoch_response_partition
const struct kfield offset_for_leader_epoch_response_partition_fields[] = {
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(partition, I32, 0, LATEST, NOTNULL, 0),
	FIELD(leader_epoch, I32, 1, LATEST, NOTNULL, -1),
	FIELD(end_offset, I64, 0, LATEST, NOTNULL, -1),
	FIELD_END
};
#undef T

#define T struct offset_for_leader_epoch_response_topic
const struct kfield offset_for_leader_epoch_response_topic_fields[] = {
	FIELD(topic, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partitions, offset_for_leader_epoch_response_partition, 0,
	    LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct offset_for_leader_epoch_response
static const struct kfield offset_for_leader_epoch_response_fields[] = {
	FIELD(throttle_time_ms, I32, 2, LATEST, NOTNULL, 0),
	STRUCTS(topics, offset_for_leader_epoch_response_topic, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(offset_for_leader_epoch_response, "OffsetForLeaderEpochResponse",
    23, 2, 4, 4);
