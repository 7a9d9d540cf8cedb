/*
 * msg_describe_log_dirs.h: DescribeLogDirs (key 35), versions 1-4.
 */
#ifndef KLOG_WIRE_MSG_DESCRIBE_LOG_DIRS_H
#define KLOG_WIRE_MSG_DESCRIBE_LOG_DIRS_H

#include "wire/field.h"

struct describe_log_dirs_request_topic {
	struct kstr	topic;
	KARRAY(int32_t)	partitions;
};

struct describe_log_dirs_request {
	KARRAY(struct describe_log_dirs_request_topic)	topics;	/* null: all */
};

struct describe_log_dirs_response_partition {
	int32_t	partition_index;
	int64_t	partition_size;
	int64_t	offset_lag;	/* behind the high watermark */
	bool	is_future_key;	/* being moved there */
};

struct describe_log_dirs_response_topic {
	struct kstr	name;
	KARRAY(struct describe_log_dirs_response_partition)	partitions;
};

struct describe_log_dirs_response_result {
	int16_t		error_code;
	struct kstr	log_dir;	/* its path */
	KARRAY(struct describe_log_dirs_response_topic)	topics;
	int64_t		total_bytes;	/* of its volume (KIP-827) */
	int64_t		usable_bytes;	/* free there */
};

struct describe_log_dirs_response {
	int32_t	throttle_time_ms;
	int16_t	error_code;
	KARRAY(struct describe_log_dirs_response_result)	results;
};

extern const struct kfield describe_log_dirs_request_topic_fields[];
extern const struct kfield describe_log_dirs_response_partition_fields[];
extern const struct kfield describe_log_dirs_response_topic_fields[];
extern const struct kfield describe_log_dirs_response_result_fields[];
extern const struct kmessage describe_log_dirs_request_msg;
extern const struct kmessage describe_log_dirs_response_msg;

#endif
