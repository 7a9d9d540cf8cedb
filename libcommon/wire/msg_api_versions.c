/* msg_api_versions.c: see msg_api_versions.h. */
#include "wire/msg_api_versions.h"

#define T struct api_versions_request
static const struct kfield api_versions_request_fields[] = {
	FIELD(client_software_name, STR, 3, LATEST, NOTNULL, 0),
	FIELD(client_software_version, STR, 3, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(api_versions_request, "ApiVersionsRequest", 18, 0, 4, 3);

#define T struct api_versions_response_api
const struct kfield api_versions_response_api_fields[] = {
	FIELD(api_key, I16, 0, LATEST, NOTNULL, 0),
	FIELD(min_version, I16, 0, LATEST, NOTNULL, 0),
	FIELD(max_version, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct api_versions_response_supported_feature
const struct kfield api_versions_response_supported_feature_fields[] = {
	FIELD(name, STR, 3, LATEST, NOTNULL, 0),
	FIELD(min_version, I16, 3, LATEST, NOTNULL, 0),
	FIELD(max_version, I16, 3, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct api_versions_response_finalized_feature
const struct kfield api_versions_response_finalized_feature_fields[] = {
	FIELD(name, STR, 3, LATEST, NOTNULL, 0),
	FIELD(max_version_level, I16, 3, LATEST, NOTNULL, 0),
	FIELD(min_version_level, I16, 3, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct api_versions_response
static const struct kfield api_versions_response_fields[] = {
	FIELD(error_code, I16, 0, LATEST, NOTNULL, 0),
	STRUCTS(api_keys, api_versions_response_api, 0, LATEST, NOTNULL, 0),
	FIELD(throttle_time_ms, I32, 1, LATEST, NOTNULL, 0),
	STRUCTS(supported_features, api_versions_response_supported_feature,
	    3, LATEST, NOTNULL, 0, TAG(0)),
	FIELD(finalized_features_epoch, I64, 3, LATEST, NOTNULL, -1, TAG(1)),
	STRUCTS(finalized_features, api_versions_response_finalized_feature,
	    3, LATEST, NOTNULL, 0, TAG(2)),
	FIELD(zk_migration_ready, BOOL, 3, LATEST, NOTNULL, 0, TAG(3)),
	FIELD_END
};
#undef T

MESSAGE(api_versions_response, "ApiVersionsResponse", 18, 0, 4, 3);
