/* node_versions.c: ApiVersions, the first thing on a connection (impl.h). */
#include <stdlib.h>

#include "base/xalloc.h"
#include "client/impl.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_api_versions.h"

enum { ARENA_SPARE = 1 << 20 };

/* ApiVersions: asked for outside the public calls, since its answer may come
 * in another version than the request. */
void
node_ask_versions(struct node *n)
{
	struct api_versions_request req;
	struct call *call = xcalloc(1, sizeof(*call));

	kmsg_defaults(&api_versions_request_msg, &req);
	req.client_software_name = kstr("klog");
	req.client_software_version = kstr(KLOG_VERSION);
	n->state = NODE_ASKING;
	arena_init(&call->arena, 0);
	call->cl = n->cl;
	call->node = n;
	call->api = kapi_get(API_VERSIONS);
	call->version = n->old ? 0 : 3;
	call->timeout_ms = n->cl->heard > 0 ? n->cl->cf.request_ms :
	    n->cl->cf.connect_ms;
	call->deadline = loop_now(n->cl->loop) + call->timeout_ms;
	call->req = &req;
	node_transmit(n, call);
}

static void
take_versions(struct node *n, const struct api_versions_response *rsp)
{
	for (int i = 0; i < API_KEYS; i++)
		n->api[i].min = n->api[i].max = -1;
	for (int i = 0; i < rsp->api_keys.n; i++) {
		int key = rsp->api_keys.v[i].api_key;

		if (key < 0 || key >= API_KEYS)
			continue;
		n->api[key].min = rsp->api_keys.v[i].min_version;
		n->api[key].max = rsp->api_keys.v[i].max_version;
	}
}

/* An error in an answer to a version that the broker does not know comes in
 * the form of v0, whose first field is the error. */
static bool
wants_old_form(const struct call *call, const struct rd *r)
{
	return call->version > 0 && rd_left(r) >= 2 &&
	    (int16_t)be16(r->p) == ERR_UNSUPPORTED_VERSION;
}

void
node_take_versions(struct node *n, struct call *call, struct rd *r)
{
	struct api_versions_response rsp;
	struct kerr e = KERR_INIT;

	if (wants_old_form(call, r)) {
		n->old = true;
		free(call);
		node_ask_versions(n);
		return;
	}
	arena_init(&call->arena, ARENA_SPARE);
	if (kmsg_decode(&api_versions_response_msg, call->version, r,
	    &call->arena, &rsp, &e) == 0 && rsp.error_code != 0)
		kerr_kafka(&e, rsp.error_code, "ApiVersions: %s",
		    kerror_name(rsp.error_code));
	if (e.code == 0) {
		take_versions(n, &rsp);
		node_up(n);
	} else {
		if (e.code == KE_PROTO)
			kerr_wrap(&e, "does not answer as a Kafka broker "
			    "would");
		node_blame(n, &e);
		node_down(n, &e);
	}
	arena_release(&call->arena);
	free(call);
}
