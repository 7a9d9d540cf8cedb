/*
 * msg_list_client_metrics.h: ListClientMetricsResources (key 74), version 0:
 * subscriptions of client metrics (KIP-714, KIP-1000).
 */
#ifndef KLOG_WIRE_MSG_LIST_CLIENT_METRICS_H
#define KLOG_WIRE_MSG_LIST_CLIENT_METRICS_H

#include "wire/field.h"

struct list_client_metrics_request {
	char	none;	/* it has no fields */
};

struct list_client_metrics_response_resource {
	struct kstr	name;
};

struct list_client_metrics_response {
	int32_t	throttle_time_ms;
	int16_t	error_code;
	KARRAY(struct list_client_metrics_response_resource)
		client_metrics_resources;
};

extern const struct kfield list_client_metrics_response_resource_fields[];
extern const struct kmessage list_client_metrics_request_msg;
extern const struct kmessage list_client_metrics_response_msg;

#endif
