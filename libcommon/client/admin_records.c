/* admin_records.c: DeleteRecords; see admin.h. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/admin.h"
#include "client/retry.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_delete_records.h"

/* What is left to be done, and by which leader. */
struct work {
	struct admin_trim	*v;
	int32_t			*leader;	/* -1: done, or nobody */
	size_t			 n;
};

/* Decides which leader each open partition belongs to now. */
static void
find_leaders(struct cluster *c, struct work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct admin_trim *t = &w->v[i];

		w->leader[i] = -1;
		if (t->low >= 0)
			continue;
		w->leader[i] = cluster_leader(c, t->topic, t->partition);
		if (w->leader[i] < 0)
			kerr_kafka(&t->err, ERR_LEADER_NOT_AVAILABLE, "%s",
			    kerror_name(ERR_LEADER_NOT_AVAILABLE));
	}
}

static void
take(struct work *w, struct kstr topic,
    const struct delete_records_response_partition *p)
{
	for (size_t i = 0; i < w->n; i++) {
		struct admin_trim *t = &w->v[i];

		if (t->partition != p->partition_index || t->low >= 0 ||
		    !kstr_eq(kstr(t->topic), topic))
			continue;
		kerr_clear(&t->err);
		if (p->error_code == 0)
			t->low = p->low_watermark;
		else
			kerror_set(&t->err, p->error_code, KSTR_NULL);
		return;
	}
}

/* One request: what one broker leads. A topic whose partitions do not lie side
 * by side comes in several pieces. */
static void
ask_leader(struct cluster *c, struct work *w, int32_t broker, int64_t left)
{
	struct delete_records_request_partition *p;
	struct delete_records_request_topic *t;
	struct delete_records_request req;
	const struct delete_records_response *rsp;
	struct call_options opt = { .timeout_ms = left };
	struct kerr e = KERR_INIT;
	struct reply *r;
	int32_t n = 0, nt = 0;

	p = xcalloc(w->n, sizeof(*p));
	t = xcalloc(w->n, sizeof(*t));
	for (size_t i = 0; i < w->n; i++) {
		if (w->leader[i] != broker)
			continue;
		p[n].partition_index = w->v[i].partition;
		p[n].offset = w->v[i].before;
		if (nt == 0 ||
		    !kstr_eq(t[nt - 1].name, kstr(w->v[i].topic))) {
			t[nt].name = kstr(w->v[i].topic);
			t[nt++].partitions.v = &p[n];
		}
		t[nt - 1].partitions.n++;
		n++;
	}
	kmsg_defaults(&delete_records_request_msg, &req);
	req.topics.v = t;
	req.topics.n = nt;
	req.timeout_ms = (int32_t)left;
	if (cluster_call(c, broker, API_DELETE_RECORDS, &req, &opt, &r,
	    &e) == 0) {
		rsp = r->msg;
		for (int32_t i = 0; i < rsp->topics.n; i++)
			for (int32_t k = 0; k < rsp->topics.v[i].partitions.n;
			    k++)
				take(w, rsp->topics.v[i].name,
				    &rsp->topics.v[i].partitions.v[k]);
		reply_free(r);
	} else {
		for (size_t i = 0; i < w->n; i++)
			if (w->leader[i] == broker)
				w->v[i].err = e;
	}
	free(t);
	free(p);
}

static bool
worth_another(const struct work *w, int attempt)
{
	for (size_t i = 0; i < w->n; i++) {
		enum retry_action action;

		if (w->v[i].low >= 0)
			continue;
		action = retry_policy(&w->v[i].err, attempt, true);
		if (action == RETRY_AGAIN || action == RETRY_REFRESH)
			return true;
	}
	return false;
}

/* One round: every leader is asked for what it leads. */
static void
ask_leaders(struct cluster *c, struct work *w, int64_t left)
{
	int32_t last = -1;

	for (;;) {
		int32_t next = INT32_MAX;

		for (size_t i = 0; i < w->n; i++)
			if (w->leader[i] > last && w->leader[i] < next)
				next = w->leader[i];
		if (next == INT32_MAX)
			return;
		ask_leader(c, w, next, left > 0 ? left : 1);
		last = next;
	}
}

void
admin_trim(struct cluster *c, struct admin_trim *v, size_t n, int64_t wait_ms)
{
	struct work w = { v, xcalloc(n + 1, sizeof(int32_t)), n };
	int64_t until;

	if (wait_ms <= 0)
		wait_ms = cluster_conf(c)->request_ms;
	until = loop_clock(cluster_loop(c)) + wait_ms;
	for (size_t i = 0; i < n; i++) {
		v[i].low = -1;
		kerr_clear(&v[i].err);
	}
	for (int attempt = 1;; attempt++) {
		find_leaders(c, &w);
		ask_leaders(c, &w, until - loop_clock(cluster_loop(c)));
		if (!worth_another(&w, attempt))
			break;
		cluster_refresh(c);
		if (!admin_back_off(c, attempt, until))
			break;
	}
	free(w.leader);
}
