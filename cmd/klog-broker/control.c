/* control.c: calls to the control thread, and changes of the metadata. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "broker.h"
#include "control.h"
#include "coordinator.h"
#include "image_edit.h"
#include "image_slot.h"
#include "metalog.h"
#include "places.h"
#include "request.h"
#include "txn_coordinator.h"

#define WRITE_MAX	256	/* changes in one write */
#define ROOM_MS		1000	/* between looks at a full disk */

/* One decided change, on its way to the disk. */
struct change {
	struct records	  records;
	struct image	 *after;	/* what it makes */
	struct places	  places;	/* what to tell the partitions then */
	void		(*done)(void *, bool);
	void		 *arg;
	STAILQ_ENTRY(change) link;
};

STAILQ_HEAD(change_list, change);

/* Somebody who waits for a block of producer ids. */
struct id_waiter {
	void		(*fn)(void *, int64_t);
	void		 *arg;
	STAILQ_ENTRY(id_waiter) link;
};

struct control {
	struct broker	  *broker;
	struct loop	  *loop;
	struct metalog	  *log;
	struct controller  rules;
	struct image	  *pending;
	struct image	  *durable;	/* what the log holds */
	struct change_list waiting;
	struct change_list writing;
	struct job	   job;		/* the write or snapshot under way */
	bool		   busy;
	struct kerr	   failed;	/* why a write failed: the job's */
	int64_t		   snapped_at;	/* log's end at the last snapshot */
	struct kerr	   error;	/* the log failed: no more changes */
	struct loop_timer  room;	/* a look whether the log can go on */
	int64_t		   next_id, end_id;	/* producer ids at hand */
	int64_t		   coming_id;	/* first of the block under way */
	STAILQ_HEAD(, id_waiter) id_waiters;
};

static void write_next(struct control *);
static void room_due(struct loop_timer *);

struct control *
control_new(struct broker *b, struct loop *l, struct metalog *log,
    struct image *im)
{
	struct control *c = xcalloc(1, sizeof(*c));

	c->broker = b;
	c->loop = l;
	c->log = log;
	c->pending = image_ref(im);
	c->durable = image_ref(im);
	c->rules.sys = b->sys;
	c->rules.config = b->config;
	c->rules.node_id = b->node_id;
	c->rules.directory_id = b->directory_id;
	loop_timer_init(&c->room, l, room_due);
	STAILQ_INIT(&c->waiting);
	STAILQ_INIT(&c->writing);
	STAILQ_INIT(&c->id_waiters);
	return c;
}

int
control_free(struct control *c, struct kerr *e)
{
	int rc = metalog_close(c->log, e);

	loop_timer_cancel(&c->room);
	assert(STAILQ_EMPTY(&c->waiting) && STAILQ_EMPTY(&c->writing));
	if (rc == 0 && c->error.code != 0)
		rc = kerr_set(e, c->error.code, "%s", c->error.msg);
	image_unref(c->pending);
	image_unref(c->durable);
	free(c);
	return rc;
}

static void
called(struct loop_msg *m)
{
	struct request *r = (struct request *)((char *)m -
	    offsetof(struct request, home));

	r->resume(r);
}

void
control_call(struct request *r, void (*fn)(struct request *))
{
	r->resume = fn;
	r->home.run = called;
	loop_post(r->broker->control->loop, &r->home);
}

void
control_post(struct broker *b, struct loop_msg *m)
{
	loop_post(b->control->loop, m);
}

struct loop *
control_loop(const struct broker *b)
{
	return b->control->loop;
}

void
control_job(struct broker *b, struct job *j)
{
	j->home = b->control->loop;
	pool_run(b->pool, j);
}

const struct controller *
control_rules(const struct broker *b)
{
	return &b->control->rules;
}

const struct image *
control_pending(const struct broker *b)
{
	return b->control->pending;
}

const struct image *
control_durable(const struct broker *b)
{
	return b->control->durable;
}

const struct broker_config *
control_config(const struct broker *b)
{
	return image_config(b->control->pending);
}

