/* api.c: which request goes to which handler. */
#include <stddef.h>

#include "api.h"
#include "wire/api.h"

static const struct api rows[] = {
	/* key			piped	handler */
	{ API_PRODUCE,		true,	handle_produce },
	{ API_FETCH,		true,	handle_fetch },
	{ API_LIST_OFFSETS,	false,	handle_list_offsets },
	{ API_METADATA,		false,	handle_metadata },
	{ API_OFFSET_COMMIT,	false,	handle_offset_commit },
	{ API_OFFSET_FETCH,	false,	handle_offset_fetch },
	{ API_FIND_COORDINATOR,	false,	handle_find_coordinator },
	{ API_JOIN_GROUP,	false,	handle_join_group },
	{ API_HEARTBEAT,	false,	handle_heartbeat },
	{ API_LEAVE_GROUP,	false,	handle_leave_group },
	{ API_SYNC_GROUP,	false,	handle_sync_group },
	{ API_DESCRIBE_GROUPS,	false,	handle_describe_groups },
	{ API_LIST_GROUPS,	false,	handle_list_groups },
	{ API_VERSIONS,		false,	handle_api_versions },
	{ API_CREATE_TOPICS,	false,	handle_create_topics },
	{ API_DELETE_TOPICS,	false,	handle_delete_topics },
	{ API_DELETE_RECORDS,	false,	handle_delete_records },
	{ API_INIT_PRODUCER_ID,	false,	handle_init_producer_id },
	{ API_OFFSET_FOR_LEADER_EPOCH, false, handle_offset_for_leader_epoch },
	{ API_ADD_PARTITIONS_TO_TXN, false, handle_add_partitions_to_txn },
	{ API_ADD_OFFSETS_TO_TXN, false, handle_add_offsets_to_txn },
	{ API_END_TXN,		false,	handle_end_txn },
	{ API_WRITE_TXN_MARKERS, false,	handle_write_txn_markers },
	{ API_TXN_OFFSET_COMMIT, false,	handle_txn_offset_commit },
	{ API_DESCRIBE_CONFIGS,	false,	handle_describe_configs },
	{ API_ALTER_CONFIGS,	false,	handle_alter_configs },
	{ API_DESCRIBE_LOG_DIRS, false,	handle_describe_log_dirs },
	{ API_CREATE_PARTITIONS, false,	handle_create_partitions },
	{ API_DELETE_GROUPS,	false,	handle_delete_groups },
	{ API_INCREMENTAL_ALTER_CONFIGS, false,
	    handle_incremental_alter_configs },
	{ API_OFFSET_DELETE,	false,	handle_offset_delete },
	{ API_DESCRIBE_CLUSTER,	false,	handle_describe_cluster },
	{ API_DESCRIBE_PRODUCERS, false, handle_describe_producers },
	{ API_DESCRIBE_TRANSACTIONS, false, handle_describe_transactions },
	{ API_LIST_TRANSACTIONS, false,	handle_list_transactions },
	{ API_CONSUMER_GROUP_HEARTBEAT, false,
	    handle_consumer_group_heartbeat },
	{ API_CONSUMER_GROUP_DESCRIBE, false,
	    handle_consumer_group_describe },
	{ API_LIST_CLIENT_METRICS_RESOURCES, false,
	    handle_list_client_metrics },
};

const struct api *
api_get(int16_t key)
{
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].key == key)
			return &rows[i];
	return NULL;
}

const struct api *
api_rows(unsigned int *n)
{
	*n = sizeof(rows) / sizeof(rows[0]);
	return rows;
}
