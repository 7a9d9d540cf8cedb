/* api.c: see api.h. */
#include "wire/api.h"

#include "wire/msg_add_offsets_to_txn.h"
#include "wire/msg_add_partitions_to_txn.h"
#include "wire/msg_alter_configs.h"
#include "wire/msg_alter_replica_log_dirs.h"
#include "wire/msg_api_versions.h"
#include "wire/msg_consumer_group_describe.h"
#include "wire/msg_consumer_group_heartbeat.h"
#include "wire/msg_create_partitions.h"
#include "wire/msg_create_topics.h"
#include "wire/msg_delete_groups.h"
#include "wire/msg_delete_records.h"
#include "wire/msg_delete_topics.h"
#include "wire/msg_describe_cluster.h"
#include "wire/msg_describe_configs.h"
#include "wire/msg_describe_groups.h"
#include "wire/msg_describe_log_dirs.h"
#include "wire/msg_describe_producers.h"
#include "wire/msg_describe_transactions.h"
#include "wire/msg_end_txn.h"
#include "wire/msg_fetch.h"
#include "wire/msg_find_coordinator.h"
#include "wire/msg_heartbeat.h"
#include "wire/msg_incremental_alter_configs.h"
#include "wire/msg_init_producer_id.h"
#include "wire/msg_join_group.h"
#include "wire/msg_leave_group.h"
#include "wire/msg_list_client_metrics.h"
#include "wire/msg_list_groups.h"
#include "wire/msg_list_offsets.h"
#include "wire/msg_list_transactions.h"
#include "wire/msg_metadata.h"
#include "wire/msg_offset_commit.h"
#include "wire/msg_offset_delete.h"
#include "wire/msg_offset_fetch.h"
#include "wire/msg_offset_for_leader_epoch.h"
#include "wire/msg_produce.h"
#include "wire/msg_sync_group.h"
#include "wire/msg_txn_offset_commit.h"
#include "wire/msg_write_txn_markers.h"

