/* msg_describe_configs.c: see msg_describe_configs.h. */
#include "wire/msg_describe_configs.h"

#define T struct describe_configs_request_resource
const struct kfield describe_configs_request_resource_fields[] = {
	FIELD(resource_type, I8, 0, LATEST, NOTNULL, 0),
	FIELD(resource_name, STR, 0, LATEST, NOTNULL, 0),
	ARRAY(configuration_keys, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD_END
};
#undef T

#define T struct describe_configs_request
static const struct kfield describe_configs_request_fields[] = {
	STRUCTS(resources, describe_configs_request_resource, 0, LATEST,
	    NOTNULL, 0),
	FIELD(include_synonyms, BOOL, 1, LATEST, NOTNULL, 0),
	FIELD(include_documentation, BOOL, 3, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(describe_configs_request, "DescribeConfigsRequest", 32, 1, 4, 4);

#define T struct describe_configs_response_synonym
const struct kfield describe_configs_response_synonym_fields[] = {
	FIELD(name, STR, 1, LATEST, NOTNULL, 0),
	FIELD(value, STR, 1, LATEST, NULL_FROM(0), 0),
	FIELD(source, I8, 1, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct describe_configs_response_config
const struct kfield describe_configs_response_config_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(value, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD(read_only, BOOL, 0, LATEST, NOTNULL, 0),
	FIELD(is_default, BOOL, 0, 0, NOTNULL, 0),
	FIELD(config_source, I8, 1, LATEST, NOTNULL, -1),
	FIELD(is_sensitive, BOOL, 0, LATEST, NOTNULL, 0),
	STRUCTS(synonyms, describe_configs_response_synonym, 1, LATEST,
	    NOTNULL, 0),
	FIELD(config_type, I8, 3, LATEST, NOTNULL, 0),
	FIELD(documentation, STR, 3, LATEST, NULL_FROM(0), 0),
	FIELD_END
};
#undef T

#define T struct describe_configs_response_result
const struct kfield describe_configs_response_result_fields[] = {
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	FIELD(error_message, STR, 0, LATEST, NULL_FROM(0), 0),
	FIELD(resource_type, I8, 0, LATEST, NOTNULL, 0),
	FIELD(resource_name, STR, 0, LATEST, NOTNULL, 0),
	STRUCTS(configs, describe_configs_response_config, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct describe_configs_response
static const struct kfield describe_configs_response_fields[] = {
	FIELD(throttle_time_ms, I32, 0, LATEST, NOTNULL, 0),
	STRUCTS(results, describe_configs_response_result, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(describe_configs_response, "DescribeConfigsResponse", 32, 1, 4, 4);
