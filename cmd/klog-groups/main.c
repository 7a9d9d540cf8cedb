/*
 * klog-groups: looks at the groups of a cluster, and moves their offsets.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "cli/interact.h"
#include "job.h"
#include "net/loop.h"

enum verb {
	VERB_LIST, VERB_DESCRIBE, VERB_LAG, VERB_SEEK, VERB_EXPORT,
	VERB_IMPORT, VERB_PEEK, VERB_DELETE
};

#define V(name)	(1u << VERB_##name)

/* Rows that go with some verbs only. */
#define FOR(verbs_, ch, long_, member, help_) {				\
	.c = ch, .name = long_, .kind = OPT_KIND_FLAG, .help = help_,	\
	.target = OPT_MEMBER(struct opts, member, bool *),		\
	.verbs = verbs_ }
#define FOR_STR(verbs_, ch, long_, arg_, member, help_) {		\
	.c = ch, .name = long_, .arg = arg_, .kind = OPT_KIND_STR,	\
	.help = help_, .verbs = verbs_,					\
	.target = OPT_MEMBER(struct opts, member, const char **) }
#define FOR_LIST(verbs_, ch, long_, arg_, member, help_) {		\
	.c = ch, .name = long_, .arg = arg_, .help = help_,		\
	.kind = OPT_KIND_LIST, .verbs = verbs_,				\
	.target = OPT_MEMBER(struct opts, member, struct opt_list *) }
#define FOR_INT(verbs_, ch, long_, member, help_) {			\
	.c = ch, .name = long_, .arg = "N", .kind = OPT_KIND_INT,	\
	.help = help_, .min = 0, .max = INT32_MAX, .verbs = verbs_,	\
	.target = OPT_MEMBER(struct opts, member, int64_t *) }
#define FOR_DUR(verbs_, long_, member, help_) {				\
	.name = long_, .arg = "DUR", .kind = OPT_KIND_DUR,		\
	.help = help_, .verbs = verbs_,					\
	.target = OPT_MEMBER(struct opts, member, int64_t *) }

#define CHANGES	(V(SEEK) | V(IMPORT) | V(DELETE))
#define LOOKS	(V(LIST) | V(DESCRIBE) | V(LAG))

static const struct opt options[] = {
	OPT_WHERE(struct opts, common)
	OPT_GROUP("Which groups, which partitions of them"),
	{ .name = "regex", .kind = OPT_KIND_FLAG,
	    .help = "GROUP is a regular expression for whole names",
	    .target = OPT_MEMBER(struct opts, regex, bool *),
	    .verbs = ~V(IMPORT) },
	FOR_STR(V(LIST), 0, "state", "STATE,..", states,
	    "such as Empty,Stable; --type classic,consumer"),
	FOR_STR(V(LIST), 0, "type", "TYPE,..", types, NULL),
	FOR_LIST(~V(LIST), 't', "topic", "TOPIC", topics,
	    "only this topic; repeat it for several"),
	FOR_STR(~V(LIST), 'p', "partition", "LIST", which,
	    "only these, such as 0,3-5"),
	OPT_GROUP("Looking"),
	FOR(V(DESCRIBE), 0, "members", members,
	    "a row a member, not a row a partition"),
	FOR(V(LAG), 0, "partitions", each, "a row a partition, no totals"),
	FOR(V(LAG), 0, "time", time,
	    "how long the next record has waited, too"),
	FOR_INT(V(LAG), 0, "max", max,
	    "exit 1 when a group is further behind;"),
	FOR_DUR(V(LAG), "max-time", max_time, "when its records wait longer"),
	FOR(V(DESCRIBE) | V(LAG) | V(SEEK), 0, "committed", committed,
	    "the end is the last stable offset"),
	FOR_INT(V(PEEK), 'B', "before", before, "peek: N records consumed (2)"),
	FOR_INT(V(PEEK), 'A', "after", after, "and N to come (3)"),
	FOR_DUR(LOOKS, "watch", watch, "again and again, DUR between"),
	OPT_GROUP("Moving"),
	FOR_LIST(V(SEEK), 0, "to", "SPEC", to,
	    "beginning, end, N, -N, +N (from committed),\n"
	    "2025-01-31, 09:00, -2h, @EPOCH, 0=N,1=M"),
	FOR_STR(V(SEEK), 0, "like", "GROUP", like, "to where GROUP is"),
	FOR(V(SEEK), 0, "utc", utc, "times in SPEC are UTC, not local"),
	FOR_STR(V(IMPORT), 0, "as", "GROUP", as, "whatever the file says"),
	FOR(CHANGES, 0, "wait", wait, "until a group has no members"),
	FOR(V(DELETE), 0, "if-exists", if_exists,
	    "a missing group is no failure"),
	FOR(CHANGES, 'n', "dry-run", dry_run, "show it, change nothing"),
	FOR(CHANGES, 'y', "yes", yes, "do not ask"),
	OPT_GROUP("Output"),
	OPT_JSON(struct opts, common,
	    "one object a line; else a table or TSV")
	OPT_CONTACT(struct opts, common)
	OPT_COMMON(struct opts, common)
	OPT_END
};

