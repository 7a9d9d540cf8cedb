/* txn.c: the input as one transaction, or as many (produce.h). */
#include <stdlib.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/xalloc.h"
#include "produce.h"

/* An id of this run alone: it fences nobody, and nobody fences it. */
static char *
new_id(void)
{
	const struct sys *sys = sys_real();
	uint32_t random[2];

	sys->random(sys, random, sizeof(random));
	return xasprintf("klog-produce.%08x%08x", random[0], random[1]);
}

void
txn_choose(struct job *j)
{
	const struct opts *o = j->o;
	const char *id = o->txn_id;

	if (id == NULL)
		config_str(o->common.config, "transactional.id", &id);
	if (id != NULL)
		j->txn_id = xstrdup(id);
	else if (o->txn || o->txn_every > 0)
		j->txn_id = new_id();
}

int
txn_open(struct job *j, struct kerr *e)
{
	if (producer_start(j->producer, e) != 0)
		return e->code;
	producer_begin(j->producer);
	return 0;
}

int
txn_count(struct job *j, struct kerr *e)
{
	if (j->txn_id == NULL || ++j->in_txn != j->o->txn_every)
		return 0;
	if (producer_commit(j->producer, e) != 0)
		return e->code;
	j->committed += (uint64_t)j->in_txn;
	j->in_txn = 0;
	producer_begin(j->producer);
	return 0;
}

/* What the broker says of a commit has been said where it is what it said of a
 * record before. */
static void
say_error(struct job *j, const struct kerr *e)
{
	struct outcome *o = &j->out;

	if (o->lines == 0 && !j->failed)
		exit_report(e, "%s", j->o->topic);
	o->status = exit_worse(o->status, exit_class(e));
}

/* The records that the open transaction had taken. */
static uint64_t
taken(const struct job *j)
{
	struct producer_stats st;

	producer_stats(j->producer, &st);
	return st.added - j->committed;
}

void
txn_finish(struct job *j)
{
	struct kerr e = KERR_INIT;
	uint64_t n;

	if (j->signo == 0 && !j->failed && j->out.lost == 0 &&
	    producer_commit(j->producer, &e) == 0) {
		if (producer_shown(j->producer, &e) != 0)
			warn_line("%s: committed, but it may take a moment "
			    "until it can be read: %s", j->o->topic, e.msg);
		return;
	}
	n = taken(j);
	if (e.code == 0)
		e = *producer_txn_error(j->producer);
	if (e.code != 0)
		say_error(j, &e);
	kerr_clear(&e);
	if (producer_abort(j->producer, &e) != 0 && j->out.lines == 0 &&
	    j->out.status == EXIT_DONE)
		say_error(j, &e);
	warn_line("%s: %s: %llu record%s; committed before: %llu",
	    j->o->topic, e.code == 0 || e.code == KE_BROKER ?
	    "transaction aborted, nothing of it will be read" :
	    "what became of the transaction is not known",
	    (unsigned long long)n, n == 1 ? "" : "s",
	    (unsigned long long)j->committed);
}
