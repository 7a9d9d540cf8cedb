/*
 * msg_txn_records.h: the records of __transaction_state. A key begins with its
 * type, a value with its version (both int16), which stand before the body.
 */
#ifndef KLOG_WIRE_MSG_TXN_RECORDS_H
#define KLOG_WIRE_MSG_TXN_RECORDS_H

#include "wire/field.h"

struct transaction_log_key {
	struct kstr	transactional_id;
};

struct transaction_log_value_transaction_partition {
	struct kstr	topic;
	KARRAY(int32_t)	partition_ids;
};

struct transaction_log_value {
	int64_t	producer_id;
	int16_t	producer_epoch;
	int32_t	transaction_timeout_ms;
	int8_t	transaction_status;
	KARRAY(struct transaction_log_value_transaction_partition)
	    transaction_partitions;
	int64_t	transaction_last_update_timestamp_ms;
	int64_t	transaction_start_timestamp_ms;
};

extern const struct kmessage transaction_log_key_msg;
extern const struct kfield transaction_log_value_transaction_partition_fields[];
extern const struct kmessage transaction_log_value_msg;

#endif
