/*
 * msg_delete_records.h: DeleteRecords (key 21), versions 0-2.
 */
#ifndef KLOG_WIRE_MSG_DELETE_RECORDS_H
#define KLOG_WIRE_MSG_DELETE_RECORDS_H

#include "wire/field.h"

struct delete_records_request_partition {
	int32_t	partition_index;
	int64_t	offset;	/* the first to keep; -1: the high watermark */
};

struct delete_records_request_topic {
	struct kstr	name;
	KARRAY(struct delete_records_request_partition)	partitions;
};

struct delete_records_request {
	KARRAY(struct delete_records_request_topic)	topics;
	int32_t	timeout_ms;
};

struct delete_records_response_partition {
	int32_t	partition_index;
	int64_t	low_watermark;	/* first offset left; -1 on error */
	int16_t	error_code;
};

struct delete_records_response_topic {
	struct kstr	name;
	KARRAY(struct delete_records_response_partition)	partitions;
};

struct delete_records_response {
	int32_t	throttle_time_ms;
	KARRAY(struct delete_records_response_topic)	topics;
};

extern const struct kfield delete_records_request_partition_fields[];
extern const struct kfield delete_records_request_topic_fields[];
extern const struct kfield delete_records_response_partition_fields[];
extern const struct kfield delete_records_response_topic_fields[];
extern const struct kmessage delete_records_request_msg;
extern const struct kmessage delete_records_response_msg;

#endif