static const struct opt_verb verbs[] = {
	[VERB_LIST] = { "list", "[GROUP..]", "names, states, types" },
	[VERB_DESCRIBE] = { "describe", "[GROUP..]",
	    "offsets and members of each partition" },
	[VERB_LAG] = { "lag", "[GROUP..]", "how far behind: topics, groups" },
	[VERB_SEEK] = { "seek", "GROUP..", "moves offsets: --to SPEC" },
	[VERB_EXPORT] = { "export", "[GROUP..]", "offsets as TSV" },
	[VERB_IMPORT] = { "import", "[FILE..]", "and back from there" },
	[VERB_PEEK] = { "peek", "GROUP..", "records round the offset" },
	[VERB_DELETE] = { "delete", "GROUP..",
	    "groups, or with -t offsets of topics" },
	{ NULL, NULL, NULL }
};

static enum exit_class (*const run[])(struct job *) = {
	[VERB_LIST] = job_list,
	[VERB_DESCRIBE] = job_describe,
	[VERB_LAG] = job_lag,
	[VERB_SEEK] = job_seek,
	[VERB_EXPORT] = job_export,
	[VERB_IMPORT] = job_import,
	[VERB_PEEK] = job_peek,
	[VERB_DELETE] = job_delete,
};

static const struct program program = {
	"klog-groups", "[OPTION].. [VERB [GROUP..]]",
	"Look at groups and move their offsets. Names are literal.",
	options, verbs, COMMON_FOOTER
};

static const char *const states[] = { "Stable", "Empty", "PreparingRebalance",
    "CompletingRebalance", "Assigning", "Reconciling", "NotReady", "Dead",
    NULL };
static const char *const types[] = { "classic", "consumer", "share",
    "streams", NULL };

/* What does not go together; the text says why. */
static int
check(const struct opts *o, enum verb verb, char **operands, int n,
    struct kerr *e)
{
	const char *name = verbs[verb].name;

	if (n == 0 && (verb == VERB_SEEK || verb == VERB_PEEK ||
	    verb == VERB_DELETE))
		return kerr_set(e, KE_USAGE, "'%s' needs a group", name);
	for (int i = 0; i < n; i++)
		if (operands[i][0] == '\0')
			return kerr_set(e, KE_USAGE, "the name of a group is "
			    "empty");
	if (o->regex && n == 0)
		return kerr_set(e, KE_USAGE, "option '--regex' needs an "
		    "expression");
	if (names_check(o->states, states, e) != 0)
		return kerr_wrap(e, "option '--state'");
	if (names_check(o->types, types, e) != 0)
		return kerr_wrap(e, "option '--type'");
	if (verb == VERB_SEEK && o->to.n > 0 && o->like != NULL)
		return kerr_set(e, KE_USAGE, "options '--to' and '--like' "
		    "exclude each other");
	if (verb == VERB_SEEK && (o->to.n > 0) == (o->like != NULL))
		return kerr_set(e, KE_USAGE, "'%s' needs --to SPEC or --like "
		    "GROUP", name);
	if (o->which != NULL && o->topics.n == 0 && verb != VERB_LAG &&
	    verb != VERB_DESCRIBE)
		return kerr_set(e, KE_USAGE, "option '-p' needs -t TOPIC");
	if (o->max_time >= 0 && !o->time)
		return kerr_set(e, KE_USAGE, "option '--max-time' needs "
		    "--time");
	return 0;
}

