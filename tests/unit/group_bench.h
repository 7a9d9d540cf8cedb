/*
 * group_bench.h: the group coordinator with a clock that the test moves, the
 * records it puts and the answers it gives. For test_broker_group*.c.
 */
#ifndef TEST_GROUP_BENCH_H
#define TEST_GROUP_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "cmd/klog-broker/group.h"
#include "wire/codec.h"
#include "wire/kerror.h"

#define WHOS		200
#define START		INT64_C(1700000000000)	/* wall clock at 0 */
#define SECOND		1000
#define MINUTE		(60 * SECOND)
#define HOUR		(60 * MINUTE)
#define DAY		(24 * HOUR)

/* What was answered to one who asked. */
struct told {
	bool	 answered;
	int16_t	 error;
	int32_t	 generation;
	int32_t	 n_members;
	int32_t	 member_len;
	bool	 skip;
	char	 member[128], leader[128], protocol[32], assignment[64];
};

struct kept {
	struct group_record r;
	uint8_t		*key, *value;
};

struct bench {
	struct groups	*gs;
	int64_t		 now;
	struct told	 told[WHOS];
	struct kept	*log;
	int32_t		 n, cap;
	uint8_t		 seed;
};

static const struct groups_config bench_config = {
	.initial_delay_ms = 3 * SECOND,
	.min_session_ms = 6 * SECOND,
	.max_session_ms = 30 * MINUTE,
	.max_size = INT32_MAX,
	.metadata_max = 4096,
	.retention_ms = 7 * DAY,
	.check_interval_ms = 10 * MINUTE,
	.consumer_session_ms = 45 * SECOND,
	.consumer_heartbeat_ms = 5 * SECOND,
	.consumer_max_size = 100,
	.may_upgrade = true,
	.may_downgrade = true,
};

static void
copy_str(char *to, size_t cap, struct kstr s)
{
	size_t n = s.len > 0 ? (size_t)s.len : 0;

	assert_true(n < cap);
	if (n > 0)
		memcpy(to, s.p, n);
	to[n] = '\0';
}

static void
bench_put(void *arg, const struct group_record *r)
{
	struct bench *b = arg;
	struct kept *k;

	if (b->n == b->cap) {
		b->cap = b->cap == 0 ? 64 : 2 * b->cap;
		b->log = xreallocarray(b->log, (size_t)b->cap, sizeof(*k));
	}
	k = &b->log[b->n++];
	k->r = *r;
	k->key = xmalloc(r->key_len);
	memcpy(k->key, r->key, r->key_len);
	k->r.key = k->key;
	k->value = NULL;
	if (r->value != NULL) {
		k->value = xmalloc(r->value_len);
		memcpy(k->value, r->value, r->value_len);
	}
	k->r.value = k->value;
}

static struct told *
first_answer(struct bench *b, void *who)
{
	struct told *t = who;

	assert_true(t >= b->told && t < b->told + WHOS);
	assert_false(t->answered);
	t->answered = true;
	return t;
}

static void
bench_joined(void *arg, void *who, const struct join_group_response *rsp)
{
	struct told *t = first_answer(arg, who);

	t->error = rsp->error_code;
	t->generation = rsp->generation_id;
	t->n_members = rsp->members.n;
	t->skip = rsp->skip_assignment;
	t->member_len = rsp->member_id.len;
	copy_str(t->member, sizeof(t->member), (struct kstr){
	    rsp->member_id.p, t->member_len < 127 ? t->member_len : 127 });
	copy_str(t->leader, sizeof(t->leader), rsp->leader);
	copy_str(t->protocol, sizeof(t->protocol), rsp->protocol_name);
}

static void
bench_synced(void *arg, void *who, const struct sync_group_response *rsp)
{
	struct told *t = first_answer(arg, who);

	t->error = rsp->error_code;
	copy_str(t->protocol, sizeof(t->protocol), rsp->protocol_name);
	copy_str(t->assignment, sizeof(t->assignment), (struct kstr){
	    (const char *)rsp->assignment.p, rsp->assignment.len });
}

static void
bench_random(void *arg, void *p, size_t n)
{
	struct bench *b = arg;

	memset(p, ++b->seed, n);
}

/* Topics of four partitions: t, u, and v where bench_v says so. */
static bool bench_v;

static bool
bench_topic(void *arg, struct kstr name, struct kuuid *id, int32_t *n)
{
	(void)arg;
	if (name.len != 1 || name.p[0] < 't' || name.p[0] > 'u' + bench_v)
		return false;
	memset(id, name.p[0], sizeof(*id));
	*n = 4;
	return true;
}

static bool
bench_topic_name(void *arg, const struct kuuid *id, struct kstr *name)
{
	(void)arg;
	*name = kstr(id->b[0] == 't' ? "t" : id->b[0] == 'u' ? "u" : "v");
	return true;
}

