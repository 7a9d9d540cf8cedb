/*
 * msg_alter_configs.h: AlterConfigs (key 33), versions 0-2.
 */
#ifndef KLOG_WIRE_MSG_ALTER_CONFIGS_H
#define KLOG_WIRE_MSG_ALTER_CONFIGS_H

#include "wire/field.h"

struct alter_configs_request_config {
	struct kstr	name;
	struct kstr	value;
};

struct alter_configs_request_resource {
	int8_t		resource_type;	/* enum config_resource */
	struct kstr	resource_name;	/* broker: its id, "" for all */
	/* all that it shall have */
	KARRAY(struct alter_configs_request_config)	configs;
};

struct alter_configs_request {
	KARRAY(struct alter_configs_request_resource)	resources;
	bool	validate_only;
};

struct alter_configs_response_resource {
	int16_t		error_code;
	struct kstr	error_message;	/* null: none */
	int8_t		resource_type;	/* enum config_resource */
	struct kstr	resource_name;
};

struct alter_configs_response {
	int32_t	throttle_time_ms;
	KARRAY(struct alter_configs_response_resource)	responses;
};

extern const struct kfield alter_configs_request_config_fields[];
extern const struct kfield alter_configs_request_resource_fields[];
extern const struct kfield alter_configs_response_resource_fields[];
extern const struct kmessage alter_configs_request_msg;
extern const struct kmessage alter_configs_response_msg;

#endif
