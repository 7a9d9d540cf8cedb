/* msg_add_offsets_to_txn.c: see msg_add_offsets_to_txn.h. */
#include "wire/msg_add_offsets_to_txn.h"

#define T struct add_offsets_to_txn_request
static const struct kfield add_offsets_to_txn_request_fields[] = {
	FIELD(transactional_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD(producer_id, I64, 0, LATEST, NOTNULL, 0),
	FIELD(producer_epoch, I16, 0, LATEST, NOTNULL, 0),
	FIELD(group_id, STR, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(add_offsets_to_txn_request, "AddOffsetsToTxnRequest", 25, 0, 4, 3);

#define T struct add_offsets_to_txn_response
static const struct kfield add_offsets_to_txn_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(add_offsets_to_txn_response, "AddOffsetsToTxnResponse", 25, 0, 4, 3);
