/*
 * test_subscriber.c: a member of a group between its program and the
 * coordinator: what is told to each of them, and in which order. The cluster is
 * this file's: it keeps the requests, and the test answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "client/subscriber_impl.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_consumer_group_describe.h"
#include "wire/msg_consumer_group_heartbeat.h"
#include "wire/msg_find_coordinator.h"
#include "wire/msg_offset_commit.h"
#include "wire/msg_offset_fetch.h"

struct call {
	int16_t		 api;
	cluster_done	*done;
	void		*arg;
	/* of a heartbeat, a commit or a question for offsets */
	int32_t		 epoch;
	char		 owned[64];	/* "0,1"; "-": not said */
	bool		 topics;
	int64_t		 offset;
};

static struct {
	struct loop		*loop;
	struct cluster_config	 conf;
	struct cluster_watch	*watch;
	bool			 known;		/* the topic, in metadata */
	struct cluster_topic	 topic;
	struct call		*open[8];
	int			 n;
	/* the program's side */
	struct subscriber	*s;
	int			 wakes;
	int			 committed;	/* Kafka's error, or less than 0 */
	/* what the next blocking call is answered */
	int16_t			 fetch_error[4];
	int			 fetches;
} w;

struct cluster *
cluster_open(struct loop *l, const struct cluster_config *cf, struct kerr *e)
{
	return (struct cluster *)&w;
}

void
cluster_close(struct cluster *c)
{
}

int
cluster_connect(struct cluster *c, struct kerr *e)
{
	return 0;
}

struct loop *
cluster_loop(const struct cluster *c)
{
	return w.loop;
}

const struct cluster_config *
cluster_conf(const struct cluster *c)
{
	return &w.conf;
}

const struct cluster_broker *
cluster_broker(struct cluster *c, int32_t id)
{
	static const struct cluster_broker one;

	return &one;
}

void
cluster_refresh(struct cluster *c)
{
}

void
cluster_want(struct cluster *c, const char *topic)
{
}

const struct cluster_topic *
cluster_topic(struct cluster *c, const char *name)
{
	return w.known ? &w.topic : NULL;
}

const struct cluster_topic *
cluster_topic_by_id(struct cluster *c, const struct kuuid *id)
{
	return w.known && kuuid_eq(id, &w.topic.id) ? &w.topic : NULL;
}

void
cluster_watch_add(struct cluster *c, struct cluster_watch *watch)
{
	w.watch = watch;
}

void
cluster_watch_del(struct cluster *c, struct cluster_watch *watch)
{
}

static void
keep_heartbeat(struct call *call,
    const struct consumer_group_heartbeat_request *req)
{
	struct buf b;

	buf_init(&b, 0);
	call->epoch = req->member_epoch;
	call->topics = req->subscribed_topic_names.n >= 0;
	if (req->topic_partitions.n < 0)
		buf_putc(&b, '-');
	for (int32_t i = 0; i < req->topic_partitions.n; i++)
		for (int32_t k = 0; k < req->topic_partitions.v[i].
		    partitions.n; k++)
			buf_printf(&b, "%s%d", b.len > 0 ? "," : "",
			    (int)req->topic_partitions.v[i].partitions.v[k]);
	buf_putc(&b, '\0');
	assert_true(b.len < sizeof(call->owned));
	memcpy(call->owned, b.p, b.len);
	buf_release(&b);
}

struct call *
cluster_send(struct cluster *c, int32_t broker, int16_t api, const void *req,
    const struct call_options *opt, cluster_done *done, void *arg)
{
	struct call *call = xcalloc(1, sizeof(*call));
	const struct offset_commit_request *commit = req;

	call->api = api;
	call->done = done;
	call->arg = arg;
	if (api == API_CONSUMER_GROUP_HEARTBEAT)
		keep_heartbeat(call, req);
	if (api == API_OFFSET_COMMIT) {
		call->epoch = commit->generation_id_or_member_epoch;
		call->offset = commit->topics.v[0].partitions.v[0].
		    committed_offset;
	}
	w.open[w.n++] = call;
	return call;
}

static void
forget(struct call *call)
{
	for (int i = 0; i < w.n; i++)
		if (w.open[i] == call) {
			w.open[i] = w.open[--w.n];
			free(call);
			return;
		}
	fail();
}

void
cluster_cancel(struct cluster *c, struct call *call)
{
	forget(call);
}

void
reply_free(struct reply *r)
{
	free(r);
}

