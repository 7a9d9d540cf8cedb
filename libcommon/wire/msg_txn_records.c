/* msg_txn_records.c: see msg_txn_records.h. */
#include "wire/msg_txn_records.h"

#define T struct transaction_log_key
static const struct kfield transaction_log_key_fields[] = {
	FIELD(transactional_id, STR, 0, 0, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(transaction_log_key, "TransactionLogKey", 0, 0, 0, NEVER);

#define T struct transaction_log_value_transaction_partition
const struct kfield transaction_log_value_transaction_partition_fields[] = {
	FIELD(topic, STR, 0, LATEST, NOTNULL, 0),
	ARRAY(partition_ids, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct transaction_log_value
static const struct kfield transaction_log_value_fields[] = {
	FIELD(producer_id, I64, 0, LATEST, NOTNULL, 0),
	FIELD(producer_epoch, I16, 0, LATEST, NOTNULL, 0),
	FIELD(transaction_timeout_ms, I32, 0, LATEST, NOTNULL, 0),
	FIELD(transaction_status, I8, 0, LATEST, NOTNULL, 0),
	STRUCTS(transaction_partitions,
	    transaction_log_value_transaction_partition, 0, LATEST,
	    NULL_FROM(0), 0),
	FIELD(transaction_last_update_timestamp_ms, I64, 0, LATEST, NOTNULL, 0),
	FIELD(transaction_start_timestamp_ms, I64, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(transaction_log_value, "TransactionLogValue", 0, 0, 1, 1);
