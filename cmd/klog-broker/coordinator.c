/*
 * coordinator.c: the group coordinator's place in the broker. The state
 * machine decides at once; its records go to the journal, and what rests on
 * them waits there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "broker.h"
#include "control.h"
#include "coordinator.h"
#include "coordinator_impl.h"
#include "held.h"
#include "places.h"
#include "request.h"
#include "wire/kerror.h"

#define TOPIC	"__consumer_offsets"

struct coordinator {
	struct broker	  *broker;
	struct journal	  *journal;
	struct groups	  *groups;
	struct held_list   held;
	struct loop_timer  timer;
	int64_t		   due;		/* when it fires; INT64_MAX: never */
	char		   segment_bytes[16];
	const char	  *configs[8];
};

static void
put(void *arg, const struct group_record *r)
{
	struct coordinator *c = arg;
	struct journal_record jr = {
		.key = r->key,
		.key_len = r->key_len,
		.value = r->value,
		.value_len = r->value_len,
		.timestamp = sys_now_ms(c->broker->sys),
		.producer_id = r->producer_id,
		.producer_epoch = r->producer_epoch,
	};

	/* a partition that is lost forgets its groups, so that is ready */
	journal_put(c->journal, r->partition, &jr);
}

static void
joined(void *arg, void *who, const struct join_group_response *rsp)
{
	struct join_group_response old = *rsp;

	(void)arg;
	/* there was no null then */
	if (held_version(who) < 7 && rsp->protocol_name.len < 0)
		old.protocol_name = kstr("");
	held_answer(who, &old);
}

static void
synced(void *arg, void *who, const struct sync_group_response *rsp)
{
	(void)arg;
	held_answer(who, rsp);
}

static void
random_bytes(void *arg, void *p, size_t n)
{
	struct coordinator *c = arg;

	c->broker->sys->random(c->broker->sys, p, n);
}

static bool
find_topic(void *arg, struct kstr name, struct kuuid *id, int32_t *partitions)
{
	struct coordinator *c = arg;
	const struct image_topic *t =
	    image_topic(control_durable(c->broker), name);

	if (t == NULL)
		return false;
	*id = t->id;
	*partitions = t->n;
	return true;
}

static bool
find_topic_name(void *arg, const struct kuuid *id, struct kstr *name)
{
	struct coordinator *c = arg;
	const struct image_topic *t =
	    image_topic_by_id(control_durable(c->broker), id);

	if (t != NULL)
		*name = t->name;
	return t != NULL;
}

static void
each_topic(void *arg, void (*each)(void *, struct kstr), void *each_arg)
{
	struct coordinator *c = arg;
	const struct image_topic *t;
	struct image_iter it = { 0 };

	while ((t = image_next(control_durable(c->broker), &it)) != NULL)
		each(each_arg, t->name);
}

static const struct groups_ops machine_ops = {
	put, joined, synced, random_bytes, find_topic, find_topic_name,
	each_topic
};

/* A marker ends a transaction; other control batches mean nothing here. */
static void
take_marker(struct coordinator *c, int32_t partition,
    const struct batch_header *h, const struct record *r)
{
	int type = record_control_type(r);

	if (type == CONTROL_COMMIT || type == CONTROL_ABORT)
		groups_txn_end(c->groups, partition, h->producer_id,
		    type == CONTROL_COMMIT);
}

static void
take_record(void *arg, int32_t partition, const struct batch_header *h,
    const struct record *r)
{
	struct coordinator *c = arg;
	struct kerr e = KERR_INIT;
	struct group_record gr = {
		.partition = partition,
		.key = r->key,
		.key_len = r->key_len > 0 ? (size_t)r->key_len : 0,
		.value = r->value,
		.value_len = r->value_len > 0 ? (size_t)r->value_len : 0,
		.producer_id = batch_is_transactional(h) ? h->producer_id : -1,
		.producer_epoch = h->producer_epoch,
	};

	if (batch_is_control(h))
		take_marker(c, partition, h, r);
	else if (groups_replay(c->groups, &gr, &e) < 0)
		log_line(LOG_WARN, LOG_BROKER, "%s-%d, offset %lld: %s: the "
		    "record is left out", TOPIC, partition,
		    (long long)r->offset, e.msg);
}

static void
loaded(void *arg, int32_t partition)
{
	struct coordinator *c = arg;

	groups_loaded(coordinator_enter(c->broker), partition);
	coordinator_leave(c->broker);
}

