/*
 * msg_describe_transactions.h: DescribeTransactions (key 65), version 0.
 */
#ifndef KLOG_WIRE_MSG_DESCRIBE_TRANSACTIONS_H
#define KLOG_WIRE_MSG_DESCRIBE_TRANSACTIONS_H

#include "wire/field.h"

struct describe_transactions_request {
	KARRAY(struct kstr)	transactional_ids;
};

struct describe_transactions_response_topic {
	struct kstr	topic;
	KARRAY(int32_t)	partitions;
};

struct describe_transactions_response_transaction_state {
	int16_t		error_code;
	struct kstr	transactional_id;
	struct kstr	transaction_state;
	int32_t		transaction_timeout_ms;
	int64_t		transaction_start_time_ms;
	int64_t		producer_id;
	int16_t		producer_epoch;
	KARRAY(struct describe_transactions_response_topic)	topics;
};

struct describe_transactions_response {
	int32_t	throttle_time_ms;
	KARRAY(struct describe_transactions_response_transaction_state)
	    transaction_states;
};

extern const struct kmessage describe_transactions_request_msg;
extern const struct kfield describe_transactions_response_topic_fields[];
extern const struct kfield
    describe_transactions_response_transaction_state_fields[];
extern const struct kmessage describe_transactions_response_msg;

#endif
