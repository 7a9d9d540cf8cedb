/*
 * handle_cluster.c: ApiVersions and DescribeCluster: what this broker is.
 */
#include <string.h>

#include "api.h"
#include "broker.h"
#include "coordinator.h"
#include "image.h"
#include "request.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_api_versions.h"
#include "wire/msg_describe_cluster.h"

#define CLUSTER_OPERATIONS	8096	/* bits of all that can be done */

enum { ENDPOINT_BROKERS = 1, ENDPOINT_CONTROLLERS = 2 };	/* KIP-919 */

/* KIP-511: what may stand in a client's name and version. */
static bool
is_plain(struct kstr s)
{
	for (int32_t i = 0; i < s.len; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    !(s.p[i] >= 'A' && s.p[i] <= 'Z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') &&
		    (strchr("-.", s.p[i]) == NULL || i == 0 || i == s.len - 1))
			return false;
	return s.len > 0;
}

static void
put_apis(struct request *r, struct api_versions_response *rsp)
{
	const struct api *rows;
	const struct kapi *k;
	unsigned int n;

	rows = api_rows(&n);
	rsp->api_keys.v = arena_alloc(&r->arena,
	    n * sizeof(*rsp->api_keys.v));
	rsp->api_keys.n = (int32_t)n;
	for (unsigned int i = 0; i < n; i++) {
		k = kapi_get(rows[i].key);
		rsp->api_keys.v[i].api_key = k->key;
		rsp->api_keys.v[i].min_version = k->advertised_min;
		rsp->api_keys.v[i].max_version = k->max;
	}
}

static void
put_feature(struct api_versions_response *rsp, const char *name, int16_t min,
    int16_t level)
{
	int32_t i = rsp->finalized_features.n++;

	rsp->supported_features.n++;
	rsp->supported_features.v[i].name = kstr(name);
	rsp->supported_features.v[i].min_version = min;
	rsp->supported_features.v[i].max_version = level;
	rsp->finalized_features.v[i].name = kstr(name);
	rsp->finalized_features.v[i].min_version_level = level;
	rsp->finalized_features.v[i].max_version_level = level;
}

/* group.version (KIP-848) is no matter of the metadata log, so that Apache
 * Kafka 3.9 opens the directory as before. */
static void
put_features(struct request *r, struct api_versions_response *rsp)
{
	const struct image_feature *f;
	bool consumers = coordinator_consumer_protocol(r->broker);
	int32_t n;

	f = image_features(request_image(r), &n);
	rsp->finalized_features.v = arena_alloc(&r->arena,
	    ((size_t)n + 1) * sizeof(*rsp->finalized_features.v));
	rsp->supported_features.v = arena_alloc(&r->arena,
	    ((size_t)n + 1) * sizeof(*rsp->supported_features.v));
	rsp->finalized_features.n = rsp->supported_features.n = 0;
	rsp->finalized_features_epoch = 0;
	for (int32_t i = 0; i < n; i++) {
		put_feature(rsp, f[i].name, 1, f[i].level);
		consumers &= strcmp(f[i].name, "group.version") != 0;
	}
	if (consumers)
		put_feature(rsp, "group.version",
		    r->version >= 4 ? 0 : 1, 1);
}

void
handle_api_versions(struct request *r)
{
	const struct api_versions_request *req = r->msg;
	struct api_versions_response rsp;

	kmsg_defaults(&api_versions_response_msg, &rsp);
	if (req == NULL)
		rsp.error_code = ERR_UNSUPPORTED_VERSION;
	else if (r->version >= 3 && (!is_plain(req->client_software_name) ||
	    !is_plain(req->client_software_version)))
		rsp.error_code = ERR_INVALID_REQUEST;
	if (rsp.error_code != ERR_INVALID_REQUEST) {
		put_apis(r, &rsp);
		put_features(r, &rsp);
	}
	request_reply(r, &rsp);
}

void
handle_describe_cluster(struct request *r)
{
	const struct describe_cluster_request *req = r->msg;
	struct describe_cluster_response_broker self = { 0 };
	struct describe_cluster_response rsp;
	struct addr a;

	request_advertised(r, &a);
	kmsg_defaults(&describe_cluster_response_msg, &rsp);
	self.broker_id = r->broker->node_id;
	self.host = kstr(a.host);
	self.port = a.port;
	self.rack = kstr(r->broker->config->rack);
	if (req->endpoint_type != ENDPOINT_BROKERS &&
	    req->endpoint_type != ENDPOINT_CONTROLLERS) {
		rsp.error_code = ERR_UNSUPPORTED_ENDPOINT_TYPE;
		rsp.error_message = kstr("Unsupported endpoint type");
	} else if (req->endpoint_type == ENDPOINT_CONTROLLERS) {
		rsp.error_code = ERR_MISMATCHED_ENDPOINT_TYPE;
		rsp.error_message = kstr("The request was sent to an endpoint "
		    "of type BROKER, but we wanted an endpoint of type "
		    "CONTROLLER");
	} else {
		rsp.brokers.v = &self;
		rsp.brokers.n = 1;
		rsp.cluster_id = kstr(r->broker->cluster_id);
		rsp.controller_id = r->broker->node_id;
		if (req->include_cluster_authorized_operations)
			rsp.cluster_authorized_operations = CLUSTER_OPERATIONS;
	}
	request_reply(r, &rsp);
}
