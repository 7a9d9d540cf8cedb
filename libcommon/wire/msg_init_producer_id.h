/*
 * msg_init_producer_id.h: InitProducerId (key 22), versions 0-5.
 */
#ifndef KLOG_WIRE_MSG_INIT_PRODUCER_ID_H
#define KLOG_WIRE_MSG_INIT_PRODUCER_ID_H

#include "wire/field.h"

struct init_producer_id_request {
	struct kstr	transactional_id;	/* null: idempotence only */
	int32_t		transaction_timeout_ms;
	int64_t		producer_id;	/* -1, or to go on with (KIP-360) */
	int16_t		producer_epoch;	/* -1, or of that */
};

struct init_producer_id_response {
	int32_t	throttle_time_ms;
	int16_t	error_code;
	int64_t	producer_id;
	int16_t	producer_epoch;
};

extern const struct kmessage init_producer_id_request_msg;
extern const struct kmessage init_producer_id_response_msg;

#endif
