/*
 * msg_describe_configs.h: DescribeConfigs (key 32), versions 1-4.
 */
#ifndef KLOG_WIRE_MSG_DESCRIBE_CONFIGS_H
#define KLOG_WIRE_MSG_DESCRIBE_CONFIGS_H

#include "wire/field.h"

struct describe_configs_request_resource {
	/* 2 topic, 4 broker, 8 logger */
	int8_t			resource_type;
	struct kstr		resource_name;
	KARRAY(struct kstr)	configuration_keys;	/* null: all */
};

struct describe_configs_request {
	KARRAY(struct describe_configs_request_resource)	resources;
	bool	include_synonyms;
	bool	include_documentation;
};

struct describe_configs_response_synonym {
	struct kstr	name;
	struct kstr	value;
	int8_t		source;
};

struct describe_configs_response_config {
	struct kstr	name;
	struct kstr	value;
	bool		read_only;
	bool		is_default;	/* v0, never sent */
	int8_t		config_source;
	bool		is_sensitive;
	/* KIP-226 */
	KARRAY(struct describe_configs_response_synonym)	synonyms;
	int8_t		config_type;	/* KIP-569 */
	struct kstr	documentation;
};

struct describe_configs_response_result {
	int16_t		error_code;
	struct kstr	error_message;
	int8_t		resource_type;
	struct kstr	resource_name;
	KARRAY(struct describe_configs_response_config)	configs;
};

struct describe_configs_response {
	int32_t	throttle_time_ms;
	KARRAY(struct describe_configs_response_result)	results;
};

extern const struct kfield describe_configs_request_resource_fields[];
extern const struct kfield describe_configs_response_synonym_fields[];
extern const struct kfield describe_configs_response_config_fields[];
extern const struct kfield describe_configs_response_result_fields[];
extern const struct kmessage describe_configs_request_msg;
extern const struct kmessage describe_configs_response_msg;

#endif
