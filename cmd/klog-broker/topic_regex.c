/*
 * topic_regex.c: see topic_regex.h. The scan only tells apart what RE2/J has a
 * word for and what it has not; whether it is well-formed PCRE2 finds out.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "topic_regex.h"

#define STEPS_MAX	10000		/* for a name, of the usual matching */
#define COUNT_MAX	1000
/* Ints for the other one: three for each of the ways it is on, two times. Its
 * time goes with their square: 20 ms for the longest name at worst. */
#define WORKSPACE	9000

struct topic_regex {
	pcre2_code	    *code;
	pcre2_match_data    *data;
	pcre2_match_context *limits;
	bool		     said;
};

struct scan {
	const char	*p, *end;
};

static bool
one_of(const char *set, char c)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char
peek(const struct scan *s)
{
	return s->p < s->end ? *s->p : '\0';
}

static bool
skip(struct scan *s, char c)
{
	if (peek(s) != c)
		return false;
	s->p++;
	return true;
}

static bool
hex_digits(struct scan *s)
{
	bool braced = skip(s, '{');
	int n = 0;

	for (; one_of("0123456789abcdefABCDEF", peek(s)); n++)
		s->p++;
	return braced ? n > 0 && skip(s, '}') : n >= 2;
}

/* Behind the backslash; more: what else may follow it here. */
static bool
escape(struct scan *s, const char *more)
{
	char c = peek(s);

	s->p += s->p < s->end;
	if (c == 'x')
		return hex_digits(s);
	if (c >= '1' && c <= '7')	/* octal, or a back reference */
		return peek(s) >= '0' && peek(s) <= '7';
	return !is_alnum(c) || one_of("0afnrtvdDsSwWpP", c) || one_of(more, c);
}

static bool
outer_escape(struct scan *s)
{
	if (!skip(s, 'Q'))
		return escape(s, "AbBz");
	while (s->p < s->end && !(s->p[0] == '\\' && s->p + 1 < s->end &&
	    s->p[1] == 'E'))
		s->p++;
	s->p += s->p < s->end ? 2 : 0;
	return true;
}

/* Behind the bracket. */
static bool
class(struct scan *s)
{
	skip(s, '^');
	skip(s, ']');
	while (s->p < s->end && *s->p != ']') {
		if (skip(s, '\\')) {
			if (!escape(s, ""))
				return false;
		} else if (s->end - s->p > 2 && s->p[0] == '[' &&
		    s->p[1] == ':') {
			for (s->p += 2; is_alnum(peek(s)) || peek(s) == '^';)
				s->p++;
			if (skip(s, ':'))
				skip(s, ']');
		} else {
			s->p++;
		}
	}
	return skip(s, ']');
}

/* Behind "(?": a name, or flags. */
static bool
group(struct scan *s)
{
	bool python = skip(s, 'P');
	const char *from;

	if (skip(s, '<')) {
		for (from = s->p; is_alnum(peek(s)) || peek(s) == '_';)
			s->p++;
		return s->p > from && skip(s, '>');
	}
	while (one_of("imsU", peek(s)))
		s->p++;
	if (skip(s, '-')) {
		for (from = s->p; one_of("imsU", peek(s));)
			s->p++;
		if (s->p == from)
			return false;
	}
	return !python && (skip(s, ':') || skip(s, ')'));
}

/* A number as RE2/J takes it, -1: none. */
static int
number(struct scan *s)
{
	const char *from = s->p;
	int n = 0;

	for (; is_digit(peek(s)); s->p++)
		n = n > COUNT_MAX ? n : 10 * n + (*s->p - '0');
	return s->p == from || (s->p > from + 1 && *from == '0') ? -1 : n;
}

/* Whether "{2,5}" or the like begins here, and is gone past then. */
static bool
count(struct scan *s, bool *fits)
{
	struct scan at = *s;
	int min, max;

	if (!skip(&at, '{') || (min = max = number(&at)) < 0)
		return false;
	if (skip(&at, ',') && peek(&at) != '}' && (max = number(&at)) < 0)
		return false;
	if (!skip(&at, '}'))
		return false;
	*fits = min <= COUNT_MAX && max <= COUNT_MAX;
	s->p = at.p;
	return true;
}

/* A quantifier: 1; 0: none is here; -1: one that RE2/J has not. */
static int
quantifier(struct scan *s)
{
	bool fits = true;

	if (one_of("*+?", peek(s)))
		s->p++;
	else if (!count(s, &fits))
		return 0;
	skip(s, '?');
	return fits ? 1 : -1;
}

static bool
atom(struct scan *s)
{
	switch (*s->p++) {
	case '\\':
		return outer_escape(s);
	case '[':
		return class(s);
	case '(':
		return skip(s, '?') ? group(s) : peek(s) != '*';
	default:
		return true;
	}
}

static bool
is_re2(struct kstr text)
{
	struct scan s = { text.p, text.p + text.len };
	bool behind = false, brace;
	int q;

	while (s.p < s.end) {
		brace = *s.p == '{';
		q = quantifier(&s);
		if (q < 0 || (q > 0 && behind) || (q == 0 && !atom(&s)))
			return false;
		/* RE2/J takes no quantifier behind a brace that is none */
		behind = q > 0 || brace;
	}
	return true;
}

/* Text that is one number to RE2/J may be a back reference to PCRE2. */
static bool
refers_back(const pcre2_code *code)
{
	uint32_t most = 0;

	pcre2_pattern_info(code, PCRE2_INFO_BACKREFMAX, &most);
	return most > 0;
}

struct topic_regex *
topic_regex_new(struct kstr text)
{
	struct topic_regex *re;
	pcre2_code *code;
	PCRE2_SIZE at;
	int error;

	if (!is_re2(text))
		return NULL;
	code = pcre2_compile((PCRE2_SPTR)text.p, (PCRE2_SIZE)text.len,
	    PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_UTF, &error, &at, NULL);
	if (code == NULL || refers_back(code)) {
		pcre2_code_free(code);
		return NULL;
	}
	re = xcalloc(1, sizeof(*re));
	re->code = code;
	re->data = pcre2_match_data_create(1, NULL);
	re->limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(re->limits, STEPS_MAX);
	pcre2_set_depth_limit(re->limits, STEPS_MAX);
	return re;
}

void
topic_regex_free(struct topic_regex *re)
{
	if (re == NULL)
		return;
	pcre2_match_context_free(re->limits);
	pcre2_match_data_free(re->data);
	pcre2_code_free(re->code);
	free(re);
}

bool
topic_regex_matches(struct topic_regex *re, struct kstr topic)
{
	int ways[WORKSPACE], rc;

	rc = pcre2_match(re->code, (PCRE2_SPTR)topic.p, (PCRE2_SIZE)topic.len,
	    0, 0, re->data, re->limits);
	if (rc < PCRE2_ERROR_NOMATCH)
		rc = pcre2_dfa_match(re->code, (PCRE2_SPTR)topic.p,
		    (PCRE2_SIZE)topic.len, 0, 0, re->data, re->limits, ways,
		    WORKSPACE);
	if (rc < PCRE2_ERROR_NOMATCH && !re->said) {
		re->said = true;
		log_line(LOG_WARN, LOG_BROKER, "a member's "
		    "SubscribedTopicRegex is too costly to be held against "
		    "topic '%.*s' and others: they are left out",
		    (int)topic.len, topic.p);
	}
	return rc >= 0;
}
