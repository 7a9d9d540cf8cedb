/*
 * msg_incremental_alter_configs.h: IncrementalAlterConfigs (key 44), versions
 * 0-1 (KIP-339).
 */
#ifndef KLOG_WIRE_MSG_INCREMENTAL_ALTER_CONFIGS_H
#define KLOG_WIRE_MSG_INCREMENTAL_ALTER_CONFIGS_H

#include "wire/field.h"

enum config_op {
	CONFIG_OP_SET = 0,
	CONFIG_OP_DELETE = 1,
	CONFIG_OP_APPEND = 2,		/* to a list */
	CONFIG_OP_SUBTRACT = 3		/* from a list */
};

struct incremental_alter_configs_request_config {
	struct kstr	name;
	int8_t		config_operation;	/* enum config_op */
	struct kstr	value;	/* null where it is to be deleted */
};

struct incremental_alter_configs_request_resource {
	int8_t		resource_type;	/* enum config_resource */
	struct kstr	resource_name;	/* broker: its id, "" for all */
	KARRAY(struct incremental_alter_configs_request_config)	configs;
};

struct incremental_alter_configs_request {
	KARRAY(struct incremental_alter_configs_request_resource)
		resources;
	bool	validate_only;
};

struct incremental_alter_configs_response_resource {
	int16_t		error_code;
	struct kstr	error_message;	/* null: none */
	int8_t		resource_type;	/* enum config_resource */
	struct kstr	resource_name;
};

struct incremental_alter_configs_response {
	int32_t	throttle_time_ms;
	KARRAY(struct incremental_alter_configs_response_resource)
		responses;
};

extern const struct kfield incremental_alter_configs_request_config_fields[];
extern const struct kfield incremental_alter_configs_request_resource_fields[];
extern const struct kfield incremental_alter_configs_response_resource_fields[];
extern const struct kmessage incremental_alter_configs_request_msg;
extern const struct kmessage incremental_alter_configs_response_msg;

#endif
