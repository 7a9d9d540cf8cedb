/* Groups of the consumer protocol (KIP-848): who gets what, and when. */
#include "group_bench.h"

#include "cmd/klog-broker/assignor.h"

static struct kuuid
topic_id(int c)
{
	struct kuuid id;

	memset(&id, c, sizeof(id));
	return id;
}

/* "t0 t1 u3" */
static void
show(const struct tpset *s, char *out, size_t cap)
{
	size_t n = 0;

	out[0] = '\0';
	for (int32_t i = 0; i < s->n; i++)
		n += (size_t)snprintf(out + n, cap - n, "%s%c%d",
		    n > 0 ? " " : "", s->v[i].topic.b[0], s->v[i].partition);
}

static void
put(struct tpset *s, const char *what)
{
	struct kuuid id;

	for (; *what != '\0'; what += 2 + (what[2] == ' ')) {
		id = topic_id(what[0]);
		tpset_add(s, &id, what[1] - '0');
	}
}

static void
test_assignors(void **state)
{
	static const struct {
		assignor	*how;
		const char	*topics[3];	/* of each member */
		const char	*has[3];
		const char	*gets[3];
	} t[] = {
		/* evenly; the first ones get what does not divide */
		{ assign_uniform, { "tu", "tu", "tu" }, { "", "", "" },
		    { "t0 t1 t2", "t3 u0 u1", "u2 u3" } },
		/* what is had stays, but for what is too much */
		{ assign_uniform, { "t", "t" }, { "t0 t1 t2 t3", "" },
		    { "t0 t1", "t2 t3" } },
		{ assign_uniform, { "t", "t", "t" },
		    { "t2 t3", "t0 t1", "" }, { "t2 t3", "t0", "t1" } },
		/* not subscribed to any more */
		{ assign_uniform, { "u", "u" }, { "t0 u3", "t1" },
		    { "u0 u3", "u1 u2" } },
		/* each what it may have, as even as that goes */
		{ assign_uniform, { "tu", "t" }, { "", "" },
		    { "u0 u1 u2 u3", "t0 t1 t2 t3" } },
		{ assign_uniform, { "tu", "t" },
		    { "t0 t1 t2 t3 u0 u1 u2 u3", "" },
		    { "u0 u1 u2 u3", "t0 t1 t2 t3" } },
		{ assign_uniform, { "t", "" }, { "", "" },
		    { "t0 t1 t2 t3", "" } },
		{ assign_range, { "tu", "tu", "tu" }, { "", "", "" },
		    { "t0 t1 u0 u1", "t2 u2", "t3 u3" } },
		{ assign_range, { "tu", "t", "u" }, { "", "", "" },
		    { "t0 t1 u0 u1", "t2 t3", "u2 u3" } },
	};
	static const char *const ids[3] = { "a", "b", "c" };
	const struct assign_topic topics[2] = {
		{ topic_id('t'), 4 }, { topic_id('u'), 4 }
	};
	struct assign_member m[3];
	struct tpset has[3];
	int32_t index[3][2], n;
	char text[128];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memset(m, 0, sizeof(m));
		memset(has, 0, sizeof(has));
		for (n = 0; n < 3 && t[i].topics[n] != NULL; n++) {
			m[n].id = kstr(ids[n]);
			m[n].instance = KSTR_NULL;
			m[n].topics = index[n];
			for (const char *p = t[i].topics[n]; *p != '\0'; p++)
				index[n][m[n].n_topics++] = *p - 't';
			put(&has[n], t[i].has[n]);
			m[n].has = &has[n];
		}
		t[i].how(topics, 2, m, n);
		for (int32_t j = 0; j < n; j++) {
			show(&m[j].gets, text, sizeof(text));
			assert_string_equal(text, t[i].gets[j]);
			tpset_release(&m[j].gets);
			tpset_release(&has[j]);
		}
	}
}

/* What a member was told. */
struct heard {
	int16_t	error;
	int32_t	epoch;
	bool	assigned;	/* an assignment was sent */
	char	parts[128];
	char	id[64];
};

static const char *beat_instance;	/* of who sends heartbeats */

/* A heartbeat; epoch 0: joins. topics NULL: nothing new; owned NULL: says
 * nothing of it. */
