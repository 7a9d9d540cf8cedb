/*
 * place.c: where a partition of the group is begun: where the group has
 * committed; else where -o says, else at the beginning. A committed offset
 * that is no longer in the log is an error unless --reset says where to go:
 * nothing is ever read again, or left out, in silence.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "client/admin.h"
#include "client/retry.h"
#include "client/subscriber.h"
#include "consume.h"
#include "wire/kerror.h"

#define ASK_MS	5000	/* between looks for a signal */

int
place_check(const char *reset, bool utc, struct kerr *e)
{
	struct spec sp = { 0 };
	int rc = 0;

	if (reset == NULL)
		return 0;
	rc = spec_parse(&sp, reset, sys_now_ms(sys_real()), utc, e);
	if (rc == 0 && (sp.nparts > 0 || sp.all.to.kind != SPEC_NONE ||
	    sp.all.from.kind == SPEC_STORED))
		rc = kerr_set(e, KE_USAGE, "'%s' is not one point", reset);
	spec_release(&sp);
	return rc;
}

/* Asks until there is an answer: the coordinator may be on its way. */
static int
ask_committed(struct consume *co, struct subscriber_offset *v, size_t n,
    struct kerr *e)
{
	int64_t ms = co->conf.request_ms < ASK_MS ? co->conf.request_ms :
	    ASK_MS;
	int rc;

	while ((rc = subscriber_committed(group_subscriber(co), v, n, ms,
	    e)) != 0 && stop_signal == 0 &&
	    retry_policy(e, 1, true) != RETRY_FAIL)
		kerr_clear(e);
	return rc;
}

/* -o says nothing, and auto.offset.reset does. */
static int
place_by_property(struct consume *co, struct part *p, bool *decided,
    struct kerr *e)
{
	static const char *const end[] = { "largest", "latest", "end" };
	const char *how = NULL;

	*decided = false;
	if (co->o->offsets.n > 0 || !config_str(co->o->common.config,
	    "auto.offset.reset", &how))
		return 0;
	if (strcasecmp(how, "none") == 0 || strcasecmp(how, "error") == 0)
		return kerr_set(e, KE_NOTFOUND, "%s[%d]: the group has "
		    "committed nothing, and auto.offset.reset=%s", p->topic,
		    (int)p->partition, how);
	for (size_t i = 0; i < sizeof(end) / sizeof(end[0]); i++)
		if (strcasecmp(how, end[i]) == 0) {
			*decided = true;
			return plan_point(co, p, &(struct spec_point){
			    SPEC_END, 0 }, &p->from, e);
		}
	return 0;
}

/* The group has never committed there. */
static int
place_new(struct consume *co, struct part *p, struct kerr *e)
{
	bool decided;
	int rc = place_by_property(co, p, &decided, e);

	if (rc != 0 || decided)
		return rc;
	return p->fresh ? 0 : plan_check_start(co, p, e);
}

/* The coordinator knows of new partitions before other brokers do. */
static int
ask_beginnings(struct consume *co, struct admin_offset *v, size_t n,
    struct kerr *e)
{
	int64_t until = loop_clock(co->loop) + ASK_MS;
	int rc;

	while ((rc = admin_list_offsets(co->cl, v, n, false,
	    co->conf.request_ms, e)) == KE_NOTFOUND && stop_signal == 0 &&
	    loop_clock(co->loop) < until) {
		kerr_clear(e);
		loop_run_for(co->loop, co->conf.backoff_ms);
	}
	return rc;
}

/* Partitions that came after the start begin at their beginning: one question
 * for all of them, as an answer may have to wait behind a Fetch. */
static int
find_beginnings(struct consume *co, const int *slots,
    const struct subscriber_offset *committed, size_t n, struct kerr *e)
{
	struct admin_offset *v = xcalloc(n + 1, sizeof(*v));
	struct part **part = xcalloc(n + 1, sizeof(*part));
	size_t count = 0;
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		struct part *p = &co->plan.part[slots[i]];

		if (!p->fresh || committed[i].offset >= 0)
			continue;
		v[count].topic = p->topic;
		v[count].partition = p->partition;
		v[count].at = OFFSET_EARLIEST;
		part[count++] = p;
	}
	if (count > 0)
		rc = ask_beginnings(co, v, count, e);
	for (size_t i = 0; i < count && rc == 0; i++)
		part[i]->from = v[i].offset;
	free(part);
	free(v);
	return rc;
}

