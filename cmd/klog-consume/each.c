/*
 * each.c: a record at a time: --each runs a command for it, --commit=each
 * prints it; the next one of a partition begins when that is done (and, with
 * --commit=each, committed). Each partition is a lane; --jobs of them go on at
 * once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "client/admin.h"
#include "client/producer.h"
#include "client/retry.h"
#include "command.h"
#include "consume.h"
#include "wire/kerror.h"

enum lane_state {
	LANE_FREE,
	LANE_RUNNING,		/* the command */
	LANE_BACKOFF,		/* until it runs again */
	LANE_DEAD,		/* on its way to the dead-letter topic */
	LANE_PRINTING,		/* not accepted by stdout yet */
	LANE_COMMITTING
};

struct pending {
	STAILQ_ENTRY(pending)		 link;
	const struct consumer_batch	*b;
};

struct lane {
	enum lane_state			 state;
	STAILQ_HEAD(, pending)		 pending;
	const struct consumer_batch	*b;	/* being walked, or NULL */
	struct record_iter		 it;
	struct buf			 scratch;
	struct record			 r;	/* in work unless FREE */
	pid_t				 pid;
	int				 attempt;
	int				 status;	/* of waitpid() */
	int64_t				 retry_at;
};

enum on_fail { FAIL_STOP, FAIL_SKIP, FAIL_TOPIC };

struct each {
	struct consume		*co;
	struct lane		*lane;		/* by slot */
	size_t			 n;
	size_t			 rotor;
	int			 busy;		/* lanes that are not FREE */
	enum on_fail		 on_fail;
	struct producer		*producer;	/* FAIL_TOPIC */
	struct ptopic		*topic;
	struct kerr		 err;		/* why it ends */
};

static void lane_done(struct each *x, size_t slot);
static void lane_fail(struct each *x, size_t slot);

/* A dead letter came to that; its tag is the slot. */
static void
reported(void *arg, const struct producer_report *rep)
{
	struct each *x = arg;
	size_t slot = (size_t)rep->first;

	for (; slot <= (size_t)rep->last; slot++) {
		if (slot >= x->n || x->lane[slot].state != LANE_DEAD)
			continue;
		if (rep->err == NULL)
			lane_done(x, slot);
		else if (x->err.code == 0) {
			x->err = *rep->err;
			kerr_wrap(&x->err, "dead letter to %s", rep->topic);
		}
	}
	consumer_wake(x->co->c);
}

static int
open_dead_letters(struct each *x, const char *name, struct kerr *e)
{
	struct producer_config pc;
	int64_t ms = x->co->o->common.first_contact;

	if (plan_reads(&x->co->plan, name))
		return kerr_set(e, KE_USAGE, "%s is read here, so its dead "
		    "letters would come back for ever", name);
	producer_config_defaults(&pc);
	pc.report = reported;
	pc.arg = x;
	if ((x->producer = producer_open(x->co->cl, &pc, e)) == NULL)
		return e->code;
	x->topic = producer_topic(x->producer, name, ms, e);
	if (x->topic == NULL && e->code == KE_BROKER &&
	    e->kafka == ERR_UNKNOWN_TOPIC_OR_PARTITION) {
		kerr_clear(e);
		if (admin_create_topic(x->co->cl, name, -1, -1, ms, e) != 0 &&
		    e->code != KE_EXISTS)
			return kerr_wrap(e, "%s", name);
		kerr_clear(e);
		x->topic = producer_topic(x->producer, name, ms, e);
	}
	return x->topic != NULL ? 0 : kerr_wrap(e, "%s", name);
}

int
each_check(const char *on_fail, struct kerr *e)
{
	if (on_fail == NULL || strcmp(on_fail, "stop") == 0 ||
	    strcmp(on_fail, "skip") == 0 ||
	    (strncmp(on_fail, "topic:", 6) == 0 && on_fail[6] != '\0'))
		return 0;
	return kerr_set(e, KE_USAGE, "'%s' is none of stop, skip, topic:NAME",
	    on_fail);
}

