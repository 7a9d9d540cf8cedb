/* grep.c: see grep.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/grep.h"

/* One -g. */
struct rule {
	bool		 negate;
	char		 field;		/* k, v, h */
	const char	*name;		/* of the header */
	size_t		 name_len;
	const char	*exact;		/* NULL: by expression */
	size_t		 exact_len;
	pcre2_code	*re;
};

struct grep {
	struct rule		*rule;
	int			 n;
	pcre2_match_data	*match;
	pcre2_match_context	*limits;
};

static int
compile(struct rule *r, const char *text, struct kerr *e)
{
	PCRE2_UCHAR why[160];
	PCRE2_SIZE at;
	int code;

	r->re = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
	    PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &code, &at, NULL);
	if (r->re == NULL) {
		pcre2_get_error_message(code, why, sizeof(why));
		return kerr_set(e, KE_USAGE, "-g: '%s': %s at character %zu",
		    text, (char *)why, (size_t)at);
	}
	pcre2_jit_compile(r->re, PCRE2_JIT_COMPLETE);	/* slower without */
	return 0;
}

/* [!]FIELD:RE or [!]FIELD=TEXT */
static int
parse(struct rule *r, const char *s, struct kerr *e)
{
	const char *text = s, *how;

	if (*s == '!') {
		r->negate = true;
		s++;
	}
	r->field = *s;
	if (s[0] == 'h' && s[1] == '.') {
		r->name = s + 2;
		r->name_len = strcspn(r->name, ":=");
		how = r->name + r->name_len;
	} else
		how = *s != '\0' ? s + 1 : s;
	if (strchr("kvh", r->field) == NULL || r->field == '\0' ||
	    (*how != ':' && *how != '=') ||
	    (r->field == 'h' && r->name_len == 0))
		return kerr_set(e, KE_USAGE, "-g: '%s' is not [!]FIELD:REGEX "
		    "or [!]FIELD=TEXT with FIELD k, v or h.NAME", text);
	if (*how == ':')
		return compile(r, how + 1, e);
	r->exact = how + 1;
	r->exact_len = strlen(r->exact);
	return 0;
}

int
grep_compile(struct grep **out, const struct opt_list *list, struct kerr *e)
{
	struct grep *g;
	int rc;

	*out = NULL;
	if (list->n == 0)
		return 0;
	g = *out = xcalloc(1, sizeof(*g));
	g->rule = xcalloc((size_t)list->n, sizeof(*g->rule));
	for (; g->n < list->n; g->n++)
		if ((rc = parse(&g->rule[g->n], list->v[g->n], e)) != 0)
			return rc;
	g->match = pcre2_match_data_create(1, NULL);
	g->limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(g->limits, 1000000);
	return 0;
}

void
grep_free(struct grep *g)
{
	if (g == NULL)
		return;
	for (int i = 0; i < g->n; i++)
		pcre2_code_free(g->rule[i].re);
	pcre2_match_data_free(g->match);
	pcre2_match_context_free(g->limits);
	free(g->rule);
	free(g);
}

/* Null matches nothing. */
static bool
bytes_match(struct grep *g, const struct rule *r, const uint8_t *p,
    int32_t len)
{
	if (p == NULL || len < 0)
		return false;
	if (r->exact != NULL)
		return (size_t)len == r->exact_len &&
		    memcmp(p, r->exact, r->exact_len) == 0;
	return pcre2_match(r->re, p, (PCRE2_SIZE)len, 0, 0, g->match,
	    g->limits) >= 0;
}

static bool
header_match(struct grep *g, const struct rule *r, const struct record *rec)
{
	struct header_iter it;
	struct record_header h;

	header_iter_init(&it, rec);
	while (header_iter_next(&it, &h) > 0)
		if ((size_t)h.name_len == r->name_len &&
		    memcmp(h.name, r->name, r->name_len) == 0 &&
		    bytes_match(g, r, h.value, h.value_len))
			return true;
	return false;
}

bool
grep_match(struct grep *g, const struct record *rec)
{
	for (int i = 0; i < g->n; i++) {
		const struct rule *r = &g->rule[i];
		bool hit = r->field == 'k' ?
		    bytes_match(g, r, rec->key, rec->key_len) :
		    r->field == 'v' ?
		    bytes_match(g, r, rec->value, rec->value_len) :
		    header_match(g, r, rec);

		if (hit == r->negate)
			return false;
	}
	return true;
}
