/* msg_list_transactions.c: see msg_list_transactions.h. */
#include "wire/msg_list_transactions.h"

#define T struct list_transactions_request
static const struct kfield list_transactions_request_fields[] = {
	ARRAY(state_filters, STR, 0, LATEST, NOTNULL, 0),
	ARRAY(producer_id_filters, I64, 0, LATEST, NOTNULL, 0),
	FIELD(duration_filter, I64, 1, LATEST, NOTNULL, -1),
	FIELD_END
};
#undef T

MESSAGE(list_transactions_request, "ListTransactionsRequest", 66, 0, 1, 0);

#define T struct list_transactions_response_transaction_state
const struct kfield list_transactions_response_transaction_state_fields[] = {
	FIELD(transactional_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(producer_id, I64, 0, LATEST, NOTNULL, 0),
	FIELD(transaction_state, STR, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct list_transactions_response
static const struct kfield list_transactions_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	ARRAY(unknown_state_filters, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(transaction_states,
	    list_transactions_response_transaction_state, 0, LATEST, NOTNULL,
	    0),
	FIELD_END
};
#undef T

MESSAGE(list_transactions_response, "ListTransactionsResponse", 66, 0, 1, 0);