static void
lost(void *arg, int32_t partition)
{
	struct coordinator *c = arg;

	groups_unload(c->groups, partition);
}

static const struct journal_ops journal_ops = { take_record, loaded, lost };

static void
tick(struct loop_timer *t)
{
	struct coordinator *c = (struct coordinator *)((char *)t -
	    offsetof(struct coordinator, timer));

	c->due = INT64_MAX;
	groups_tick(coordinator_enter(c->broker));
	coordinator_leave(c->broker);
}

/* The list has names of 4.x, or 3.9's classes. */
static bool
begins_with_range(const char *list)
{
	size_t n = list != NULL ? strcspn(list, ",") : 0;

	return (n == 5 && strncmp(list, "range", 5) == 0) ||
	    (n > 13 && strncmp(list + n - 13, "RangeAssignor", 13) == 0);
}

static void
configure(struct coordinator *c, struct groups_config *gc)
{
	const struct broker_config *bc = c->broker->config;
	const char *policy = bc->consumer_migration;

	gc->initial_delay_ms = bc->group_initial_delay_ms;
	gc->min_session_ms = bc->group_min_session_ms;
	gc->max_session_ms = bc->group_max_session_ms;
	gc->max_size = bc->group_max_size;
	gc->metadata_max = bc->offset_metadata_max;
	gc->retention_ms = (int64_t)bc->offsets_retention_minutes * 60000;
	gc->check_interval_ms = bc->offsets_check_interval_ms;
	gc->consumer_session_ms = bc->consumer_session_ms;
	gc->consumer_heartbeat_ms = bc->consumer_heartbeat_ms;
	gc->consumer_max_size = bc->consumer_max_size;
	gc->range_first = begins_with_range(bc->consumer_assignors);
	/* Kafka 4's default, as it is from then on that the consumer protocol
	 * is on */
	if (!broker_config_given(bc, "group.consumer.migration.policy"))
		policy = "bidirectional";
	gc->may_upgrade = strcasecmp(policy, "upgrade") == 0 ||
	    strcasecmp(policy, "bidirectional") == 0;
	gc->may_downgrade = strcasecmp(policy, "downgrade") == 0 ||
	    strcasecmp(policy, "bidirectional") == 0;
}

struct coordinator *
coordinator_new(struct broker *b)
{
	struct coordinator *c = xcalloc(1, sizeof(*c));
	struct journal_topic t = { .name = TOPIC };
	struct groups_config gc;

	c->broker = b;
	snprintf(c->segment_bytes, sizeof(c->segment_bytes), "%d",
	    b->config->offsets_topic_segment_bytes);
	c->configs[0] = "cleanup.policy";
	c->configs[1] = "compact";
	c->configs[2] = "segment.bytes";
	c->configs[3] = c->segment_bytes;
	c->configs[4] = "compression.type";
	c->configs[5] = "producer";
	t.partitions = b->config->offsets_topic_partitions;
	t.replicas = b->config->offsets_topic_replicas;
	t.configs = c->configs;
	c->journal = journal_new(b, &t, &journal_ops, c);
	configure(c, &gc);
	c->groups = groups_new(&gc, t.partitions, &machine_ops, c);
	LIST_INIT(&c->held);
	c->due = INT64_MAX;
	loop_timer_init(&c->timer, control_loop(b), tick);
	return c;
}

void
coordinator_free(struct coordinator *c)
{
	loop_timer_cancel(&c->timer);
	groups_free(c->groups);
	held_end(&c->held);
	journal_free(c->journal);
	free(c);
}

void
coordinator_changed(struct broker *b, const struct image *im,
    const struct places *pl)
{
	struct coordinator *c = b->coordinator;
	const struct image_topic *t = image_topic(im, kstr(TOPIC));
	struct groups *gs = coordinator_enter(b);

	if (pl == NULL || pl->n_changed > 0 || pl->n_removed > 0)
		groups_topics_changed(gs);
	for (int32_t i = 0; pl != NULL && i < pl->n_removed; i++)
		groups_topic_deleted(gs, pl->removed[i]->name);
	if (places_touch(pl, kstr(TOPIC))) {
		if (t != NULL)
			groups_set_partitions(gs, t->n);
		journal_follow(c->journal, im);
	}
	coordinator_leave(b);
}

int32_t
coordinator_partition(const struct broker *b, struct kstr group)
{
	return groups_partition(b->coordinator->groups, group);
}

void
coordinator_wait(struct broker *b, int32_t partition, struct journal_wait *w)
{
	journal_wait(b->coordinator->journal, partition, w);
}

