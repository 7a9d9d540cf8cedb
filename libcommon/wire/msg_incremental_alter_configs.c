/* msg_incremental_alter_configs.c: see msg_incremental_alter_configs.h. */
#include "wire/msg_incremental_alter_configs.h"

#define T struct incremental_alter_configs_request_config
const struct kfield incremental_alter_configs_request_config_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(config_operation, I8, 0, LATEST, NOTNULL, 0),
	FIELD(value, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD_END
};
#undef T

#define T struct incremental_alter_configs_request_resource
const struct kfield incremental_alter_configs_request_resource_fields[] = {
	FIELD(resource_type, I8, 0, LATEST, NOTNULL, 0),
	FIELD(resource_name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(configs, incremental_alter_configs_request_config, 0,
	    LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct incremental_alter_configs_request
static const struct kfield incremental_alter_configs_request_fields[] = {
	STRUCTS(resources, incremental_alter_configs_request_resource, 0,
	    LATEST, NOTNULL, 0),
	FIELD(validate_only, BOOL, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(incremental_alter_configs_request, "IncrementalAlterConfigsRequest",
    44, 0, 1, 1);

#define T struct incremental_alter_configs_response_resource
const struct kfield incremental_alter_configs_response_resource_fields[] = {
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(error_message, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD(resource_type, I8, 0, LATEST, NOTNULL, 0),
	FIELD(resource_name, STR, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct incremental_alter_configs_response
static const struct kfield incremental_alter_configs_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	STRUCTS(responses, incremental_alter_configs_response_resource, 0,
	    LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(incremental_alter_configs_response, "IncrementalAlterConfigsResponse",
    44, 0, 1, 1);
