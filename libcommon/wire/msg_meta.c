/* msg_meta.c: see msg_meta.h. */
#include "wire/msg_meta.h"

#define T struct register_broker_record_endpoint
const struct kfield register_broker_record_endpoint_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(host, STR, 0, LATEST, NOTNULL, 0),
	FIELD(port, U16, 0, LATEST, NOTNULL, 0),
	FIELD(security_protocol, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct register_broker_record_feature
const struct kfield register_broker_record_feature_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(min_supported_version, I16, 0, LATEST, NOTNULL, 0),
	FIELD(max_supported_version, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct register_broker_record
static const struct kfield register_broker_record_fields[] = {
	FIELD(broker_id, I32, 0, LATEST, NOTNULL, 0),
	FIELD(is_migrating_zk_broker, BOOL, 2, LATEST, NOTNULL, 0),
	FIELD(incarnation_id, UUID, 0, LATEST, NOTNULL, 0),
	FIELD(broker_epoch, I64, 0, LATEST, NOTNULL, 0),
	STRUCTS(end_points, register_broker_record_endpoint, 0, LATEST,
	    NOTNULL, 0),
	STRUCTS(features, register_broker_record_feature, 0, LATEST,
	    NOTNULL, 0),
	FIELD(rack, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD(fenced, BOOL, 0, LATEST, NOTNULL, true),
	FIELD(in_controlled_shutdown, BOOL, 1, LATEST, NOTNULL, 0),
	ARRAY(log_dirs, UUID, 3, LATEST, NOTNULL, 0, TAG(0)),
	FIELD_END
};
#undef T

MESSAGE(register_broker_record, "RegisterBrokerRecord", 0, 0, 3, 0);

#define T struct unregister_broker_record
static const struct kfield unregister_broker_record_fields[] = {
	FIELD(broker_id, I32, 0, LATEST, NOTNULL, 0),
	FIELD(broker_epoch, I64, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(unregister_broker_record, "UnregisterBrokerRecord", 1, 0, 0, 0);

#define T struct topic_record
static const struct kfield topic_record_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(topic_id, UUID, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(topic_record, "TopicRecord", 2, 0, 0, 0);

#define T struct partition_record
static const struct kfield partition_record_fields[] = {
	FIELD(partition_id, I32, 0, LATEST, NOTNULL, -1),
	FIELD(topic_id, UUID, 0, LATEST, NOTNULL, 0),
	ARRAY(replicas, I32, 0, LATEST, NOTNULL, 0),
	ARRAY(isr, I32, 0, LATEST, NOTNULL, 0),
	ARRAY(removing_replicas, I32, 0, LATEST, NOTNULL, 0),
	ARRAY(adding_replicas, I32, 0, LATEST, NOTNULL, 0),
	FIELD(leader, I32, 0, LATEST, NOTNULL, -1),
	FIELD(leader_epoch, I32, 0, LATEST, NOTNULL, -1),
	FIELD(partition_epoch, I32, 0, LATEST, NOTNULL, -1),
	ARRAY(directories, UUID, 1, LATEST, NOTNULL, 0),
	FIELD(leader_recovery_state, I8, 0, LATEST, NOTNULL, 0, TAG(0)),
	ARRAY(eligible_leader_replicas, I32, 2, LATEST, NULL_FROM(2),
	    DNULL, TAG(1)),
	ARRAY(last_known_elr, I32, 2, LATEST, NULL_FROM(2), DNULL, TAG(2)),
	FIELD_END
};
#undef T

MESSAGE(partition_record, "PartitionRecord", 3, 0, 2, 0);

#define T struct config_record
static const struct kfield config_record_fields[] = {
	FIELD(resource_type, I8, 0, LATEST, NOTNULL, 0),
	FIELD(resource_name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(value, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD_END
};
#undef T

MESSAGE(config_record, "ConfigRecord", 4, 0, 0, 0);

#define T struct partition_change_record
static const struct kfield partition_change_record_fields[] = {
	FIELD(partition_id, I32, 0, LATEST, NOTNULL, -1),
	FIELD(topic_id, UUID, 0, LATEST, NOTNULL, 0),
	ARRAY(isr, I32, 0, LATEST, NULL_FROM(0), DNULL, TAG(0)),
	FIELD(leader, I32, 0, LATEST, NOTNULL, -2, TAG(1)),
	ARRAY(replicas, I32, 0, LATEST, NULL_FROM(0), DNULL, TAG(2)),
	ARRAY(removing_replicas, I32, 0, LATEST, NULL_FROM(0), DNULL, TAG(3)),
	ARRAY(adding_replicas, I32, 0, LATEST, NULL_FROM(0), DNULL, TAG(4)),
	FIELD(leader_recovery_state, I8, 0, LATEST, NOTNULL, -1, TAG(5)),
	ARRAY(eligible_leader_replicas, I32, 2, LATEST, NULL_FROM(2),
	    DNULL, TAG(6)),
	ARRAY(last_known_elr, I32, 2, LATEST, NULL_FROM(2), DNULL, TAG(7)),
	ARRAY(directories, UUID, 1, LATEST, NULL_FROM(1), DNULL, TAG(8)),
	FIELD_END
};
#undef T

MESSAGE(partition_change_record, "PartitionChangeRecord", 5, 0, 2, 0);

#define T struct fence_broker_record
static const struct kfield fence_broker_record_fields[] = {
	FIELD(id, I32, 0, LATEST, NOTNULL, 0),
	FIELD(epoch, I64, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(fence_broker_record, "FenceBrokerRecord", 7, 0, 0, 0);

#define T struct unfence_broker_record
static const struct kfield unfence_broker_record_fields[] = {
	FIELD(id, I32, 0, LATEST, NOTNULL, 0),
	FIELD(epoch, I64, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(unfence_broker_record, "UnfenceBrokerRecord", 8, 0, 0, 0);

#define T struct remove_topic_record
static const struct kfield remove_topic_record_fields[] = {
	FIELD(topic_id, UUID, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(remove_topic_record, "RemoveTopicRecord", 9, 0, 0, 0);

#define T struct feature_level_record
static const struct kfield feature_level_record_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(feature_level, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(feature_level_record, "FeatureLevelRecord", 12, 0, 0, 0);

#define T struct producer_ids_record
static const struct kfield producer_ids_record_fields[] = {
	FIELD(broker_id, I32, 0, LATEST, NOTNULL, 0),
	FIELD(broker_epoch, I64, 0, LATEST, NOTNULL, -1),
	FIELD(next_producer_id, I64, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(producer_ids_record, "ProducerIdsRecord", 15, 0, 0, 0);

#define T struct broker_registration_change_record
static const struct kfield broker_registration_change_record_fields[] = {
	FIELD(broker_id, I32, 0, LATEST, NOTNULL, 0),
	FIELD(broker_epoch, I64, 0, LATEST, NOTNULL, 0),
	FIELD(fenced, I8, 0, LATEST, NOTNULL, 0, TAG(0)),
	FIELD(in_controlled_shutdown, I8, 1, LATEST, NOTNULL, 0, TAG(1)),
	ARRAY(log_dirs, UUID, 2, LATEST, NOTNULL, 0, TAG(2)),
	FIELD_END
};
#undef T

MESSAGE(broker_registration_change_record, "BrokerRegistrationChangeRecord",
    17, 0, 2, 0);

#define T struct no_op_record
static const struct kfield no_op_record_fields[] = {
	FIELD_END
};
#undef T

MESSAGE(no_op_record, "NoOpRecord", 20, 0, 0, 0);

#define T struct zk_migration_state_record
static const struct kfield zk_migration_state_record_fields[] = {
	FIELD(zk_migration_state, I8, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(zk_migration_state_record, "ZkMigrationStateRecord", 21, 0, 0, 0);

#define T struct begin_transaction_record
static const struct kfield begin_transaction_record_fields[] = {
	FIELD(name, STR, 0, LATEST, NULL_FROM(0), DNULL, TAG(0)),
	FIELD_END
};
#undef T

MESSAGE(begin_transaction_record, "BeginTransactionRecord", 23, 0, 0, 0);

#define T struct end_transaction_record
static const struct kfield end_transaction_record_fields[] = {
	FIELD_END
};
#undef T

MESSAGE(end_transaction_record, "EndTransactionRecord", 24, 0, 0, 0);

#define T struct abort_transaction_record
static const struct kfield abort_transaction_record_fields[] = {
	FIELD(reason, STR, 0, LATEST, NULL_FROM(0), DNULL, TAG(0)),
	FIELD_END
};
#undef T

MESSAGE(abort_transaction_record, "AbortTransactionRecord", 25, 0, 0, 0);

#define T struct register_controller_record_endpoint
const struct kfield register_controller_record_endpoint_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(host, STR, 0, LATEST, NOTNULL, 0),
	FIELD(port, U16, 0, LATEST, NOTNULL, 0),
	FIELD(security_protocol, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct register_controller_record_feature
const struct kfield register_controller_record_feature_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(min_supported_version, I16, 0, LATEST, NOTNULL, 0),
	FIELD(max_supported_version, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct register_controller_record
static const struct kfield register_controller_record_fields[] = {
	FIELD(controller_id, I32, 0, LATEST, NOTNULL, 0),
	FIELD(incarnation_id, UUID, 0, LATEST, NOTNULL, 0),
	FIELD(zk_migration_ready, BOOL, 0, LATEST, NOTNULL, 0),
	STRUCTS(end_points, register_controller_record_endpoint, 0, LATEST,
	    NOTNULL, 0),
	STRUCTS(features, register_controller_record_feature, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(register_controller_record, "RegisterControllerRecord", 27, 0, 0, 0);
