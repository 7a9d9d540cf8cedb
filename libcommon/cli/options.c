/*
 * options.c: parsing argv by the table. One option at a time: find the row,
 * find its argument, store it by the row's kind.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/options.h"
#include "cli/parse.h"

struct parse {
	const struct program	*program;
	char			*base;		/* the program's struct */
	char			**argv;
	int			  argc;
	int			  i;		/* next element of argv */
	int			  operands;
	const struct opt	**seen;		/* rows used, with verbs only */
	int			  nseen;
	struct kerr		 *e;
};

static bool
row_takes_options(const struct opt *o)
{
	return o->kind != OPT_KIND_GROUP;
}

const struct opt *
options_find_short(const struct program *p, int c)
{
	const struct opt *o;

	for (o = p->options; o->kind != OPT_KIND_END; o++)
		if (row_takes_options(o) && o->c == c)
			return o;
	return NULL;
}

/* An exact name, else the only one that begins so; *many tells why none. */
static const struct opt *
find_long(const struct program *p, const char *name, size_t len, bool *many)
{
	const struct opt *o, *hit = NULL;

	*many = false;
	for (o = p->options; o->kind != OPT_KIND_END; o++) {
		if (!row_takes_options(o) || o->name == NULL ||
		    strncmp(o->name, name, len) != 0)
			continue;
		if (o->name[len] == '\0')
			return o;
		*many = hit != NULL;
		hit = hit != NULL ? hit : o;
	}
	return *many || len == 0 ? NULL : hit;
}

static int
unknown_long(struct parse *ps, const char *name, size_t len)
{
	const char *names[256], *near;
	const struct opt *o;
	char *word = xstrndup(name, len);
	int n = 0;

	for (o = ps->program->options; o->kind != OPT_KIND_END && n < 255; o++)
		if (o->name != NULL && !o->hidden)
			names[n++] = o->name;
	names[n] = NULL;
	near = nearest(word, names, sizeof(names[0]));
	if (near != NULL)
		kerr_set(ps->e, KE_USAGE, "unknown option '--%s' (did you mean "
		    "'--%s'?)", word, near);
	else
		kerr_set(ps->e, KE_USAGE, "unknown option '--%s'", word);
	free(word);
	return KE_USAGE;
}

static int
store_choice(const struct opt *o, const char *arg, int *out, struct kerr *e)
{
	const char *near;
	int i;

	for (i = 0; o->choices[i] != NULL; i++)
		if (strcmp(o->choices[i], arg) == 0) {
			*out = i;
			return 0;
		}
	near = nearest(arg, o->choices, sizeof(o->choices[0]));
	if (near != NULL)
		return kerr_set(e, KE_USAGE, "'%s' is none of its values (did "
		    "you mean '%s'?)", arg, near);
	return kerr_set(e, KE_USAGE, "'%s' is none of its values", arg);
}

static int
store_int(const struct opt *o, const char *arg, int64_t *out, struct kerr *e)
{
	int error = parse_int(arg, o->min, o->max, out);

	if (error == 0)
		return 0;
	if (error != KE_RANGE)
		return kerr_set(e, KE_USAGE, "'%s' is not a whole number", arg);
	if (o->max == INT64_MAX)
		return kerr_set(e, KE_USAGE, "%s is less than %lld", arg,
		    (long long)o->min);
	return kerr_set(e, KE_USAGE, "%s is not within %lld..%lld", arg,
	    (long long)o->min, (long long)o->max);
}

static int
store(struct parse *ps, const struct opt *o, const char *arg)
{
	void *at = ps->base + o->target;
	struct opt_list *list;

	switch (o->kind) {
	case OPT_KIND_FLAG:
		*(bool *)at = true;
		return 0;
	case OPT_KIND_COUNT:
		++*(int *)at;
		return 0;
	case OPT_KIND_SET:
		*(int *)at = (int)o->min;
		return 0;
	case OPT_KIND_STR:
		*(const char **)at = arg;
		return 0;
	case OPT_KIND_INT:
		return store_int(o, arg, at, ps->e);
	case OPT_KIND_DUR:
		if (parse_duration(arg, at) != 0)
			return kerr_set(ps->e, KE_USAGE, "'%s' is not a "
			    "duration such as 5, 0.5, 500ms or 1h30m", arg);
		return 0;
	case OPT_KIND_CHOICE:
		return store_choice(o, arg, at, ps->e);
	case OPT_KIND_LIST:
		list = at;
		list->v = xreallocarray(list->v, (size_t)list->n + 1,
		    sizeof(list->v[0]));
		list->v[list->n++] = arg;
		return 0;
	case OPT_KIND_CALL:
		return o->fn(ps->base, o, arg, ps->e);
	case OPT_KIND_IGNORE:
	case OPT_KIND_END:
	case OPT_KIND_GROUP:
		break;
	}
	return 0;
}

