/*
 * health.c: describe's filters: partitions with a replica out of sync, without
 * a leader, or with fewer replicas in sync than min.insync.replicas asks for.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "topics.h"
#include "wire/kerror.h"
#include "wire/msg_describe_configs.h"

bool
health_wanted(const struct topics *t)
{
	return t->under_replicated || t->unavailable || t->under_min_isr;
}

/* A topic's min.insync.replicas from the answer, or -1. */
static int64_t
min_isr(const struct describe_configs_response_result *q)
{
	int64_t n = -1;

	for (int i = 0; i < q->configs.n; i++)
		for (int32_t k = 0; kstr_eq(q->configs.v[i].name,
		    kstr("min.insync.replicas")) &&
		    k < q->configs.v[i].value.len; k++)
			n = (n < 0 ? 0 : n * 10) +
			    q->configs.v[i].value.p[k] - '0';
	return n;
}

int
health_init(struct health *h, struct topics *t, const struct listing *l,
    enum exit_class *status, struct kerr *e)
{
	static const char *const property = "min.insync.replicas";
	const struct describe_configs_response *rsp;
	struct kstr *names;
	struct reply *r;
	int error;

	h->t = t;
	h->min = NULL;
	if (!t->under_min_isr || l->n == 0)
		return 0;
	names = xcalloc((size_t)l->n, sizeof(names[0]));
	for (int i = 0; i < l->n; i++)
		names[i] = l->v[i]->name;
	error = topics_describe_configs(t, names, l->n, &property, 1, &r, e);
	free(names);
	if (error != 0)
		return error;
	h->min = xcalloc((size_t)l->n, sizeof(h->min[0]));
	rsp = r->msg;
	for (int i = 0; i < rsp->results.n; i++) {
		const struct describe_configs_response_result *q =
		    &rsp->results.v[i];

		if (q->error_code != 0)
			*status = exit_worse(*status, topics_failed(
			    q->resource_name, q->error_code,
			    q->error_message));
		for (int k = 0; k < l->n; k++)
			if (kstr_eq(l->v[k]->name, q->resource_name))
				h->min[k] = min_isr(q);
	}
	reply_free(r);
	return 0;
}

bool
health_is_ill(const struct health *h, int topic,
    const struct metadata_response_partition *p)
{
	const struct topics *t = h->t;

	return (t->under_replicated &&
	    p->isr_nodes.n < p->replica_nodes.n) ||
	    (t->unavailable && p->leader_id < 0) ||
	    (t->under_min_isr && h->min != NULL &&
	    p->isr_nodes.n < h->min[topic]);
}

void
health_release(struct health *h)
{
	free(h->min);
}