/* OffsetFetch alone: as the member that it is, and the errors in turn. */
int
cluster_call(struct cluster *c, int32_t broker, int16_t api, const void *msg,
    const struct call_options *opt, struct reply **r, struct kerr *e)
{
	static struct offset_fetch_response_group group;
	static struct offset_fetch_response rsp;
	static struct offset_fetch_response_group_topic topic;
	static struct offset_fetch_response_group_topic_partition part;
	const struct offset_fetch_request *req = msg;

	assert_int_equal(api, API_OFFSET_FETCH);
	assert_int_equal(opt->max_version, 9);
	assert_int_equal(req->groups.n, 1);
	if (member_may_commit(&w.s->m)) {
		assert_int_equal(req->groups.v[0].member_epoch,
		    w.s->m.generation);
		assert_true(kstr_eq(req->groups.v[0].member_id,
		    kstr(w.s->m.id)));
	} else {
		assert_int_equal(req->groups.v[0].member_epoch, -1);
		assert_true(req->groups.v[0].member_id.len < 0);
	}
	group.error_code = w.fetch_error[w.fetches++];
	part.partition_index = 1;
	part.committed_offset = 42;
	topic.name = kstr("t");
	topic.partitions.v = &part;
	topic.partitions.n = 1;
	group.topics.v = &topic;
	group.topics.n = 1;
	rsp.groups.v = &group;
	rsp.groups.n = 1;
	*r = xcalloc(1, sizeof(**r));
	(*r)->msg = &rsp;
	(*r)->version = 9;
	return 0;
}

/* The only request of a kind that is open; NULL: none is. */
static struct call *
asked(int16_t api)
{
	struct call *found = NULL;

	loop_once(w.loop, 0);
	for (int i = 0; i < w.n; i++)
		if (w.open[i]->api == api) {
			assert_null(found);
			found = w.open[i];
		}
	return found;
}

static void
answer(struct call *call, const void *msg)
{
	struct reply *r = xcalloc(1, sizeof(*r));
	struct call was = *call;

	r->msg = msg;
	r->api = was.api;
	forget(call);
	was.done(was.arg, r);
	loop_once(w.loop, 0);
}

/* A heartbeat is open and says that; it is answered: numbers NULL: without an
 * assignment, else with these partitions of the topic. */
static void
beat(int32_t said_epoch, const char *said, int16_t error, int32_t epoch,
    const char *numbers)
{
	struct consumer_group_heartbeat_response rsp;
	struct consumer_group_heartbeat_response_assignment as = { { 0 } };
	struct consumer_group_heartbeat_response_topic_partitions t;
	struct call *call = asked(API_CONSUMER_GROUP_HEARTBEAT);
	int32_t v[8];

	assert_non_null(call);
	assert_int_equal(call->epoch, said_epoch);
	assert_string_equal(call->owned, said);
	kmsg_defaults(&consumer_group_heartbeat_response_msg, &rsp);
	rsp.error_code = error;
	rsp.member_epoch = epoch;
	rsp.heartbeat_interval_ms = 20;
	if (numbers != NULL) {
		t.topic_id = w.topic.id;
		t.partitions.v = v;
		t.partitions.n = 0;
		for (; *numbers != '\0'; numbers++)
			if (*numbers != ',')
				v[t.partitions.n++] = *numbers - '0';
		as.topic_partitions.v = &t;
		as.topic_partitions.n = t.partitions.n > 0;
		rsp.assignment = &as;
	}
	answer(call, &rsp);
}

/* The next heartbeat: what the interval brings. */
static void
wait_beat(void)
{
	for (int i = 0; i < 100 &&
	    asked(API_CONSUMER_GROUP_HEARTBEAT) == NULL; i++)
		loop_once(w.loop, 5);
}

/* The program is told that, and has not done it yet; NULL: nothing. */
static void
told(const char *want)
{
	static const char *const kinds[] = { "assigned", "revoked", "lost",
		"failed" };
	const struct subscriber_event *ev = subscriber_event(w.s);
	struct buf b;

	buf_init(&b, 0);
	if (ev != NULL)
		buf_puts(&b, kinds[ev->kind]);
	for (size_t i = 0; ev != NULL && i < ev->n; i++)
		buf_printf(&b, " %s%d", ev->part[i].topic,
		    (int)ev->part[i].partition);
	buf_putc(&b, '\0');
	assert_string_equal((char *)b.p, want != NULL ? want : "");
	buf_release(&b);
}

static void
does(const char *want)
{
	told(want);
	subscriber_done(w.s);
	loop_once(w.loop, 0);
}

static void
wake(void *arg)
{
	w.wakes++;
}

static void
committed(void *arg, const struct kerr *e)
{
	w.committed = e != NULL ? e->code == KE_BROKER ? e->kafka : -e->code :
	    0;
}

