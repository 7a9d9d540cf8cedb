/*
 * klog-topics: lists, describes and changes the topics of a cluster.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "cli/interact.h"
#include "net/loop.h"
#include "topics.h"

enum verb {
	VERB_LIST, VERB_DESCRIBE, VERB_CREATE, VERB_DELETE, VERB_ALTER,
	VERB_CONFIG, VERB_OFFSETS, VERB_TRIM, VERB_STAT, VERB_TRANSACTIONS
};

#define V(name)	(1u << VERB_##name)

/* Rows that go with some verbs only. */
#define FOR(verbs_, long_, member, help_) {				\
	.name = long_, .kind = OPT_KIND_FLAG, .help = help_,		\
	.target = OPT_MEMBER(struct topics, member, bool *),		\
	.verbs = verbs_ }
#define FOR_STR(verbs_, ch, long_, arg_, member, help_) {		\
	.c = ch, .name = long_, .arg = arg_, .kind = OPT_KIND_STR,	\
	.help = help_, .verbs = verbs_,					\
	.target = OPT_MEMBER(struct topics, member, const char **) }
#define FOR_INT(verbs_, long_, member, lo, hi, help_) {			\
	.name = long_, .arg = "N", .kind = OPT_KIND_INT,		\
	.help = help_, .min = lo, .max = hi, .verbs = verbs_,		\
	.target = OPT_MEMBER(struct topics, member, int64_t *) }
#define FOR_LIST(verbs_, ch, long_, arg_, member, help_) {		\
	.c = ch, .name = long_, .arg = arg_, .help = help_,		\
	.kind = OPT_KIND_LIST, .verbs = verbs_,				\
	.target = OPT_MEMBER(struct topics, member, struct opt_list *) }

static const struct opt options[] = {
	OPT_WHERE(struct topics, common)
	OPT_GROUP("Which topics"),
	OPT_LIST('t', "topic", "TOPIC", struct topics, more,
	    "as an operand; repeat it for several"),
	OPT_FLAG('a', "all", struct topics, all,
	    "internal topics too; config: defaults too"),
	OPT_FLAG(0, "regex", struct topics, regex,
	    "TOPIC is a regular expression for whole names"),
	FOR(V(DELETE) | V(ALTER) | V(CONFIG) | V(TRIM), "if-exists",
	    if_exists, "a missing topic is no failure"),
	FOR(V(CREATE), "if-not-exists", if_not_exists,
	    "a topic that is there is no failure"),
	FOR(V(DESCRIBE), "unavailable", unavailable,
	    "partitions without a leader; exit 1 when any"),
	FOR(V(DESCRIBE), "under-replicated", under_replicated,
	    "with a replica out of sync; the same"),
	FOR(V(DESCRIBE), "under-min-isr", under_min_isr,
	    "in sync less than min.insync.replicas; the same"),
	OPT_GROUP("Changes"),
	FOR_INT(V(CREATE) | V(ALTER), "partitions", partitions, 1, INT32_MAX,
	    "how many (create: the broker's default)"),
	FOR_INT(V(CREATE), "replicas", replicas, 1, INT16_MAX,
	    "of each partition (the broker's default)"),
	FOR_STR(V(CREATE), 0, "like", "TOPIC", like,
	    "all three as that topic has them"),
	FOR_LIST(V(CREATE), 0, "set", "NAME=VALUE", configs,
	    "property of the topic; repeat it"),
	FOR_STR(V(CONFIG), 0, "broker", "ID,..|all", broker,
	    "config of brokers, not topics"),
	{ .c = 'n', .name = "dry-run", .kind = OPT_KIND_FLAG,
	    .help = "check only; trim: show what would go",
	    .target = OPT_MEMBER(struct topics, dry_run, bool *),
	    .verbs = V(CREATE) | V(DELETE) | V(ALTER) | V(CONFIG) | V(TRIM) |
	    V(TRANSACTIONS) },
	{ .c = 'y', .name = "yes", .kind = OPT_KIND_FLAG,
	    .help = "do not ask (changes with --regex)",
	    .target = OPT_MEMBER(struct topics, yes, bool *) },
	OPT_GROUP("Offsets"),
	FOR_LIST(V(OFFSETS) | V(TRIM), 'o', "offset", "SPEC", spec,
	    "such as end, -10, 09:00, -2h..-1h, 0=5"),
	FOR_STR(V(OFFSETS) | V(TRIM), 'p', "partition", "LIST", which,
	    "only these, such as 0,3-5"),
	FOR(V(OFFSETS) | V(STAT) | V(TRIM), "committed", committed,
	    "the end is the last stable offset"),
	FOR(V(OFFSETS) | V(TRIM), "utc", utc,
	    "times in SPEC are UTC, not local"),
	{ .name = "window", .arg = "DUR", .kind = OPT_KIND_DUR,
	    .help = "stat: what 'recent' means (5m)", .verbs = V(STAT),
	    .target = OPT_MEMBER(struct topics, window, int64_t *) },
	OPT_GROUP("Output"),
	OPT_JSON(struct topics, common,
	    "one object a line; else a table or TSV")
	OPT_FLAG('L', NULL, struct topics, kcat,
	    "brokers and topics as kcat -L prints them"),
	OPT_CONTACT(struct topics, common)
	OPT_COMMON(struct topics, common)
	OPT_END
};

