/*
 * msg_write_txn_markers.h: WriteTxnMarkers (key 27), versions 0-1.
 */
#ifndef KLOG_WIRE_MSG_WRITE_TXN_MARKERS_H
#define KLOG_WIRE_MSG_WRITE_TXN_MARKERS_H

#include "wire/field.h"

struct write_txn_markers_request_topic {
	struct kstr	name;
	KARRAY(int32_t)	partition_indexes;
};

struct write_txn_markers_request_marker {
	int64_t	producer_id;
	int16_t	producer_epoch;
	bool	transaction_result;
	KARRAY(struct write_txn_markers_request_topic)	topics;
	int32_t	coordinator_epoch;
};

struct write_txn_markers_request {
	KARRAY(struct write_txn_markers_request_marker)	markers;
};

struct write_txn_markers_response_partition {
	int32_t	partition_index;
	int16_t	error_code;
};

struct write_txn_markers_response_topic {
	struct kstr	name;
	KARRAY(struct write_txn_markers_response_partition)	partitions;
};

struct write_txn_markers_response_marker {
	int64_t	producer_id;
	KARRAY(struct write_txn_markers_response_topic)	topics;
};

struct write_txn_markers_response {
	KARRAY(struct write_txn_markers_response_marker)	markers;
};

extern const struct kfield write_txn_markers_request_topic_fields[];
extern const struct kfield write_txn_markers_request_marker_fields[];
extern const struct kmessage write_txn_markers_request_msg;
extern const struct kfield write_txn_markers_response_partition_fields[];
extern const struct kfield write_txn_markers_response_topic_fields[];
extern const struct kfield write_txn_markers_response_marker_fields[];
extern const struct kmessage write_txn_markers_response_msg;

#endif
