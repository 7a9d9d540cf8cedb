/*
 * group.c: all groups of this coordinator, their names, timers and ends. What
 * they do is in the other files that group_impl.h names.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "consumer_group.h"
#include "wire/java_hash.h"
#include "wire/kerror.h"

static int
timer_order(const struct group_timer *a, const struct group_timer *b)
{
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return (a > b) - (a < b);
}

RB_GENERATE_INTERNAL(group_timers, group_timer, link, timer_order,
    __attribute__((unused)) static)

struct kstr
kstr_dup(struct kstr s)
{
	if (s.len < 0)
		return KSTR_NULL;
	return (struct kstr){ xstrndup(s.len > 0 ? s.p : "", (size_t)s.len),
	    s.len };
}

void
kstr_free(struct kstr *s)
{
	free((void *)(uintptr_t)s->p);
	*s = KSTR_NULL;
}

void
kstr_set(struct kstr *s, struct kstr to)
{
	struct kstr copy = kstr_dup(to);

	kstr_free(s);
	*s = copy;
}

struct kbytes
kbytes_dup(struct kbytes b)
{
	uint8_t *p;

	if (b.len <= 0)
		return (struct kbytes){ NULL, 0 };
	p = xmalloc((size_t)b.len);
	memcpy(p, b.p, (size_t)b.len);
	return (struct kbytes){ p, b.len };
}

void
group_disarm(struct groups *gs, struct group_timer *t)
{
	if (t->armed)
		RB_REMOVE(group_timers, &gs->timers, t);
	t->armed = false;
}

void
group_arm(struct groups *gs, struct group_timer *t, int64_t ms)
{
	group_disarm(gs, t);
	t->at = gs->now + (ms > 0 ? ms : 0);
	t->armed = true;
	RB_INSERT(group_timers, &gs->timers, t);
}

void
groups_time(struct groups *gs, int64_t now, int64_t wall)
{
	gs->now = now;
	gs->wall = wall;
	if (!gs->check.armed)
		group_arm(gs, &gs->check, gs->config.check_interval_ms);
}

int64_t
groups_next(const struct groups *gs)
{
	const struct group_timer *t = RB_MIN(group_timers,
	    (struct group_timers *)(uintptr_t)&gs->timers);

	return t != NULL ? t->at : INT64_MAX;
}

void
groups_tick(struct groups *gs)
{
	struct group_timer *t;

	while ((t = RB_MIN(group_timers, &gs->timers)) != NULL &&
	    t->at <= gs->now) {
		group_disarm(gs, t);
		t->fire(gs, t);
	}
}

struct groups *
groups_new(const struct groups_config *config, int32_t partitions,
    const struct groups_ops *ops, void *arg)
{
	struct groups *gs = xcalloc(1, sizeof(*gs));

	gs->config = *config;
	gs->partitions = partitions;
	gs->ops = ops;
	gs->arg = arg;
	RB_INIT(&gs->timers);
	gs->check.fire = group_expire;
	return gs;
}

void
groups_free(struct groups *gs)
{
	struct group *g, *next;

	HASH_ITER(hh, gs->all, g, next)
		group_free(g);
	buf_release(&gs->key);
	buf_release(&gs->value);
	free(gs);
}

void
groups_set_partitions(struct groups *gs, int32_t n)
{
	if (gs->all == NULL)
		gs->partitions = n;
}

int32_t
groups_partition(const struct groups *gs, struct kstr group)
{
	return java_hash_partition(group, gs->partitions);
}

struct group *
group_find(struct groups *gs, struct kstr id)
{
	struct group *g;

	HASH_FIND(hh, gs->all, id.p, (unsigned int)id.len, g);
	return g;
}

static void	rebalance_due(struct groups *, struct group_timer *);
static void	sync_late(struct groups *, struct group_timer *);

struct group *
group_need(struct groups *gs, struct kstr id)
{
	struct group *g = group_find(gs, id);

	if (g != NULL)
		return g;
	g = xcalloc(1, sizeof(*g));
	g->of = gs;
	g->id = kstr_dup(id);
	g->partition = groups_partition(gs, id);
	g->state = GROUP_EMPTY;
	g->state_ms = -1;
	g->protocol_type = g->protocol = g->leader = KSTR_NULL;
	g->rebalance.fire = rebalance_due;
	g->sync.fire = sync_late;
	HASH_ADD_KEYPTR(hh, gs->all, g->id.p, (unsigned int)g->id.len, g);
	return g;
}

void
group_free(struct group *g)
{
	struct groups *gs = g->of;
	struct group_member *m, *next;
	struct group_pending *p, *after;

	HASH_ITER(hh, g->members, m, next)
		member_remove(m);
	HASH_ITER(hh, g->pending, p, after)
		pending_remove(p);
	group_disarm(gs, &g->rebalance);
	group_disarm(gs, &g->sync);
	offsets_release(&g->offsets);
	cgroup_free(g->consumer);
	HASH_DEL(gs->all, g);
	kstr_free(&g->id);
	kstr_free(&g->protocol_type);
	kstr_free(&g->protocol);
	kstr_free(&g->leader);
	free(g);
}

void
group_become(struct group *g, enum group_state state)
{
	g->state = state;
	g->state_ms = g->of->wall;
}

const char *
group_state_name(enum group_state s)
{
	static const char *const names[] = {
		"Empty", "PreparingRebalance", "CompletingRebalance", "Stable",
		"Dead", "Assigning", "Reconciling"
	};

	return names[s];
}

int32_t
group_size(const struct group *g)
{
	return (int32_t)HASH_COUNT(g->members);
}

static void
rebalance_due(struct groups *gs, struct group_timer *t)
{
	(void)gs;
	group_join_over((struct group *)((char *)t -
	    offsetof(struct group, rebalance)));
}

static void
sync_late(struct groups *gs, struct group_timer *t)
{
	(void)gs;
	group_sync_over((struct group *)((char *)t -
	    offsetof(struct group, sync)));
}

void
group_turn_away(struct group *g, int16_t error)
{
	struct group_member *m, *next;

	HASH_ITER(hh, g->members, m, next) {
		if (m->joining != NULL)
			join_refuse(g->of, m->joining, m->id, error);
		if (m->syncing != NULL)
			sync_refuse(g->of, m->syncing, error);
		m->joining = m->syncing = NULL;
	}
}

void
groups_unload(struct groups *gs, int32_t partition)
{
	struct group *g, *next;

	HASH_ITER(hh, gs->all, g, next)
		if (g->partition == partition) {
			group_turn_away(g, ERR_NOT_COORDINATOR);
			group_free(g);
		}
}

void
groups_topics_changed(struct groups *gs)
{
	gs->topics_seen++;
}

void
groups_loaded(struct groups *gs, int32_t partition)
{
	struct group *g, *next;
	struct group_member *m, *after;

	HASH_ITER(hh, gs->all, g, next) {
		if (g->partition != partition)
			continue;
		g->loading = false;
		if (g->consumer != NULL) {
			consumer_loaded(g);
			continue;
		}
		if (g->protocol_type.len < 0 && g->offsets.set.n == 0 &&
		    !offsets_txn_any(&g->offsets)) {
			group_free(g);
			continue;
		}
		if (group_size(g) > gs->config.max_size)
			group_prepare(g);
		HASH_ITER(hh, g->members, m, after)
			member_beat(m);
	}
}
