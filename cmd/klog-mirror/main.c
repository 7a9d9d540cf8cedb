/* main.c: klog-mirror: topics from one cluster into another (mirror.h). */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "client/retry.h"
#include "mirror.h"
#include "wire/kerror.h"

enum {
	POLL_MS = 250,		/* --follow: between looks at an idle source */
	CHORES_MS = 5000,	/* and at properties and groups */
	AGAIN_MIN_MS = 500, AGAIN_MAX_MS = 5000,
	CHANGES_MAX = 3
};

static const char *const gaps[] = { "fail", "skip", NULL };
static const char *const recreates[] = { "fail", "restart", NULL };

#define T struct opts
static const struct opt options[] = {
	OPT_GROUP("Where"),
	OPT_STR(0, "from", "CLUSTER", T, from,
	    "profile, H[:P],.., dir:PATH or private"),
	OPT_STR(0, "to", "CLUSTER", T, to, "the same"),
	OPT_STR(0, "link", "NAME", T, link,
	    "what the two are called (the source's id)"),
	OPT_LIST('F', "config", "FILE", T, common.files, NULL),
	OPT_LIST('X', "property", "PROP=VAL", T, common.props, NULL),
	OPT_LIST(0, "resolve", "H:P:ADDR", T, common.resolve, NULL),
	OPT_GROUP("What"),
	OPT_LIST(0, "topics", "LIST", T, topics,
	    "names, SOURCE=TARGET, or ^REGEX (all topics)"),
	OPT_LIST('g', "grep", "[!]FIELD:RE", T, greps,
	    "only such records, as in klog-consume"),
	OPT_STR(0, "prefix", "P", T, prefix, "names in the target begin so"),
	OPT_FLAG(0, "identity", T, identity,
	    "both ways with equal names: mark the origin"),
	OPT_FLAG(0, "sync-config", T, sync_config,
	    "topics' properties follow the source's"),
	OPT_STR(0, "sync-groups", "^RE", T, sync_groups,
	    "so do committed offsets of idle groups"),
	OPT_STR(0, "start-from", "WHERE", T, start_from,
	    "a first run: group:G or link:NAME"),
	OPT_GROUP("How"),
	OPT_FLAG(0, "once", T, once, "to where the source ends now (default)"),
	OPT_FLAG(0, "follow", T, follow, "again and again"),
	OPT_CHOICE(0, "on-gap", "HOW", T, on_gap, gaps,
	    "records lost before they were copied: fail, skip"),
	OPT_CHOICE(0, "on-recreate", "HOW", T, on_recreate, recreates,
	    "a topic made anew: fail, restart"),
	OPT_STR(0, "rate", "N/s", T, rate, "not faster than 200/s, 5MB/s"),
	{ .c = 'n', .name = "dry-run", .kind = OPT_KIND_FLAG,
	    .help = "say what would be done",
	    .target = OPT_MEMBER(T, dry_run, bool *) },
	OPT_GROUP("Output"),
	OPT_JSON(T, common, "the last line, status and plan as JSON")
	OPT_CONTACT(T, common)
	OPT_COMMON(T, common)
	OPT_END
};
#undef T

static const struct program program = {
	.name = "klog-mirror",
	.usage = "--from CLUSTER --to CLUSTER [OPTION].. [status]",
	.summary = "Copy topics from one cluster to another, each record "
	    "exactly once,\nhowever often it is started, stopped or killed.",
	.options = options,
	.footer = COMMON_FOOTER,
};

static void
check(const struct opts *o, char **operands, int n)
{
	if (o->from == NULL || o->to == NULL)
		usage_error(&program, "--from and --to are both needed");
	if (n > 1 || (n == 1 && strcmp(operands[0], "status") != 0))
		usage_error(&program, "'%s' is not 'status', the only operand",
		    operands[n > 1]);
	if (o->once && o->follow)
		usage_error(&program, "--once and --follow exclude each "
		    "other");
	if (o->identity && o->prefix != NULL)
		usage_error(&program, "--identity and --prefix exclude each "
		    "other");
	if (o->start_from != NULL && strncmp(o->start_from, "group:", 6) != 0 &&
	    strncmp(o->start_from, "link:", 5) != 0)
		usage_error(&program, "option --start-from: '%s' is neither "
		    "group:NAME nor link:NAME", o->start_from);
	if (o->link != NULL && (*o->link == '\0' || strlen(o->link) > 200 ||
	    strspn(o->link, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
	    "XYZ0123456789._-") != strlen(o->link)))
		usage_error(&program, "option --link: '%s' cannot be part of a "
		    "topic's name", o->link);
}