struct held_list *
coordinator_held(const struct broker *b)
{
	return &b->coordinator->held;
}

/* One request that waits for several partitions, one after the other. */
struct call {
	struct journal_wait wait;
	struct request	 *r;
	const struct kstr *groups;
	int32_t		  n, i;
	bool		  inside;	/* asking: the answer may come in it */
	bool		  came;
	int16_t		 *errors;
	void		 (*ask)(struct journal *, int32_t,
			     struct journal_wait *);
	void		 (*then)(struct request *, int16_t *);
};

static void
call_on(struct call *call)
{
	struct broker *b = call->r->broker;

	while (call->i < call->n) {
		call->inside = true;
		call->came = false;
		call->ask(b->coordinator->journal, coordinator_partition(b,
		    call->groups[call->i]), &call->wait);
		call->inside = false;
		if (!call->came)
			return;
	}
	call->then(call->r, call->errors);
}

static void
call_came(struct journal_wait *w, int16_t error)
{
	struct call *call = (struct call *)((char *)w -
	    offsetof(struct call, wait));

	call->errors[call->i++] = error;
	call->came = true;
	if (!call->inside)
		call_on(call);
}

static struct call *
new_call(struct request *r, const struct kstr *groups, int32_t n,
    void (*then)(struct request *, int16_t *))
{
	struct call *call = arena_alloc(&r->arena, sizeof(*call));

	call->r = r;
	call->groups = groups;
	call->n = n;
	call->errors = arena_alloc(&r->arena, (size_t)(n > 0 ? n : 0) *
	    sizeof(int16_t));
	call->wait.done = call_came;
	call->then = then;
	return call;
}

static void
arrived(struct request *r)
{
	call_on(r->state);
}

void
coordinator_call(struct request *r, const struct kstr *groups, int32_t n,
    void (*then)(struct request *, int16_t *))
{
	struct call *call = new_call(r, groups, n, then);

	call->ask = journal_ready;
	r->state = call;
	control_call(r, arrived);
}

void
coordinator_settle(struct request *r, const struct kstr *groups, int32_t n,
    void (*then)(struct request *, int16_t *))
{
	struct call *call = new_call(r, groups, n, then);

	call->ask = journal_wait;
	call_on(call);
}

void
coordinator_answer(struct request *r, const struct kstr *group,
    void (*then)(struct request *, int16_t *errors))
{
	struct call *call = new_call(r, group, 1, then);

	call->inside = false;
	journal_answer(r->broker->coordinator->journal,
	    coordinator_partition(r->broker, *group), r, &call->wait);
}

struct groups *
coordinator_enter(struct broker *b)
{
	struct coordinator *c = b->coordinator;

	groups_time(c->groups, sys_mono_ns(b->sys) / 1000000,
	    sys_now_ms(b->sys));
	return c->groups;
}

void
coordinator_leave(struct broker *b)
{
	struct coordinator *c = b->coordinator;
	int64_t next = groups_next(c->groups), in;

	if (next >= c->due)
		return;
	in = next - sys_mono_ns(b->sys) / 1000000;
	c->due = next;
	loop_timer_set(&c->timer, in > 0 ? in : 0);
}

bool
coordinator_loading(const struct broker *b)
{
	return journal_loading(b->coordinator->journal);
}

bool
coordinator_consumer_protocol(const struct broker *b)
{
	static const char name[] = "group.coordinator.rebalance.protocols";
	const char *protocols = broker_config_get(b->config, name);

	return !broker_config_given(b->config, name) || protocols == NULL ||
	    strstr(protocols, "consumer") != NULL;
}

struct need {
	struct journal_wait wait;
	struct request	*r;
	void		(*done)(struct request *, int16_t);
};

static void
needed(struct journal_wait *w, int16_t error)
{
	struct need *n = (struct need *)((char *)w -
	    offsetof(struct need, wait));

	n->done(n->r, error);
}

void
coordinator_need(struct request *r, void (*done)(struct request *, int16_t))
{
	struct need *n = arena_alloc(&r->arena, sizeof(*n));

	n->r = r;
	n->done = done;
	n->wait.done = needed;
	journal_need(r->broker->coordinator->journal, &n->wait);
}

void
coordinator_txn_end(struct broker *b, int32_t partition, int64_t producer_id,
    bool commit)
{
	groups_txn_end(coordinator_enter(b), partition, producer_id, commit);
	coordinator_leave(b);
}
