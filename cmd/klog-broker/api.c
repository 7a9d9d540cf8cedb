/* api.c: which request goes to which handler. */
#include <stddef.h>

#include "api.h"
#include "wire/api.h"

static const struct api rows[] = {
	/* key			pipe	handler */
	{ API_PRODUCE,		PIPE_DATA, handle_produce },
	{ API_FETCH,		PIPE_DATA, handle_fetch },
	{ API_LIST_OFFSETS,	PIPE_NONE,	handle_list_offsets },
	{ API_METADATA,		PIPE_NONE,	handle_metadata },
	{ API_OFFSET_COMMIT,	PIPE_COMMITS, handle_offset_commit },
	{ API_OFFSET_FETCH,	PIPE_NONE,	handle_offset_fetch },
	{ API_FIND_COORDINATOR,	PIPE_NONE,	handle_find_coordinator },
	{ API_JOIN_GROUP,	PIPE_NONE,	handle_join_group },
	{ API_HEARTBEAT,	PIPE_NONE,	handle_heartbeat },
	{ API_LEAVE_GROUP,	PIPE_NONE,	handle_leave_group },
	{ API_SYNC_GROUP,	PIPE_NONE,	handle_sync_group },
	{ API_DESCRIBE_GROUPS,	PIPE_NONE,	handle_describe_groups },
	{ API_LIST_GROUPS,	PIPE_NONE,	handle_list_groups },
	{ API_VERSIONS,		PIPE_NONE,	handle_api_versions },
	{ API_CREATE_TOPICS,	PIPE_NONE,	handle_create_topics },
	{ API_DELETE_TOPICS,	PIPE_NONE,	handle_delete_topics },
	{ API_DELETE_RECORDS,	PIPE_NONE,	handle_delete_records },
	{ API_INIT_PRODUCER_ID,	PIPE_NONE,	handle_init_producer_id },
	{ API_OFFSET_FOR_LEADER_EPOCH, PIPE_NONE,
	    handle_offset_for_leader_epoch },
	{ API_ADD_PARTITIONS_TO_TXN, PIPE_NONE, handle_add_partitions_to_txn },
	{ API_ADD_OFFSETS_TO_TXN, PIPE_NONE, handle_add_offsets_to_txn },
	{ API_END_TXN,		PIPE_NONE,	handle_end_txn },
	{ API_WRITE_TXN_MARKERS, PIPE_NONE,	handle_write_txn_markers },
	{ API_TXN_OFFSET_COMMIT, PIPE_NONE,	handle_txn_offset_commit },
	{ API_DESCRIBE_CONFIGS,	PIPE_NONE,	handle_describe_configs },
	{ API_ALTER_CONFIGS,	PIPE_NONE,	handle_alter_configs },
	{ API_DESCRIBE_LOG_DIRS, PIPE_NONE,	handle_describe_log_dirs },
	{ API_CREATE_PARTITIONS, PIPE_NONE,	handle_create_partitions },
	{ API_DELETE_GROUPS,	PIPE_NONE,	handle_delete_groups },
	{ API_INCREMENTAL_ALTER_CONFIGS, PIPE_NONE,
	    handle_incremental_alter_configs },
	{ API_OFFSET_DELETE,	PIPE_NONE,	handle_offset_delete },
	{ API_DESCRIBE_CLUSTER,	PIPE_NONE,	handle_describe_cluster },
	{ API_DESCRIBE_PRODUCERS, PIPE_NONE, handle_describe_producers },
	{ API_DESCRIBE_TRANSACTIONS, PIPE_NONE, handle_describe_transactions },
	{ API_LIST_TRANSACTIONS, PIPE_NONE,	handle_list_transactions },
	{ API_CONSUMER_GROUP_HEARTBEAT, PIPE_NONE,
	    handle_consumer_group_heartbeat },
	{ API_CONSUMER_GROUP_DESCRIBE, PIPE_NONE,
	    handle_consumer_group_describe },
	{ API_LIST_CLIENT_METRICS_RESOURCES, PIPE_NONE,
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
