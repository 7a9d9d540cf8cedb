/*
 * msg_add_partitions_to_txn.h: AddPartitionsToTxn (key 24), versions 0-5.
 */
#ifndef KLOG_WIRE_MSG_ADD_PARTITIONS_TO_TXN_H
#define KLOG_WIRE_MSG_ADD_PARTITIONS_TO_TXN_H

#include "wire/field.h"

struct add_partitions_to_txn_request_add_partitions_to_txn_topic {
	struct kstr	name;
	KARRAY(int32_t)	partitions;
};

struct add_partitions_to_txn_request_transaction {
	struct kstr	transactional_id;
	int64_t		producer_id;
	int16_t		producer_epoch;
	bool		verify_only;
	KARRAY(struct add_partitions_to_txn_request_add_partitions_to_txn_topic)
	    topics;
};

struct add_partitions_to_txn_request {
	/* v4+ */
	KARRAY(struct add_partitions_to_txn_request_transaction)
	    transactions;
	struct kstr	v3_and_below_transactional_id;	/* v0-3 */
	int64_t		v3_and_below_producer_id;	/* v0-3 */
	int16_t		v3_and_below_producer_epoch;	/* v0-3 */
	/* v0-3 */
	KARRAY(struct add_partitions_to_txn_request_add_partitions_to_txn_topic)
	    v3_and_below_topics;
};

struct add_partitions_to_txn_response_partition_result {
	int32_t	partition_index;
	int16_t	partition_error_code;
};

struct add_partitions_to_txn_response_topic_result {
	struct kstr	name;
	KARRAY(struct add_partitions_to_txn_response_partition_result)
	    results_by_partition;
};

struct add_partitions_to_txn_response_results_by_transaction {
	struct kstr	transactional_id;
	KARRAY(struct add_partitions_to_txn_response_topic_result)
	    topic_results;
};

struct add_partitions_to_txn_response {
	int32_t	throttle_time_ms;
	int16_t	error_code;	/* v4+ */
	/* v4+ */
	KARRAY(struct add_partitions_to_txn_response_results_by_transaction)
	    results_by_transaction;
	/* v0-3 */
	KARRAY(struct add_partitions_to_txn_response_topic_result)
	    results_by_topic_v3_and_below;
};

extern const struct kfield
    add_partitions_to_txn_request_add_partitions_to_txn_topic_fields[];
extern const struct kfield add_partitions_to_txn_request_transaction_fields[];
extern const struct kmessage add_partitions_to_txn_request_msg;
extern const struct kfield
    add_partitions_to_txn_response_partition_result_fields[];
extern const struct kfield add_partitions_to_txn_response_topic_result_fields[];
extern const struct kfield
    add_partitions_to_txn_response_results_by_transaction_fields[];
extern const struct kmessage add_partitions_to_txn_response_msg;

#endif
