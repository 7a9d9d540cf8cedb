/* msg_alter_replica_log_dirs.c: see msg_alter_replica_log_dirs.h. */
#include "wire/msg_alter_replica_log_dirs.h"

#define T struct alter_replica_log_dirs_request_topic
const struct kfield alter_replica_log_dirs_request_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	ARRAY(partitions, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct alter_replica_log_dirs_request_dir
const struct kfield alter_replica_log_dirs_request_dir_fields[] = {
	FIELD(path, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(topics, alter_replica_log_dirs_request_topic, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct alter_replica_log_dirs_request
static const struct kfield alter_replica_log_dirs_request_fields[] = {
	STRUCTS(dirs, alter_replica_log_dirs_request_dir, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(alter_replica_log_dirs_request, "AlterReplicaLogDirsRequest",
    34, 1, 2, 2);

#define T struct alter_replica_log_dirs_response_partition
const struct kfield alter_replica_log_dirs_response_partition_fields[] = {
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct alter_replica_log_dirs_response_result
const struct kfield alter_replica_log_dirs_response_result_fields[] = {
	FIELD(topic_name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(partitions, alter_replica_log_dirs_response_partition, 0,
	    LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct alter_replica_log_dirs_response
static const struct kfield alter_replica_log_dirs_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	STRUCTS(results, alter_replica_log_dirs_response_result, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(alter_replica_log_dirs_response, "AlterReplicaLogDirsResponse",
    34, 1, 2, 2);
