/* msg_add_partitions_to_txn.c: see msg_add_partitions_to_txn.h. */
#include "wire/msg_add_partitions_to_txn.h"

#define T struct add_partitions_to_txn_request_add_partitions_to_txn_topic
const struct kfield
    add_partitions_to_txn_request_add_partitions_to_txn_topic_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	ARRAY(partitions, I32, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct add_partitions_to_txn_request_transaction
const struct kfield add_partitions_to_txn_request_transaction_fields[] = {
	FIELD(transactional_id, STR, 4, LATEST, NOTNULL, 0),
	FIELD(producer_id, I64, 4, LATEST, NOTNULL, 0),
	FIELD(producer_epoch, I16, 4, LATEST, NOTNULL, 0),
	FIELD(verify_only, BOOL, 4, LATEST, NOTNULL, 0),
	STRUCTS(topics,
	    add_partitions_to_txn_request_add_partitions_to_txn_topic, 4,
	    LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct add_partitions_to_txn_request
static const struct kfield add_partitions_to_txn_request_fields[] = {
	STRUCTS(transactions, add_partitions_to_txn_request_transaction, 4,
	    LATEST, NOTNULL, 0),
	FIELD(v3_and_below_transactional_id, STR, 0, 3, NOTNULL, 0),
	FIELD(v3_and_below_producer_id, I64, 0, 3, NOTNULL, 0),
	FIELD(v3_and_below_producer_epoch, I16, 0, 3, NOTNULL, 0),
	STRUCTS(v3_and_below_topics,
	    add_partitions_to_txn_request_add_partitions_to_txn_topic, 0, 3,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(add_partitions_to_txn_request, "AddPartitionsToTxnRequest", 24, 0, 5,
    3);

#define T struct add_partitions_to_txn_response_partition_result
const struct kfield add_partitions_to_txn_response_partition_result_fields[] = {
	FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
	FIELD(partition_error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct add_partitions_to_txn_response_topic_result
const struct kfield add_partitions_to_txn_response_topic_result_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(results_by_partition,
	    add_partitions_to_txn_response_partition_result, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct add_partitions_to_txn_response_results_by_transaction
const struct kfield
    add_partitions_to_txn_response_results_by_transaction_fields[] = {
	FIELD(transactional_id, STR, 4, LATEST, NOTNULL, 0),
	STRUCTS(topic_results, add_partitions_to_txn_response_topic_result, 4,
	    LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct add_partitions_to_txn_response
static const struct kfield add_partitions_to_txn_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	FIELD(error_code, I16, 4, LATEST, NOTNULL, 0),
	STRUCTS(results_by_transaction,
	    add_partitions_to_txn_response_results_by_transaction, 4, LATEST,
	    NOTNULL, 0),
	STRUCTS(results_by_topic_v3_and_below,
	    add_partitions_to_txn_response_topic_result, 0, 3, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(add_partitions_to_txn_response, "AddPartitionsToTxnResponse", 24, 0,
    5, 3);
