/* groups.c: see groups.h and groups_impl.h. */
#include "client/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/admin.h"
#include "client/groups_impl.h"
#include "client/retry.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_find_coordinator.h"
#include "wire/msg_list_groups.h"

void
groups_init(struct groups *g, struct cluster *c, int64_t wait_ms)
{
	memset(g, 0, sizeof(*g));
	g->cluster = c;
	g->wait_ms = wait_ms > 0 ? wait_ms : cluster_conf(c)->request_ms;
	arena_init(&g->arena, 0);
}

void
groups_release(struct groups *g)
{
	arena_release(&g->arena);
	free(g->v);
	g->v = NULL;
	g->n = 0;
}

const char *
groups_str(struct groups *g, struct kstr s)
{
	return s.len < 0 ? NULL : arena_strndup(&g->arena, s.p,
	    (size_t)s.len);
}

void *
groups_array(struct groups *g, size_t n, size_t size)
{
	return arena_alloc(&g->arena, (n + 1) * size);
}

struct group *
groups_add(struct groups *g, const char *name)
{
	struct group *q;

	g->v = xreallocarray(g->v, (size_t)g->n + 1, sizeof(g->v[0]));
	q = &g->v[g->n++];
	memset(q, 0, sizeof(*q));
	q->name = arena_strndup(&g->arena, name, strlen(name));
	q->coordinator = q->epoch = q->target_epoch = -1;
	return q;
}

struct group *
groups_find(struct group **v, int n, struct kstr name)
{
	for (int i = 0; i < n; i++)
		if (kstr_eq(kstr(v[i]->name), name))
			return v[i];
	return NULL;
}

bool
group_is_active(const struct group *q)
{
	return q->state != NULL && strcmp(q->state, "Empty") != 0 &&
	    strcmp(q->state, "Dead") != 0;
}

bool
groups_took(struct group *q, int16_t error)
{
	kerr_clear(&q->err);
	if (error != 0)
		kerror_set(&q->err, error, KSTR_NULL);
	q->pending = false;
	return error == 0;
}

int
groups_call(struct groups *g, int32_t broker, int16_t api, const void *req,
    int64_t left_ms, struct group **v, int n, struct reply **r)
{
	struct call_options opt = { .timeout_ms = left_ms };
	struct kerr e = KERR_INIT;

	if (cluster_call(g->cluster, broker, api, req, &opt, r, &e) == 0)
		return 0;
	for (int i = 0; i < n; i++)
		v[i]->err = e;
	return e.code;
}

static void
take_coordinator(struct group *q, int16_t error, int32_t node)
{
	if (q != NULL && error == 0)
		q->coordinator = node;
	else if (q != NULL)
		kerror_set(&q->err, error, KSTR_NULL);
}

/* One request for many keys, where the broker takes them. */
static void
find_many(struct groups *g, struct group **v, int n, int64_t left)
{
	const struct find_coordinator_response *rsp;
	struct find_coordinator_request req;
	struct kstr *keys = xcalloc((size_t)n, sizeof(keys[0]));
	struct reply *r;

	for (int i = 0; i < n; i++)
		keys[i] = kstr(v[i]->name);
	kmsg_defaults(&find_coordinator_request_msg, &req);
	req.coordinator_keys.v = keys;
	req.coordinator_keys.n = n;
	if (groups_call(g, BROKER_ANY, API_FIND_COORDINATOR, &req, left, v, n,
	    &r) == 0) {
		rsp = r->msg;
		for (int i = 0; i < rsp->coordinators.n; i++)
			take_coordinator(groups_find(v, n,
			    rsp->coordinators.v[i].key),
			    rsp->coordinators.v[i].error_code,
			    rsp->coordinators.v[i].node_id);
		reply_free(r);
	}
	free(keys);
}

static void
find_one(struct groups *g, struct group *q, int64_t left)
{
	const struct find_coordinator_response *rsp;
	struct find_coordinator_request req;
	struct reply *r;

	kmsg_defaults(&find_coordinator_request_msg, &req);
	req.key = kstr(q->name);
	if (groups_call(g, BROKER_ANY, API_FIND_COORDINATOR, &req, left, &q,
	    1, &r) != 0)
		return;
	rsp = r->msg;
	take_coordinator(q, rsp->error_code, rsp->node_id);
	reply_free(r);
}

static void
find_coordinators(struct groups *g, struct group **v, int n, int64_t left)
{
	struct group **open = xcalloc((size_t)n + 1, sizeof(open[0]));
	int k = 0;

	for (int i = 0; i < n; i++)
		if (v[i]->pending && v[i]->coordinator < 0)
			open[k++] = v[i];
	if (k > 0 && cluster_version(g->cluster, BROKER_ANY,
	    API_FIND_COORDINATOR) >= 4)
		find_many(g, open, k, left);
	else
		for (int i = 0; i < k; i++)
			find_one(g, open[i], left);
	free(open);
}