static int
gone(struct consume *co, struct part *p, int64_t offset, struct kerr *e)
{
	kerr_kafka(e, ERR_OFFSET_OUT_OF_RANGE, "%s[%d]: the committed offset "
	    "%lld is not in the log any more, which is %lld..%lld "
	    "(--reset=SPEC goes elsewhere)", p->topic, (int)p->partition,
	    (long long)offset, (long long)p->start, (long long)p->end);
	return e->code;
}

/* The end of a bounded read was fixed at the start; an offset behind it is
 * fine where others of the group have come so far since. */
static int
check_behind(struct consume *co, struct part *p, int slot, struct kerr *e)
{
	int64_t end;
	int rc;

	if (p->to < 0 || p->done <= p->to)
		return 0;
	rc = plan_point(co, p, &(struct spec_point){ SPEC_END, 0 }, &end, e);
	if (rc != 0 || p->done <= end)
		return rc;
	return place_reset(co, slot, e);
}

static int
place_one(struct consume *co, int slot, int64_t committed, struct kerr *e)
{
	struct part *p = &co->plan.part[slot];
	int64_t to;
	int rc = 0;

	p->committed = committed;
	p->cut = false;
	if (committed >= 0) {
		p->done = committed;
		p->since = INT64_MIN;
	} else {
		if ((rc = place_new(co, p, e)) != 0)
			return rc;
		p->done = p->from;
	}
	/* what came after the start of a bounded run is not its business */
	to = co->bounded && p->fresh ? p->done : p->to;
	if (to >= 0 && to < p->done)
		to = p->done;
	consumer_seek(co->c, slot, p->done, to);
	if (co->o->common.verbose > 0)
		warn_line("%s[%d]: from %lld%s", p->topic, (int)p->partition,
		    (long long)p->done, committed >= 0 ? ", as committed" :
		    "");
	return check_behind(co, p, slot, e);
}

int
place_slots(struct consume *co, const int *slots, size_t n, struct kerr *e)
{
	struct subscriber_offset *v = xcalloc(n + 1, sizeof(*v));
	int rc;

	for (size_t i = 0; i < n; i++) {
		v[i].topic = co->plan.part[slots[i]].topic;
		v[i].partition = co->plan.part[slots[i]].partition;
	}
	rc = ask_committed(co, v, n, e);
	if (rc == 0)
		rc = find_beginnings(co, slots, v, n, e);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = place_one(co, slots[i], v[i].offset, e);
	free(v);
	return rc;
}

/* --reset says where to go in words, and that may lie outside of the log as
 * well: its start or its end is taken then. Behind the last stable offset
 * there may be records yet. */
static int
keep_inside(struct consume *co, const struct part *p, int64_t *at,
    struct kerr *e)
{
	struct admin_offset high = { .topic = p->topic,
		.partition = p->partition, .at = OFFSET_LATEST };
	int rc;

	if (*at < p->start)
		*at = p->start;
	if (*at <= p->end)
		return 0;
	rc = admin_list_offsets(co->cl, &high, 1, false, co->conf.request_ms,
	    e);
	if (rc == 0 && *at > high.offset)
		*at = high.offset;
	return rc;
}

int
place_reset(struct consume *co, int slot, struct kerr *e)
{
	struct part *p = &co->plan.part[slot];
	struct spec_point beginning = { SPEC_BEGINNING, 0 };
	struct spec sp = { 0 };
	int64_t was = consumer_position(co->c, slot), at;
	int rc;

	if (co->o->reset != NULL)
		rc = spec_parse(&sp, co->o->reset, sys_now_ms(sys_real()),
		    co->o->utc, e);
	else	/* also fills in what the log is */
		rc = plan_point(co, p, &beginning, &at, e);
	if (rc == 0 && co->o->reset == NULL) {
		/* nothing was committed: the log was cut under our feet */
		if (p->committed >= 0 || was > p->start)
			return gone(co, p, was, e);
	} else if (rc == 0 && (rc = plan_point(co, p, &sp.all.from, &at,
	    e)) == 0)
		rc = keep_inside(co, p, &at, e);
	spec_release(&sp);
	if (rc != 0)
		return rc;
	warn_line("%s[%d]: offset %lld is not in the log any more, which is "
	    "%lld..%lld: going on at %lld", p->topic, (int)p->partition,
	    (long long)was, (long long)p->start, (long long)p->end,
	    (long long)at);
	p->done = at;
	consumer_seek(co->c, slot, at, p->to >= 0 && p->to < at ? at : p->to);
	return 0;
}
