/*
 * msg_add_offsets_to_txn.h: AddOffsetsToTxn (key 25), versions 0-4.
 */
#ifndef KLOG_WIRE_MSG_ADD_OFFSETS_TO_TXN_H
#define KLOG_WIRE_MSG_ADD_OFFSETS_TO_TXN_H

#include "wire/field.h"

struct add_offsets_to_txn_request {
	struct kstr	transactional_id;
	int64_t		producer_id;
	int16_t		producer_epoch;
	struct kstr	group_id;
};

struct add_offsets_to_txn_response {
	int32_t	throttle_time_ms;
	int16_t	error_code;
};

extern const struct kmessage add_offsets_to_txn_request_msg;
extern const struct kmessage add_offsets_to_txn_response_msg;

#endif