static struct heard
beat(struct bench *b, const char *id, int32_t epoch, const char *topics,
    const char *owned)
{
	struct group_client c = { 1, kstr("cli"), "/127.0.0.1" };
	struct consumer_group_heartbeat_request req;
	struct consumer_group_heartbeat_response rsp;
	struct consumer_group_heartbeat_request_topic_partition tp[16];
	struct consumer_group_heartbeat_response_topic_partitions *out;
	struct kstr names[4];
	struct tpset s = { 0 };
	struct heard h = { 0 };
	struct arena a;
	int32_t n = 0;

	arena_init(&a, 0);
	kmsg_defaults(&consumer_group_heartbeat_request_msg, &req);
	kmsg_defaults(&consumer_group_heartbeat_response_msg, &rsp);
	req.group_id = kstr("g");
	req.member_id = kstr(id);
	req.member_epoch = epoch;
	req.instance_id = kstr(beat_instance);
	for (; topics != NULL && topics[n] != '\0'; n++)
		names[n] = (struct kstr){ topics + n, 1 };
	if (topics != NULL) {
		req.subscribed_topic_names.v = names;
		req.subscribed_topic_names.n = n;
		req.rebalance_timeout_ms = MINUTE;
	}
	if (owned != NULL) {
		put(&s, owned);
		req.topic_partitions.v = tp;
		req.topic_partitions.n = 0;
		for (int32_t i = 0; i < s.n; i++) {
			tp[i].topic_id = s.v[i].topic;
			tp[i].partitions.v = &s.v[i].partition;
			tp[i].partitions.n = 1;
			req.topic_partitions.n++;
		}
	}
	groups_consumer_heartbeat(b->gs, &c, &req, &a, &rsp);
	tpset_release(&s);
	h.error = rsp.error_code;
	h.epoch = rsp.member_epoch;
	h.assigned = rsp.assignment != NULL;
	copy_str(h.id, sizeof(h.id), rsp.member_id);
	for (int32_t i = 0; h.assigned &&
	    i < rsp.assignment->topic_partitions.n; i++) {
		out = &rsp.assignment->topic_partitions.v[i];
		for (int32_t j = 0; j < out->partitions.n; j++)
			tpset_add(&s, &out->topic_id, out->partitions.v[j]);
	}
	show(&s, h.parts, sizeof(h.parts));
	tpset_release(&s);
	arena_release(&a);
	return h;
}

#define assert_heard(h, want_epoch, want_parts) do {		\
	struct heard h_ = (h);					\
	assert_int_equal(h_.error, 0);				\
	assert_int_equal(h_.epoch, (want_epoch));		\
	if ((want_parts) == NULL)				\
		assert_false(h_.assigned);			\
	else							\
		assert_string_equal(h_.parts, (want_parts));	\
} while (0)

static const char *const nothing = NULL;

/* The second gets its half when the first has given it back, not before. */
static void
test_share(void **state)
{
	struct bench b;

	bench_begin(&b);
	assert_heard(beat(&b, "a", 0, "t", ""), 1, "t0 t1 t2 t3");
	assert_state(&b, "Stable");
	assert_heard(beat(&b, "a", 1, NULL, NULL), 1, nothing);
	assert_heard(beat(&b, "b", 0, "t", ""), 2, "");
	assert_state(&b, "Reconciling");
	/* has to give back, stays in its epoch until it has */
	assert_heard(beat(&b, "a", 1, NULL, NULL), 1, "t0 t1");
	assert_heard(beat(&b, "b", 2, NULL, ""), 2, nothing);
	assert_heard(beat(&b, "a", 1, NULL, "t0 t1 t2"), 1, nothing);
	assert_heard(beat(&b, "a", 1, NULL, "t0 t1"), 2, nothing);
	assert_heard(beat(&b, "b", 2, NULL, ""), 2, "t2 t3");
	assert_state(&b, "Stable");
	/* and back again when it leaves */
	assert_int_equal(beat(&b, "b", -1, NULL, NULL).error, 0);
	assert_heard(beat(&b, "a", 2, NULL, NULL), 3, "t0 t1 t2 t3");
	assert_int_equal(beat(&b, "a", -1, NULL, NULL).error, 0);
	assert_state(&b, "Empty");
	bench_end(&b);
}

