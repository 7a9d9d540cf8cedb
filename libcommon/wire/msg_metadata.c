/* msg_metadata.c: see msg_metadata.h. */
#include "wire/msg_metadata.h"

#define T struct metadata_request_topic
const struct kfield metadata_request_topic_fields[] = {
	FIELD(topic_id, UUID, 10, LATEST, NOTNULL, 0),
	FIELD(name, STR, 0, LATEST, NULL_FROM(10), 0),
	FIELD_END
};
#undef T

#define T struct metadata_request
static const struct kfield metadata_request_fields[] = {
	STRUCTS(topics, metadata_request_topic, 0, LATEST, NULL_FROM(1), 0),
	FIELD(allow_auto_topic_creation, BOOL, 4, LATEST, NOTNULL, true),
	FIELD(include_cluster_authorized_operations, BOOL, 8, 10, NOTNULL, 0),
	FIELD(include_topic_authorized_operations, BOOL, 8, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(metadata_request, "MetadataRequest", 3, 0, 12, 9);

#define T struct metadata_response_broker
const struct kfield metadata_response_broker_fields[] = {
	FIELD(node_id, I32, 0, LATEST, NOTNULL, 0),
	FIELD(host, STR, 0, LATEST, NOTNULL, 0),
	FIELD(port, I32, 0, LATEST, NOTNULL, 0),
	FIELD(rack, STR, 1, LATEST, NULL_FROM(1), DNULL),
	FIELD_END
};
#undef T

#define T struct metadata_response_partition
const struct kfield metadata_response_partition_fields[] = {
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(leader_id, I32, 0, LATEST, NOTNULL, 0),
	FIELD(leader_epoch, I32, 7, LATEST, NOTNULL, -1),
	ARRAY(replica_nodes, I32, 0, LATEST, NOTNULL, 0),
	ARRAY(isr_nodes, I32, 0, LATEST, NOTNULL, 0),
	ARRAY(offline_replicas, I32, 5, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct metadata_response_topic
const struct kfield metadata_response_topic_fields[] = {
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(name, STR, 0, LATEST, NULL_FROM(12), 0),
	FIELD(topic_id, UUID, 10, LATEST, NOTNULL, 0),
	FIELD(is_internal, BOOL, 1, LATEST, NOTNULL, 0),
	STRUCTS(partitions, metadata_response_partition, 0, LATEST, NOTNULL, 0),
	FIELD(topic_authorized_operations, I32, 8, LATEST, NOTNULL, INT32_MIN),
	FIELD_END
};
#undef T

#define T struct metadata_response
static const struct kfield metadata_response_fields[] = {
	FIELD(throttle_time_ms, I32, 3, LATEST, NOTNULL, 0),
	STRUCTS(brokers, metadata_response_broker, 0, LATEST, NOTNULL, 0),
	FIELD(cluster_id, STR, 2, LATEST, NULL_FROM(2), DNULL),
	FIELD(controller_id, I32, 1, LATEST, NOTNULL, -1),
	STRUCTS(topics, metadata_response_topic, 0, LATEST, NOTNULL, 0),
	FIELD(cluster_authorized_operations, I32, 8, 10, NOTNULL, INT32_MIN),
	FIELD_END
};
#undef T

MESSAGE(metadata_response, "MetadataResponse", 3, 0, 12, 9);
