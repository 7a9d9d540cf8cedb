/* subscriber.c: see subscriber.h and subscriber_impl.h. */
#include "client/subscriber.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "client/subscriber_impl.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_find_coordinator.h"

#define FIND_VERSION	3	/* newer ones ask for many keys at once */
/* That many failures in a row are worth a warning: a few seconds. */
#define LOUD_FAILURES	6

void
subscriber_config_defaults(struct subscriber_config *cf)
{
	*cf = (struct subscriber_config){ .session_ms = 45000,
		.rebalance_ms = 300000, .heartbeat_ms = 3000,
		.assignor = { ASSIGN_RANGE, ASSIGN_COOPERATIVE },
		.n_assignors = 2 };
}

static void
run_step(struct loop_work *w)
{
	subscriber_step_now((struct subscriber *)(void *)((char *)w -
	    offsetof(struct subscriber, work)));
}

void
subscriber_step(struct subscriber *s)
{
	s->work.run = run_step;
	loop_defer(s->loop, &s->work);
}

static void
timed(struct loop_timer *t)
{
	subscriber_step_now((struct subscriber *)(void *)((char *)t -
	    offsetof(struct subscriber, timer)));
}

static void
metadata_changed(struct cluster_watch *w)
{
	struct subscriber *s = (struct subscriber *)(void *)((char *)w -
	    offsetof(struct subscriber, watch));

	if (s->m.cf.consumer)
		consumer_protocol_metadata(s);
	else
		lead_metadata(s);
}

bool
subscriber_settled(const struct subscriber *s)
{
	return member_settled(&s->m) && TAILQ_EMPTY(&s->events);
}

/* What a request came to, Kafka's error in the answer included; NULL: well. */
const struct kerr *
subscriber_outcome(const struct reply *r, int16_t error, struct kerr *e)
{
	if (r->err.code != 0) {
		*e = r->err;
		return e;
	}
	if (error == 0)
		return NULL;
	kerr_kafka(e, error, "%s", kerror_name(error));
	return e;
}

/* Before the machine is told. */
void
subscriber_say(const struct subscriber *s, const char *what, const struct kerr *e)
{
	bool usual = e == NULL || (e->code == KE_BROKER &&
	    (e->kafka == ERR_MEMBER_ID_REQUIRED ||
	    e->kafka == ERR_REBALANCE_IN_PROGRESS));

	log_line(usual ? LOG_DEBUG : s->m.failures == LOUD_FAILURES - 1 ?
	    LOG_WARN : LOG_INFO, LOG_GROUP,
	    "group '%s': %s%s%s", s->group, what, e != NULL ? ": " : "",
	    e != NULL ? e->msg : "");
}

static void
found(void *arg, struct reply *r)
{
	struct subscriber *s = arg;
	const struct find_coordinator_response *rsp = r->msg;
	struct kerr e = KERR_INIT;
	const struct kerr *why = subscriber_outcome(r,
	    rsp != NULL ? rsp->error_code : 0, &e);

	s->call = NULL;
	if (why == NULL && cluster_broker(s->cl, rsp->node_id) == NULL) {
		cluster_refresh(s->cl);
		kerr_set(&e, KE_UNREACHABLE, "broker %d is not known yet",
		    (int)rsp->node_id);
		why = &e;
	}
	if (why == NULL)
		s->coordinator = rsp->node_id;
	subscriber_say(s, "coordinator", why);
	member_found(&s->m, loop_now(s->loop), why);
	reply_free(r);
	subscriber_step_now(s);
}

static void
find(struct subscriber *s)
{
	struct find_coordinator_request req;
	struct call_options opt = { .max_version = FIND_VERSION };

	kmsg_defaults(&find_coordinator_request_msg, &req);
	req.key = kstr(s->group);
	s->call = cluster_send(s->cl, BROKER_ANY, API_FIND_COORDINATOR, &req,
	    &opt, found, s);
}

void
subscriber_left(void *arg, struct reply *r)
{
	struct subscriber *s = arg;

	s->call = NULL;
	member_left(&s->m);
	reply_free(r);
	s->cf.wake(s->cf.arg);
}

struct cluster *
subscriber_line(const struct subscriber *s)
{
	return s->held_up ? s->data : s->cl;
}

