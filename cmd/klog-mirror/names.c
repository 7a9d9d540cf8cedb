/* names.c: see names.h. */
#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/regex.h"

enum { NAME_MAX_LEN = 249 };

struct literal {
	char		*source;
	char		*target;	/* NULL: the prefix and the name */
};

struct names {
	char			*prefix;
	struct literal		*literal;
	int			 n_literal;
	struct regex		**re;
	int			 n_re;
	struct regex		*groups;	/* NULL: none */
};

static bool
is_name(const char *s, size_t n)
{
	return n > 0 && n <= NAME_MAX_LEN && strspn(s, "abcdefghijklmnopqrstuvw"
	    "xyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") >= n;
}

static int
add_literal(struct names *nm, const char *s, size_t n, struct kerr *e)
{
	const char *eq = memchr(s, '=', n);
	size_t len = eq != NULL ? (size_t)(eq - s) : n;
	struct literal *l;

	if (!is_name(s, len) || (eq != NULL && !is_name(eq + 1, n - len - 1)))
		return kerr_set(e, KE_USAGE, "'%.*s' is no name of a topic, "
		    "no SOURCE=TARGET", (int)n, s);
	for (int i = 0; i < nm->n_literal; i++)
		if (strlen(nm->literal[i].source) == len &&
		    memcmp(nm->literal[i].source, s, len) == 0)
			return kerr_set(e, KE_USAGE, "topic '%.*s' is named "
			    "twice", (int)len, s);
	nm->literal = xreallocarray(nm->literal, (size_t)nm->n_literal + 1,
	    sizeof(*nm->literal));
	l = &nm->literal[nm->n_literal++];
	l->source = xstrndup(s, len);
	l->target = eq != NULL ? xstrndup(eq + 1, n - len - 1) : NULL;
	return 0;
}

static int
add_list(struct names *nm, const char *s, struct kerr *e)
{
	size_t n;

	for (;; s += n + 1) {
		n = strcspn(s, ",");
		if (add_literal(nm, s, n, e) != 0)
			return e->code;
		if (s[n] == '\0')
			return 0;
	}
}

static int
add_expression(struct names *nm, const char *s, struct kerr *e)
{
	struct regex *re = regex_new(s, e);

	if (re == NULL)
		return e->code;
	nm->re = xreallocarray(nm->re, (size_t)nm->n_re + 1, sizeof(*nm->re));
	nm->re[nm->n_re++] = re;
	return 0;
}

int
names_parse(struct names **out, const char *const *list, int n,
    const char *prefix, struct kerr *e)
{
	struct names *nm = *out = xcalloc(1, sizeof(*nm));

	if (prefix != NULL && !is_name(prefix, strlen(prefix)))
		return kerr_set(e, KE_USAGE, "'%s' cannot begin the name of a "
		    "topic", prefix);
	nm->prefix = xstrdup(prefix != NULL ? prefix : "");
	for (int i = 0; i < n; i++)
		if ((*list[i] == '^' ? add_expression(nm, list[i], e) :
		    add_list(nm, list[i], e)) != 0)
			return e->code;
	return 0;
}

void
names_free(struct names *nm)
{
	if (nm == NULL)
		return;
	for (int i = 0; i < nm->n_literal; i++) {
		free(nm->literal[i].source);
		free(nm->literal[i].target);
	}
	for (int i = 0; i < nm->n_re; i++)
		regex_free(nm->re[i]);
	regex_free(nm->groups);
	free(nm->literal);
	free(nm->re);
	free(nm->prefix);
	free(nm);
}

/* Of a cluster itself, or of MirrorMaker 2 and Connect. */
static bool
is_internal(const char *topic)
{
	static const char suffix[] = "internal";
	size_t n = strlen(topic), len = sizeof(suffix) - 1;

	return strncmp(topic, "__", 2) == 0 || (n > len &&
	    strcmp(topic + n - len, suffix) == 0 &&
	    (topic[n - len - 1] == '.' || topic[n - len - 1] == '-'));
}

static bool
matches(const struct names *nm, const char *topic)
{
	if (nm->n_re == 0 && nm->n_literal == 0)
		return true;
	for (int i = 0; i < nm->n_re; i++)
		if (regex_fits(nm->re[i], topic, strlen(topic)))
			return true;
	return false;
}

char *
names_target(const struct names *nm, const char *topic)
{
	for (int i = 0; i < nm->n_literal; i++)
		if (strcmp(nm->literal[i].source, topic) == 0)
			return nm->literal[i].target != NULL ?
			    xstrdup(nm->literal[i].target) :
			    xasprintf("%s%s", nm->prefix, topic);
	if (is_internal(topic) || !matches(nm, topic))
		return NULL;
	return xasprintf("%s%s", nm->prefix, topic);
}

int
names_groups(struct names *nm, const char *expression, struct kerr *e)
{
	nm->groups = regex_new(expression, e);
	return nm->groups == NULL ? e->code : 0;
}

bool
names_group(const struct names *nm, const char *group)
{
	return nm->groups != NULL &&
	    regex_fits(nm->groups, group, strlen(group));
}

const char *
names_literal(const struct names *nm, int i)
{
	return i < nm->n_literal ? nm->literal[i].source : NULL;
}
