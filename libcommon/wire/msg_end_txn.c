/* msg_end_txn.c: see msg_end_txn.h. */
#include "wire/msg_end_txn.h"

#define T struct end_txn_request
static const struct kfield end_txn_request_fields[] = {
	FIELD(transactional_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(producer_id, I64, 0, LATEST, NOTNULL, 0),
	FIELD(producer_epoch, I16, 0, LATEST, NOTNULL, 0),
	FIELD(committed, BOOL, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(end_txn_request, "EndTxnRequest", 26, 0, 4, 3);

#define T struct end_txn_response
static const struct kfield end_txn_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(end_txn_response, "EndTxnResponse", 26, 0, 4, 3);
