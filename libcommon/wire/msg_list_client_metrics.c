/* msg_list_client_metrics.c: see msg_list_client_metrics.h. */
#include "wire/msg_list_client_metrics.h"

#define T struct list_client_metrics_request
static const struct kfield list_client_metrics_request_fields[] = {
	FIELD_END
};
#undef T

MESSAGE(list_client_metrics_request,
    "ListClientMetricsResourcesRequest", 74, 0, 0, 0);

#define T struct list_client_metrics_response_resource
const struct kfield list_client_metrics_response_resource_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct list_client_metrics_response
static const struct kfield list_client_metrics_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	STRUCTS(client_metrics_resources,
	    list_client_metrics_response_resource, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(list_client_metrics_response,
    "ListClientMetricsResourcesResponse", 74, 0, 0, 0);
