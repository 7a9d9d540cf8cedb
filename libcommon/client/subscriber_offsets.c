/*
 * subscriber_offsets.c: committing offsets, and asking for those that are
 * committed (subscriber_impl.h).
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/retry.h"
#include "client/subscriber_impl.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_offset_commit.h"
#include "wire/msg_offset_fetch.h"

#define UNKNOWN_TOPIC_TRIES	3
#define FETCH_VERSION	7	/* newer ones ask for many groups at once, */
#define FETCH_AS_MEMBER	9	/* and know members of the consumer protocol */

/* The first error among the partitions of the answer; 0: none. */
static int16_t
commit_error(const struct offset_commit_response *rsp, struct kerr *e)
{
	for (int32_t i = 0; i < rsp->topics.n; i++) {
		const struct offset_commit_response_topic *t =
		    &rsp->topics.v[i];

		for (int32_t k = 0; k < t->partitions.n; k++) {
			int16_t error = t->partitions.v[k].error_code;

			if (error == 0)
				continue;
			kerr_kafka(e, error, "%.*s[%d]: %s", (int)t->name.len,
			    t->name.p, (int)t->partitions.v[k].partition_index,
			    kerror_name(error));
			return error;
		}
	}
	return 0;
}

/* Errors that say: no member of that generation. */
static bool
is_lost(const struct kerr *e)
{
	return e->code == KE_BROKER && (e->kafka == ERR_UNKNOWN_MEMBER_ID ||
	    e->kafka == ERR_ILLEGAL_GENERATION);
}

static void
commit_done(void *arg, struct reply *r)
{
	struct subscriber *s = arg;
	subscriber_committed_fn *done = s->committed;
	struct kerr e = r->err;

	s->commit = NULL;
	if (e.code == 0)
		commit_error(r->msg, &e);
	member_committed(&s->m, loop_now(s->loop), s->commit_gen,
	    e.code != 0 ? &e : NULL);
	if (s->commit_gen != s->m.generation && is_lost(&e))
		kerr_set(&e, KE_AGAIN, "the group has another generation by "
		    "now");
	reply_free(r);
	subscriber_step(s);
	done(s->committed_arg, e.code != 0 ? &e : NULL);
}

void
offsets_cancel(struct subscriber *s)
{
	if (s->commit != NULL)
		cluster_cancel(s->commit_cl, s->commit);
	s->commit = NULL;
}

bool
subscriber_committing(const struct subscriber *s)
{
	return s->commit != NULL;
}

void
subscriber_commit(struct subscriber *s, const struct subscriber_offset *v,
    size_t n, subscriber_committed_fn *done, void *arg)
{
	struct offset_commit_request req;
	struct offset_commit_request_topic *topics, *t = NULL;
	struct offset_commit_request_partition *parts;
	struct kerr e = KERR_INIT;

	if (!member_may_commit(&s->m) || !s->m.coordinator) {
		kerr_set(&e, KE_AGAIN, s->m.coordinator ?
		    "not a member of the group at the moment" :
		    "the group's coordinator is not known at the moment");
		done(arg, &e);
		return;
	}
	topics = xcalloc(n + 1, sizeof(*topics));
	parts = xcalloc(n + 1, sizeof(*parts));
	kmsg_defaults(&offset_commit_request_msg, &req);
	req.group_id = kstr(s->group);
	req.generation_id_or_member_epoch = s->m.generation;
	req.member_id = kstr(s->m.id);
	req.group_instance_id = kstr(s->instance);
	req.topics.v = topics;
	for (size_t i = 0; i < n; i++) {
		if (t == NULL || strcmp(v[i].topic, v[i - 1].topic) != 0) {
			t = &topics[req.topics.n++];
			t->name = kstr(v[i].topic);
			t->partitions.v = &parts[i];
		}
		t->partitions.n++;
		KDEFAULTS(offset_commit_request_partition, &parts[i]);
		parts[i].partition_index = v[i].partition;
		parts[i].committed_offset = v[i].offset;
		parts[i].committed_leader_epoch = v[i].epoch;
		parts[i].committed_metadata = kstr("");
	}
	s->committed = done;
	s->committed_arg = arg;
	s->commit_gen = s->m.generation;
	s->commit_cl = subscriber_line(s);
	s->commit = cluster_send(s->commit_cl, s->coordinator,
	    API_OFFSET_COMMIT, &req, NULL, commit_done, s);
	free(topics);
	free(parts);
}