static void
test_fencing(void **state)
{
	struct bench b;

	bench_begin(&b);
	assert_int_equal(beat(&b, "a", 5, NULL, NULL).error,
	    ERR_GROUP_ID_NOT_FOUND);
	assert_heard(beat(&b, "a", 0, "t", ""), 1, "t0 t1 t2 t3");
	/* the answer was lost: once more */
	assert_heard(beat(&b, "a", 0, "t", ""), 1, "t0 t1 t2 t3");
	assert_int_equal(beat(&b, "b", 1, NULL, NULL).error,
	    ERR_UNKNOWN_MEMBER_ID);
	assert_int_equal(beat(&b, "a", 2, NULL, NULL).error,
	    ERR_FENCED_MEMBER_EPOCH);
	assert_int_equal(beat(&b, "a", -3, NULL, NULL).error,
	    ERR_INVALID_REQUEST);
	assert_int_equal(beat(&b, "", 0, "t", "").error,
	    ERR_INVALID_REQUEST);
	assert_int_equal(beat(&b, "a", 0, "t", "t0").error,
	    ERR_INVALID_REQUEST);
	assert_int_equal(bench_commit(&b, "g", "a", 1, "t", 0, 1),
	    ERR_UNSUPPORTED_VERSION);
	/* silent for a session's time */
	assert_heard(beat(&b, "b", 0, "t", ""), 2, "");
	bench_pass(&b, 44 * SECOND);
	assert_heard(beat(&b, "b", 2, NULL, ""), 2, nothing);
	bench_pass(&b, 2 * SECOND);
	assert_heard(beat(&b, "b", 2, NULL, ""), 3, "t0 t1 t2 t3");
	assert_int_equal(beat(&b, "a", 1, NULL, NULL).error,
	    ERR_UNKNOWN_MEMBER_ID);
	/* does not give back in time, though it is there */
	assert_heard(beat(&b, "c", 0, "t", ""), 4, "");
	assert_heard(beat(&b, "b", 3, NULL, NULL), 3, "t0 t1");
	for (int i = 0; i < 11; i++) {
		bench_pass(&b, 5 * SECOND);
		assert_int_equal(beat(&b, "b", 3, NULL,
		    "t0 t1 t2 t3").error, 0);
		assert_heard(beat(&b, "c", 4, NULL, ""), 4, nothing);
	}
	bench_pass(&b, 5 * SECOND);
	assert_int_equal(beat(&b, "b", 3, NULL, NULL).error,
	    ERR_UNKNOWN_MEMBER_ID);
	assert_heard(beat(&b, "c", 4, NULL, ""), 5, "t0 t1 t2 t3");
	bench_end(&b);
}

/* A static member that is away owes nothing: it has its session's time. */
static void
test_static_leave(void **state)
{
	struct groups_config c = bench_config;
	struct bench b;

	c.consumer_session_ms = 2 * MINUTE;
	bench_begin_with(&b, &c);
	beat_instance = "i";
	assert_heard(beat(&b, "a", 0, "t", ""), 1, "t0 t1 t2 t3");
	beat_instance = NULL;
	assert_heard(beat(&b, "b", 0, "t", ""), 2, "");
	beat_instance = "i";
	assert_heard(beat(&b, "a", 1, NULL, NULL), 1, "t0 t1");
	assert_int_equal(beat(&b, "a", -2, NULL, NULL).error, 0);
	bench_pass(&b, 70 * SECOND);
	assert_heard(beat(&b, "c", 0, "t", ""), 2, "t0 t1");
	beat_instance = NULL;
	bench_end(&b);
}

/* A topic that comes is noticed with the next heartbeat. */
static void
test_topics(void **state)
{
	struct bench b;

	bench_v = false;
	bench_begin(&b);
	assert_heard(beat(&b, "a", 0, "tv", ""), 1, "t0 t1 t2 t3");
	bench_v = true;
	groups_topics_changed(b.gs);
	assert_heard(beat(&b, "a", 1, NULL, NULL), 2,
	    "t0 t1 t2 t3 v0 v1 v2 v3");
	bench_v = false;
	groups_topics_changed(b.gs);
	assert_heard(beat(&b, "a", 2, NULL, NULL), 2, "t0 t1 t2 t3");
	assert_heard(beat(&b, "a", 2, NULL, "t0 t1 t2 t3"), 3, nothing);
	/* another subscription */
	assert_heard(beat(&b, "a", 3, "u", NULL), 3, "");
	assert_heard(beat(&b, "a", 3, NULL, ""), 4, "u0 u1 u2 u3");
	bench_end(&b);
}

