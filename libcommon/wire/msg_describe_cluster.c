/* msg_describe_cluster.c: see msg_describe_cluster.h. */
#include "wire/msg_describe_cluster.h"

#define T struct describe_cluster_request
static const struct kfield describe_cluster_request_fields[] = {
	FIELD(include_cluster_authorized_operations, BOOL, 0, LATEST,
	    NOTNULL, 0),
	FIELD(endpoint_type, I8, 1, LATEST, NOTNULL, 1),
	FIELD_END
};
#undef T

MESSAGE(describe_cluster_request, "DescribeClusterRequest", 60, 0, 1, 0);

#define T struct describe_cluster_response_broker
const struct kfield describe_cluster_response_broker_fields[] = {
	FIELD(broker_id, I32, 0, LATEST, NOTNULL, 0),
	FIELD(host, STR, 0, LATEST, NOTNULL, 0),
	FIELD(port, I32, 0, LATEST, NOTNULL, 0),
	FIELD(rack, STR, 0, LATEST, NULL_FROM(0), DNULL),
	FIELD_END
};
#undef T

#define T struct describe_cluster_response
static const struct kfield describe_cluster_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(error_message, STR, 0, LATEST, NULL_FROM(0), DNULL),
	FIELD(endpoint_type, I8, 1, LATEST, NOTNULL, 1),
	FIELD(cluster_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(controller_id, I32, 0, LATEST, NOTNULL, -1),
	STRUCTS(brokers, describe_cluster_response_broker, 0, LATEST,
	    NOTNULL, 0),
	FIELD(cluster_authorized_operations, I32, 0, LATEST, NOTNULL,
	    INT32_MIN),
	FIELD_END
};
#undef T

MESSAGE(describe_cluster_response, "DescribeClusterResponse", 60, 0, 1, 0);