struct commit_wait {
	struct kerr	err;
	bool		done;
};

static void
commit_waited(void *arg, const struct kerr *e)
{
	struct commit_wait *w = arg;

	w->done = true;
	if (e != NULL)
		w->err = *e;
}

/* Until no commit is under way; false: it was not answered in time. */
static bool
await_answer(struct subscriber *s, int64_t until)
{
	int64_t left;

	while (s->commit != NULL && (left = until - loop_clock(s->loop)) > 0)
		loop_once(s->loop, left);
	return s->commit == NULL;
}

/* A topic that the coordinator does not know is new to it, or was deleted. */
static bool
may_pass(const struct kerr *e, int attempt)
{
	if (e->code == KE_BROKER && e->kafka ==
	    ERR_UNKNOWN_TOPIC_OR_PARTITION && attempt >= UNKNOWN_TOPIC_TRIES)
		return false;
	if (e->code == KE_BROKER && (e->kafka == ERR_REBALANCE_IN_PROGRESS ||
	    e->kafka == ERR_STALE_MEMBER_EPOCH))
		return true;
	return retry_policy(e, 1, true) != RETRY_FAIL;
}

static int
late(int64_t wait_ms, struct kerr *e)
{
	return kerr_set(e, KE_TIMEOUT, "no answer to a commit in %lld ms",
	    (long long)wait_ms);
}

int
subscriber_commit_wait(struct subscriber *s,
    const struct subscriber_offset *v, size_t n, int64_t wait_ms,
    struct kerr *e)
{
	const struct cluster_config *cf = cluster_conf(s->data);
	int64_t until = loop_clock(s->loop) + wait_ms;
	struct commit_wait w;

	if (n == 0)
		return 0;
	for (int attempt = 1;; attempt++) {
		w = (struct commit_wait){ KERR_INIT, false };
		if (!await_answer(s, until))
			return late(wait_ms, e);
		subscriber_commit(s, v, n, commit_waited, &w);
		if (!await_answer(s, until) || !w.done) {
			offsets_cancel(s);
			return late(wait_ms, e);
		}
		if (w.err.code == 0)
			return 0;
		if (e != NULL)
			*e = w.err;
		if (!may_pass(&w.err, attempt) || s->m.lost || s->m.failed ||
		    loop_clock(s->loop) >= until)
			return w.err.code;
		loop_run_for(s->loop, retry_backoff(attempt, cf->backoff_ms,
		    cf->backoff_max_ms, 0));
	}
}

/* Takes over what the answer says of a partition; its error. */
static int
take_offset(struct kstr topic,
    const struct offset_fetch_response_group_topic_partition *p,
    struct subscriber_offset *v, size_t n, struct kerr *e)
{
	if (p->error_code != 0)
		return kerr_kafka(e, p->error_code, "%.*s[%d]: %s",
		    (int)topic.len, topic.p, (int)p->partition_index,
		    kerror_name(p->error_code));
	for (size_t x = 0; x < n; x++)
		if (v[x].partition == p->partition_index &&
		    kstr_eq(kstr(v[x].topic), topic)) {
			v[x].offset = p->committed_offset;
			v[x].epoch = p->committed_leader_epoch;
		}
	return 0;
}

static int
take_topics(const struct offset_fetch_response_group_topic *t, int32_t n_topics,
    int16_t error, struct subscriber_offset *v, size_t n, struct kerr *e)
{
	int rc = 0;

	if (error != 0)
		return kerr_kafka(e, error, "%s", kerror_name(error));
	for (int32_t i = 0; i < n_topics; i++)
		for (int32_t k = 0; k < t[i].partitions.n && rc == 0; k++)
			rc = take_offset(t[i].name, &t[i].partitions.v[k], v,
			    n, e);
	return rc;
}

static int
take_offsets(const struct reply *r, struct subscriber_offset *v, size_t n,
    struct kerr *e)
{
	const struct offset_fetch_response *rsp = r->msg;
	const struct offset_fetch_response_group *g = rsp->groups.v;