static void
change_free(struct change *ch)
{
	records_release(&ch->records);
	places_release(&ch->places);
	image_unref(ch->after);
	free(ch);
}

/* On a pool thread; nobody else touches the list meanwhile. */
static void
write_changes(struct job *j)
{
	struct control *c = (struct control *)((char *)j -
	    offsetof(struct control, job));
	const struct records *v[WRITE_MAX];
	struct change *ch;
	int n = 0;

	STAILQ_FOREACH(ch, &c->writing, link)
		v[n++] = &ch->records;
	metalog_append(c->log, v, n, &c->failed);
}

static void
settle(struct control *c, struct change *ch, bool ok)
{
	if (ok) {
		places_tell(c->broker, &ch->places);
		image_slot_publish(c->broker->image, image_ref(ch->after));
		image_unref(c->durable);
		c->durable = image_ref(ch->after);
		if (c->broker->coordinator != NULL) {
			coordinator_changed(c->broker, c->durable,
			    &ch->places);
			txn_coordinator_changed(c->broker, c->durable,
			    &ch->places);
		}
	}
	ch->done(ch->arg, ok);
	change_free(ch);
}

static void
written(struct job *j)
{
	struct control *c = (struct control *)((char *)j -
	    offsetof(struct control, job));
	bool ok = c->failed.code == 0;
	struct change_list list = STAILQ_HEAD_INITIALIZER(list);
	struct change *ch;

	c->error = c->failed;
	if (!ok)
		log_line(LOG_ERROR, LOG_BROKER, "%s: no further change of "
		    "topics is possible until %s", c->error.msg,
		    metalog_full(c->log) ? "there is room" : "a restart");
	if (!ok && metalog_full(c->log))
		loop_timer_set(&c->room, ROOM_MS);
	STAILQ_CONCAT(&list, &c->writing);
	if (!ok)
		STAILQ_CONCAT(&list, &c->waiting);
	while ((ch = STAILQ_FIRST(&list)) != NULL) {
		STAILQ_REMOVE_HEAD(&list, link);
		settle(c, ch, ok);
	}
	c->busy = false;
	write_next(c);
}

/* On a pool thread. */
static void
look_for_room(struct job *j)
{
	struct control *c = (struct control *)((char *)j -
	    offsetof(struct control, job));

	kerr_clear(&c->failed);
	metalog_revive(c->log, &c->failed);
}

/* What was decided and could not be written is forgotten. */
static void
looked(struct job *j)
{
	struct control *c = (struct control *)((char *)j -
	    offsetof(struct control, job));

	c->busy = false;
	if (c->failed.code == 0) {
		log_line(LOG_WARN, LOG_BROKER, "metadata log: there is room "
		    "again");
		kerr_clear(&c->error);
		image_unref(c->pending);
		c->pending = image_ref(c->durable);
		write_next(c);
	} else if (c->failed.sys == ENOSPC || c->failed.sys == EDQUOT) {
		loop_timer_set(&c->room, ROOM_MS);
	} else {
		log_line(LOG_ERROR, LOG_BROKER, "%s", c->failed.msg);
	}
}

static void
room_due(struct loop_timer *t)
{
	struct control *c = (struct control *)((char *)t -
	    offsetof(struct control, room));

	c->busy = true;
	c->job.work = look_for_room;
	c->job.done = looked;
	control_job(c->broker, &c->job);
}

/* On a pool thread. */
static void
write_snapshot(struct job *j)
{
	struct control *c = (struct control *)((char *)j -
	    offsetof(struct control, job));
	struct kerr e = KERR_INIT;

	if (metalog_snapshot(c->log, c->durable, &e) < 0)
		log_line(LOG_WARN, LOG_BROKER, "metadata snapshot: %s", e.msg);
}

static void
snapped(struct job *j)
{
	struct control *c = (struct control *)((char *)j -
	    offsetof(struct control, job));

	c->busy = false;
	c->snapped_at = metalog_end(c->log);
	write_next(c);
}

