/* complete.c: see complete.h. The words before the last are walked as
 * options_parse() would, only more patiently. */
#include "cli/complete.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/live.h"
#include "cli/props.h"
#include "record/compress.h"

/* Where the last word stands. */
struct place {
	const struct program	*p;
	const struct opt	*pending;	/* it is this one's argument */
	bool			 ended;		/* "--" was seen */
	int			 operands;
	int			 verb;		/* -1: none yet */
	const char		*cur;		/* the word, less what is in... */
	char			*prefix;	/* ...front of its value */
	struct live		*names;		/* where the cluster's are had */
	complete_add		*add;		/* NULL: printed */
	void			*arg;
};

bool
complete_asked(int argc, char **argv)
{
	return argc > 1 && strcmp(argv[1], "--complete") == 0;
}

static void
offer(const struct place *pl, const char *s, const char *help)
{
	char *all;

	if (strncmp(s, pl->cur, strlen(pl->cur)) != 0)
		return;
	for (const char *c = s; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c))
			return;
	all = xasprintf("%s%s", pl->prefix, s);
	if (pl->add != NULL)
		pl->add(pl->arg, all);
	else if (help != NULL)
		printf("%s\t%.*s\n", all, (int)strcspn(help, "\n"), help);
	else
		printf("%s\n", all);
	free(all);
}

static void
offer_name(void *arg, const char *name)
{
	offer(arg, name, NULL);
}

static void
offer_all(const struct place *pl, const char *const *words)
{
	for (; *words != NULL; words++)
		offer(pl, *words, NULL);
}

/* The shell knows files better. */
static void
ask_shell(const struct place *pl, const char *what)
{
	if (pl->add == NULL)
		printf(":%s\n", what);
}

/* What is in front of the last comma stays. */
static void
cut_list(struct place *pl)
{
	const char *comma = strrchr(pl->cur, ',');
	char *prefix;

	if (comma == NULL)
		return;
	prefix = xasprintf("%s%.*s", pl->prefix, (int)(comma + 1 - pl->cur),
	    pl->cur);
	free(pl->prefix);
	pl->prefix = prefix;
	pl->cur = comma + 1;
}

static void
offer_props(const struct place *pl)
{
	for (int i = 0; props[i].name != NULL; i++) {
		char *s;

		if (props[i].type == PROP_IGNORED)
			continue;
		s = xasprintf("%s=", props[i].name);
		offer(pl, s, props[i].help);
		free(s);
	}
}

static void
offer_codecs(const struct place *pl)
{
	for (int i = 0; codec_name(i) != NULL; i++)
		offer(pl, codec_name(i), NULL);
}

/* "get|set|unset": each of them. */
static void
offer_choices(const struct place *pl, const char *s, size_t n)
{
	char *all = xstrndup(s, n), *rest = all, *word;

	while ((word = strsep(&rest, "|[]")) != NULL)
		if (*word != '\0')
			offer(pl, word, NULL);
	free(all);
}

/* What the name of an argument stands for, n bytes of it. */
static const struct meaning {
	const char	*name;		/* how it begins */
	enum {
		MEANS_TOPIC, MEANS_TOPICS, MEANS_GROUP, MEANS_FILE, MEANS_DIR,
		MEANS_CLUSTER, MEANS_PROFILE, MEANS_PROP, MEANS_CODEC,
		MEANS_WORDS, MEANS_LIST
	}		 kind;
	const char	*words[12];
} meanings[] = {
	{ "TOPIC", MEANS_TOPIC, { NULL } },
	{ "..", MEANS_TOPICS, { NULL } },	/* of config */
	{ "GROUP", MEANS_GROUP, { NULL } },
	{ "FILE", MEANS_FILE, { NULL } },
	{ "PATH", MEANS_FILE, { NULL } },
	{ "DIR", MEANS_DIR, { NULL } },
	{ "CLUSTER", MEANS_CLUSTER, { NULL } },
	{ "H[:P]", MEANS_WORDS, { "private", "dir:" } },
	{ "PROP=VAL", MEANS_PROP, { NULL } },
	{ "CODEC", MEANS_CODEC, { NULL } },
	{ "SPEC", MEANS_WORDS, { "beginning", "end", "stored", "now", "today",
	    "yesterday" } },
	{ "AREA", MEANS_LIST, { "wire", "net", "store", "client", "broker",
	    "group", "all" } },
	{ "STATE", MEANS_LIST, { "Stable", "Empty", "PreparingRebalance",
	    "CompletingRebalance", "Assigning", "Reconciling", "Dead" } },
	{ "TYPE", MEANS_LIST, { "classic", "consumer" } },
	{ "[key|value=]", MEANS_WORDS, { "json", "hex", "base64", "key=json",
	    "key=hex", "key=base64", "value=json", "value=hex",
	    "value=base64" } },
};