void
subscriber_step_now(struct subscriber *s)
{
	int64_t now = loop_now(s->loop), at;
	enum member_do what;

	if (s->n_topics == 0 && s->m.phase == MEMBER_OUT)
		return;
	while ((what = member_next(&s->m, now, &at)) != MEMBER_WAIT) {
		switch (what) {
		case MEMBER_FIND:
			find(s);
			break;
		case MEMBER_GIVE_UP:
			news_give_up(s);
			break;
		case MEMBER_JOIN:
			classic_join(s);
			break;
		case MEMBER_SYNC:
			classic_sync(s);
			break;
		case MEMBER_HEARTBEAT:
			if (s->m.cf.consumer)
				consumer_protocol_heartbeat(s);
			else
				classic_heartbeat(s);
			break;
		case MEMBER_LOOK:
			consumer_protocol_look(s);
			break;
		case MEMBER_RECONCILE:
			consumer_protocol_reconcile(s);
			break;
		case MEMBER_LEAVE:
			if (s->m.cf.consumer)
				consumer_protocol_leave(s);
			else
				classic_leave(s);
			break;
		default:
			news_failed(s);
			return;
		}
	}
	if (at != INT64_MAX)
		loop_timer_set(&s->timer, at > now ? at - now : 0);
	else
		loop_timer_cancel(&s->timer);
}

static bool
all_cooperative(const struct subscriber_config *cf)
{
	for (int i = 0; i < cf->n_assignors; i++)
		if (!assign_cooperative(cf->assignor[i]))
			return false;
	return true;
}

struct subscriber *
subscriber_open(struct cluster *data, const struct cluster_config *conf,
    const struct subscriber_config *cf, struct kerr *e)
{
	struct subscriber *s = xcalloc(1, sizeof(*s));
	struct member_config mc = { .consumer = cf->consumer,
		.cooperative = all_cooperative(cf),
		.fixed = cf->instance != NULL,
		.looks = cf->consumer && cf->looks,
		.heartbeat_ms = cf->heartbeat_ms,
		.backoff_ms = conf->backoff_ms,
		.backoff_max_ms = conf->backoff_max_ms,
		.contact_ms = conf->contact_ms };

	s->data = data;
	s->loop = cluster_loop(data);
	s->cf = *cf;
	s->cf.group = s->group = xstrdup(cf->group);
	s->instance = cf->instance != NULL ? xstrdup(cf->instance) : NULL;
	s->cf.instance = s->instance;
	s->remote = cf->remote_assignor != NULL ?
	    xstrdup(cf->remote_assignor) : NULL;
	s->cf.remote_assignor = s->remote;
	s->rack = conf->rack != NULL ? xstrdup(conf->rack) : NULL;
	s->owned_gen = -1;
	TAILQ_INIT(&s->events);
	member_init(&s->m, &mc);
	if (cf->consumer)
		consumer_protocol_name(s);
	loop_timer_init(&s->timer, s->loop, timed);
	s->watch.changed = metadata_changed;
	cluster_watch_add(data, &s->watch);
	s->cl = cluster_open(s->loop, conf, e);
	if (s->cl == NULL || cluster_connect(s->cl, e) != 0) {
		subscriber_free(s);
		return NULL;
	}
	return s;
}

static void
cancel_calls(struct subscriber *s)
{
	if (s->call != NULL)
		cluster_cancel(s->cl, s->call);
	if (s->beat != NULL)
		cluster_cancel(s->cl, s->beat);
	s->call = s->beat = NULL;
}

static void
topics_release(struct subscriber *s)
{
	for (size_t i = 0; i < s->n_topics; i++)
		free(s->topics[i]);
	free(s->topics);
	s->topics = NULL;
	s->n_topics = 0;
}

void
subscriber_free(struct subscriber *s)
{
	struct news *ev;

	if (s == NULL)
		return;
	cancel_calls(s);
	offsets_cancel(s);
	lead_clear(s);
	cluster_watch_del(s->data, &s->watch);
	loop_timer_cancel(&s->timer);
	loop_defer_cancel(s->loop, &s->work);
	cluster_close(s->cl);
	while ((ev = TAILQ_FIRST(&s->events)) != NULL) {
		TAILQ_REMOVE(&s->events, ev, link);
		news_free(ev);
	}
	parts_release(&s->owned);
	parts_release(&s->told);
	parts_release(&s->target);
	topics_release(s);
	for (size_t i = 0; i < s->n_seen; i++)
		free(s->seen[i].topic);
	free(s->seen);
	free(s->group);
	free(s->instance);
	free(s->remote);
	free(s->rack);
	free(s);
}

void
subscriber_topics(struct subscriber *s, const char *const *names, size_t n)
{
	size_t same = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < s->n_topics; k++)
			same += strcmp(names[i], s->topics[k]) == 0;
	if (same == n && n == s->n_topics)
		return;
	topics_release(s);
	s->topics = xcalloc(n + 1, sizeof(*s->topics));
	for (size_t i = 0; i < n; i++)
		s->topics[s->n_topics++] = xstrdup(names[i]);
	member_rejoin(&s->m);
	subscriber_step(s);
}

void
subscriber_leave(struct subscriber *s, int64_t wait_ms)
{
	int64_t until = loop_clock(s->loop) + wait_ms, now;

	cancel_calls(s);
	lead_clear(s);
	member_leave(&s->m);
	subscriber_step_now(s);
	while (s->m.phase != MEMBER_GONE &&
	    (now = loop_clock(s->loop)) < until)
		loop_once(s->loop, until - now);
}
