/*
 * stat.c: how large topics are and how fast they grow: records from the
 * offsets, bytes from the leaders' log directories, the rate from the offset
 * that the log had a while ago.
 */
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "base/xalloc.h"
#include "cli/where.h"
#include "client/admin.h"
#include "topics.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_describe_log_dirs.h"

struct sum {
	char		*name;
	struct metadata_response_topic *topic;
	struct where	*v;		/* its partitions */
	int		 n;
	int64_t		 bytes;		/* -1: a leader did not say */
};

struct sums {
	struct topics	*t;
	struct listing	 l;
	struct sum	*v;
	struct where	*where;		/* of all topics */
	size_t		 n_where;
	enum exit_class	 status;
};

static void
gather(struct sums *s)
{
	size_t n = 0;

	s->v = xcalloc((size_t)s->l.n + 1, sizeof(s->v[0]));
	for (int i = 0; i < s->l.n; i++)
		n += (size_t)s->l.v[i]->partitions.n;
	s->where = xcalloc(n + 1, sizeof(s->where[0]));
	for (int i = 0; i < s->l.n; i++) {
		struct sum *sum = &s->v[i];

		sum->topic = s->l.v[i];
		sum->name = xstrndup(sum->topic->name.p,
		    (size_t)sum->topic->name.len);
		sum->v = &s->where[s->n_where];
		sum->n = sum->topic->partitions.n;
		for (int k = 0; k < sum->n; k++)
			where_init(&s->where[s->n_where++], sum->name,
			    sum->topic->partitions.v[k].partition_index);
	}
}

/* Where the log was at the start of the window. */
static void
find_growth(struct sums *s, const struct where_how *how)
{
	struct spec sp = { .all.from = { SPEC_TIME,
	    sys_now_ms(sys_real()) - s->t->window } };

	where_bounds(how, s->where, s->n_where);
	where_resolve(how, s->where, s->n_where, &sp);
}

static int
by_name(const void *name, const void *element)
{
	const struct kstr *k = name;
	const struct sum *s = element;
	size_t n = strlen(s->name);
	int d = memcmp(k->p, s->name, (size_t)k->len < n ?
	    (size_t)k->len : n);

	return d != 0 ? d : (k->len > (int32_t)n) - (k->len < (int32_t)n);
}

/* Adds the sizes of those partitions that this broker leads. */
static void
add_sizes(struct sums *s, int32_t broker,
    const struct describe_log_dirs_response_topic *topic)
{
	struct sum *sum = bsearch(&topic->name, s->v, (size_t)s->l.n,
	    sizeof(s->v[0]), by_name);
	const struct metadata_response_partition *p;

	if (sum == NULL || sum->bytes < 0)
		return;
	for (int i = 0; i < topic->partitions.n; i++) {
		int32_t k = topic->partitions.v[i].partition_index;

		if (k < 0 || k >= sum->n ||
		    topic->partitions.v[i].is_future_key)
			continue;
		p = &sum->topic->partitions.v[k];
		if (p->leader_id == broker)
			sum->bytes += topic->partitions.v[i].partition_size;
	}
}

static void
mark_unknown(struct sums *s, int32_t broker)
{
	for (int i = 0; i < s->l.n; i++)
		for (int k = 0; k < s->v[i].n; k++)
			if (s->v[i].topic->partitions.v[k].leader_id == broker)
				s->v[i].bytes = -1;
}