static int
take(struct parse *ps, const struct opt *o, const char *arg)
{
	int error = store(ps, o, arg);

	if (ps->seen != NULL)
		ps->seen[ps->nseen++] = o;
	if (error != 0 && o->name != NULL)
		kerr_wrap(ps->e, "option '--%s'", o->name);
	else if (error != 0)
		kerr_wrap(ps->e, "option '-%c'", o->c);
	return error;
}

static int
parse_long(struct parse *ps, const char *word)
{
	const char *eq = strchr(word, '='), *arg = NULL;
	size_t len = eq != NULL ? (size_t)(eq - word) : strlen(word);
	const struct opt *o;
	bool many;

	o = find_long(ps->program, word, len, &many);
	if (many)
		return kerr_set(ps->e, KE_USAGE, "option '--%.*s' is ambiguous",
		    (int)len, word);
	if (o == NULL)
		return unknown_long(ps, word, len);
	if (o->arg == NULL && eq != NULL)
		return kerr_set(ps->e, KE_USAGE, "option '--%s' takes no value",
		    o->name);
	if (o->arg != NULL) {
		arg = eq != NULL ? eq + 1 :
		    ps->i < ps->argc ? ps->argv[ps->i++] : NULL;
		if (arg == NULL)
			return kerr_set(ps->e, KE_USAGE,
			    "option '--%s' needs a value: %s", o->name, o->arg);
	}
	return take(ps, o, arg);
}

static int
parse_bundle(struct parse *ps, const char *word)
{
	const struct opt *o;
	const char *arg;
	int error;

	for (; *word != '\0'; word++) {
		o = options_find_short(ps->program, *word);
		if (o == NULL)
			return kerr_set(ps->e, KE_USAGE, "unknown option '-%c'",
			    *word);
		if (o->arg == NULL) {
			error = take(ps, o, NULL);
			if (error != 0)
				return error;
			continue;
		}
		arg = word[1] != '\0' ? word + 1 :
		    ps->i < ps->argc ? ps->argv[ps->i++] : NULL;
		if (arg == NULL)
			return kerr_set(ps->e, KE_USAGE,
			    "option '-%c' needs a value: %s", o->c, o->arg);
		return take(ps, o, arg);
	}
	return 0;
}

const struct opt *
options_find_long(const struct program *p, const char *name, size_t len)
{
	bool many;

	return find_long(p, name, len, &many);
}

int
options_verb(const struct program *p, const char *name)
{
	int i;

	for (i = 0; p->verbs[i].name != NULL; i++)
		if (strcmp(p->verbs[i].name, name) == 0)
			return i;
	return -1;
}

/* Refuses a verb that does not exist and options that do not go with it. */
static int
check_verb(struct parse *ps)
{
	const struct program *p = ps->program;
	const char *name = ps->argv[1], *near;
	int i, verb = options_verb(p, name);

	if (verb < 0) {
		near = nearest(name, &p->verbs[0].name, sizeof(p->verbs[0]));
		if (near != NULL)
			return kerr_set(ps->e, KE_USAGE, "unknown verb '%s' "
			    "(did you mean '%s'?)", name, near);
		return kerr_set(ps->e, KE_USAGE, "unknown verb '%s'", name);
	}
	for (i = 0; i < ps->nseen; i++) {
		const struct opt *o = ps->seen[i];

		if (o->verbs == 0 || (o->verbs & 1u << verb) != 0)
			continue;
		if (o->name == NULL)
			return kerr_set(ps->e, KE_USAGE, "option '-%c' does "
			    "not go with '%s'", o->c, name);
		return kerr_set(ps->e, KE_USAGE, "option '--%s' does not go "
		    "with '%s'", o->name, name);
	}
	return 0;
}

static int
parse_all(struct parse *ps)
{
	char *word;
	int error = 0;

	while (ps->i < ps->argc && error == 0) {
		word = ps->argv[ps->i++];
		if (word[0] != '-' || word[1] == '\0')
			ps->argv[++ps->operands] = word;
		else if (word[1] != '-')
			error = parse_bundle(ps, word + 1);
		else if (word[2] != '\0')
			error = parse_long(ps, word + 2);
		else
			break;
	}
	if (error != 0)
		return error;
	while (ps->i < ps->argc)
		ps->argv[++ps->operands] = ps->argv[ps->i++];
	ps->argv[ps->operands + 1] = NULL;
	if (ps->program->verbs != NULL && ps->operands > 0)
		error = check_verb(ps);
	return error != 0 ? error : ps->operands;
}

int
options_parse(const struct program *p, void *base, int argc, char **argv,
    struct kerr *e)
{
	struct parse ps = { p, base, argv, argc, 1, 0, NULL, 0, e };
	size_t letters = 0;
	int i, n;

	if (p->verbs != NULL) {
		for (i = 1; i < argc; i++)
			letters += strlen(argv[i]) + 1;
		ps.seen = xcalloc(letters + 1, sizeof(ps.seen[0]));
	}
	n = parse_all(&ps);
	free(ps.seen);
	return n;
}
