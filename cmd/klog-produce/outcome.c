/* outcome.c: what became of the records (produce.h). */

#include "produce.h"
#include "wire/kerror.h"

enum { SAID_MAX = 10 };		/* lost records that are named one by one */

/* The broker refused this batch for what is in it: others may be fine. */
static bool
is_about_content(const struct kerr *e)
{
	if (e->code != KE_BROKER)
		return e->code == KE_RANGE || e->code == KE_DATA;
	switch (e->kafka) {
	case ERR_MESSAGE_TOO_LARGE:
	case ERR_RECORD_LIST_TOO_LARGE:
	case ERR_INVALID_RECORD:
	case ERR_INVALID_TIMESTAMP:
	case ERR_CORRUPT_MESSAGE:
		return true;
	default:
		return false;
	}
}

static void
note_first(struct outcome *o, const struct kerr *e, uint64_t tag, bool alone)
{
	if (o->first.code != 0)
		return;
	o->first = *e;
	o->first_tag = tag;
	o->first_alone = alone;
}

static void
say_lost(struct job *j, const struct producer_report *r)
{
	const struct kerr *e = r->err;
	struct outcome *o = &j->out;

	if (o->lines++ >= SAID_MAX)
		return;
	if (r->count == 1)
		exit_report(e, "%s[%d]: record %llu", r->topic,
		    (int)r->partition, (unsigned long long)r->first);
	else if (r->bad >= 0)
		exit_report(e, "%s[%d]: record %llu (and with it %llu to "
		    "%llu)", r->topic, (int)r->partition,
		    (unsigned long long)r->bad_tag,
		    (unsigned long long)r->first,
		    (unsigned long long)r->last);
	else
		exit_report(e, "%s[%d]: records %llu to %llu", r->topic,
		    (int)r->partition, (unsigned long long)r->first,
		    (unsigned long long)r->last);
}

/* Where nobody takes the reports any more no more is sent. */
static void
report(struct job *j, const struct producer_report *r)
{
	struct kerr e = KERR_INIT;

	if (j->report == NULL || report_print(j, r, &e) == 0)
		return;
	report_free(j->report);
	j->report = NULL;
	j->stop = j->hurry = true;
	j->out.status = exit_worse(j->out.status, exit_report(&e, NULL));
}

void
outcome_report(void *arg, const struct producer_report *r)
{
	struct job *j = arg;
	struct outcome *o = &j->out;

	if (r->err == NULL) {
		report(j, r);
		return;
	}
	o->lost += (uint64_t)r->count;
	if (r->err->code == KE_CANCELLED)
		return;
	/* the first one lost takes its transaction with it */
	if (j->txn_id != NULL && o->first.code != 0)
		return;
	note_first(o, r->err, r->bad >= 0 ? r->bad_tag : r->first,
	    r->bad >= 0 || r->count == 1);
	o->status = exit_worse(o->status, exit_class(r->err));
	if (is_about_content(r->err))
		say_lost(j, r);
	if (!is_about_content(r->err) || j->txn_id != NULL)
		j->stop = j->hurry = true;
}

void
outcome_refused(struct job *j, const struct kerr *e)
{
	if (j->out.lines++ < SAID_MAX)
		exit_report(e, "%s: record %llu", j->where,
		    (unsigned long long)j->tag);
	j->out.status = exit_worse(j->out.status, EXIT_NO);
}

static void
say_total(struct job *j, uint64_t acked)
{
	const struct outcome *o = &j->out;
	const char *hint = exit_hint(&o->first), *s = o->lost == 1 ? "" : "s";

	if (o->first.code == 0 || o->lines > 0)	/* why has been said */
		warn_line("%s: %llu record%s not acknowledged, %llu were",
		    j->o->topic, (unsigned long long)o->lost, s,
		    (unsigned long long)acked);
	else
		warn_line("%s: %llu record%s not acknowledged, %llu were; "
		    "first: record %llu%s: %s%s%s%s", j->o->topic,
		    (unsigned long long)o->lost, s, (unsigned long long)acked,
		    (unsigned long long)o->first_tag,
		    o->first_alone ? "" : " or after", o->first.msg,
		    hint != NULL ? " (" : "", hint != NULL ? hint : "",
		    hint != NULL ? ")" : "");
}

enum exit_class
outcome_finish(struct job *j)
{
	struct kerr e = KERR_INIT;
	struct producer_stats st;

	if (j->txn_id != NULL)
		txn_finish(j);
	else
		producer_flush(j->producer, NULL, &e);
	producer_stats(j->producer, &st);
	if (j->out.lost > 0 && j->txn_id == NULL)
		say_total(j, st.acked);
	if (j->o->common.verbose > 0)
		warn_line("%s: %llu records acknowledged, %llu bytes, %llu "
		    "retries", j->o->topic, (unsigned long long)st.acked,
		    (unsigned long long)st.bytes,
		    (unsigned long long)st.retries);
	if (j->out.lost > 0 && j->out.status == EXIT_DONE &&
	    j->txn_id == NULL)
		j->out.status = EXIT_UNREACHABLE;
	return j->out.status;
}
