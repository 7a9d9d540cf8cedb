/* consumer.c: see consumer.h and consumer_impl.h. */
#include "client/consumer.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/consumer_impl.h"

/* From so many slots on, a span that goes does not make us look at all of
 * them at once. */
#define MANY_SLOTS	16

static void
metadata_changed(struct cluster_watch *w)
{
	struct consumer *c = (struct consumer *)((char *)w -
	    offsetof(struct consumer, watch));

	consumer_pump(c);
}

static void
retry_now(struct loop_timer *t)
{
	struct consumer *c = (struct consumer *)((char *)t -
	    offsetof(struct consumer, timer));

	consumer_pump(c);
}

struct consumer *
consumer_new(struct cluster *cl, const struct consumer_config *cf)
{
	struct consumer *c = xcalloc(1, sizeof(*c));

	c->cl = cl;
	c->loop = cluster_loop(cl);
	c->cf = *cf;
	TAILQ_INIT(&c->ready);
	c->watch.changed = metadata_changed;
	cluster_watch_add(cl, &c->watch);
	loop_timer_init(&c->timer, c->loop, retry_now);
	return c;
}

struct consumer *
consumer_new_files(struct loop *l, const struct consumer_files *files,
    const struct consumer_config *cf)
{
	struct consumer *c = xcalloc(1, sizeof(*c));

	c->loop = l;
	c->files = *files;
	c->cf = *cf;
	TAILQ_INIT(&c->ready);
	return c;
}

/* Forgets what was read ahead of a slot (NULL: of all). */
static void
drop_spans(struct consumer *c, const struct slot *s)
{
	struct span *sp, *next;

	TAILQ_FOREACH_SAFE(sp, &c->ready, link, next) {
		if (s != NULL && sp->slot != s)
			continue;
		TAILQ_REMOVE(&c->ready, sp, link);
		sp->slot->queued--;
		span_drop(sp);
	}
}

static void
handed_free(struct handed *h)
{
	buf_release(&h->own);
	free(h);
}

void
consumer_free(struct consumer *c)
{
	struct fetch *f, *nf;
	struct handed *h, *nh;

	if (c == NULL)
		return;
	if (c->cl != NULL) {
		cluster_watch_del(c->cl, &c->watch);
		loop_timer_cancel(&c->timer);
	}
	LIST_FOREACH_SAFE(f, &c->fetches, link, nf) {
		cluster_cancel(c->cl, f->call);
		free(f);
	}
	drop_spans(c, NULL);
	LIST_FOREACH_SAFE(h, &c->out, out, nh) {
		span_drop(h->span);
		handed_free(h);
	}
	SLIST_FOREACH_SAFE(h, &c->spare, link, nh)
		handed_free(h);
	codecs_free(c->codecs);
	buf_release(&c->scratch);
	for (int i = 0; i < c->n_slots; i++) {
		free(c->slot[i]->topic);
		free(c->slot[i]);
	}
	free(c->slot);
	free(c);
}

int
consumer_assign(struct consumer *c, const char *topic, int32_t partition,
    int64_t from, int64_t to)
{
	struct slot *s = xcalloc(1, sizeof(*s));

	s->c = c;
	s->index = c->n_slots;
	s->topic = xstrdup(topic);
	s->partition = partition;
	s->fetch_at = s->taken_at = s->from = from;
	s->epoch = s->preferred = -1;
	s->to = to < 0 ? INT64_MAX : to;
	s->max_bytes = c->cf.partition_max_bytes;
	c->slot = xreallocarray(c->slot, (size_t)c->n_slots + 1,
	    sizeof(struct slot *));
	c->slot[c->n_slots++] = s;
	if (c->cl != NULL)
		cluster_want(c->cl, topic);
	else
		s->view = c->files.view(c->files.arg, topic, partition);
	return s->index;
}

void
consumer_seek(struct consumer *c, int slot, int64_t from, int64_t to)
{
	struct slot *s = c->slot[slot];

	drop_spans(c, s);
	s->generation++;
	s->busy = false;
	s->fetch_at = s->taken_at = s->from = from;
	s->epoch = -1;
	s->to = to < 0 ? INT64_MAX : to;
	s->attempt = 0;
	s->retry_at = s->failing_since = 0;
	if (c->err_slot == slot)
		kerr_clear(&c->err);
}

