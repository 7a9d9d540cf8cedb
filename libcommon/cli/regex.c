/* regex.c: see regex.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "cli/regex.h"

#include <pcre2.h>
#include <stdlib.h>

#include "base/xalloc.h"

struct regex {
	pcre2_code		*code;
	pcre2_match_data	*match;
};

struct regex *
regex_new(const char *expression, struct kerr *e)
{
	struct regex *r = xcalloc(1, sizeof(*r));
	PCRE2_UCHAR why[128];
	PCRE2_SIZE at;
	int error;

	r->code = pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED,
	    PCRE2_ANCHORED | PCRE2_ENDANCHORED, &error, &at, NULL);
	r->match = pcre2_match_data_create(1, NULL);
	if (r->code != NULL)
		return r;
	pcre2_get_error_message(error, why, sizeof(why));
	kerr_set(e, KE_USAGE, "expression '%s': %s at %zu", expression,
	    (char *)why, at);
	regex_free(r);
	return NULL;
}

bool
regex_fits(const struct regex *r, const char *name, size_t n)
{
	return pcre2_match(r->code, (PCRE2_SPTR)name, n, 0, 0, r->match,
	    NULL) >= 0;
}

void
regex_free(struct regex *r)
{
	if (r == NULL)
		return;
	pcre2_code_free(r->code);
	pcre2_match_data_free(r->match);
	free(r);
}