struct each *
each_new(struct consume *co, struct kerr *e)
{
	struct each *x = xcalloc(1, sizeof(*x));
	const char *how = co->o->on_fail;

	x->co = co;
	if (how != NULL && strcmp(how, "skip") == 0)
		x->on_fail = FAIL_SKIP;
	else if (how != NULL && strncmp(how, "topic:", 6) == 0) {
		x->on_fail = FAIL_TOPIC;
		if (open_dead_letters(x, how + 6, e) != 0) {
			each_free(x);
			return NULL;
		}
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

static void
lane_set(struct each *x, struct lane *l, enum lane_state state)
{
	x->busy += (state != LANE_FREE) - (l->state != LANE_FREE);
	l->state = state;
}

/* The record is done with: what is behind it is what will be committed. */
static void
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

/* "exit status 3", "signal 9" */
static const char *
reason(const struct lane *l, char *buf, size_t size)
{
	if (l->pid < 0)
		snprintf(buf, size, "cannot be run: %s", strerror(l->status));
	else if (WIFSIGNALED(l->status))
		snprintf(buf, size, "signal %d", WTERMSIG(l->status));
	else
		snprintf(buf, size, "exit status %d", WEXITSTATUS(l->status));
	return buf;
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

/* Adds origin, reason and attempts to the headers there are. */
static void
send_dead_letter(struct each *x, size_t slot)
{
	const struct part *p = &x->co->plan.part[slot];
	struct lane *l = &x->lane[slot];
	struct record_header *h;
	struct record_input in = { .timestamp = l->r.timestamp,
		.key = l->r.key, .key_len = l->r.key_len,
		.value = l->r.value, .value_len = l->r.value_len };
	char origin[320], why[64], attempts[16];
	struct kerr e = KERR_INIT;
	int n;

	h = xcalloc((size_t)l->r.n_headers + 3, sizeof(*h));
	n = command_headers(&l->r, h);
	snprintf(origin, sizeof(origin), "%s/%d/%lld", p->topic,
	    (int)p->partition, (long long)l->r.offset);
	snprintf(attempts, sizeof(attempts), "%d", l->attempt);
	reason(l, why, sizeof(why));
	command_add_header(&h[n++], "klog-dead-origin", origin);
	command_add_header(&h[n++], "klog-dead-reason", why);
	command_add_header(&h[n++], "klog-dead-attempts", attempts);
	in.headers = h;
	in.n_headers = n;
	lane_set(x, l, LANE_DEAD);
	if (producer_add(x->producer, x->topic, -1, &in, (uint64_t)slot,
	    &e) == 0)
		producer_push(x->producer);
	else if (x->err.code == 0)
		x->err = e;
	free(h);
}

/* A command that did not succeed: again, or what --on-fail says. */
static void
lane_fail(struct each *x, size_t slot)
{
	const struct cluster_config *cf = &x->co->conf;
	const struct part *p = &x->co->plan.part[slot];
	struct lane *l = &x->lane[slot];
	char why[64];

	reason(l, why, sizeof(why));
	if (x->co->o->common.verbose > 0)
		warn_line("%s[%d] offset %lld: attempt %d: %s", p->topic,
		    (int)p->partition, (long long)l->r.offset, l->attempt,
		    why);
	if (l->attempt <= x->co->o->retries) {
		l->retry_at = loop_clock(x->co->loop) +
		    retry_backoff(l->attempt, cf->backoff_ms,
		    cf->backoff_max_ms, 0);
		lane_set(x, l, LANE_BACKOFF);
	} else if (x->on_fail == FAIL_TOPIC) {
		send_dead_letter(x, slot);
	} else if (x->on_fail == FAIL_SKIP) {
		warn_line("%s[%d] offset %lld: left out: %s, %d %s",
		    p->topic, (int)p->partition, (long long)l->r.offset, why,
		    l->attempt, l->attempt == 1 ? "try" : "tries");
		lane_done(x, slot);
	} else {
		lane_set(x, l, LANE_FREE);
		if (x->err.code == 0)
			kerr_set(&x->err, KE_CANCELLED, "%s[%d] offset %lld: "
			    "the command failed: %s, %d %s", p->topic,
			    (int)p->partition, (long long)l->r.offset, why,
			    l->attempt, l->attempt == 1 ? "try" : "tries");
	}
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
		if (rc < 0)
			return kerr_set(e, KE_DATA, "%s[%d]: malformed record",
			    p->topic, (int)p->partition);
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
