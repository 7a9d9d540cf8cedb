/*
 * msg_end_txn.h: EndTxn (key 26), versions 0-4.
 */
#ifndef KLOG_WIRE_MSG_END_TXN_H
#define KLOG_WIRE_MSG_END_TXN_H

#include "wire/field.h"

struct end_txn_request {
	struct kstr	transactional_id;
	int64_t		producer_id;
	int16_t		producer_epoch;
	bool		committed;
};

struct end_txn_response {
	int32_t	throttle_time_ms;
	int16_t	error_code;
};

extern const struct kmessage end_txn_request_msg;
extern const struct kmessage end_txn_response_msg;

#endif
