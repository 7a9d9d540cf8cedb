/*
 * handle_find_coordinator.c: FindCoordinator: groups and transactional ids
 * are looked after by who leads their partition of `__consumer_offsets` or
 * `__transaction_state`, which is made when it is first asked for.
 */
#include "api.h"
#include "broker.h"
#include "control.h"
#include "coordinator.h"
#include "request.h"
#include "txn_coordinator.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_find_coordinator.h"

enum { KEY_GROUP, KEY_TRANSACTION, KEY_SHARE };

static const char not_available[] = "The coordinator is not available.";
static const char no_such_kind[] = "There is no such kind of coordinator.";

/* How one question is answered. */
struct found {
	int16_t		 error;
	const char	*why;		/* NULL: none */
	int32_t		 node;
	const char	*host;
	int32_t		 port;
};

static void
put_each(struct request *r, struct find_coordinator_response *rsp,
    const struct found *f)
{
	const struct find_coordinator_request *req = r->msg;
	struct find_coordinator_response_coordinator *c;

	rsp->coordinators.n = req->coordinator_keys.n;
	rsp->coordinators.v = arena_alloc(&r->arena,
	    (size_t)req->coordinator_keys.n * sizeof(*c));
	for (int32_t i = 0; i < rsp->coordinators.n; i++) {
		c = &rsp->coordinators.v[i];
		c->key = req->coordinator_keys.v[i];
		c->node_id = f->node;
		c->host = kstr(f->host);
		c->port = f->port;
		c->error_code = f->error;
		c->error_message = kstr(f->why != NULL ? f->why : "");
	}
}

static void
answer(struct request *r, const struct found *f)
{
	struct find_coordinator_response rsp;

	kmsg_defaults(&find_coordinator_response_msg, &rsp);
	if (r->version >= 4) {
		put_each(r, &rsp, f);
	} else {
		rsp.error_code = f->error;
		rsp.error_message = kstr(f->why != NULL ? f->why : "NONE");
		rsp.node_id = f->node;
		rsp.host = kstr(f->host);
		rsp.port = f->port;
	}
	request_reply(r, &rsp);
}

static void
refuse(struct request *r, int16_t error, const char *why)
{
	const struct found f = { error, why, -1, "", -1 };

	answer(r, &f);
}

static void
needed(struct request *r, int16_t error)
{
	if (error != 0)
		refuse(r, error, not_available);
	else
		answer(r, r->state);
}

static void
need_offsets(struct request *r)
{
	coordinator_need(r, needed);
}

static void
need_transactions(struct request *r)
{
	txn_coordinator_need(r, needed);
}

/* All partitions are led here. */
static void
find(struct request *r, const char *topic, void (*need)(struct request *))
{
	struct found *f = arena_alloc(&r->arena, sizeof(*f));
	struct addr a;

	request_advertised(r, &a);
	f->node = r->broker->node_id;
	f->host = arena_strndup(&r->arena, a.host, strlen(a.host));
	f->port = a.port;
	r->state = f;
	if (image_topic(request_image(r), kstr(topic)) != NULL)
		answer(r, f);
	else
		control_call(r, need);
}

void
handle_find_coordinator(struct request *r)
{
	const struct find_coordinator_request *req = r->msg;

	/* who asks for nothing makes no topic */
	if (r->version >= 4 && req->coordinator_keys.n == 0)
		refuse(r, ERR_NONE, NULL);
	else if (req->key_type == KEY_GROUP)
		find(r, "__consumer_offsets", need_offsets);
	else if (req->key_type == KEY_TRANSACTION)
		find(r, TXN_TOPIC, need_transactions);
	else if (req->key_type == KEY_SHARE && r->version >= 6)
		refuse(r, ERR_COORDINATOR_NOT_AVAILABLE, not_available);
	else
		refuse(r, ERR_INVALID_REQUEST, no_such_kind);
}