#define API(k, kafka_name, S, v0, v1, advertised, flexible)		\
	{ .key = (k), .min = (v0), .max = (v1),				\
	  .advertised_min = (advertised), .flex = (flexible),		\
	  .name = kafka_name,						\
	  .req = &S##_request_msg, .rsp = &S##_response_msg }

/* In ascending order of the keys. */
static const struct kapi apis[] = {
	API(API_PRODUCE, "Produce", produce, 3, 11, 0, 9),
	API(API_FETCH, "Fetch", fetch, 4, 17, 4, 12),
	API(API_LIST_OFFSETS, "ListOffsets", list_offsets, 1, 9, 1, 6),
	API(API_METADATA, "Metadata", metadata, 0, 12, 0, 9),
	API(API_OFFSET_COMMIT, "OffsetCommit", offset_commit, 2, 9, 2, 8),
	API(API_OFFSET_FETCH, "OffsetFetch", offset_fetch, 1, 9, 1, 6),
	API(API_FIND_COORDINATOR, "FindCoordinator", find_coordinator,
	    0, 6, 0, 3),
	API(API_JOIN_GROUP, "JoinGroup", join_group, 0, 9, 0, 6),
	API(API_HEARTBEAT, "Heartbeat", heartbeat, 0, 4, 0, 4),
	API(API_LEAVE_GROUP, "LeaveGroup", leave_group, 0, 5, 0, 4),
	API(API_SYNC_GROUP, "SyncGroup", sync_group, 0, 5, 0, 4),
	API(API_DESCRIBE_GROUPS, "DescribeGroups", describe_groups, 0, 5, 0, 5),
	API(API_LIST_GROUPS, "ListGroups", list_groups, 0, 5, 0, 3),
	API(API_VERSIONS, "ApiVersions", api_versions, 0, 4, 0, 3),
	API(API_CREATE_TOPICS, "CreateTopics", create_topics, 2, 7, 2, 5),
	API(API_DELETE_TOPICS, "DeleteTopics", delete_topics, 0, 6, 0, 4),
	API(API_DELETE_RECORDS, "DeleteRecords", delete_records, 0, 2, 0, 2),
	API(API_INIT_PRODUCER_ID, "InitProducerId", init_producer_id,
	    0, 5, 0, 2),
	API(API_OFFSET_FOR_LEADER_EPOCH, "OffsetForLeaderEpoch",
	    offset_for_leader_epoch, 2, 4, 2, 4),
	API(API_ADD_PARTITIONS_TO_TXN, "AddPartitionsToTxn",
	    add_partitions_to_txn, 0, 5, 0, 3),
	API(API_ADD_OFFSETS_TO_TXN, "AddOffsetsToTxn", add_offsets_to_txn,
	    0, 4, 0, 3),
	API(API_END_TXN, "EndTxn", end_txn, 0, 4, 0, 3),
	API(API_WRITE_TXN_MARKERS, "WriteTxnMarkers", write_txn_markers,
	    0, 1, 0, 1),
	API(API_TXN_OFFSET_COMMIT, "TxnOffsetCommit", txn_offset_commit,
	    0, 4, 0, 3),
	API(API_DESCRIBE_CONFIGS, "DescribeConfigs", describe_configs,
	    1, 4, 1, 4),
	API(API_ALTER_CONFIGS, "AlterConfigs", alter_configs, 0, 2, 0, 2),
	API(API_ALTER_REPLICA_LOG_DIRS, "AlterReplicaLogDirs",
	    alter_replica_log_dirs, 1, 2, 1, 2),
	API(API_DESCRIBE_LOG_DIRS, "DescribeLogDirs", describe_log_dirs,
	    1, 4, 1, 2),
	API(API_CREATE_PARTITIONS, "CreatePartitions", create_partitions,
	    0, 3, 0, 2),
	API(API_DELETE_GROUPS, "DeleteGroups", delete_groups, 0, 2, 0, 2),
	API(API_INCREMENTAL_ALTER_CONFIGS, "IncrementalAlterConfigs",
	    incremental_alter_configs, 0, 1, 0, 1),
	API(API_OFFSET_DELETE, "OffsetDelete", offset_delete, 0, 0, 0, NEVER),
	API(API_DESCRIBE_CLUSTER, "DescribeCluster", describe_cluster,
	    0, 1, 0, 0),
	API(API_DESCRIBE_PRODUCERS, "DescribeProducers", describe_producers,
	    0, 0, 0, 0),
	API(API_DESCRIBE_TRANSACTIONS, "DescribeTransactions",
	    describe_transactions, 0, 0, 0, 0),
	API(API_LIST_TRANSACTIONS, "ListTransactions", list_transactions,
	    0, 1, 0, 0),
	API(API_CONSUMER_GROUP_HEARTBEAT, "ConsumerGroupHeartbeat",
	    consumer_group_heartbeat, 0, 1, 0, 0),
	API(API_CONSUMER_GROUP_DESCRIBE, "ConsumerGroupDescribe",
	    consumer_group_describe, 0, 1, 0, 0),
	API(API_LIST_CLIENT_METRICS_RESOURCES, "ListClientMetricsResources",
	    list_client_metrics, 0, 0, 0, 0),
};

#define NAPIS	(sizeof(apis) / sizeof(apis[0]))

static const char *const names[] = {
	"Produce", "Fetch", "ListOffsets", "Metadata", "LeaderAndIsr",
	"StopReplica", "UpdateMetadata", "ControlledShutdown", "OffsetCommit",
	"OffsetFetch", "FindCoordinator", "JoinGroup", "Heartbeat",
	"LeaveGroup", "SyncGroup", "DescribeGroups", "ListGroups",
	"SaslHandshake", "ApiVersions", "CreateTopics", "DeleteTopics",
	"DeleteRecords", "InitProducerId", "OffsetForLeaderEpoch",
	"AddPartitionsToTxn", "AddOffsetsToTxn", "EndTxn", "WriteTxnMarkers",
	"TxnOffsetCommit", "DescribeAcls", "CreateAcls", "DeleteAcls",
	"DescribeConfigs", "AlterConfigs", "AlterReplicaLogDirs",
	"DescribeLogDirs", "SaslAuthenticate", "CreatePartitions",
	"CreateDelegationToken", "RenewDelegationToken",
	"ExpireDelegationToken", "DescribeDelegationToken", "DeleteGroups",
	"ElectLeaders", "IncrementalAlterConfigs",
	"AlterPartitionReassignments", "ListPartitionReassignments",
	"OffsetDelete", "DescribeClientQuotas", "AlterClientQuotas",
	"DescribeUserScramCredentials", "AlterUserScramCredentials", "Vote",
	"BeginQuorumEpoch", "EndQuorumEpoch", "DescribeQuorum",
	"AlterPartition", "UpdateFeatures", "Envelope", "FetchSnapshot",
	"DescribeCluster", "DescribeProducers", "BrokerRegistration",
	"BrokerHeartbeat", "UnregisterBroker", "DescribeTransactions",
	"ListTransactions", "AllocateProducerIds", "ConsumerGroupHeartbeat",
	"ConsumerGroupDescribe", "ControllerRegistration",
	"GetTelemetrySubscriptions", "PushTelemetry", "AssignReplicasToDirs",
	"ListClientMetricsResources", "DescribeTopicPartitions",
	"ShareGroupHeartbeat", "ShareGroupDescribe", "ShareFetch",
	"ShareAcknowledge", "AddRaftVoter", "RemoveRaftVoter",
	"UpdateRaftVoter"
};

const struct kapi *
kapi_get(int16_t key)
{
	for (size_t i = 0; i < NAPIS; i++)
		if (apis[i].key == key)
			return &apis[i];
	return NULL;
}

const struct kapi *
kapi_all(size_t *n)
{
	*n = NAPIS;
	return apis;
}

const char *
kapi_name(int16_t key)
{
	if (key < 0 || (size_t)key >= sizeof(names) / sizeof(names[0]))
		return "?";
	return names[key];
}
