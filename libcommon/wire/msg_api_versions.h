/*
 * msg_api_versions.h: ApiVersions (key 18), versions 0-4.
 *
 * A broker that lacks the version asked for answers in v0 with
 * UNSUPPORTED_VERSION and the range of ApiVersions itself (Kafka 3.9 names that
 * API alone). Since v3 it tells features too (KIP-584).
 */
#ifndef KLOG_WIRE_MSG_API_VERSIONS_H
#define KLOG_WIRE_MSG_API_VERSIONS_H

#include "wire/field.h"

struct api_versions_request {
	struct kstr	client_software_name;	/* KIP-511 */
	struct kstr	client_software_version;
};

struct api_versions_response_api {
	int16_t	api_key;
	int16_t	min_version;
	int16_t	max_version;
};

struct api_versions_response_supported_feature {
	struct kstr	name;
	int16_t		min_version;
	int16_t		max_version;
};

struct api_versions_response_finalized_feature {
	struct kstr	name;
	int16_t		max_version_level;
	int16_t		min_version_level;
};

struct api_versions_response {
	int16_t	error_code;
	KARRAY(struct api_versions_response_api)	api_keys;
	int32_t	throttle_time_ms;
	KARRAY(struct api_versions_response_supported_feature)
		supported_features;
	int64_t	finalized_features_epoch;	/* -1: unknown (KIP-584) */
	KARRAY(struct api_versions_response_finalized_feature)
		finalized_features;
	bool	zk_migration_ready;	/* KIP-866; of controllers only */
};

extern const struct kfield api_versions_response_api_fields[];
extern const struct kfield api_versions_response_supported_feature_fields[];
extern const struct kfield api_versions_response_finalized_feature_fields[];
extern const struct kmessage api_versions_request_msg;
extern const struct kmessage api_versions_response_msg;

#endif