/* Asks each coordinator for the groups that are its own. */
static void
ask_coordinators(struct groups *g, struct group **v, int n, groups_ask *ask,
    int64_t left, void *arg)
{
	struct group **own = xcalloc((size_t)n + 1, sizeof(own[0]));
	int32_t last = -1;

	for (;;) {
		int32_t next = INT32_MAX;
		int k = 0;

		for (int i = 0; i < n; i++)
			if (v[i]->pending && v[i]->coordinator > last &&
			    v[i]->coordinator < next)
				next = v[i]->coordinator;
		if (next == INT32_MAX)
			break;
		for (int i = 0; i < n; i++)
			if (v[i]->pending && v[i]->coordinator == next)
				own[k++] = v[i];
		ask(g, next, own, k, left > 0 ? left : 1, arg);
		last = next;
	}
	free(own);
}

/* By its coordinator, which is there and cannot do its work: it has failed to
 * load what it looks after. One that is just moving has moved soon. */
static bool
is_refused(const struct group *q)
{
	return q->coordinator >= 0 && q->err.code == KE_BROKER &&
	    (q->err.kafka == ERR_COORDINATOR_NOT_AVAILABLE ||
	    q->err.kafka == ERR_NOT_COORDINATOR);
}

/* Whether what is left can be helped; where it is, looked up anew. refused:
 * all of it is. */
static bool
worth_another(struct group **v, int n, int attempt, bool *refused)
{
	enum retry_action action;
	bool any = false;

	*refused = true;
	for (int i = 0; i < n; i++) {
		if (!v[i]->pending && v[i]->err.code == 0)
			continue;
		action = retry_policy(&v[i]->err, attempt, true);
		if (action != RETRY_AGAIN && action != RETRY_REFRESH &&
		    action != RETRY_COORDINATOR) {
			v[i]->pending = false;
			continue;
		}
		*refused = *refused && is_refused(v[i]);
		if (action != RETRY_AGAIN)
			v[i]->coordinator = -1;
		v[i]->pending = any = true;
	}
	return any;
}

void
groups_run(struct groups *g, struct group *only, groups_ask *ask, void *arg)
{
	struct group **v = xcalloc((size_t)g->n + 1, sizeof(v[0]));
	struct kerr e = KERR_INIT;
	int64_t until, soon, left;
	bool refused;
	int n = 0;

	for (int i = 0; i < g->n; i++) {
		struct group *q = &g->v[i];

		if (q->err.code == 0 && (only == NULL || q == only)) {
			q->pending = true;
			v[n++] = q;
		}
	}
	if (n > 0 && cluster_connect(g->cluster, &e) != 0)
		for (int i = 0; i < n; i++)
			v[i]->err = e;
	soon = loop_clock(cluster_loop(g->cluster));
	until = soon + g->wait_ms;
	soon += cluster_conf(g->cluster)->contact_ms;
	for (int attempt = 1; e.code == 0 && n > 0; attempt++) {
		left = until - loop_clock(cluster_loop(g->cluster));
		find_coordinators(g, v, n, left > 0 ? left : 1);
		ask_coordinators(g, v, n, ask, left, arg);
		if (!worth_another(v, n, attempt, &refused))
			break;
		cluster_refresh(g->cluster);
		if (!admin_back_off(g->cluster, attempt, refused &&
		    soon < until ? soon : until))
			break;
	}
	for (int i = 0; i < n; i++)
		v[i]->pending = false;
	free(v);
}

static int
by_name(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
list_broker(struct groups *g, int32_t broker, struct kerr *e)
{
	const struct list_groups_response *rsp;
	struct list_groups_request req;
	struct reply *r;
	int rc = 0;

	kmsg_defaults(&list_groups_request_msg, &req);
	if (admin_request(g->cluster, broker, API_LIST_GROUPS, &req,
	    g->wait_ms, &r, e) != 0)
		return e->code;
	rsp = r->msg;
	if (rsp->error_code != 0)
		rc = kerror_set(e, rsp->error_code, KSTR_NULL);
	for (int i = 0; i < rsp->groups.n; i++) {
		const struct list_groups_response_group *p = &rsp->groups.v[i];
		struct group *q = groups_add(g, groups_str(g, p->group_id));

		q->coordinator = broker;
		q->protocol_type = groups_str(g, p->protocol_type);
		if (r->version >= 4)
			q->state = groups_str(g, p->group_state);
		if (r->version >= 5)
			q->type = groups_str(g, p->group_type);
	}
	reply_free(r);
	return rc;
}

int
groups_list_all(struct groups *g, struct kerr *e)
{
	const struct cluster_broker *b;
	struct kerr why = KERR_INIT;
	int32_t *id;
	int n, rc = 0;

	if (cluster_connect(g->cluster, e) != 0)
		return e->code;
	n = cluster_brokers(g->cluster, &b);
	id = xcalloc((size_t)n + 1, sizeof(id[0]));
	for (int i = 0; i < n; i++)
		id[i] = b[i].id;
	for (int i = 0; i < n; i++) {
		if (list_broker(g, id[i], &why) == 0)
			continue;
		if (rc == 0 && e != NULL)
			*e = why;
		rc = why.code;
		kerr_clear(&why);
	}
	free(id);
	if (g->n > 0)
		qsort(g->v, (size_t)g->n, sizeof(g->v[0]), by_name);
	return rc;
}
