/*
 * txn.c: the table of transactional ids, the partitions they live in, and
 * what time does to them. Requests: txn_calls.c. Markers: txn_marks.c.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "txn_impl.h"
#include "wire/java_hash.h"
#include "wire/kerror.h"

struct txns *
txns_new(const struct txns_config *c, int32_t partitions,
    const struct txns_ops *ops)
{
	struct txns *ts = xcalloc(1, sizeof(*ts));

	ts->config = *c;
	ts->ops = *ops;
	ts->look_at = ts->abort_at = ts->expire_at = INT64_MAX;
	buf_init(&ts->key, 0);
	buf_init(&ts->value, 0);
	txns_set_partitions(ts, partitions);
	return ts;
}

static void
free_txn(struct txn *t)
{
	if (t->marks != NULL)
		t->marks->of = NULL;
	txn_parts_release(&t->parts);
	txn_parts_release(&t->next_parts);
	free((char *)(uintptr_t)t->id.p);
	free(t);
}

void
txns_free(struct txns *ts)
{
	struct txn *t, *next;

	HASH_ITER(hh, ts->all, t, next) {
		HASH_DEL(ts->all, t);
		free_txn(t);
	}
	free(ts->homes);
	buf_release(&ts->key);
	buf_release(&ts->value);
	free(ts);
}

/* While ids are known their number stays: they would be looked for in other
 * partitions than they live in. */
void
txns_set_partitions(struct txns *ts, int32_t n)
{
	if (ts->all != NULL)
		return;
	ts->homes = xreallocarray(ts->homes, (size_t)n, sizeof(*ts->homes));
	for (int32_t i = ts->n; i < n; i++)
		ts->homes[i] = (struct txn_home){ false, -1 };
	ts->n = n;
}

void
txns_time(struct txns *ts, int64_t mono_ms, int64_t wall_ms)
{
	ts->mono = mono_ms;
	ts->wall = wall_ms;
}

int32_t
txns_partition(const struct txns *ts, struct kstr id)
{
	return java_hash_partition(id, ts->n);
}

struct txn *
txn_find(const struct txns *ts, struct kstr id)
{
	struct txn *t;

	HASH_FIND(hh, ts->all, id.p, (unsigned int)id.len, t);
	return t;
}

struct txn *
txn_need(struct txns *ts, struct kstr id, int32_t home)
{
	struct txn *t = txn_find(ts, id);
	char *name;

	if (t != NULL)
		return t;
	t = xcalloc(1, sizeof(*t));
	name = xmalloc((size_t)id.len + 1);
	memcpy(name, id.p, (size_t)id.len);
	name[id.len] = '\0';
	t->id = (struct kstr){ name, id.len };
	t->home = home;
	t->now.epoch = t->now.last_epoch = -1;
	t->now.producer_id = t->now.last_producer_id = -1;
	t->now.start_ms = -1;
	TAILQ_INIT(&t->held);
	HASH_ADD_KEYPTR(hh, ts->all, t->id.p, (unsigned int)t->id.len, t);
	return t;
}

void
txn_drop(struct txns *ts, struct txn *t)
{
	struct txn_call *c;

	HASH_DEL(ts->all, t);
	while ((c = TAILQ_FIRST(&t->held)) != NULL) {
		TAILQ_REMOVE(&t->held, c, link);
		txn_done(c, ERR_NOT_COORDINATOR);
	}
	free_txn(t);
}

void
txn_done(struct txn_call *c, int16_t error)
{
	c->error = error;
	if (error != 0 && c->op == TXN_INIT) {
		c->producer_id = -1;
		c->producer_epoch = -1;
	}
	c->done(c);
}

void
txn_look_at(struct txns *ts, int64_t mono_ms)
{
	if (mono_ms < ts->look_at)
		ts->look_at = mono_ms;
}