static const struct opt_verb verbs[] = {
	[VERB_LIST] = { "list", "[TOPIC..]", "names, partitions, replicas" },
	[VERB_DESCRIBE] = { "describe", "[TOPIC..]",
	    "leader, replicas, in sync: each partition" },
	[VERB_CREATE] = { "create", "TOPIC..", "makes topics" },
	[VERB_DELETE] = { "delete", "TOPIC..", "removes topics and all in them" },
	[VERB_ALTER] = { "alter", "TOPIC..", "--partitions N adds partitions" },
	[VERB_CONFIG] = { "config", "get|set|unset ..",
	    "properties: TOPIC[,TOPIC..] [NAME[=VALUE]..]" },
	[VERB_OFFSETS] = { "offsets", "[TOPIC..]",
	    "where partitions start and end, or -o SPEC" },
	[VERB_TRIM] = { "trim", "TOPIC[:LIST]..",
	    "removes the records before -o SPEC" },
	[VERB_STAT] = { "stat", "[TOPIC..]", "records, bytes, rate" },
	[VERB_TRANSACTIONS] = { "transactions", "list|describe|abort [ID..]",
	    "or -t TOPIC: those open there" },
	{ NULL, NULL, NULL }
};

static enum exit_class (*const run[])(struct topics *) = {
	[VERB_LIST] = topics_list,
	[VERB_DESCRIBE] = topics_describe,
	[VERB_CREATE] = topics_create,
	[VERB_DELETE] = topics_delete,
	[VERB_ALTER] = topics_alter,
	[VERB_CONFIG] = topics_config,
	[VERB_OFFSETS] = topics_offsets,
	[VERB_TRIM] = topics_trim,
	[VERB_STAT] = topics_stat,
	[VERB_TRANSACTIONS] = topics_transactions,
};

static const struct program program = {
	"klog-topics", "[OPTION].. [VERB [TOPIC..]]   (or -L)",
	"List and change the topics of a Kafka cluster. Names are literal.",
	options, verbs, COMMON_FOOTER
};

/* The operands behind the verb, then -t. */
static void
gather_names(struct topics *t, char **operands, int n)
{
	int i;

	t->names = xcalloc((size_t)(n + t->more.n) + 1, sizeof(t->names[0]));
	for (i = 0; i < n; i++)
		t->names[t->nnames++] = operands[i];
	for (i = 0; i < t->more.n; i++)
		t->names[t->nnames++] = t->more.v[i];
}

/* TOPIC:LIST, which no name has in it: the lists are cut off. */
static void
split_lists(struct topics *t)
{
	t->lists = xcalloc((size_t)t->nnames + 1, sizeof(t->lists[0]));
	for (int i = 0; i < t->nnames; i++) {
		const char *colon = strchr(t->names[i], ':');
		char *name;

		if (colon == NULL)
			continue;
		name = xstrndup(t->names[i], (size_t)(colon - t->names[i]));
		t->lists[i] = colon + 1;
		t->names[i] = name;
		t->owned = xreallocarray(t->owned, (size_t)t->nowned + 1,
		    sizeof(t->owned[0]));
		t->owned[t->nowned++] = name;
	}
}

/* What does not go together; the text says why. */
static int
check(const struct topics *t, enum verb verb, struct kerr *e)
{
	const char *name = verbs[verb].name;
	int i;

	for (i = 0; i < t->nnames; i++)
		if (t->names[i][0] == '\0' && t->broker == NULL)
			return kerr_set(e, KE_USAGE, "the name of a topic is "
			    "empty");
	if (verb == VERB_CREATE && t->regex)
		return kerr_set(e, KE_USAGE, "option '--regex' does not go "
		    "with '%s'", name);
	if ((verb == VERB_CREATE || verb == VERB_DELETE ||
	    verb == VERB_ALTER || verb == VERB_CONFIG ||
	    verb == VERB_TRIM) && t->nnames == 0)
		return kerr_set(e, KE_USAGE, "'%s' needs a topic", name);
	if (verb == VERB_ALTER && t->partitions < 0)
		return kerr_set(e, KE_USAGE, "'%s' needs --partitions N",
		    name);
	if (verb == VERB_TRIM && t->spec.n == 0)
		return kerr_set(e, KE_USAGE, "'%s' needs -o SPEC", name);
	if (t->regex && t->nnames == 0)
		return kerr_set(e, KE_USAGE, "option '--regex' needs an "
		    "expression");
	if (t->window < 1)
		return kerr_set(e, KE_USAGE, "option '--window' is too "
		    "short");
	return 0;
}

