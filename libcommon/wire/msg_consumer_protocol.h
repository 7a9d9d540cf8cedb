/*
 * msg_consumer_protocol.h: what consumers of a classic group tell each other
 * through the coordinator: subscription and assignment. A version (int16)
 * stands before the body; a newer one is read with the newest layout known
 * here.
 */
#ifndef KLOG_WIRE_MSG_CONSUMER_PROTOCOL_H
#define KLOG_WIRE_MSG_CONSUMER_PROTOCOL_H

#include "wire/field.h"

struct consumer_protocol_subscription_owned_partition {
	struct kstr	topic;
	KARRAY(int32_t)	partitions;
};

struct consumer_protocol_subscription {
	KARRAY(struct kstr)	topics;
	struct kbytes		user_data;
	/* v1+ */
	KARRAY(struct consumer_protocol_subscription_owned_partition)
	    owned_partitions;
	int32_t			generation_id;	/* v2+ */
	struct kstr		rack_id;	/* v3+ */
};

struct consumer_protocol_assignment_assigned_partition {
	struct kstr	topic;
	KARRAY(int32_t)	partitions;
};

struct consumer_protocol_assignment {
	KARRAY(struct consumer_protocol_assignment_assigned_partition)
	    assigned_partitions;
	struct kbytes	user_data;
};

extern const struct kfield
    consumer_protocol_subscription_owned_partition_fields[];
extern const struct kmessage consumer_protocol_subscription_msg;
extern const struct kfield
    consumer_protocol_assignment_assigned_partition_fields[];
extern const struct kmessage consumer_protocol_assignment_msg;

#endif
