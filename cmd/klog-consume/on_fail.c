/*
 * on_fail.c: a command of --each that did not succeed: it runs again after a
 * while, --retries times; then --on-fail says whether all ends, the record is
 * left out, or goes to a dead-letter topic. A command that is not there ends all
 * at once.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "client/admin.h"
#include "client/retry.h"
#include "command.h"
#include "each.h"
#include "wire/kerror.h"

/* The dead letter of a slot came to that. */
static void
letter_ended(struct each *x, size_t slot, const struct producer_report *rep)
{
	if (slot >= x->n || x->lane[slot].state != LANE_DEAD)
		return;
	if (rep->err == NULL)
		lane_done(x, slot);
	else if (x->err.code == 0) {
		x->err = *rep->err;
		kerr_wrap(&x->err, "dead letter to %s", rep->topic);
	}
}

/* Their tags are slots, in any order. */
static void
reported(void *arg, const struct producer_report *rep)
{
	struct each *x = arg;

	for (int32_t i = 0; i < rep->count; i++)
		letter_ended(x, (uint32_t)rep->first + (rep->tags != NULL ?
		    rep->tags[i] : (uint32_t)i), rep);
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
on_fail_check(const char *on_fail, struct kerr *e)
{
	if (on_fail == NULL || strcmp(on_fail, "stop") == 0 ||
	    strcmp(on_fail, "skip") == 0 ||
	    (strncmp(on_fail, "topic:", 6) == 0 && on_fail[6] != '\0'))
		return 0;
	return kerr_set(e, KE_USAGE, "'%s' is none of stop, skip, topic:NAME",
	    on_fail);
}

int
on_fail_open(struct each *x, const char *how, struct kerr *e)
{
	if (how != NULL && strcmp(how, "skip") == 0)
		x->on_fail = FAIL_SKIP;
	else if (how != NULL && strncmp(how, "topic:", 6) == 0) {
		x->on_fail = FAIL_TOPIC;
		return open_dead_letters(x, how + 6, e);
	}
	return 0;
}

/* "exit status 3", "signal 9" */
static const char *
reason(const struct lane *l, char *buf, size_t size)
{
	if (l->pid < 0)
		snprintf(buf, size, "%s", strerror(l->status));
	else if (WIFSIGNALED(l->status))
		snprintf(buf, size, "signal %d", WTERMSIG(l->status));
	else
		snprintf(buf, size, "exit status %d", WEXITSTATUS(l->status));
	return buf;
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

/* Of a shell that does not find the command, or may not run it: no record is
 * to blame, and none would fare better. */
static bool
is_not_run(const struct lane *l)
{
	return l->pid < 0 || (WIFEXITED(l->status) &&
	    (WEXITSTATUS(l->status) == 126 || WEXITSTATUS(l->status) == 127));
}

void
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
	if (is_not_run(l)) {
		lane_set(x, l, LANE_FREE);
		if (x->err.code == 0)
			kerr_set(&x->err, KE_USAGE, "%s[%d] offset %lld: the "
			    "command of --each cannot be run: %s", p->topic,
			    (int)p->partition, (long long)l->r.offset,
			    l->pid < 0 ? strerror(l->status) :
			    WEXITSTATUS(l->status) == 127 ?
			    "not found (exit status 127)" :
			    "not executable (exit status 126)");
	} else if (l->attempt <= x->co->o->retries) {
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