/* Each is judged once: one that is held again comes behind the last. */
void
txn_release(struct txns *ts, struct txn *t)
{
	struct txn_calls due = TAILQ_HEAD_INITIALIZER(due);
	struct txn_call *c;

	TAILQ_CONCAT(&due, &t->held, link);
	while ((c = TAILQ_FIRST(&due)) != NULL) {
		TAILQ_REMOVE(&due, c, link);
		txns_call(ts, c);
	}
}

void
txns_loaded(struct txns *ts, int32_t home, int32_t epoch)
{
	struct txn *t, *next;

	if (home >= ts->n)
		return;
	ts->homes[home] = (struct txn_home){ true, epoch };
	if (ts->abort_at == INT64_MAX) {
		ts->abort_at = ts->mono + ts->config.abort_interval_ms;
		ts->expire_at = ts->mono + ts->config.expire_interval_ms;
	}
	HASH_ITER(hh, ts->all, t, next)
		if (t->home == home && !t->busy &&
		    (t->now.status == TXN_PREPARE_COMMIT ||
		    t->now.status == TXN_PREPARE_ABORT))
			txn_go_on(ts, t);
}

/* Whose request was being written was told by txns_written(). */
void
txns_unload(struct txns *ts, int32_t home)
{
	struct txn *t, *next;

	if (home < ts->n)
		ts->homes[home].ready = false;
	HASH_ITER(hh, ts->all, t, next)
		if (t->home == home)
			txn_drop(ts, t);
}

/* Gives up what was held for too long; tries markers again. */
static void
look(struct txns *ts, struct txn *t)
{
	struct txn_call *c, *next;

	TAILQ_FOREACH_SAFE(c, &t->held, link, next) {
		if (c->until > ts->mono) {
			txn_look_at(ts, c->until);
			continue;
		}
		TAILQ_REMOVE(&t->held, c, link);
		txn_done(c, ERR_CONCURRENT_TRANSACTIONS);
	}
	if (t->retry_at == 0)
		return;
	if (t->retry_at > ts->mono) {
		txn_look_at(ts, t->retry_at);
	} else {
		t->retry_at = 0;
		txn_go_on(ts, t);
	}
}

static bool
is_late(const struct txns *ts, const struct txn *t)
{
	return !t->busy && t->now.status == TXN_ONGOING &&
	    t->now.start_ms + t->now.timeout_ms < ts->wall;
}

static bool
is_idle(const struct txns *ts, const struct txn *t)
{
	return !t->busy && (t->now.status == TXN_EMPTY ||
	    t->now.status == TXN_COMPLETE_COMMIT ||
	    t->now.status == TXN_COMPLETE_ABORT) &&
	    t->now.update_ms <= ts->wall - ts->config.expire_ms;
}

static void
expire(struct txns *ts, struct txn *t)
{
	t->busy = true;
	t->caller = NULL;
	t->next = t->now;
	t->next.status = TXN_DEAD;
	txn_put_tombstone(ts, t);
}

int64_t
txns_next(const struct txns *ts)
{
	int64_t at = ts->look_at;

	if (ts->abort_at < at)
		at = ts->abort_at;
	return ts->expire_at < at ? ts->expire_at : at;
}

void
txns_tick(struct txns *ts)
{
	bool looks = ts->look_at <= ts->mono;
	bool aborts = ts->abort_at <= ts->mono;
	bool expires = ts->expire_at <= ts->mono;
	struct txn *t, *next;

	if (looks)
		ts->look_at = INT64_MAX;
	if (aborts)
		ts->abort_at = ts->mono + ts->config.abort_interval_ms;
	if (expires)
		ts->expire_at = ts->mono + ts->config.expire_interval_ms;
	if (!looks && !aborts && !expires)
		return;
	HASH_ITER(hh, ts->all, t, next) {
		if (looks)
			look(ts, t);
		if (aborts && is_late(ts, t))
			txn_abort_late(ts, t);
		else if (expires && is_idle(ts, t))
			expire(ts, t);
	}
}
