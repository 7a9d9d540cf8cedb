/*
 * config_parse.c: the text of a property -> its value, checked. Messages are
 * worded as Apache Kafka's, since they reach its clients.
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config_table.h"
#include "record/compress.h"

#define TEXT_MAX	256	/* longest text of anything but a string */

/* Kept as it is. */
static bool
is_text(const struct property *p)
{
	return p->kind == P_STRING ||
	    (p->kind >= P_CLASS && p->kind < P_CHOICE);
}

static int
wrong(const char *name, const char *value, const char *why, struct kerr *e)
{
	return kerr_set(e, KE_CONFIG,
	    "Invalid value %s for configuration %s: %s", value, name, why);
}

/* Index of s among "a|b|c", or -1. */
static int
choice(const char *choices, const char *s, size_t len,
    int (*cmp)(const char *, const char *, size_t))
{
	size_t n;
	int i = 0;

	for (const char *p = choices;; p += n + 1, i++) {
		n = strcspn(p, "|");
		if (n == len && cmp(p, s, n) == 0)
			return i;
		if (p[n] == '\0')
			return -1;
	}
}

static int
not_among(const char *choices, const char *lead, const char *name,
    const char *value, struct kerr *e)
{
	char why[TEXT_MAX];
	size_t n = (size_t)snprintf(why, sizeof(why), "%s: ", lead);

	for (const char *c = choices; *c != '\0' && n + 3 < sizeof(why); c++) {
		why[n++] = *c == '|' ? ',' : *c;
		if (*c == '|')
			why[n++] = ' ';
	}
	why[n] = '\0';
	return wrong(name, value, why, e);
}

static int
check_range(const struct property *p, const char *name, const char *value,
    double v, struct kerr *e)
{
	char why[80];

	if (p->kind == P_LEVEL && (v == 0 || v < p->min || v > p->max))
		return wrong(name, value,
		    "Value must be between 1 and 9 or equal to -1", e);
	if (v >= p->min && v <= p->max)
		return 0;
	snprintf(why, sizeof(why), v < p->min ? "Value must be at least %.15g" :
	    "Value must be no more than %.15g", v < p->min ? p->min : p->max);
	return wrong(name, value, why, e);
}

static int
set_number(const struct property *p, const char *name, const char *value,
    void *to, struct kerr *e)
{
	int64_t top = p->kind == P_LONG ? INT64_MAX :
	    p->kind == P_SHORT ? INT16_MAX : INT32_MAX;
	char why[80], shown[24], *end;
	int64_t v;
	int rc;

	errno = 0;
	v = strtoll(value, &end, 10);
	if (end == value || *end != '\0' || isspace((unsigned char)*value) ||
	    errno != 0 || v > top || v < -top - 1) {
		snprintf(why, sizeof(why), "Not a number of type %s",
		    p->kind == P_LONG ? "LONG" :
		    p->kind == P_SHORT ? "SHORT" : "INT");
		return wrong(name, value, why, e);
	}
	snprintf(shown, sizeof(shown), "%lld", (long long)v);
	if ((rc = check_range(p, name, shown, (double)v, e)) < 0)
		return rc;
	if (p->kind == P_LONG)
		*(int64_t *)to = v;
	else
		*(int32_t *)to = (int32_t)v;
	return 0;
}

static int
set_double(const struct property *p, const char *name, const char *value,
    double *to, struct kerr *e)
{
	char *end;
	double v = strtod(value, &end);
	int rc;

	/* as Java has it: 1f, 1d, but nothing in base 16 */
	if (end != value && strchr("fFdD", *end) != NULL && *end != '\0')
		end++;
	if (end == value || *end != '\0' ||
	    value[strcspn(value, "xX")] != '\0' || isnan(v))
		return wrong(name, value, "Not a number of type DOUBLE", e);
	if ((rc = check_range(p, name, value, v, e)) == 0)
		*to = v;
	return rc;
}

static int
set_bool(const char *name, const char *value, bool *to, struct kerr *e)
{
	if (strcasecmp(value, "true") == 0)
		*to = true;
	else if (strcasecmp(value, "false") == 0)
		*to = false;
	else
		return wrong(name, value,
		    "Expected value to be either true or false", e);
	return 0;
}

/* The next word of a list with commas, without the blanks around it; one may
 * be empty, but what is empty as a whole has none. *s is NULL at the end. */
static bool
next_word(const char **s, struct kstr *word)
{
	size_t n;

	if (*s == NULL)
		return false;
	*s += strspn(*s, " ");
	n = strcspn(*s, ",");
	*word = (struct kstr){ *s, (int32_t)n };
	*s = (*s)[n] == ',' ? *s + n + 1 : NULL;
	while (word->len > 0 && word->p[word->len - 1] == ' ')
		word->len--;
	return true;
}

static int
set_policy(const char *name, const char *value, int32_t *to, struct kerr *e)
{
	const char *s = *value != '\0' ? value : NULL;
	struct kstr word;
	char copy[TEXT_MAX];
	int32_t bits = 0;

	while (next_word(&s, &word)) {
		if (kstr_eq(word, kstr("compact")))
			bits |= CLEANUP_COMPACT;
		else if (kstr_eq(word, kstr("delete")))
			bits |= CLEANUP_DELETE;
		else {
			snprintf(copy, sizeof(copy), "%.*s", word.len, word.p);
			return not_among("compact|delete",
			    "String must be one of", name, copy, e);
		}
	}
	*to = bits;
	return 0;
}