static int
open_cluster(struct job *j, struct common *c, struct kerr *e)
{
	struct cluster_config conf;
	int error;

	error = common_cluster(c, &conf, e);
	if (error != 0)
		return error;
	j->loop = loop_new(e);
	if (j->loop == NULL)
		return e->code;
	j->wait_ms = conf.request_ms;
	j->cluster = cluster_open(j->loop, &conf, e);
	return j->cluster == NULL ? e->code : 0;
}

/* Once, or again and again; on a terminal each time on a clear screen. */
static enum exit_class
repeat(struct job *j, enum exit_class (*verb)(struct job *))
{
	bool screen = isatty(STDOUT_FILENO) && j->form == OUTPUT_TABLE;
	enum exit_class status;

	for (;;) {
		if (j->o->watch > 0 && screen)
			fputs("\033[H\033[J", stdout);
		status = verb(j);
		if (j->o->watch <= 0)
			return status;
		status = exit_flush(status);
		if (ferror(stdout))
			return status;
		if (!interact_pause(j->loop, j->o->watch))
			return status;
	}
}

static void
release(struct job *j, struct opts *o)
{
	if (j->cluster != NULL)
		cluster_close(j->cluster);
	if (j->loop != NULL)
		loop_free(j->loop);
	free(o->topics.v);
	free(o->to.v);
	common_end(&o->common);
}

#define OPTS { .common = COMMON_DEFAULTS, .max = -1, .max_time = -1,	\
	.before = 2, .after = 3 }

/* A line that was typed: a command line of its own, on the same cluster. */
static enum exit_class
run_line(void *arg, int argc, char **argv)
{
	const struct job *session = arg;
	struct job j = *session;
	enum exit_class status = EXIT_DONE;
	struct opts o = OPTS;
	struct kerr e = KERR_INIT;
	int n, verb = -1;

	j.o = &o;
	n = common_line(&program, &o, &o.common, argc, argv, &e);
	if (n > 0) {
		verb = options_verb(&program, argv[1]);
		if (check(&o, (enum verb)verb, argv + 2, n - 1, &e) == 0) {
			j.names = argv + 2;
			j.nnames = n - 1;
			j.form = output_choose(o.common.json, stdout);
			status = repeat(&j, run[verb]);
		}
	}
	if (e.code != 0)
		status = exit_report(&e, NULL);
	free(o.topics.v);
	free(o.to.v);
	common_end(&o.common);
	return status;
}

int
main(int argc, char **argv)
{
	struct opts o = OPTS;
	struct job j = { .o = &o };
	enum exit_class status = EXIT_DONE;
	struct kerr e = KERR_INIT;
	int n, verb = -1;

	n = common_start(&program, &o, &o.common, argc, argv);
	if (n == 0 && !interact_wanted())
		usage_error(&program, "no verb: list, describe, lag, seek, "
		    "export, import, peek or delete");
	if (n > 0)
		verb = options_verb(&program, argv[1]);
	if (n > 0 && check(&o, (enum verb)verb, argv + 2, n - 1, &e) != 0)
		usage_error(&program, "%s", e.msg);
	j.names = argv + 2;
	j.nnames = n - 1;
	j.form = output_choose(o.common.json, stdout);
	if (open_cluster(&j, &o.common, &e) != 0)
		status = exit_report(&e, NULL);
	else if (n == 0)
		status = interact(&program, j.cluster, run_line, &j);
	else
		status = repeat(&j, run[verb]);
	release(&j, &o);
	return exit_flush(status);
}