static void
offer_meaning(struct place *pl, const struct meaning *m)
{
	switch (m->kind) {
	case MEANS_TOPICS:
		cut_list(pl);
		/* FALLTHROUGH */
	case MEANS_TOPIC:
		live_topics(pl->names, pl->cur[0] == '_', offer_name, pl);
		break;
	case MEANS_GROUP:
		live_groups(pl->names, offer_name, pl);
		break;
	case MEANS_FILE:
		ask_shell(pl, "file");
		break;
	case MEANS_DIR:
		ask_shell(pl, "dir");
		break;
	case MEANS_CLUSTER:
		offer(pl, "private", NULL);
		/* FALLTHROUGH */
	case MEANS_PROFILE:
		live_profiles(pl->names, offer_name, pl);
		break;
	case MEANS_PROP:
		offer_props(pl);
		break;
	case MEANS_CODEC:
		offer_codecs(pl);
		break;
	case MEANS_LIST:
		cut_list(pl);
		/* FALLTHROUGH */
	case MEANS_WORDS:
		offer_all(pl, m->words);
		break;
	}
}

/* The value of something whose name in the help is s. */
static void
offer_value(struct place *pl, const char *s, size_t n)
{
	const size_t rows = sizeof(meanings) / sizeof(meanings[0]);
	size_t skip = n > 0 && s[0] == '[' && (n < 2 || s[1] != 'k') ? 1 : 0;

	for (size_t i = 0; i < rows; i++)
		if (strncmp(s + skip, meanings[i].name,
		    strlen(meanings[i].name)) == 0) {
			offer_meaning(pl, &meanings[i]);
			return;
		}
	if (islower((unsigned char)s[skip]))
		offer_choices(pl, s, n);
}

static void
offer_argument(struct place *pl, const struct opt *o)
{
	static const struct meaning profile = { "", MEANS_PROFILE, { NULL } };
	static const struct meaning group = { "", MEANS_GROUP, { NULL } };

	if (o->kind == OPT_KIND_CHOICE)
		offer_all(pl, o->choices);
	else if (o->name != NULL && strcmp(o->name, "profile") == 0)
		offer_meaning(pl, &profile);
	else if (o->name != NULL && strcmp(o->name, "group") == 0)
		offer_meaning(pl, &group);
	else
		offer_value(pl, o->arg, strlen(o->arg));
}

/* Options that go with the verb; one letter only where that was asked for. */
static void
offer_options(const struct place *pl)
{
	const struct opt *o;
	char word[64];

	for (o = pl->p->options; o->kind != OPT_KIND_END; o++) {
		if (o->kind == OPT_KIND_GROUP || o->hidden ||
		    (o->verbs != 0 && pl->verb >= 0 &&
		    (o->verbs & 1u << pl->verb) == 0))
			continue;
		if (o->name != NULL)
			snprintf(word, sizeof(word), "--%s", o->name);
		else
			snprintf(word, sizeof(word), "-%c", o->c);
		offer(pl, word, o->help);
	}
}

/* The operand at index of "TOPIC [FILE..]" or "[OPTION].. TOPIC..": the last
 * one counts on. */
