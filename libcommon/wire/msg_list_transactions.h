/*
 * msg_list_transactions.h: ListTransactions (key 66), versions 0-1.
 */
#ifndef KLOG_WIRE_MSG_LIST_TRANSACTIONS_H
#define KLOG_WIRE_MSG_LIST_TRANSACTIONS_H

#include "wire/field.h"

struct list_transactions_request {
	KARRAY(struct kstr)	state_filters;
	KARRAY(int64_t)		producer_id_filters;
	int64_t			duration_filter;	/* v1+ */
};

struct list_transactions_response_transaction_state {
	struct kstr	transactional_id;
	int64_t		producer_id;
	struct kstr	transaction_state;
};

struct list_transactions_response {
	int32_t			throttle_time_ms;
	int16_t			error_code;
	KARRAY(struct kstr)	unknown_state_filters;
	KARRAY(struct list_transactions_response_transaction_state)
	    transaction_states;
};

extern const struct kmessage list_transactions_request_msg;
extern const struct kfield
    list_transactions_response_transaction_state_fields[];
extern const struct kmessage list_transactions_response_msg;

#endif
