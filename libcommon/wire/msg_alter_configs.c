/* msg_alter_configs.c: see msg_alter_configs.h. */
#include "wire/msg_alter_configs.h"

#define T struct alter_configs_request_config
const struct kfield alter_configs_request_config_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(value, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD_END
};
#undef T

#define T struct alter_configs_request_resource
const struct kfield alter_configs_request_resource_fields[] = {
	FIELD(resource_type, I8, 0, LATEST, NOTNULL, 0),
	FIELD(resource_name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(configs, alter_configs_request_config, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct alter_configs_request
static const struct kfield alter_configs_request_fields[] = {
	STRUCTS(resources, alter_configs_request_resource, 0, LATEST,
	    NOTNULL, 0),
	FIELD(validate_only, BOOL, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(alter_configs_request, "AlterConfigsRequest", 33, 0, 2, 2);

#define T struct alter_configs_response_resource
const struct kfield alter_configs_response_resource_fields[] = {
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(error_message, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD(resource_type, I8, 0, LATEST, NOTNULL, 0),
	FIELD(resource_name, STR, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct alter_configs_response
static const struct kfield alter_configs_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	STRUCTS(responses, alter_configs_response_resource, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(alter_configs_response, "AlterConfigsResponse", 33, 0, 2, 2);