static void
test_reload(void **state)
{
	struct bench b, c;

	bench_begin(&b);
	bench_begin(&c);
	assert_heard(beat(&b, "a", 0, "tu", ""), 1, "t0 t1 t2 t3 u0 u1 u2 u3");
	assert_heard(beat(&b, "b", 0, "tu", ""), 2, "");
	assert_heard(beat(&b, "a", 1, NULL, NULL), 1, "t0 t1 t2 t3");
	bench_reload(&b, &c);
	assert_state(&c, "Reconciling");
	assert_heard(beat(&c, "b", 2, NULL, ""), 2, nothing);
	assert_heard(beat(&c, "a", 1, NULL, "t0 t1 t2 t3"), 2, nothing);
	assert_heard(beat(&c, "b", 2, NULL, ""), 2, "u0 u1 u2 u3");
	assert_state(&c, "Stable");
	bench_pass(&c, 46 * SECOND);
	assert_state(&c, "Empty");
	/* and with nothing committed, nothing of it is left */
	bench_pass(&c, 11 * MINUTE);
	assert_state(&c, "Dead");
	bench_end(&b);
	bench_end(&c);
}

/* A rolling upgrade: classic members next to those of the newer protocol. */
static void
test_migration(void **state)
{
	struct bench b;
	const char *id[2];
	char classic[128];

	bench_begin(&b);
	for (int i = 0; i < 2; i++)
		id[i] = bench_enter(&b, i, (struct asks){ 0 });
	bench_pass(&b, 6 * SECOND);
	bench_sync(&b, 1, id[1], 1, NULL);
	bench_sync(&b, 0, id[0], 1, NULL);	/* assigns nothing */
	assert_state(&b, "Stable");
	snprintf(classic, sizeof(classic), "%s", id[0]);
	/* one comes back with the newer protocol */
	bench_leave(&b, id[1], NULL);
	bench_join(&b, 0, (struct asks){ .member = classic });
	bench_sync(&b, 0, classic, 2, NULL);
	assert_heard(beat(&b, "n", 0, "t", ""), 3, "t2 t3");
	assert_int_equal(bench_beat(&b, classic, NULL, 2),
	    ERR_REBALANCE_IN_PROGRESS);
	bench_join(&b, 0, (struct asks){ .member = classic });
	assert_int_equal(b.told[0].error, 0);
	assert_int_equal(b.told[0].generation, 3);
	assert_string_equal(b.told[0].leader, "");
	bench_sync(&b, 1, classic, 3, NULL);
	assert_int_equal(b.told[1].error, 0);
	assert_int_equal(bench_beat(&b, classic, NULL, 3), 0);
	assert_state(&b, "Stable");
	/* the upgrade is taken back */
	assert_int_equal(beat(&b, "n", -1, NULL, NULL).error, 0);
	assert_state(&b, "PreparingRebalance");
	bench_join(&b, 0, (struct asks){ .member = classic });
	assert_int_equal(b.told[0].error, 0);
	assert_int_equal(b.told[0].generation, 4);
	assert_string_equal(b.told[0].leader, classic);
	bench_end(&b);
}

/* Once the last one has left, the group starts afresh with either protocol. */
static void
test_afresh(void **state)
{
	struct bench b;
	const char *id;

	bench_begin(&b);
	id = bench_enter(&b, 0, (struct asks){ 0 });
	bench_pass(&b, 6 * SECOND);
	bench_sync(&b, 0, id, 1, NULL);
	assert_heard(beat(&b, "n", 0, "t", ""), 2, "t2 t3");
	bench_leave(&b, id, NULL);
	assert_int_equal(beat(&b, "n", -1, NULL, NULL).error, 0);
	assert_state(&b, "Empty");
	bench_enter(&b, 1, (struct asks){ 0 });
	bench_pass(&b, 6 * SECOND);
	assert_int_equal(b.told[1].error, 0);
	assert_int_equal(b.told[1].generation, 1);
	bench_end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_assignors),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_fencing),
		cmocka_unit_test(test_static_leave),
		cmocka_unit_test(test_topics),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_migration),
		cmocka_unit_test(test_afresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
