/*
 * msg_describe_configs.h: DescribeConfigs (key 32), versions 1-4.
 */
#ifndef KLOG_WIRE_MSG_DESCRIBE_CONFIGS_H
#define KLOG_WIRE_MSG_DESCRIBE_CONFIGS_H

#include "wire/field.h"

/* Whose properties: resource_type. */
enum config_resource {
	CONFIG_OF_TOPIC = 2,
	CONFIG_OF_BROKER = 4,
	CONFIG_OF_LOGGER = 8,		/* log levels of a broker */
	CONFIG_OF_CLIENT_METRICS = 16,
	CONFIG_OF_GROUP = 32
};

/* Where a value comes from: config_source, source. */
enum config_from {
	CONFIG_SOURCE_TOPIC = 1,
	CONFIG_SOURCE_BROKER = 2,	/* set at run time, one broker */
	CONFIG_SOURCE_ALL_BROKERS = 3,	/* set at run time, all brokers */
	CONFIG_SOURCE_STATIC = 4,	/* the broker's configuration file */
	CONFIG_SOURCE_DEFAULT = 5
};

struct describe_configs_request_resource {
	int8_t			resource_type;	/* enum config_resource */
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
	int8_t		source;	/* enum config_from */
};

struct describe_configs_response_config {
	struct kstr	name;
	struct kstr	value;		/* null: sensitive, or none */
	bool		read_only;
	bool		is_default;	/* v0, never sent */
	int8_t		config_source;	/* enum config_from */
	bool		is_sensitive;
	/* all that would count, the one that does first (KIP-226) */
	KARRAY(struct describe_configs_response_synonym)	synonyms;
	int8_t		config_type;	/* v3+ (KIP-569); 0 unknown */
	struct kstr	documentation;
};

struct describe_configs_response_result {
	int16_t		error_code;
	struct kstr	error_message;	/* null: none */
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