static void
commit(int64_t offset)
{
	struct subscriber_offset v = { "t", 0, offset, -1 };

	w.committed = 9999;
	subscriber_commit(w.s, &v, 1, committed, NULL);
}

static void
answer_commit(int32_t epoch, int64_t offset, int16_t error)
{
	struct offset_commit_response_partition p = { .error_code = error };
	struct offset_commit_response_topic t = { .name = kstr("t") };
	struct offset_commit_response rsp;
	struct call *call = asked(API_OFFSET_COMMIT);

	assert_non_null(call);
	assert_int_equal(call->epoch, epoch);
	assert_int_equal(call->offset, offset);
	kmsg_defaults(&offset_commit_response_msg, &rsp);
	t.partitions.v = &p;
	t.partitions.n = 1;
	rsp.topics.v = &t;
	rsp.topics.n = 1;
	answer(call, &rsp);
	assert_int_equal(w.committed, error == ERR_UNKNOWN_MEMBER_ID ?
	    -KE_AGAIN : error);
}

static int
begin(void **state)
{
	static const char *const topics[] = { "t" };
	struct find_coordinator_response found;
	struct subscriber_config cf;
	struct kerr e = KERR_INIT;

	memset(&w, 0, sizeof(w));
	w.loop = loop_new(&e);
	w.conf.request_ms = 30000;
	w.conf.backoff_ms = 1;
	w.conf.backoff_max_ms = 2;
	w.known = true;
	w.topic.name = "t";
	w.topic.id.b[3] = 7;
	w.topic.n = 8;
	subscriber_config_defaults(&cf);
	cf.group = "g";
	cf.consumer = true;
	cf.wake = wake;
	w.s = subscriber_open((struct cluster *)&w, &w.conf, &cf, &e);
	subscriber_topics(w.s, topics, 1);
	kmsg_defaults(&find_coordinator_response_msg, &found);
	answer(asked(API_FIND_COORDINATOR), &found);
	return 0;
}

static int
end(void **state)
{
	subscriber_free(w.s);
	while (w.n > 0)
		forget(w.open[0]);
	loop_free(w.loop);
	return 0;
}

/* Has partitions 0 and 1, in epoch 1. */
static void
settle(void)
{
	assert_true(asked(API_CONSUMER_GROUP_HEARTBEAT)->topics);
	beat(0, "", 0, 1, "0,1");
	does("assigned t0 t1");
	beat(1, "0,1", 0, 1, NULL);
	told(NULL);
	assert_true(subscriber_settled(w.s));
}

/* What is revoked is committed in the epoch that it was had in, and the
 * coordinator hears that it is gone only when the program has done with it. */
static void
revoked(void **state)
{
	settle();
	wait_beat();
	beat(1, "-", 0, 1, "1");
	told("revoked t0");
	assert_false(subscriber_settled(w.s));
	wait_beat();			/* it goes on meanwhile */
	beat(1, "-", 0, 1, NULL);
	commit(17);
	answer_commit(1, 17, 0);
	does("revoked t0");
	does("assigned");
	beat(1, "1", 0, 2, "1,2");
	does("assigned t2");
	beat(2, "1,2", 0, 2, NULL);
	assert_true(subscriber_settled(w.s));
}

/* Everything is said again after a failure; that does not give away what is
 * still being given up. */
static void
failure_while_revoking(void **state)
{
	settle();
	wait_beat();
	beat(1, "-", 0, 1, "1");
	told("revoked t0");
	wait_beat();
	beat(1, "-", ERR_COORDINATOR_LOAD_IN_PROGRESS, -1, NULL);
	wait_beat();
	assert_true(asked(API_CONSUMER_GROUP_HEARTBEAT)->topics);
	beat(1, "0,1", 0, 1, "1");
	told("revoked t0");
	does("revoked t0");
	does("assigned");
	wait_beat();
	beat(1, "1", 0, 2, NULL);
}

/* Fenced: no commit leaves any more, all is lost, then it joins again. */
static void
fenced(void **state)
{
	settle();
	wait_beat();
	beat(1, "-", ERR_FENCED_MEMBER_EPOCH, -1, NULL);
	commit(5);
	assert_int_equal(w.committed, -KE_AGAIN);
	assert_null(asked(API_OFFSET_COMMIT));
	assert_null(asked(API_CONSUMER_GROUP_HEARTBEAT));
	does("lost t0 t1");
	beat(0, "", 0, 4, "1");
	does("assigned t1");
	commit(6);
	answer_commit(4, 6, 0);
}

/* A commit on its way while the epoch goes on is no reason to leave; one that
 * tells that this is no member is. */