static struct handed *
handed_get(struct consumer *c)
{
	struct handed *h = SLIST_FIRST(&c->spare);

	if (h == NULL)
		return xcalloc(1, sizeof(*h));
	SLIST_REMOVE_HEAD(&c->spare, link);
	return h;
}

const struct consumer_batch *
consumer_take(struct consumer *c)
{
	struct handed *h = handed_get(c);
	struct kerr e = KERR_INIT;
	struct span *sp;
	int rc = 0;

	/* a look at all slots for each span would be too many */
	if (c->cl != NULL && c->room > c->n_slots / MANY_SLOTS)
		consumer_pump(c);
	while (c->err.code == 0 && (sp = TAILQ_FIRST(&c->ready)) != NULL) {
		struct slot *s = sp->slot;

		rc = span_next(sp, &h->b, &h->own, &s->taken_at, &e);
		if (rc > 0) {
			h->b.slot = s->index;
			h->b.topic = s->topic;
			h->b.partition = s->partition;
			h->span = sp;
			sp->refs++;
			LIST_INSERT_HEAD(&c->out, h, out);
			return &h->b;
		}
		if (rc < 0) {
			/* the slot stays where it is, whatever headers say
			 * that lies behind */
			consumer_seek(c, s->index, s->taken_at, s->to);
			consumer_fail(c, s, &e);
			break;
		}
		TAILQ_REMOVE(&c->ready, sp, link);
		s->queued--;
		span_drop(sp);
	}
	SLIST_INSERT_HEAD(&c->spare, h, link);
	return NULL;
}

void
consumer_release(struct consumer *c, const struct consumer_batch *b)
{
	struct handed *h = (struct handed *)((uintptr_t)b);

	LIST_REMOVE(h, out);
	span_drop(h->span);
	if (h->own.cap > CONSUMER_KEEP)
		buf_release(&h->own);
	SLIST_INSERT_HEAD(&c->spare, h, link);
}

struct khold *
consumer_hold(const struct consumer_batch *b)
{
	const struct handed *h = (const struct handed *)b;
	struct answer *a = h->span->answer;

	if (b->p == h->own.p)
		return NULL;
	a->refs++;
	return &a->hold;
}

int64_t
consumer_position(const struct consumer *c, int slot)
{
	const struct slot *s = c->slot[slot];

	return s->queued == 0 ? s->fetch_at : s->taken_at;
}

int32_t
consumer_epoch(const struct consumer *c, int slot)
{
	const struct slot *s = c->slot[slot];
	bool in_hole = s->queued == 0 && s->fetch_at > s->taken_at &&
	    s->taken_at < s->to;

	return in_hole ? -1 : s->epoch;
}

bool
consumer_slot_done(const struct consumer *c, int slot)
{
	return consumer_position(c, slot) >= c->slot[slot]->to;
}

bool
consumer_done(const struct consumer *c)
{
	for (int i = 0; i < c->n_slots; i++)
		if (!consumer_slot_done(c, i))
			return false;
	return true;
}

void
consumer_wake(struct consumer *c)
{
	c->woken = true;
	loop_wake(c->loop);
}

int
consumer_wait(struct consumer *c, int64_t wait_ms, int *slot, struct kerr *e)
{
	struct loop *l = c->loop;
	int64_t end = wait_ms < 0 ? INT64_MAX : loop_clock(l) + wait_ms;
	int64_t left;

	if (c->cl != NULL)
		consumer_pump(c);
	for (;;) {
		if (c->cl == NULL)
			consumer_read_files(c);
		if (c->err.code != 0) {
			if (slot != NULL)
				*slot = c->err_slot;
			if (e != NULL)
				*e = c->err;
			return c->err.code;
		}
		if (!TAILQ_EMPTY(&c->ready) || consumer_done(c))
			return 1;
		if (c->woken) {
			c->woken = false;
			return 0;
		}
		if (c->cl == NULL)	/* the caller has all that is read */
			return 0;
		left = end == INT64_MAX ? -1 : end - loop_clock(l);
		if (end != INT64_MAX && left <= 0)
			return 0;
		loop_once(l, left);
	}
}