	/* the topics of older answers have the same members */
	_Static_assert(sizeof(*rsp->topics.v) == sizeof(*g->topics.v) &&
	    sizeof(*rsp->topics.v->partitions.v) ==
	    sizeof(*g->topics.v->partitions.v), "alike");
	if (r->version <= FETCH_VERSION)
		return take_topics((const void *)rsp->topics.v, rsp->topics.n,
		    rsp->error_code, v, n, e);
	if (rsp->groups.n < 1)
		return kerr_set(e, KE_PROTO, "an answer without the group");
	return take_topics(g->topics.v, g->topics.n, g->error_code, v, n, e);
}

/* The request, as older and as newer brokers have it. A member of the consumer
 * protocol asks as such; one that has just been fenced as nobody: it is told
 * soon that it has lost the partitions. */
static int
ask_offsets(struct subscriber *s, struct subscriber_offset *v, size_t n,
    int64_t wait_ms, struct kerr *e)
{
	struct call_options opt = { .timeout_ms = wait_ms,
		.max_version = s->m.cf.consumer ? FETCH_AS_MEMBER :
		FETCH_VERSION };
	struct offset_fetch_request_group g = { .group_id = kstr(s->group),
		.member_id = KSTR_NULL, .member_epoch = -1 };
	struct offset_fetch_request_group_topic *gt;
	struct offset_fetch_request_topic *t;
	struct offset_fetch_request req;
	int32_t *numbers = xcalloc(n + 1, sizeof(*numbers));
	struct reply *r;
	int32_t k = -1;
	int rc;

	kmsg_defaults(&offset_fetch_request_msg, &req);
	req.group_id = kstr(s->group);
	req.require_stable = true;
	req.groups.v = &g;
	req.groups.n = 1;
	req.topics.v = t = xcalloc(n + 1, sizeof(*t));
	g.topics.v = gt = xcalloc(n + 1, sizeof(*gt));
	if (member_may_commit(&s->m)) {
		g.member_id = kstr(s->m.id);
		g.member_epoch = s->m.generation;
	}
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || strcmp(v[i].topic, v[i - 1].topic) != 0) {
			k++;
			t[k].name = gt[k].name = kstr(v[i].topic);
			t[k].partition_indexes.v = &numbers[i];
			gt[k].partition_indexes.v = &numbers[i];
		}
		gt[k].partition_indexes.n = ++t[k].partition_indexes.n;
		numbers[i] = v[i].partition;
		v[i].offset = v[i].epoch = -1;
	}
	req.topics.n = g.topics.n = k + 1;
	rc = cluster_call(subscriber_line(s), s->coordinator, API_OFFSET_FETCH,
	    &req, &opt, &r, e);
	if (rc == 0) {
		rc = take_offsets(r, v, n, e);
		reply_free(r);
	}
	free(t);
	free(gt);
	free(numbers);
	return rc;
}

/* Errors that tell a member of the consumer protocol about itself. */
static bool
is_of_member(const struct kerr *e)
{
	return e->code == KE_BROKER && (e->kafka == ERR_UNKNOWN_MEMBER_ID ||
	    e->kafka == ERR_STALE_MEMBER_EPOCH ||
	    e->kafka == ERR_FENCED_MEMBER_EPOCH);
}

int
subscriber_committed(struct subscriber *s, struct subscriber_offset *v,
    size_t n, int64_t wait_ms, struct kerr *e)
{
	const struct cluster_config *cf = cluster_conf(s->data);
	int64_t until = loop_clock(s->loop) + wait_ms, left = wait_ms;
	int32_t generation;
	int rc;

	if (n == 0)
		return 0;
	for (int attempt = 1;; attempt++) {
		generation = s->m.generation;
		rc = ask_offsets(s, v, n, left, e);
		if (rc == 0 || (retry_policy(e, attempt, true) ==
		    RETRY_FAIL && !is_of_member(e)))
			return rc;
		if (is_of_member(e) || e->code != KE_BROKER ||
		    retry_policy(e, attempt, true) == RETRY_COORDINATOR)
			member_committed(&s->m, loop_now(s->loop), generation,
			    e);
		subscriber_step(s);
		loop_run_for(s->loop, retry_backoff(attempt, cf->backoff_ms,
		    cf->backoff_max_ms, 0));
		left = until - loop_clock(s->loop);
		if (left <= 0 || s->m.failed)
			return rc;
	}
}