/* A snapshot is due when the log has grown enough since the last try. */
static bool
snapshot_due(const struct control *c)
{
	return c->error.code == 0 &&
	    metalog_end(c->log) > c->snapped_at && metalog_unsnapped(c->log) >
	    c->broker->config->metadata_snapshot_bytes;
}

static void
write_next(struct control *c)
{
	struct change *ch;
	int n = 0;

	if (c->busy)
		return;
	if (snapshot_due(c)) {
		c->busy = true;
		c->job.work = write_snapshot;
		c->job.done = snapped;
		control_job(c->broker, &c->job);
		return;
	}
	if (STAILQ_EMPTY(&c->waiting))
		return;
	c->busy = true;
	while (n++ < WRITE_MAX && (ch = STAILQ_FIRST(&c->waiting)) != NULL) {
		STAILQ_REMOVE_HEAD(&c->waiting, link);
		STAILQ_INSERT_TAIL(&c->writing, ch, link);
	}
	c->job.work = write_changes;
	c->job.done = written;
	control_job(c->broker, &c->job);
}

/* The records that were just decided apply to the image they were decided on:
 * anything else is a bug. */
static void
apply(struct control *c, struct change *ch)
{
	struct image_edit *ed = image_edit_begin(c->pending);
	struct kerr e = KERR_INIT;
	int rc;

	for (int32_t i = 0; i < ch->records.n; i++) {
		rc = image_edit_apply(ed, ch->records.bytes.p +
		    ch->records.v[i].off, ch->records.v[i].len, &e);
		assert(rc == 0);
	}
	places_take(c->broker, ed, &ch->places);
	ch->after = image_edit_finish(ed);
	image_unref(c->pending);
	c->pending = image_ref(ch->after);
}

void
control_change(struct broker *b, struct records *rs,
    void (*done)(void *arg, bool ok), void *arg)
{
	struct control *c = b->control;
	struct change *ch;

	/* what there is nothing to write for may still rest on changes that
	 * are not durable yet */
	if (c->error.code != 0 || (rs->n == 0 && !c->busy)) {
		done(arg, rs->n == 0);
		records_release(rs);
		return;
	}
	ch = xcalloc(1, sizeof(*ch));
	ch->records = *rs;
	*rs = (struct records){ 0 };
	ch->done = done;
	ch->arg = arg;
	apply(c, ch);
	STAILQ_INSERT_TAIL(&c->waiting, ch, link);
	write_next(c);
}

void
control_own_ids(struct control *c, int64_t first, int64_t n)
{
	c->next_id = first;
	c->end_id = first + n;
}

static void
block_came(void *arg, bool ok)
{
	struct control *c = arg;
	STAILQ_HEAD(, id_waiter) list = STAILQ_HEAD_INITIALIZER(list);
	struct id_waiter *w;

	if (ok)
		control_own_ids(c, c->coming_id, PRODUCER_ID_BLOCK);
	STAILQ_CONCAT(&list, &c->id_waiters);
	while ((w = STAILQ_FIRST(&list)) != NULL) {
		STAILQ_REMOVE_HEAD(&list, link);
		if (ok)
			control_producer_id(c->broker, w->fn, w->arg);
		else
			w->fn(w->arg, -1);
		free(w);
	}
}

void
control_producer_id(struct broker *b, void (*fn)(void *arg, int64_t id),
    void *arg)
{
	struct control *c = b->control;
	struct records rs = { 0 };
	struct id_waiter *w;

	if (c->next_id < c->end_id) {
		fn(arg, c->next_id++);
		return;
	}
	w = xcalloc(1, sizeof(*w));
	w->fn = fn;
	w->arg = arg;
	STAILQ_INSERT_TAIL(&c->id_waiters, w, link);
	if (STAILQ_NEXT(STAILQ_FIRST(&c->id_waiters), link) != NULL)
		return;			/* a block is under way */
	c->coming_id = controller_producer_ids(&c->rules, c->pending, &rs);
	control_change(b, &rs, block_came, c);
}
