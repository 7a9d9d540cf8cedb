/*
 * each.c: a record at a time: --each runs a command for it, --commit=each
 * prints it; the next one of a partition begins when that is done (and, with
 * --commit=each, committed). Each partition is a lane; --jobs of them go on at
 * once.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/xalloc.h"
#include "command.h"
#include "each.h"

struct each *
each_new(struct consume *co, struct kerr *e)
{
	struct each *x = xcalloc(1, sizeof(*x));

	x->co = co;
	if (on_fail_open(x, co->o->on_fail, e) != 0) {
		each_free(x);
		return NULL;
	}
	if (co->o->each != NULL)
		stop_on_child();
	return x;
}

static void
lane_clear(struct each *x, size_t slot)
{
	struct lane *l = &x->lane[slot];
	struct pending *p;

	/* what was taken of it and not done must not be passed over */
	if (l->b != NULL || !STAILQ_EMPTY(&l->pending))
		x->co->plan.part[slot].cut = true;
	if (l->b != NULL)
		consumer_release(x->co->c, l->b);
	l->b = NULL;
	while ((p = STAILQ_FIRST(&l->pending)) != NULL) {
		STAILQ_REMOVE_HEAD(&l->pending, link);
		consumer_release(x->co->c, p->b);
		free(p);
	}
	if (l->state != LANE_FREE)
		x->busy--;
	l->state = LANE_FREE;
}

void
each_free(struct each *x)
{
	if (x == NULL)
		return;
	for (size_t i = 0; i < x->n; i++) {
		lane_clear(x, i);
		buf_release(&x->lane[i].scratch);
	}
	if (x->producer != NULL)
		producer_close(x->producer);
	free(x->lane);
	free(x);
}

/* A lane for every slot. */
static void
grow(struct each *x)
{
	size_t n = x->co->plan.n;
	struct lane *v;

	if (n <= x->n)
		return;
	v = xcalloc(n, sizeof(*v));
	for (size_t i = 0; i < n; i++) {
		STAILQ_INIT(&v[i].pending);
		if (i >= x->n)
			continue;
		v[i] = x->lane[i];
		STAILQ_INIT(&v[i].pending);
		STAILQ_CONCAT(&v[i].pending, &x->lane[i].pending);
	}
	free(x->lane);
	x->lane = v;
	x->n = n;
}

void
lane_set(struct each *x, struct lane *l, enum lane_state state)
{
	x->busy += (state != LANE_FREE) - (l->state != LANE_FREE);
	l->state = state;
}

void
lane_done(struct each *x, size_t slot)
{
	struct lane *l = &x->lane[slot];
	struct part *p = &x->co->plan.part[slot];

	if (l->r.offset + 1 > p->done)
		p->done = l->r.offset + 1;
	if (group_how(x->co) == COMMIT_AUTO || group_how(x->co) == COMMIT_EACH)
		group_commit_soon(x->co);
	lane_set(x, l, group_how(x->co) == COMMIT_EACH ? LANE_COMMITTING :
	    LANE_FREE);
}

static void
lane_start(struct each *x, size_t slot)
{
	struct lane *l = &x->lane[slot];
	const struct part *p = &x->co->plan.part[slot];
	struct command c = { .text = x->co->o->each, .topic = p->topic,
		.partition = p->partition, .record = &l->r,
		.attempt = l->attempt + 1 };

	l->attempt++;
	l->pid = command_start(&c);
	if (l->pid < 0) {
		l->status = errno;
		lane_fail(x, slot);
		return;
	}
	lane_set(x, l, LANE_RUNNING);
}

static void
reap(struct each *x)
{
	for (size_t i = 0; i < x->n; i++) {
		struct lane *l = &x->lane[i];

		if (l->state != LANE_RUNNING ||
		    waitpid(l->pid, &l->status, WNOHANG) != l->pid)
			continue;
		if (WIFEXITED(l->status) && WEXITSTATUS(l->status) == 0)
			lane_done(x, i);
		else
			lane_fail(x, i);
	}
}

/* The lane's next record that is wanted: 1, or 0 where none is here. */
static int
lane_next(struct each *x, size_t slot, struct kerr *e)
{
	struct lane *l = &x->lane[slot];
	struct part *p = &x->co->plan.part[slot];
	struct pending *pend;
	int rc;

	for (;;) {
		if (l->b == NULL) {
			if ((pend = STAILQ_FIRST(&l->pending)) == NULL)
				return 0;
			STAILQ_REMOVE_HEAD(&l->pending, link);
			l->b = pend->b;
			free(pend);
			rc = record_iter_init(&l->it, l->b->p, &l->b->header,
			    x->co->codecs, &l->scratch, BATCH_MAX_RAW, e);
			if (rc < 0)
				return kerr_wrap(e, "%s[%d]", p->topic,
				    (int)p->partition);
		}
		while ((rc = record_iter_next(&l->it, &l->r)) > 0)
			if (record_wanted(x->co, l->b, &l->r))
				return 1;
		if (rc < 0) {
			record_iter_bad(&l->it, e);
			return kerr_wrap(e, "%s[%d]", p->topic,
			    (int)p->partition);
		}
		if (batch_last_offset(&l->b->header) + 1 > p->done)
			p->done = batch_last_offset(&l->b->header) + 1;
		consumer_release(x->co->c, l->b);
		l->b = NULL;
	}
}

