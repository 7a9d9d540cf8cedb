/* msg_group_records.c: see msg_group_records.h. */
#include "wire/msg_group_records.h"

#define T struct offset_commit_key
static const struct kfield offset_commit_key_fields[] = {
	FIELD(group, STR, 0, 1, NOTNULL, 0),
	FIELD(topic, STR, 0, 1, NOTNULL, 0),
	FIELD(partition, I32, 0, 1, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(offset_commit_key, "OffsetCommitKey", 1, 0, 1, NEVER);

#define T struct offset_commit_value
static const struct kfield offset_commit_value_fields[] = {
	FIELD(offset, I64, 0, LATEST, NOTNULL, 0),
	FIELD(leader_epoch, I32, 3, LATEST, NOTNULL, -1),
	FIELD(metadata, STR, 0, LATEST, NOTNULL, 0),
	FIELD(commit_timestamp, I64, 0, LATEST, NOTNULL, 0),
	FIELD(expire_timestamp, I64, 1, 1, NOTNULL, -1),
	FIELD_END
};
#undef T

MESSAGE(offset_commit_value, "OffsetCommitValue", 1, 0, 4, 4);

#define T struct group_metadata_key
static const struct kfield group_metadata_key_fields[] = {
	FIELD(group, STR, 2, 2, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(group_metadata_key, "GroupMetadataKey", 2, 2, 2, NEVER);

#define T struct group_metadata_value_member_metadata
const struct kfield group_metadata_value_member_metadata_fields[] = {
	FIELD(member_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(group_instance_id, STR, 3, LATEST, NULL_FROM(3), DNULL),
	FIELD(client_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(client_host, STR, 0, LATEST, NOTNULL, 0),
	FIELD(rebalance_timeout, I32, 1, LATEST, NOTNULL, -1),
	FIELD(session_timeout, I32, 0, LATEST, NOTNULL, 0),
	FIELD(subscription, BYTES, 0, LATEST, NOTNULL, 0),
	FIELD(assignment, BYTES, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct group_metadata_value
static const struct kfield group_metadata_value_fields[] = {
	FIELD(protocol_type, STR, 0, LATEST, NOTNULL, 0),
	FIELD(generation, I32, 0, LATEST, NOTNULL, 0),
	FIELD(protocol, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD(leader, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD(current_state_timestamp, I64, 2, LATEST, NOTNULL, -1),
	STRUCTS(members, group_metadata_value_member_metadata, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(group_metadata_value, "GroupMetadataValue", 2, 0, 4, 4);

#define T struct consumer_group_metadata_key
static const struct kfield consumer_group_metadata_key_fields[] = {
	FIELD(group_id, STR, 3, 3, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(consumer_group_metadata_key, "ConsumerGroupMetadataKey", 3, 3, 3,
    NEVER);

#define T struct consumer_group_metadata_value
static const struct kfield consumer_group_metadata_value_fields[] = {
	FIELD(epoch, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(consumer_group_metadata_value, "ConsumerGroupMetadataValue", 3, 0, 0,
    0);

#define T struct consumer_group_partition_metadata_key
static const struct kfield consumer_group_partition_metadata_key_fields[] = {
	FIELD(group_id, STR, 4, 4, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(consumer_group_partition_metadata_key,
    "ConsumerGroupPartitionMetadataKey", 4, 4, 4, NEVER);

#define T struct consumer_group_partition_racks
const struct kfield consumer_group_partition_racks_fields[] = {
	FIELD(partition, I32, 0, LATEST, NOTNULL, 0),
	ARRAY(racks, STR, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct consumer_group_partition_metadata_value_topic
const struct kfield consumer_group_partition_metadata_value_topic_fields[] = {
	FIELD(topic_id, UUID, 0, LATEST, NOTNULL, 0),
	FIELD(topic_name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(num_partitions, I32, 0, LATEST, NOTNULL, 0),
	STRUCTS(partition_metadata, consumer_group_partition_racks, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct consumer_group_partition_metadata_value
static const struct kfield consumer_group_partition_metadata_value_fields[] = {
	STRUCTS(topics, consumer_group_partition_metadata_value_topic, 0,
	    LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(consumer_group_partition_metadata_value,
    "ConsumerGroupPartitionMetadataValue", 4, 0, 0, 0);

#define T struct consumer_group_member_metadata_key
static const struct kfield consumer_group_member_metadata_key_fields[] = {
	FIELD(group_id, STR, 5, 5, NOTNULL, 0),
	FIELD(member_id, STR, 5, 5, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(consumer_group_member_metadata_key, "ConsumerGroupMemberMetadataKey",
    5, 5, 5, NEVER);

#define T struct consumer_group_member_metadata_value_supported_protocol
const struct kfield
    consumer_group_member_metadata_value_supported_protocol_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(metadata, BYTES, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct consumer_group_member_metadata_value_classic_member_metadata
const struct kfield
    consumer_group_member_metadata_value_classic_member_metadata_fields[] = {
	FIELD(session_timeout_ms, I32, 0, LATEST, NOTNULL, 0),
	STRUCTS(supported_protocols,
	    consumer_group_member_metadata_value_supported_protocol, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct consumer_group_member_metadata_value
static const struct kfield consumer_group_member_metadata_value_fields[] = {
	FIELD(instance_id, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD(rack_id, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD(client_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(client_host, STR, 0, LATEST, NOTNULL, 0),
	ARRAY(subscribed_topic_names, STR, 0, LATEST, NOTNULL, 0),
	FIELD(subscribed_topic_regex, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD(rebalance_timeout_ms, I32, 0, LATEST, NOTNULL, -1),
	FIELD(server_assignor, STR, 0, LATEST, NULL_FROM(0), 0),
	OPTION(classic_member_metadata,
	    consumer_group_member_metadata_value_classic_member_metadata, 0,
	    LATEST, NULL_FROM(0), 0, TAG(0)),
	FIELD_END
};
#undef T

MESSAGE(consumer_group_member_metadata_value,
    "ConsumerGroupMemberMetadataValue", 5, 0, 0, 0);

#define T struct consumer_group_target_assignment_metadata_key
static const struct kfield
    consumer_group_target_assignment_metadata_key_fields[] = {
	FIELD(group_id, STR, 6, 6, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(consumer_group_target_assignment_metadata_key,
    "ConsumerGroupTargetAssignmentMetadataKey", 6, 6, 6, NEVER);

#define T struct consumer_group_target_assignment_metadata_value
static const struct kfield
    consumer_group_target_assignment_metadata_value_fields[] = {
	FIELD(assignment_epoch, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(consumer_group_target_assignment_metadata_value,
    "ConsumerGroupTargetAssignmentMetadataValue", 6, 0, 0, 0);

#define T struct consumer_group_target_assignment_member_key
static const struct kfield
    consumer_group_target_assignment_member_key_fields[] = {
	FIELD(group_id, STR, 7, 7, NOTNULL, 0),
	FIELD(member_id, STR, 7, 7, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(consumer_group_target_assignment_member_key,
    "ConsumerGroupTargetAssignmentMemberKey", 7, 7, 7, NEVER);

#define T struct consumer_group_target_partitions
const struct kfield consumer_group_target_partitions_fields[] = {
	FIELD(topic_id, UUID, 0, LATEST, NOTNULL, 0),
	ARRAY(partitions, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct consumer_group_target_assignment_member_value
static const struct kfield
    consumer_group_target_assignment_member_value_fields[] = {
	STRUCTS(topic_partitions, consumer_group_target_partitions, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(consumer_group_target_assignment_member_value,
    "ConsumerGroupTargetAssignmentMemberValue", 7, 0, 0, 0);

#define T struct consumer_group_current_member_assignment_key
static const struct kfield
    consumer_group_current_member_assignment_key_fields[] = {
	FIELD(group_id, STR, 8, 8, NOTNULL, 0),
	FIELD(member_id, STR, 8, 8, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(consumer_group_current_member_assignment_key,
    "ConsumerGroupCurrentMemberAssignmentKey", 8, 8, 8, NEVER);

#define T struct consumer_group_current_partitions
const struct kfield consumer_group_current_partitions_fields[] = {
	FIELD(topic_id, UUID, 0, LATEST, NOTNULL, 0),
	ARRAY(partitions, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct consumer_group_current_member_assignment_value
static const struct kfield
    consumer_group_current_member_assignment_value_fields[] = {
	FIELD(member_epoch, I32, 0, LATEST, NOTNULL, 0),
	FIELD(previous_member_epoch, I32, 0, LATEST, NOTNULL, 0),
	FIELD(state, I8, 0, LATEST, NOTNULL, 0),
	STRUCTS(assigned_partitions, consumer_group_current_partitions, 0,
	    LATEST, NOTNULL, 0),
	STRUCTS(partitions_pending_revocation,
	    consumer_group_current_partitions, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(consumer_group_current_member_assignment_value,
    "ConsumerGroupCurrentMemberAssignmentValue", 8, 0, 0, 0);
