/* msg_describe_transactions.c: see msg_describe_transactions.h. */
#include "wire/msg_describe_transactions.h"

#define T struct describe_transactions_request
static const struct kfield describe_transactions_request_fields[] = {
	ARRAY(transactional_ids, STR, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(describe_transactions_request, "DescribeTransactionsRequest", 65, 0,
    0, 0);

#define T struct describe_transactions_response_topic
const struct kfield describe_transactions_response_topic_fields[] = {
	FIELD(topic, STR, 0, LATEST, NOTNULL, 0),
	ARRAY(partitions, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct describe_transactions_response_transaction_state
const struct kfield
    describe_transactions_response_transaction_state_fields[] = {
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(transactional_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(transaction_state, STR, 0, LATEST, NOTNULL, 0),
	FIELD(transaction_timeout_ms, I32, 0, LATEST, NOTNULL, 0),
	FIELD(transaction_start_time_ms, I64, 0, LATEST, NOTNULL, 0),
	FIELD(producer_id, I64, 0, LATEST, NOTNULL, 0),
	FIELD(producer_epoch, I16, 0, LATEST, NOTNULL, 0),
	STRUCTS(topics, describe_transactions_response_topic, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct describe_transactions_response
static const struct kfield describe_transactions_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	STRUCTS(transaction_states,
	    describe_transactions_response_transaction_state, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(describe_transactions_response, "DescribeTransactionsResponse", 65,
    0, 0, 0);