/* What the options say, apart from the clusters. */
static int
prepare(struct mirror *m, struct kerr *e)
{
	const struct opts *o = m->o;

	if (names_parse(&m->names, o->topics.v, o->topics.n, o->prefix,
	    e) != 0)
		return kerr_wrap(e, "option --topics");
	if (o->sync_groups != NULL &&
	    names_groups(m->names, o->sync_groups, e) != 0)
		return kerr_wrap(e, "option --sync-groups");
	if (o->rate != NULL && rate_parse(&m->rate, o->rate, e) != 0)
		return kerr_wrap(e, "option --rate");
	return grep_compile(&m->grep, &o->greps, e);
}

static int
open_side(struct mirror *m, struct side *s, const char *where,
    const char *name, struct kerr *e)
{
	struct cluster_config cf;

	s->opened = true;
	if (common_side(&s->common, &m->o->common, where, e) != 0 ||
	    common_cluster(&s->common, &cf, e) != 0)
		return kerr_wrap(e, "%s", name);
	cf.auto_create = false;
	s->c = cluster_open(m->loop, &cf, e);
	if (s->c == NULL || cluster_connect(s->c, e) != 0)
		return kerr_wrap(e, "%s", name);
	return 0;
}

static int
open_link(struct mirror *m, struct kerr *e)
{
	const char *from = cluster_id(m->src.c), *to = cluster_id(m->tgt.c);
	const char *link = m->o->link != NULL ? m->o->link : from;

	if (link == NULL || (m->o->identity && to == NULL))
		return kerr_set(e, KE_UNSUPPORTED, "a cluster does not tell "
		    "its id: --link NAME is needed, and --identity does not "
		    "work");
	m->link = xstrdup(link);
	m->state_topic = xasprintf(STATE_TOPIC "%s", link);
	m->txn_id = xasprintf("klog-mirror.%s.0", link);
	m->group = xasprintf(OWN_GROUP "%s", link);
	return 0;
}

static struct facts
facts_of(const struct part *pt)
{
	return (struct facts){ .known = pt->known,
	    .other_cluster = pt->other_cluster, .old_id = pt->old_id,
	    .src_next = pt->src_next, .tgt_next = pt->tgt_next,
	    .id = pt->pair->id, .log_start = pt->log_start, .end = pt->end,
	    .epoch_end = pt->epoch_end, .tgt_end = pt->tgt_end,
	    .begin = pt->begin };
}

/* Plans every part; the class of what is wrong with one. */
static enum exit_class
plan_all(struct mirror *m)
{
	struct plan_rules rules = { m->o->on_gap == ON_SKIP,
	    m->o->on_recreate == ON_RESTART };
	enum exit_class status = EXIT_DONE;

	for (int i = 0; i < m->n_pairs; i++)
		for (int32_t k = 0; k < m->pair[i].n; k++) {
			struct part *pt = &m->pair[i].part[k];
			struct facts f = facts_of(pt);

			pt->plan = plan_partition(&f, &rules);
			status = exit_worse(status, report_trouble(m, pt));
		}
	return status;
}

/* Fences whoever works on the link, then reads what it left; both once. */
static int
take_over(struct mirror *m, struct kerr *e)
{
	bool only_looks = m->o->dry_run || m->o->status;

	if (!only_looks && m->producer == NULL && claim_link(m, e) != 0)
		return kerr_wrap(e, "target");
	if (m->loaded)
		return 0;
	if ((m->passes > 0 && m->txn_id != NULL && producer_shown(m->producer,
	    e) != 0) || store_load(m, e) != 0)
		return kerr_wrap(e, "target");
	return m->o->start_from != NULL ? start_from(m, e) : 0;
}

/* One pass; *status is worse than done where partitions are left alone. */
static int
pass(struct mirror *m, enum exit_class *status, struct kerr *e)
{
	m->chores = loop_clock(m->loop) >= m->chores_at;
	if (survey_source(m, e) != 0)
		return kerr_wrap(e, "source");
	if (circle_check(m, e) != 0 || take_over(m, e) != 0)
		return e->code;
	if (survey_target(m, e) != 0)
		return kerr_wrap(e, "target");
	*status = plan_all(m);
	if (m->o->status) {
		report_status(m);
		return 0;
	}
	if (prepare_targets(m, e) != 0)
		return e->code;
	if (m->o->dry_run) {
		report_plan(m);
		return 0;
	}
	if (copy_run(m, e) != 0)
		return e->code;
	if (m->o->sync_groups != NULL && m->chores && !m->stop &&
	    groups_sync(m, e) != 0)
		return e->code;
	if (m->chores)
		m->chores_at = loop_clock(m->loop) + CHORES_MS;
	m->passes++;
	return 0;
}

/* Whether the same may go well a little later. */
static bool
may_pass(const struct kerr *e)
{
	switch (retry_policy(e, 1, true)) {
	case RETRY_AGAIN:
	case RETRY_REFRESH:
	case RETRY_COORDINATOR:
		return e->kafka != ERR_UNKNOWN_TOPIC_OR_PARTITION;
	default:
		return false;
	}
}