static void
commit_errors(void **state)
{
	settle();
	wait_beat();
	commit(5);
	beat(1, "-", 0, 2, NULL);
	answer_commit(1, 5, ERR_STALE_MEMBER_EPOCH);
	told(NULL);
	commit(5);
	answer_commit(2, 5, 0);
	commit(6);
	answer_commit(2, 6, ERR_UNKNOWN_MEMBER_ID);
	does("lost t0 t1");
}

/* A topic that has no name yet is taken over when metadata has it. */
static void
unknown_topic(void **state)
{
	w.known = false;
	beat(0, "", 0, 1, "3");
	does("assigned");
	beat(1, "", 0, 1, NULL);
	w.watch->changed(w.watch);
	loop_once(w.loop, 0);
	told(NULL);
	w.known = true;
	w.watch->changed(w.watch);
	loop_once(w.loop, 0);
	does("assigned t3");
	beat(1, "3", 0, 1, NULL);
}

/* Offsets are asked for as a member in its epoch; one that turns out to be
 * fenced asks as nobody, and hears of it by the next event. */
static void
offsets(void **state)
{
	struct subscriber_offset v = { "t", 1, -1, -1 };
	struct kerr e = KERR_INIT;

	settle();
	w.fetch_error[0] = ERR_STALE_MEMBER_EPOCH;
	w.fetch_error[1] = ERR_UNKNOWN_MEMBER_ID;
	assert_int_equal(subscriber_committed(w.s, &v, 1, 5000, &e), 0);
	assert_int_equal(w.fetches, 3);
	assert_int_equal(v.offset, 42);
	told("lost t0 t1");
	/* any other error is one */
	w.fetch_error[3] = ERR_GROUP_AUTHORIZATION_FAILED;
	assert_int_equal(subscriber_committed(w.s, &v, 1, 5000, &e),
	    KE_BROKER);
}

static void
refused(void **state)
{
	beat(0, "", ERR_UNSUPPORTED_VERSION, -1, NULL);
	told("failed");
	assert_non_null(strstr(subscriber_event(w.s)->err.msg,
	    "group.protocol=classic"));
	assert_int_equal(subscriber_event(w.s)->err.code, KE_UNSUPPORTED);
}

/* The group is described: with that member, for whom some is meant. */
static void
answer_look(const char *id, int32_t group_epoch, bool some)
{
	struct consumer_group_describe_response_topic_partitions t;
	struct consumer_group_describe_response_member m;
	struct consumer_group_describe_response_group g;
	struct consumer_group_describe_response rsp;
	struct call *call = asked(API_CONSUMER_GROUP_DESCRIBE);

	assert_non_null(call);
	kmsg_defaults(&consumer_group_describe_response_msg, &rsp);
	KDEFAULTS(consumer_group_describe_response_group, &g);
	KDEFAULTS(consumer_group_describe_response_member, &m);
	KDEFAULTS(consumer_group_describe_response_topic_partitions, &t);
	m.member_id = kstr(id);
	m.target_assignment.topic_partitions.v = &t;
	m.target_assignment.topic_partitions.n = some;
	m.assignment.topic_partitions.n = 0;
	g.group_epoch = group_epoch;
	g.assignment_epoch = 2;
	g.members.v = &m;
	g.members.n = 1;
	rsp.groups.v = &g;
	rsp.groups.n = 1;
	answer(call, &rsp);
}

/* Assigned nothing: is that all? */
static void
looks(void **state)
{
	w.s->m.outlook = OUTLOOK_UNKNOWN;
	asked(API_CONSUMER_GROUP_HEARTBEAT);
	beat(0, "", 0, 2, "");
	does("assigned");
	assert_null(asked(API_CONSUMER_GROUP_DESCRIBE));
	beat(2, "", 0, 2, NULL);
	/* not decided yet; for it, but others have it; it is not in there */
	answer_look(w.s->m.id, 3, false);
	assert_false(subscriber_settled(w.s));
	wait_beat();
	beat(2, "-", 0, 2, NULL);
	answer_look(w.s->m.id, 2, true);
	assert_false(subscriber_settled(w.s));
	wait_beat();
	beat(2, "-", 0, 2, NULL);
	answer_look("another", 2, false);
	assert_false(subscriber_settled(w.s));
	wait_beat();
	beat(2, "-", 0, 2, NULL);
	answer_look(w.s->m.id, 2, false);
	assert_true(subscriber_settled(w.s));
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(revoked),
		TEST(failure_while_revoking),
		TEST(fenced),
		TEST(commit_errors),
		TEST(unknown_topic),
		TEST(offsets),
		TEST(refused),
		TEST(looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
