/* msg_init_producer_id.c: see msg_init_producer_id.h. */
#include "wire/msg_init_producer_id.h"

#define T struct init_producer_id_request
static const struct kfield init_producer_id_request_fields[] = {
	FIELD(transactional_id, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD(transaction_timeout_ms, I32, 0, LATEST, NOTNULL, 0),
	FIELD(producer_id, I64, 3, LATEST, NOTNULL, -1),
	FIELD(producer_epoch, I16, 3, LATEST, NOTNULL, -1),
	FIELD_END
};
#undef T

MESSAGE(init_producer_id_request, "InitProducerIdRequest", 22, 0, 5, 2);

#define T struct init_producer_id_response
static const struct kfield init_producer_id_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(producer_id, I64, 0, LATEST, NOTNULL, -1),
	FIELD(producer_epoch, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(init_producer_id_response, "InitProducerIdResponse", 22, 0, 5, 2);