static void
offer_operand(struct place *pl, const char *args, int index)
{
	const char *last = NULL;
	size_t n = 0, len;

	for (; *args != '\0'; args += len) {
		args += strspn(args, " ");
		len = strcspn(args, " ");
		if (len == 0 || strncmp(args, "[OPTION]", 8) == 0 ||
		    args[0] == '(')
			continue;
		if (args[0] == '-') {	/* "--from CLUSTER" */
			args += len;
			args += strspn(args, " ");
			len = strcspn(args, " ");
			continue;
		}
		last = args;
		n = len;
		if (index-- == 0)
			break;
	}
	if (last != NULL && (index < 0 || (n > 2 &&
	    memmem(last, n, "..", 2) != NULL) || last[0] == '.'))
		offer_value(pl, last, n);
}

/* One of the words before the last. */
static void
pass(struct place *pl, const char *w)
{
	const struct opt *o;

	if (pl->pending != NULL)
		pl->pending = NULL;
	else if (pl->ended || w[0] != '-' || w[1] == '\0') {
		if (pl->operands++ == 0 && pl->p->verbs != NULL)
			pl->verb = options_verb(pl->p, w);
	} else if (strcmp(w, "--") == 0)
		pl->ended = true;
	else if (w[1] == '-') {
		o = options_find_long(pl->p, w + 2, strcspn(w + 2, "="));
		if (o != NULL && o->arg != NULL && strchr(w, '=') == NULL)
			pl->pending = o;
	} else
		for (w++; *w != '\0'; w++) {
			o = options_find_short(pl->p, *w);
			if (o == NULL || o->arg == NULL)
				continue;
			if (w[1] == '\0')
				pl->pending = o;
			break;
		}
}

/* "--name=value": true, and what could become of the value is offered. */
static bool
offer_joined(struct place *pl)
{
	const char *eq = strchr(pl->cur, '=');
	const struct opt *o;

	if (strncmp(pl->cur, "--", 2) != 0 || eq == NULL)
		return false;
	o = options_find_long(pl->p, pl->cur + 2,
	    (size_t)(eq - pl->cur) - 2);
	if (o == NULL || o->arg == NULL)
		return true;
	free(pl->prefix);
	pl->prefix = xstrndup(pl->cur, (size_t)(eq + 1 - pl->cur));
	pl->cur = eq + 1;
	offer_argument(pl, o);
	return true;
}

static void
offer_word(struct place *pl)
{
	const struct program *p = pl->p;

	if (pl->pending != NULL)
		offer_argument(pl, pl->pending);
	else if (!pl->ended && pl->cur[0] == '-') {
		if (!offer_joined(pl))
			offer_options(pl);
	} else if (p->verbs == NULL)
		offer_operand(pl, p->usage, pl->operands);
	else if (pl->operands == 0)
		for (const struct opt_verb *v = p->verbs; v->name != NULL; v++)
			offer(pl, v->name, v->help);
	else if (pl->verb >= 0)
		offer_operand(pl, p->verbs[pl->verb].args, pl->operands - 1);
}

static void
walk(struct place *pl, char **words, int n)
{
	pl->verb = -1;
	pl->cur = n > 0 ? words[n - 1] : "";
	pl->prefix = xstrdup("");
	for (int i = 0; i + 1 < n; i++)
		pass(pl, words[i]);
	if (pl->names != NULL && pl->pending != NULL && n > 1)
		live_forget_last(pl->names);
	offer_word(pl);
	free(pl->prefix);
}

void
complete_words(const struct program *p, char **words, int n,
    struct cluster *open, complete_add *add, void *arg)
{
	struct live names = { .cluster = open };
	struct place pl = { .p = p, .names = &names, .add = add, .arg = arg };

	walk(&pl, words, n);
}

int
complete(const struct program *p, void *base, struct common *c, int argc,
    char **argv)
{
	/* what names the cluster: all but the last word */
	struct live names = { .p = p, .base = base, .common = c,
	    .words = argv + 2, .n = argc > 2 ? argc - 3 : 0 };
	struct place pl = { .p = p, .names = &names };

	walk(&pl, argv + 2, argc - 2);
	live_close(&names);
	return exit_flush(EXIT_DONE);
}
