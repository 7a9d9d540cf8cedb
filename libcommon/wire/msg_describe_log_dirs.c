/* msg_describe_log_dirs.c: see msg_describe_log_dirs.h. */
#include "wire/msg_describe_log_dirs.h"

#define T struct describe_log_dirs_request_topic
const struct kfield describe_log_dirs_request_topic_fields[] = {
	FIELD(topic, STR, 0, LATEST, NOTNULL, 0),
	ARRAY(partitions, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct describe_log_dirs_request
static const struct kfield describe_log_dirs_request_fields[] = {
	STRUCTS(topics, describe_log_dirs_request_topic, 0, LATEST,
	    NULL_FROM(0), 0),
	FIELD_END
};
#undef T

MESSAGE(describe_log_dirs_request, "DescribeLogDirsRequest", 35, 1, 4, 2);

#define T struct describe_log_dirs_response_partition
const struct kfield describe_log_dirs_response_partition_fields[] = {
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(partition_size, I64, 0, LATEST, NOTNULL, 0),
	FIELD(offset_lag, I64, 0, LATEST, NOTNULL, 0),
	FIELD(is_future_key, BOOL, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct describe_log_dirs_response_topic
const struct kfield describe_log_dirs_response_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partitions, describe_log_dirs_response_partition, 0,
	    LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct describe_log_dirs_response_result
const struct kfield describe_log_dirs_response_result_fields[] = {
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(log_dir, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(topics, describe_log_dirs_response_topic, 0, LATEST,
	    NOTNULL, 0),
	FIELD(total_bytes, I64, 4, LATEST, NOTNULL, -1),
	FIELD(usable_bytes, I64, 4, LATEST, NOTNULL, -1),
	FIELD_END
};
#undef T

#define T struct describe_log_dirs_response
static const struct kfield describe_log_dirs_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 3, LATEST, NOTNULL, 0),
	STRUCTS(results, describe_log_dirs_response_result, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(describe_log_dirs_response, "DescribeLogDirsResponse", 35, 1, 4, 2);