/* Operands, for the verb that is the first of n. */
static int
take_operands(struct topics *t, char **operands, int n, enum verb *verb,
    struct kerr *e)
{
	*verb = (enum verb)options_verb(&program, operands[0]);
	if (*verb == VERB_TRANSACTIONS) {
		if (topics_transactions_operands(t, operands + 1, n - 1,
		    e) != 0)
			return e->code;
		gather_names(t, NULL, 0);
	} else if (*verb != VERB_CONFIG)
		gather_names(t, operands + 1, n - 1);
	else if (topics_config_operands(t, operands + 1, n - 1, e) != 0)
		return e->code;
	if (*verb == VERB_TRIM && !t->regex)
		split_lists(t);
	t->one_end = *verb == VERB_TRIM;
	return check(t, *verb, e);
}

static int
open_cluster(struct topics *t, struct kerr *e)
{
	struct cluster_config conf;
	int error;

	error = common_cluster(&t->common, &conf, e);
	if (error != 0)
		return error;
	t->loop = loop_new(e);
	if (t->loop == NULL)
		return e->code;
	t->wait_ms = conf.request_ms;
	t->cluster = cluster_open(t->loop, &conf, e);
	return t->cluster == NULL ? e->code : 0;
}

static void
release(struct topics *t)
{
	free(t->matched);
	while (t->nowned > 0)
		free(t->owned[--t->nowned]);
	free(t->owned);
	free(t->lists);
	free(t->names);
	free(t->list);
	free(t->more.v);
	free(t->configs.v);
	free(t->spec.v);
	common_end(&t->common);
}

/* What a change of all topics that match is called; NULL where it needs no
 * consent. */
static const char *
question(const struct topics *t, enum verb verb)
{
	switch (verb) {
	case VERB_DELETE:
		return "delete them?";
	case VERB_ALTER:
		return "alter them?";
	case VERB_TRIM:
		return "trim them?";
	case VERB_CONFIG:
		return t->action == PROPS_GET ? NULL : "configure them?";
	default:
		return NULL;
	}
}

static enum exit_class
act(struct topics *t, enum verb verb)
{
	const char *ask = question(t, verb);
	enum exit_class status = EXIT_DONE;
	struct kerr e = KERR_INIT;

	if (t->regex)
		status = topics_match(t, &e);
	if (status == EXIT_DONE && t->regex && ask != NULL && !t->dry_run &&
	    !topics_agree(t, ask))
		status = EXIT_BAD_USAGE;
	return status == EXIT_DONE ? run[verb](t) : status;
}

#define TOPICS { .common = COMMON_DEFAULTS, .partitions = -1,		\
	.replicas = -1, .window = 300000 }

/* A line that was typed: a command line of its own, on the same cluster. */
static enum exit_class
run_line(void *arg, int argc, char **argv)
{
	const struct topics *session = arg;
	enum exit_class status = EXIT_DONE;
	struct topics t = TOPICS;
	struct kerr e = KERR_INIT;
	enum verb verb;
	int n;

	t.cluster = session->cluster;
	t.loop = session->loop;
	t.wait_ms = session->wait_ms;
	n = common_line(&program, &t, &t.common, argc, argv, &e);
	t.form = output_choose(t.common.json, stdout);
	if (n > 0 && take_operands(&t, argv + 1, n, &verb, &e) == 0)
		status = act(&t, verb);
	if (e.code != 0)
		status = exit_report(&e, NULL);
	release(&t);
	return status;
}

int
main(int argc, char **argv)
{
	struct topics t = TOPICS;
	enum exit_class status;
	struct kerr e = KERR_INIT;
	enum verb verb = VERB_LIST;
	int n;

	n = common_start(&program, &t, &t.common, argc, argv);
	t.form = output_choose(t.common.json, stdout);
	if (t.kcat && n > 0)
		usage_error(&program, "-L takes its topic by -t");
	if (t.kcat)
		gather_names(&t, NULL, 0);
	else if (n == 0 && !interact_wanted())
		usage_error(&program, "no verb: list, describe, create, "
		    "delete, alter, config, offsets, trim, stat or "
		    "transactions");
	if (n > 0 && take_operands(&t, argv + 1, n, &verb, &e) != 0)
		usage_error(&program, "%s", e.msg);
	if (open_cluster(&t, &e) != 0)
		status = exit_report(&e, NULL);
	else if (t.kcat)
		status = topics_kcat(&t);
	else if (n == 0)
		status = interact(&program, t.cluster, run_line, &t);
	else
		status = act(&t, verb);
	if (t.cluster != NULL)
		cluster_close(t.cluster);
	if (t.loop != NULL)
		loop_free(t.loop);
	release(&t);
	return exit_flush(status);
}