static void
bench_topics(void *arg, void (*each)(void *, struct kstr), void *each_arg)
{
	(void)arg;
	each(each_arg, kstr("t"));
	each(each_arg, kstr("u"));
	if (bench_v)
		each(each_arg, kstr("v"));
}

static const struct groups_ops bench_ops = {
	bench_put, bench_joined, bench_synced, bench_random, bench_topic,
	bench_topic_name, bench_topics
};

static inline void
bench_begin_with(struct bench *b, const struct groups_config *c)
{
	memset(b, 0, sizeof(*b));
	b->gs = groups_new(c, 50, &bench_ops, b);
	groups_time(b->gs, 0, START);
}

static inline void
bench_begin(struct bench *b)
{
	bench_begin_with(b, &bench_config);
}

static inline void
bench_end(struct bench *b)
{
	groups_free(b->gs);
	for (int32_t i = 0; i < b->n; i++) {
		free(b->log[i].key);
		free(b->log[i].value);
	}
	free(b->log);
}

/* Lets time pass, timer by timer, as the broker does. */
static inline void
bench_pass(struct bench *b, int64_t ms)
{
	int64_t until = b->now + ms, next;

	while ((next = groups_next(b->gs)) <= until) {
		if (next > b->now)
			b->now = next;
		groups_time(b->gs, b->now, START + b->now);
		groups_tick(b->gs);
	}
	b->now = until;
	groups_time(b->gs, b->now, START + b->now);
}

/* Everything that was put, into another coordinator. */
static inline void
bench_reload(struct bench *from, struct bench *to)
{
	struct kerr e = KERR_INIT;

	for (int32_t i = 0; i < from->n; i++)
		assert_int_equal(groups_replay(to->gs, &from->log[i].r, &e), 0);
	for (int32_t i = 0; i < 50; i++)
		groups_loaded(to->gs, i);
}

/* What a member asks with; the defaults are a Java consumer's. */
struct asks {
	int16_t		 version;	/* 0: 5 */
	const char	*group;		/* NULL: "g" */
	const char	*member;
	const char	*instance;
	const char	*client;	/* NULL: "cli" */
	const char	*protocols;	/* "range,roundrobin"; NULL: "range" */
	const char	*topic;		/* in the subscription; NULL: "t" */
	int32_t		 session, rebalance;	/* 0: 10 s, 60 s */
};

static inline size_t
subscription(uint8_t *p, const char *topic)
{
	size_t n = strlen(topic);

	memset(p, 0, 6);
	p[5] = 1;
	p[6] = 0;
	p[7] = (uint8_t)n;
	memcpy(p + 8, topic, n);
	memset(p + 8 + n, 0xff, 4);	/* user data: null */
	return n + 12;
}

static inline void
bench_join(struct bench *b, int who, struct asks a)
{
	struct group_client c = {
		a.version != 0 ? a.version : 5,
		kstr(a.client != NULL ? a.client : "cli"), "/127.0.0.1"
	};
	struct join_group_request_protocol p[4];
	struct join_group_request req;
	char names[64], *at, *name;
	uint8_t meta[64];
	int32_t n = 0;
	size_t len = subscription(meta, a.topic != NULL ? a.topic : "t");

	kmsg_defaults(&join_group_request_msg, &req);
	snprintf(names, sizeof(names), "%s", a.protocols != NULL ?
	    a.protocols : "range");
	for (name = strtok_r(names, ",", &at); name != NULL;
	    name = strtok_r(NULL, ",", &at)) {
		p[n].name = kstr(name);
		p[n++].metadata = (struct kbytes){ meta, (int32_t)len };
	}
	req.group_id = kstr(a.group != NULL ? a.group : "g");
	req.member_id = kstr(a.member != NULL ? a.member : "");
	req.group_instance_id = kstr(a.instance);
	req.session_timeout_ms = a.session != 0 ? a.session : 10 * SECOND;
	req.rebalance_timeout_ms = a.rebalance != 0 ? a.rebalance : MINUTE;
	req.protocol_type = kstr("consumer");
	req.protocols.v = p;
	req.protocols.n = n;
	memset(&b->told[who], 0, sizeof(b->told[who]));
	groups_join(b->gs, &c, &req, &b->told[who]);
}

/* A dynamic member of today: asks, gets an id, asks again. */
static inline const char *
bench_enter(struct bench *b, int who, struct asks a)
{
	static char id[WHOS][128];

	bench_join(b, who, a);
	assert_int_equal(b->told[who].error, ERR_MEMBER_ID_REQUIRED);
	snprintf(id[who], sizeof(id[who]), "%s", b->told[who].member);
	a.member = id[who];
	bench_join(b, who, a);
	return id[who];
}