/* A gap that opened while it was read is skipped by planning anew. */
static bool
is_skipped_gap(const struct mirror *m, const struct kerr *e)
{
	if (e->code != KE_DATA || m->o->on_gap != ON_SKIP)
		return false;
	for (int i = 0; i < m->n_pairs; i++)
		for (int32_t k = 0; k < m->pair[i].n; k++)
			if (m->pair[i].part[k].plan.verdict == PLAN_GAP)
				return true;
	return false;
}

/* The group may not be told how far it is: then nobody is. */
static bool
goes_untold(struct mirror *m, const struct kerr *e)
{
	if (!m->told_denied)
		return false;
	m->told_denied = false;
	if (!m->o->common.quiet)
		warn_line("group %s is not told how far it is: %s", m->group,
		    e->msg);
	free(m->group);
	m->group = NULL;
	return true;
}

/* What is to be done about a topic that went while it was read is planned anew;
 * not for ever where the run is to end. */
static bool
is_changed(struct mirror *m, const struct kerr *e)
{
	if (!m->changed || (m->changes++ >= CHANGES_MAX && !m->o->follow))
		return false;
	m->changed = false;
	if (!m->o->common.quiet)
		warn_line("%s", e->msg);
	return true;
}

/* What is in memory is not to be relied on after a failure. */
static void
start_over(struct mirror *m)
{
	copy_close(m);
	mirror_forget(m);
	m->records = m->records_kept;
	m->bytes = m->bytes_kept;
}

/* Passes until there is a reason to end; the exit status. */
static enum exit_class
run(struct mirror *m)
{
	enum exit_class status = EXIT_DONE;
	uint64_t kept = 0;
	struct kerr e;
	int failures = 0;

	while (!m->stop) {
		kerr_clear(&e);
		if (pass(m, &status, &e) == 0) {
			failures = 0;
			if (!m->o->follow || status != EXIT_DONE)
				return status;
			signals_idle(m, POLL_MS);
			continue;
		}
		if (m->stop)
			break;
		if (is_skipped_gap(m, &e) || goes_untold(m, &e) ||
		    prepare_larger(m) || is_changed(m, &e)) {
			start_over(m);
			continue;
		}
		if (!m->o->follow || !may_pass(&e))
			return exit_report(&e, NULL);
		if (m->records_kept > kept)	/* it came further */
			failures = 0;
		kept = m->records_kept;
		if (failures++ == 0)
			warn_line("trying again: %s", e.msg);
		start_over(m);
		signals_idle(m, retry_backoff(failures, AGAIN_MIN_MS,
		    AGAIN_MAX_MS, 0));
	}
	return status;
}

static void
side_close(struct side *s)
{
	cluster_close(s->c);
	if (s->opened)
		common_end(&s->common);
}

static void
close_all(struct mirror *m)
{
	copy_close(m);
	mirror_forget(m);
	side_close(&m->src);
	side_close(&m->tgt);
	signals_end();
	loop_free(m->loop);
	names_free(m->names);
	grep_free(m->grep);
	while (m->n_left_out > 0)
		free(m->left_out[--m->n_left_out]);
	free(m->left_out);
	free(m->link);
	free(m->state_topic);
	free(m->txn_id);
	free(m->group);
	free(m->o->topics.v);
	free(m->o->greps.v);
	common_end(&m->o->common);
}

static enum exit_class
act(struct mirror *m)
{
	struct kerr e = KERR_INIT;
	enum exit_class status;

	m->loop = loop_new(&e);
	if (m->loop == NULL || prepare(m, &e) != 0)
		return exit_report(&e, NULL);
	m->started = loop_clock(m->loop);
	if (signals_init(m, &e) != 0 ||
	    open_side(m, &m->src, m->o->from, "source", &e) != 0 ||
	    open_side(m, &m->tgt, m->o->to, "target", &e) != 0 ||
	    open_link(m, &e) != 0)
		return exit_report(&e, NULL);
	m->want_maps = m->o->sync_groups != NULL;
	progress_start(m);
	status = run(m);
	progress_stop(m);
	if (m->passes > 0)
		report_end(m);
	return status;
}

int
main(int argc, char **argv)
{
	struct opts o = { .common = COMMON_DEFAULTS };
	struct mirror m = { .o = &o, .was_id = -1, .was_epoch = -1 };
	int n = common_start(&program, &o, &o.common, argc, argv);
	enum exit_class status;

	check(&o, argv + 1, n);
	o.status = n == 1;
	status = act(&m);
	close_all(&m);
	status = exit_flush(status);
	if (m.signo != 0) {
		signal(m.signo, SIG_DFL);
		raise(m.signo);
	}
	return (int)status;
}