static int
lane_print(struct each *x, size_t slot, struct kerr *e)
{
	struct lane *l = &x->lane[slot];
	int rc;

	rc = printer_record(x->co->printer, x->co, l->b, &l->r, e);
	if (rc == 0)
		rc = printer_flush(x->co->printer, e);
	lane_set(x, l, LANE_PRINTING);
	return rc;
}

static int
lane_begin(struct each *x, size_t slot, struct kerr *e)
{
	struct lane *l = &x->lane[slot];
	int rc = lane_next(x, slot, e);

	if (rc <= 0)
		return rc;
	l->attempt = 0;
	if (x->co->o->each == NULL)
		return lane_print(x, slot, e);
	x->co->left--;
	x->co->printed++;
	lane_start(x, slot);
	return 0;
}

/* What stands between two records. */
static void
lane_step(struct each *x, size_t slot)
{
	struct lane *l = &x->lane[slot];
	struct part *p = &x->co->plan.part[slot];

	if (l->state == LANE_BACKOFF &&
	    loop_now(x->co->loop) >= l->retry_at && stop_signal == 0)
		lane_start(x, slot);
	if (l->state == LANE_PRINTING && out_idle(x->co->out)) {
		out_settle(x->co->out, false);
		group_commit_soon(x->co);
		lane_set(x, l, LANE_COMMITTING);
	}
	if (l->state == LANE_COMMITTING && p->committed >= l->r.offset + 1)
		lane_set(x, l, LANE_FREE);
}

static void
collect(struct each *x, int64_t *came)
{
	const struct consumer_batch *b;

	while ((b = consumer_take(x->co->c)) != NULL) {
		struct pending *p;

		*came = loop_now(x->co->loop);
		p = xmalloc(sizeof(*p));
		p->b = b;
		STAILQ_INSERT_TAIL(&x->lane[b->slot].pending, p, link);
	}
}

int
each_turn(struct consume *co, int64_t *came, struct kerr *e)
{
	struct each *x = co->each;
	size_t start;
	int rc;

	grow(x);
	reap(x);
	collect(x, came);
	start = x->rotor;
	for (size_t i = 0; i < x->n; i++) {
		size_t slot = (start + i) % x->n;

		lane_step(x, slot);
		if (x->lane[slot].state != LANE_FREE || co->left <= 0 ||
		    x->err.code != 0 || x->busy >= co->o->jobs)
			continue;
		if ((rc = lane_begin(x, slot, e)) < 0)
			return rc;
		if (x->lane[slot].state != LANE_FREE)
			x->rotor = slot + 1;
	}
	if (x->busy > 0)
		*came = loop_now(co->loop);
	if (x->err.code != 0) {
		*e = x->err;
		return e->code;
	}
	return co->left <= 0 && x->busy == 0;
}

bool
each_slot_idle(const struct consume *co, int slot)
{
	const struct each *x = co->each;
	const struct lane *l;

	if ((size_t)slot >= x->n)
		return true;
	l = &x->lane[slot];
	return l->state == LANE_FREE && l->b == NULL &&
	    STAILQ_EMPTY(&l->pending);
}

bool
each_idle(const struct consume *co)
{
	for (size_t i = 0; i < co->each->n; i++)
		if (!each_slot_idle(co, (int)i))
			return false;
	return true;
}

int64_t
each_wait(const struct consume *co)
{
	const struct each *x = co->each;
	int64_t now = loop_clock(co->loop), wait = -1;

	for (size_t i = 0; i < x->n; i++) {
		int64_t left = x->lane[i].retry_at - now;

		if (x->lane[i].state == LANE_BACKOFF &&
		    (wait < 0 || left < wait))
			wait = left > 0 ? left : 1;
	}
	return wait;
}

/* Something of the slots (NULL: of any) that has to be seen through. */
static bool
under_way(const struct each *x, const bool *gone)
{
	for (size_t i = 0; i < x->n; i++)
		if ((gone == NULL || gone[i]) && x->err.code == 0 &&
		    (x->lane[i].state == LANE_RUNNING ||
		    x->lane[i].state == LANE_DEAD))
			return true;
	return false;
}

void
each_quiet(struct consume *co, const bool *gone)
{
	struct each *x = co->each;

	while (under_way(x, gone)) {
		loop_once(co->loop, 1000);
		for (size_t i = 0; i < x->n; i++) {
			struct lane *l = &x->lane[i];

			if ((gone != NULL && !gone[i]) ||
			    l->state != LANE_RUNNING ||
			    waitpid(l->pid, &l->status, WNOHANG) != l->pid)
				continue;
			/* one that failed is for whoever comes next */
			if (WIFEXITED(l->status) &&
			    WEXITSTATUS(l->status) == 0)
				lane_done(x, i);
			lane_set(x, l, LANE_FREE);
		}
	}
	for (size_t i = 0; i < x->n; i++)
		if (gone == NULL || (i < co->plan.n && gone[i]))
			lane_clear(x, i);
}