/* SyncGroup; assigns "<member>'s" to each of the members named. */
static inline void
bench_sync(struct bench *b, int who, const char *member, int32_t generation,
    const char *const *members)
{
	struct sync_group_request_assignment as[WHOS];
	struct sync_group_request req;
	static char text[WHOS][64];
	int32_t n = 0;

	kmsg_defaults(&sync_group_request_msg, &req);
	req.group_id = kstr("g");
	req.member_id = kstr(member);
	req.generation_id = generation;
	for (; members != NULL && members[n] != NULL; n++) {
		snprintf(text[n], sizeof(text[n]), "%.40s's", members[n]);
		as[n].member_id = kstr(members[n]);
		as[n].assignment = (struct kbytes){ (const uint8_t *)text[n],
		    (int32_t)strlen(text[n]) };
	}
	req.assignments.v = as;
	req.assignments.n = n;
	memset(&b->told[who], 0, sizeof(b->told[who]));
	groups_sync(b->gs, &req, &b->told[who]);
}

static inline int16_t
bench_beat(struct bench *b, const char *member, const char *instance,
    int32_t generation)
{
	struct heartbeat_request req;

	kmsg_defaults(&heartbeat_request_msg, &req);
	req.group_id = kstr("g");
	req.member_id = kstr(member);
	req.group_instance_id = kstr(instance);
	req.generation_id = generation;
	return groups_heartbeat(b->gs, &req);
}

static inline int16_t
bench_leave(struct bench *b, const char *member, const char *instance)
{
	struct leave_group_request_member m = {
		kstr(member), kstr(instance), KSTR_NULL
	};
	struct leave_group_response_member out;

	groups_leave(b->gs, kstr("g"), &m, 1, &out);
	return out.error_code;
}

/* retention: ms, -1: the broker's. */
static inline int16_t
bench_commit_for(struct bench *b, const char *group, const char *member,
    int32_t generation, const char *topic, int32_t partition, int64_t offset,
    int64_t retention)
{
	struct offset_commit_request_partition p;
	struct offset_commit_request_topic t;
	struct offset_commit_request req;
	struct offset_commit_response_partition op = { partition, 0 };
	struct offset_commit_response_topic ot;
	struct offset_commit_response rsp;

	kmsg_defaults(&offset_commit_request_msg, &req);
	kmsg_defaults(&offset_commit_response_msg, &rsp);
	KDEFAULTS(offset_commit_request_partition, &p);
	p.partition_index = partition;
	p.committed_offset = offset;
	t.name = ot.name = kstr(topic);
	t.partitions.v = &p;
	ot.partitions.v = &op;
	req.topics.v = &t;
	rsp.topics.v = &ot;
	t.partitions.n = ot.partitions.n = req.topics.n = rsp.topics.n = 1;
	req.group_id = kstr(group);
	req.member_id = kstr(member);
	req.generation_id_or_member_epoch = generation;
	req.retention_time_ms = retention;
	groups_commit(b->gs, 7, &req, &rsp);
	return op.error_code;
}

static inline int16_t
bench_commit(struct bench *b, const char *group, const char *member,
    int32_t generation, const char *topic, int32_t partition, int64_t offset)
{
	return bench_commit_for(b, group, member, generation, topic, partition,
	    offset, -1);
}

/* The offset, or minus the error less 100. */
static inline int64_t
bench_offset(struct bench *b, const char *group, const char *topic,
    int32_t partition, bool stable)
{
	struct offset_fetch_request_group_topic t = {
		kstr(topic), { &partition, 1 }
	};
	struct offset_fetch_request_group req = {
		kstr(group), KSTR_NULL, -1, { &t, 1 }
	};
	struct offset_fetch_response_group rsp;
	struct offset_fetch_response_group_topic_partition *p;
	struct arena a;
	int64_t offset;

	arena_init(&a, 0);
	groups_fetch(b->gs, &req, stable, &a, &rsp);
	assert_int_equal(rsp.topics.n, 1);
	p = &rsp.topics.v[0].partitions.v[0];
	offset = p->error_code != 0 ? -100 - p->error_code :
	    p->committed_offset;
	arena_release(&a);
	return offset;
}

static inline void
bench_state(struct bench *b, const char *group, char state[32])
{
	struct list_groups_request req = { { NULL, 0 }, { NULL, 0 } };
	struct list_groups_response rsp;
	struct arena a;

	arena_init(&a, 0);
	groups_list(b->gs, &req, &a, &rsp);
	copy_str(state, 32, kstr("Dead"));
	for (int32_t i = 0; i < rsp.groups.n; i++)
		if (kstr_eq(rsp.groups.v[i].group_id, kstr(group)))
			copy_str(state, 32, rsp.groups.v[i].group_state);
	arena_release(&a);
}

#define assert_state(b, want) do {				\
	char state_[32];					\
	bench_state((b), "g", state_);				\
	assert_string_equal(state_, (want));			\
} while (0)

#endif