static void
ask_broker(struct sums *s, int32_t broker)
{
	struct describe_log_dirs_request_topic *v;
	struct describe_log_dirs_request req;
	const struct describe_log_dirs_response *rsp;
	struct kerr e = KERR_INIT;
	int32_t **ids = xcalloc((size_t)s->l.n + 1, sizeof(ids[0]));
	struct reply *r;
	int error, n = 0;

	v = xcalloc((size_t)s->l.n + 1, sizeof(v[0]));
	for (int i = 0; i < s->l.n; i++) {
		struct sum *sum = &s->v[i];
		int32_t *id = ids[i] = xcalloc((size_t)sum->n + 1,
		    sizeof(id[0]));
		int k, m = 0;

		for (k = 0; k < sum->n; k++)
			if (sum->topic->partitions.v[k].leader_id == broker)
				id[m++] = k;
		if (m == 0)
			continue;
		v[n].topic = sum->topic->name;
		v[n].partitions.v = id;
		v[n++].partitions.n = m;
	}
	kmsg_defaults(&describe_log_dirs_request_msg, &req);
	req.topics.v = v;
	req.topics.n = n;
	error = n == 0 ? 0 : admin_request(s->t->cluster, broker,
	    API_DESCRIBE_LOG_DIRS, &req, s->t->wait_ms, &r, &e);
	rsp = n > 0 && error == 0 ? r->msg : NULL;
	if (rsp != NULL && rsp->error_code != 0)
		error = kerr_kafka(&e, rsp->error_code, "%s",
		    kerror_name(rsp->error_code));
	if (error != 0) {
		mark_unknown(s, broker);
		s->status = exit_worse(s->status, exit_report(&e,
		    "sizes on broker %d", (int)broker));
	}
	for (int i = 0; error == 0 && rsp != NULL && i < rsp->results.n; i++)
		for (int k = 0; k < rsp->results.v[i].topics.n; k++)
			add_sizes(s, broker, &rsp->results.v[i].topics.v[k]);
	if (rsp != NULL)
		reply_free(r);
	for (int i = 0; i < s->l.n; i++)
		free(ids[i]);
	free(ids);
	free(v);
}

/* One topic; what failed in it is told, and its numbers are left out. */
static void
print(struct sums *s, struct output *out, const struct sum *sum)
{
	int64_t records = 0, grown = 0, start, rate;
	bool failed = false;

	for (int i = 0; i < sum->n; i++) {
		const struct where *w = &sum->v[i];

		if (w->err.code != 0) {
			failed = true;
			s->status = exit_worse(s->status, exit_report(&w->err,
			    "%s[%d]", sum->name, (int)w->partition));
			continue;
		}
		records += w->end - w->start;
		start = w->from > w->start ? w->from : w->start;
		grown += w->end > start ? w->end - start : 0;
	}
	rate = (int64_t)((double)grown * 1e6 / (double)s->t->window + 0.5);
	output_row(out, (struct cell[]){ CELL_STR(sum->name), CELL_N(sum->n),
	    failed ? CELL_NONE : CELL_N(records),
	    sum->bytes < 0 ? CELL_NONE : CELL_N(sum->bytes),
	    failed ? CELL_NONE : CELL_N(grown),
	    failed ? CELL_NONE : CELL_MILLI(rate) });
}

static void
release(struct sums *s)
{
	for (int i = 0; i < s->l.n; i++)
		free(s->v[i].name);
	free(s->v);
	free(s->where);
	topics_release(&s->l);
}

enum exit_class
topics_stat(struct topics *t)
{
	static const char *const columns[] = { "topic", "partitions",
	    "records", "bytes", "recent", "per_second", NULL };
	const struct where_how how = { t->cluster, t->committed, t->wait_ms };
	struct sums s = { .t = t };
	struct kerr e = KERR_INIT;
	struct output out;

	if (topics_load(t, &s.l, &s.status, &e) != 0)
		return exit_report(&e, NULL);
	gather(&s);
	find_growth(&s, &how);
	for (int i = 0; i < s.l.msg->brokers.n; i++)
		ask_broker(&s, s.l.msg->brokers.v[i].node_id);
	output_open(&out, t->form, stdout, columns);
	for (int i = 0; i < s.l.n; i++)
		print(&s, &out, &s.v[i]);
	output_close(&out);
	release(&s);
	return s.status;
}
