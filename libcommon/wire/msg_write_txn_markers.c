/* msg_write_txn_markers.c: see msg_write_txn_markers.h. */
#include "wire/msg_write_txn_markers.h"

#define T struct write_txn_markers_request_topic
const struct kfield write_txn_markers_request_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	ARRAY(partition_indexes, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct write_txn_markers_request_marker
const struct kfield write_txn_markers_request_marker_fields[] = {
	FIELD(producer_id, I64, 0, LATEST, NOTNULL, 0),
	FIELD(producer_epoch, I16, 0, LATEST, NOTNULL, 0),
	FIELD(transaction_result, BOOL, 0, LATEST, NOTNULL, 0),
	STRUCTS(topics, write_txn_markers_request_topic, 0, LATEST, NOTNULL, 0),
	FIELD(coordinator_epoch, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct write_txn_markers_request
static const struct kfield write_txn_markers_request_fields[] = {
	STRUCTS(markers, write_txn_markers_request_marker, 0, LATEST, NOTNULL,
	    0),
	FIELD_END
};
#undef T

MESSAGE(write_txn_markers_request, "WriteTxnMarkersRequest", 27, 0, 1, 1);

#define T struct write_txn_markers_response_partition
const struct kfield write_txn_markers_response_partition_fields[] = {
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct write_txn_markers_response_topic
const struct kfield write_txn_markers_response_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partitions, write_txn_markers_response_partition, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct write_txn_markers_response_marker
const struct kfield write_txn_markers_response_marker_fields[] = {
	FIELD(producer_id, I64, 0, LATEST, NOTNULL, 0),
	STRUCTS(topics, write_txn_markers_response_topic, 0, LATEST, NOTNULL,
	    0),
	FIELD_END
};
#undef T

#define T struct write_txn_markers_response
static const struct kfield write_txn_markers_response_fields[] = {
	STRUCTS(markers, write_txn_markers_response_marker, 0, LATEST, NOTNULL,
	    0),
	FIELD_END
};
#undef T

MESSAGE(write_txn_markers_response, "WriteTxnMarkersResponse", 27, 0, 1, 1);
