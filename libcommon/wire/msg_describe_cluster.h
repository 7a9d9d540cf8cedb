/*
 * msg_describe_cluster.h: DescribeCluster (key 60), versions 0-1.
 */
#ifndef KLOG_WIRE_MSG_DESCRIBE_CLUSTER_H
#define KLOG_WIRE_MSG_DESCRIBE_CLUSTER_H

#include "wire/field.h"

struct describe_cluster_request {
	bool	include_cluster_authorized_operations;
	int8_t	endpoint_type;	/* 1 brokers, 2 controllers (KIP-919) */
};

struct describe_cluster_response_broker {
	int32_t		broker_id;
	struct kstr	host;
	int32_t		port;
	struct kstr	rack;	/* null: none */
};

struct describe_cluster_response {
	int32_t		throttle_time_ms;
	int16_t		error_code;
	struct kstr	error_message;
	int8_t		endpoint_type;
	struct kstr	cluster_id;
	int32_t		controller_id;	/* -1: none; of brokers any broker */
	KARRAY(struct describe_cluster_response_broker)	brokers;
	/* bits, or INT32_MIN: not asked for (KIP-430) */
	int32_t		cluster_authorized_operations;
};

extern const struct kfield describe_cluster_response_broker_fields[];
extern const struct kmessage describe_cluster_request_msg;
extern const struct kmessage describe_cluster_response_msg;

#endif