static int
check_list(const struct property *p, const char *name, const char *value,
    struct kerr *e)
{
	const char *s = *value != '\0' ? value : NULL;
	char copy[TEXT_MAX];
	struct kstr word;

	while (p->choices != NULL && next_word(&s, &word)) {
		if (choice(p->choices, word.p, (size_t)word.len, strncmp) >= 0)
			continue;
		snprintf(copy, sizeof(copy), "%.*s", word.len, word.p);
		return not_among(p->choices, "String must be one of", name,
		    copy, e);
	}
	return 0;
}

static const char *
digits(const char *s)
{
	while (isdigit((unsigned char)*s))
		s++;
	return s;
}

static int
check_replicas(const char *name, const char *value, struct kerr *e)
{
	const char *s = value, *colon, *end;

	if (strcmp(value, "*") == 0)
		return 0;
	while (*s != '\0') {
		colon = digits(s);
		end = *colon == ':' ? digits(colon + 1) : s;
		if (colon == s || end <= colon + 1 ||
		    (*end != ',' && *end != '\0'))
			return kerr_set(e, KE_CONFIG, "Invalid value [%s] for "
			    "configuration %s: %s must be the literal '*' or "
			    "a list of replicas in the following format: "
			    "[partitionId]:[brokerId],[partitionId]:[brokerId]"
			    ",...", value, name, name);
		s = *end == ',' ? end + 1 : end;
	}
	return 0;
}

/* 3.9-IV0, or 3.9 for the last of that number. */
static int
check_version(const struct property *p, const char *name, const char *value,
    struct kerr *e)
{
	size_t len = strlen(value), n;
	char why[TEXT_MAX + 40];

	for (const char *c = p->choices;; c += n + 1) {
		n = strcspn(c, "|");
		if (len > 0 && n >= len && memcmp(c, value, len) == 0 &&
		    (n == len || c[len] == '-'))
			return 0;
		if (c[n] == '\0')
			break;
	}
	snprintf(why, sizeof(why), "Version %.*s is not a valid version",
	    TEXT_MAX, value);
	return wrong(name, value, why, e);
}

static int
set_word(const struct property *p, const char *name, const char *value,
    int32_t *to, struct kerr *e)
{
	int i = choice(p->choices, value, strlen(value), strncmp);

	if (i < 0)
		return not_among(p->choices, "String must be one of", name,
		    value, e);
	*to = p->kind == P_CODEC ? codec_by_name(value) : i;
	return 0;
}

static int
check_text(const struct property *p, const char *name, const char *value,
    struct kerr *e)
{
	switch (p->kind) {
	case P_LIST:
		return check_list(p, name, value, e);
	case P_REPLICAS:
		return check_replicas(name, value, e);
	case P_VERSION:
		return check_version(p, name, value, e);
	case P_WORD:
		if (choice(p->choices, value, strlen(value), strncasecmp) >= 0)
			return 0;
		return not_among(p->choices,
		    "String must be one of (case insensitive)", name, value, e);
	default:
		return 0;
	}
}

/* A value without blanks around it. */
static int
parse(const struct property *p, const char *name, const char *value, void *to,
    struct kerr *e)
{
	int rc;

	switch (p->kind) {
	case P_BOOL:
		return set_bool(name, value, to, e);
	case P_SHORT:
	case P_INT:
	case P_LEVEL:
	case P_LONG:
		return set_number(p, name, value, to, e);
	case P_DOUBLE:
		return set_double(p, name, value, to, e);
	case P_CHOICE:
	case P_CODEC:
		return set_word(p, name, value, to, e);
	case P_POLICY:
		return set_policy(name, value, to, e);
	default:
		if ((rc = check_text(p, name, value, e)) == 0)
			*(const char **)to = value;
		return rc;
	}
}

/* Java's String.trim(): all up to the blank. */
static bool
is_blank(char c)
{
	return (unsigned char)c <= ' ';
}

int
property_parse(const struct property *p, const char *name, const char *value,
    void *to, struct kerr *e)
{
	const char *start = value;
	size_t len = strlen(value);
	char *copy;
	int rc;

	while (len > 0 && is_blank(start[len - 1]))
		len--;
	while (len > 0 && is_blank(*start))
		start++, len--;
	if (len == 0)
		start = "";
	if (start[len] == '\0')
		return parse(p, name, start, to, e);
	copy = xstrndup(start, len);
	rc = parse(p, name, copy, to, e);
	if (rc == 0 && is_text(p))	/* borrowed, with what is behind it */
		*(const char **)to = start;
	free(copy);
	return rc;
}

bool
property_is_default(const struct property *p, const char *value)
{
	union property_value a = { .i64 = 0 }, b = { .i64 = 0 };

	if (p->dflt == NULL)
		return false;
	if (is_text(p))
		return strcmp(p->dflt, value) == 0;
	return property_parse(p, "", value, &a, NULL) == 0 &&
	    property_parse(p, "", p->dflt, &b, NULL) == 0 &&
	    memcmp(&a, &b, sizeof(a)) == 0;
}
