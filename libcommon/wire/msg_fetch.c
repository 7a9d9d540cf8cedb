/* msg_fetch.c: see msg_fetch.h. */
#include "wire/msg_fetch.h"

#define T struct fetch_request_replica_state
const struct kfield fetch_request_replica_state_fields[] = {
	FIELD(replica_id, I32, 15, LATEST, NOTNULL, -1),
	FIELD(replica_epoch, I64, 15, LATEST, NOTNULL, -1),
	FIELD_END
};
#undef T

#define T struct fetch_request_partition
const struct kfield fetch_request_partition_fields[] = {
	FIELD(partition, I32, 0, LATEST, NOTNULL, 0),
	FIELD(current_leader_epoch, I32, 9, LATEST, NOTNULL, -1),
	FIELD(fetch_offset, I64, 0, LATEST, NOTNULL, 0),
	FIELD(last_fetched_epoch, I32, 12, LATEST, NOTNULL, -1),
	FIELD(log_start_offset, I64, 5, LATEST, NOTNULL, -1),
	FIELD(partition_max_bytes, I32, 0, LATEST, NOTNULL, 0),
	FIELD(replica_directory_id, UUID, 17, LATEST, NOTNULL, 0, TAG(0)),
	FIELD_END
};
#undef T

#define T struct fetch_request_topic
const struct kfield fetch_request_topic_fields[] = {
	FIELD(topic, STR, 0, 12, NOTNULL, 0),
	FIELD(topic_id, UUID, 13, LATEST, NOTNULL, 0),
	STRUCTS(partitions, fetch_request_partition, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct fetch_request_forgotten_topic
const struct kfield fetch_request_forgotten_topic_fields[] = {
	FIELD(topic, STR, 7, 12, NOTNULL, 0),
	FIELD(topic_id, UUID, 13, LATEST, NOTNULL, 0),
	ARRAY(partitions, I32, 7, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct fetch_request
static const struct kfield fetch_request_fields[] = {
	FIELD(replica_id, I32, 0, 14, NOTNULL, -1),
	FIELD(max_wait_ms, I32, 0, LATEST, NOTNULL, 0),
	FIELD(min_bytes, I32, 0, LATEST, NOTNULL, 0),
	FIELD(max_bytes, I32, 3, LATEST, NOTNULL, INT32_MAX),
	FIELD(isolation_level, I8, 4, LATEST, NOTNULL, 0),
	FIELD(session_id, I32, 7, LATEST, NOTNULL, 0),
	FIELD(session_epoch, I32, 7, LATEST, NOTNULL, -1),
	STRUCTS(topics, fetch_request_topic, 0, LATEST, NOTNULL, 0),
	STRUCTS(forgotten_topics_data, fetch_request_forgotten_topic, 7,
	    LATEST, NOTNULL, 0),
	FIELD(rack_id, STR, 11, LATEST, NOTNULL, 0),
	FIELD(cluster_id, STR, 12, LATEST, NULL_FROM(12), DNULL, TAG(0)),
	STRUCT(replica_state, fetch_request_replica_state, 15, LATEST, TAG(1)),
	FIELD_END
};
#undef T

MESSAGE(fetch_request, "FetchRequest", 1, 4, 17, 12);

#define T struct fetch_response_diverging_epoch
const struct kfield fetch_response_diverging_epoch_fields[] = {
	FIELD(epoch, I32, 12, LATEST, NOTNULL, -1),
	FIELD(end_offset, I64, 12, LATEST, NOTNULL, -1),
	FIELD_END
};
#undef T

#define T struct fetch_response_current_leader
const struct kfield fetch_response_current_leader_fields[] = {
	FIELD(leader_id, I32, 12, LATEST, NOTNULL, -1),
	FIELD(leader_epoch, I32, 12, LATEST, NOTNULL, -1),
	FIELD_END
};
#undef T

#define T struct fetch_response_snapshot_id
const struct kfield fetch_response_snapshot_id_fields[] = {
	FIELD(end_offset, I64, 0, LATEST, NOTNULL, -1),
	FIELD(epoch, I32, 0, LATEST, NOTNULL, -1),
	FIELD_END
};
#undef T

#define T struct fetch_response_aborted_transaction
const struct kfield fetch_response_aborted_transaction_fields[] = {
	FIELD(producer_id, I64, 4, LATEST, NOTNULL, 0),
	FIELD(first_offset, I64, 4, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct fetch_response_partition
const struct kfield fetch_response_partition_fields[] = {
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(high_watermark, I64, 0, LATEST, NOTNULL, 0),
	FIELD(last_stable_offset, I64, 4, LATEST, NOTNULL, -1),
	FIELD(log_start_offset, I64, 5, LATEST, NOTNULL, -1),
	STRUCTS(aborted_transactions, fetch_response_aborted_transaction,
	    4, LATEST, NULL_FROM(4), 0),
	FIELD(preferred_read_replica, I32, 11, LATEST, NOTNULL, -1),
	FIELD(records, RECORDS, 0, LATEST, NULL_FROM(0), DNULL),
	STRUCT(diverging_epoch, fetch_response_diverging_epoch, 12, LATEST,
	    TAG(0)),
	STRUCT(current_leader, fetch_response_current_leader, 12, LATEST,
	    TAG(1)),
	STRUCT(snapshot_id, fetch_response_snapshot_id, 12, LATEST, TAG(2)),
	FIELD_END
};
#undef T

#define T struct fetch_response_topic
const struct kfield fetch_response_topic_fields[] = {
	FIELD(topic, STR, 0, 12, NOTNULL, 0),
	FIELD(topic_id, UUID, 13, LATEST, NOTNULL, 0),
	STRUCTS(partitions, fetch_response_partition, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct fetch_response_node_endpoint
const struct kfield fetch_response_node_endpoint_fields[] = {
	FIELD(node_id, I32, 16, LATEST, NOTNULL, 0),
	FIELD(host, STR, 16, LATEST, NOTNULL, 0),
	FIELD(port, I32, 16, LATEST, NOTNULL, 0),
	FIELD(rack, STR, 16, LATEST, NULL_FROM(16), DNULL),
	FIELD_END
};
#undef T

#define T struct fetch_response
static const struct kfield fetch_response_fields[] = {
	FIELD(throttle_time_ms, I32, 1, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 7, LATEST, NOTNULL, 0),
	FIELD(session_id, I32, 7, LATEST, NOTNULL, 0),
	STRUCTS(responses, fetch_response_topic, 0, LATEST, NOTNULL, 0),
	STRUCTS(node_endpoints, fetch_response_node_endpoint, 16, LATEST,
	    NOTNULL, 0, TAG(0)),
	FIELD_END
};
#undef T

MESSAGE(fetch_response, "FetchResponse", 1, 4, 17, 12);
