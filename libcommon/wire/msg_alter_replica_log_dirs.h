/*
 * msg_alter_replica_log_dirs.h: AlterReplicaLogDirs (key 34), versions 1-2.
 */
#ifndef KLOG_WIRE_MSG_ALTER_REPLICA_LOG_DIRS_H
#define KLOG_WIRE_MSG_ALTER_REPLICA_LOG_DIRS_H

#include "wire/field.h"

struct alter_replica_log_dirs_request_topic {
	struct kstr	name;
	KARRAY(int32_t)	partitions;
};

struct alter_replica_log_dirs_request_dir {
	struct kstr	path;	/* where to move them */
	KARRAY(struct alter_replica_log_dirs_request_topic)	topics;
};

struct alter_replica_log_dirs_request {
	KARRAY(struct alter_replica_log_dirs_request_dir)	dirs;
};

struct alter_replica_log_dirs_response_partition {
	int32_t	partition_index;
	int16_t	error_code;
};

struct alter_replica_log_dirs_response_result {
	struct kstr	topic_name;
	KARRAY(struct alter_replica_log_dirs_response_partition)
		partitions;
};

struct alter_replica_log_dirs_response {
	int32_t	throttle_time_ms;
	KARRAY(struct alter_replica_log_dirs_response_result)	results;
};

extern const struct kfield alter_replica_log_dirs_request_topic_fields[];
extern const struct kfield alter_replica_log_dirs_request_dir_fields[];
extern const struct kfield alter_replica_log_dirs_response_partition_fields[];
extern const struct kfield alter_replica_log_dirs_response_result_fields[];
extern const struct kmessage alter_replica_log_dirs_request_msg;
extern const struct kmessage alter_replica_log_dirs_response_msg;

#endif
