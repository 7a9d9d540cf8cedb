#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "cli/parse.h"

#define NAME_MAX_EDIT	63

int
parse_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
	const char *digits = s + (*s == '-' || *s == '+');
	char *end;
	long long v;

	if (!isdigit((unsigned char)*digits))
		return KE_USAGE;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (*end != '\0')
		return KE_USAGE;
	if (errno == ERANGE || v < min || v > max)
		return KE_RANGE;
	*out = v;
	return 0;
}

/* Digits with an optional fraction of at most nine: *whole and *nano. */
static int
parse_decimal(const char **s, int64_t *whole, int64_t *nano)
{
	const char *p = *s;
	int64_t scale = 1000000000;

	*whole = *nano = 0;
	if (!isdigit((unsigned char)*p))
		return KE_USAGE;
	for (; isdigit((unsigned char)*p); p++) {
		if (*whole > INT64_MAX / 1000000000)
			return KE_USAGE;
		*whole = *whole * 10 + (*p - '0');
	}
	if (*p == '.') {
		for (p++; isdigit((unsigned char)*p) && scale > 1; p++)
			*nano += (*p - '0') * (scale /= 10);
		if (p[-1] == '.' || isdigit((unsigned char)*p))
			return KE_USAGE;
	}
	*s = p;
	return 0;
}

int
parse_duration(const char *s, int64_t *ms)
{
	static const struct {
		const char	*name;
		int64_t		 ms;
	} units[] = {
		{ "w", 604800000 }, { "d", 86400000 }, { "h", 3600000 },
		{ "min", 60000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 },
	};
	int64_t whole, nano, part, sum = 0;
	size_t i, len, seen = 0;

	do {
		if (parse_decimal(&s, &whole, &nano) != 0)
			return KE_USAGE;
		for (len = 0; isalpha((unsigned char)s[len]); len++)
			;
		if (len == 0) {		/* a bare number stands alone */
			if (seen > 0 || *s != '\0')
				return KE_USAGE;
			i = 5;
		} else {
			for (i = seen; i < 7; i++)
				if (strlen(units[i].name) == len &&
				    strncmp(s, units[i].name, len) == 0)
					break;
			if (i == 7)
				return KE_USAGE;
		}
		if (__builtin_mul_overflow(whole, units[i].ms, &part) ||
		    __builtin_add_overflow(sum, part, &sum))
			return KE_USAGE;
		sum += nano / 1000 * units[i].ms / 1000000;
		seen = i + 1;
		s += len;
	} while (*s != '\0');
	*ms = sum;
	return 0;
}

int
parse_bool(const char *s, int *out)
{
	static const char *const words[] = {
		"false", "true", "no", "yes", "off", "on", "0", "1", NULL
	};
	int i;

	for (i = 0; words[i] != NULL; i++)
		if (strcasecmp(s, words[i]) == 0) {
			*out = i & 1;
			return 0;
		}
	return KE_USAGE;
}

static int
min3(int a, int b, int c)
{
	int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Three rows of the usual matrix: a swap looks two rows back. */
int
edit_distance(const char *a, const char *b)
{
	int rows[3][NAME_MAX_EDIT + 1], i, j;
	int la = (int)strnlen(a, NAME_MAX_EDIT + 1);
	int lb = (int)strnlen(b, NAME_MAX_EDIT + 1);
	int *before = rows[0], *last = rows[1], *row = rows[2], *spare;

	if (la > NAME_MAX_EDIT || lb > NAME_MAX_EDIT)
		return NAME_MAX_EDIT;
	for (j = 0; j <= lb; j++)
		last[j] = before[j] = j;
	for (i = 1; i <= la; i++) {
		row[0] = i;
		for (j = 1; j <= lb; j++) {
			row[j] = min3(last[j] + 1, row[j - 1] + 1,
			    last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[lb];
}

const char *
nearest(const char *s, const void *names, unsigned int step)
{
	const char *p = names, *name, *best = NULL;
	int d, least;

	least = (int)strlen(s) / 3 + 1;		/* has to be less than this */
	if (least < 2)
		return NULL;
	for (; (name = *(const char *const *)(const void *)p) != NULL;
	    p += step) {
		d = edit_distance(s, name);
		if (d < least) {
			least = d;
			best = name;
		}
	}
	return best;
}
