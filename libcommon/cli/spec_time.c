/* spec_time.c: see spec_time.h. */
#include "cli/spec_time.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/spec.h"

#define DAY_MS	86400000LL

/* What a text says about an instant, before a zone makes it one. */
struct parts {
	struct tm	tm;
	int		ms;
	bool		has_day;
	bool		has_clock;
	bool		has_zone;
	int		zone_s;	/* east of UTC */
};

static const struct {
	char	name[3];
	int64_t	ms;
} units[] = {		/* in falling order; "ms" before "m" and "s" */
	{ "w", 7 * DAY_MS }, { "d", DAY_MS }, { "h", 3600000 },
	{ "m", 60000 }, { "s", 1000 }, { "ms", 1 }
};

#define NUNITS	(sizeof(units) / sizeof(units[0]))

static size_t
unit_find(const char *s, size_t n, size_t *len)
{
	*len = 0;
	while (*len < n && isalpha((unsigned char)s[*len]))
		(*len)++;
	for (size_t u = 0; u < NUNITS; u++)
		if (strlen(units[u].name) == *len &&
		    memcmp(units[u].name, s, *len) == 0)
			return u;
	return NUNITS;
}

int64_t
spec_duration(const char *s, size_t n)
{
	int64_t total = 0, v;
	size_t i = 0, last = 0, u, len;

	if (n == 0)
		return -1;
	while (i < n) {
		size_t at = i;

		for (v = 0; i < n && isdigit((unsigned char)s[i]); i++)
			if (__builtin_mul_overflow(v, 10, &v) ||
			    __builtin_add_overflow(v, s[i] - '0', &v))
				return -1;
		u = unit_find(s + i, n - i, &len);
		if (i == at || u == NUNITS || (at > 0 && u <= last))
			return -1;
		last = u;
		i += len;
		if (__builtin_mul_overflow(v, units[u].ms, &v) ||
		    __builtin_add_overflow(total, v, &total))
			return -1;
	}
	return total;
}

/* Exactly n digits at *s, moving on; -1 where they are not there. */
static int
number(const char **s, const char *end, int n)
{
	int v = 0;

	if (end - *s < n)
		return -1;
	for (int i = 0; i < n; i++) {
		if (!isdigit((unsigned char)(*s)[i]))
			return -1;
		v = v * 10 + (*s)[i] - '0';
	}
	*s += n;
	return v;
}

static bool
accept(const char **s, const char *end, char c)
{
	if (*s >= end || **s != c)
		return false;
	(*s)++;
	return true;
}

static int
month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool
parse_date(const char **s, const char *end, struct parts *p)
{
	int y = number(s, end, 4), m, d;

	if (y < 1970 || !accept(s, end, '-') ||
	    (m = number(s, end, 2)) < 1 || m > 12 || !accept(s, end, '-') ||
	    (d = number(s, end, 2)) < 1 || d > month_days(y, m))
		return false;
	p->tm.tm_year = y - 1900;
	p->tm.tm_mon = m - 1;
	p->tm.tm_mday = d;
	p->has_day = true;
	return true;
}

/* HH:MM[:SS[.fraction]] */
static bool
parse_clock(const char **s, const char *end, struct parts *p)
{
	int h = number(s, end, 2), m, sec = 0, scale = 100;

	if (h < 0 || h > 23 || !accept(s, end, ':') ||
	    (m = number(s, end, 2)) < 0 || m > 59)
		return false;
	if (accept(s, end, ':')) {
		if ((sec = number(s, end, 2)) < 0 || sec > 60)
			return false;
		if (accept(s, end, '.')) {
			if (*s >= end || !isdigit((unsigned char)**s))
				return false;
			for (; *s < end && isdigit((unsigned char)**s); (*s)++) {
				p->ms += (**s - '0') * scale;
				scale /= 10;
			}
		}
	}
	p->tm.tm_hour = h;
	p->tm.tm_min = m;
	p->tm.tm_sec = sec;
	p->has_clock = true;
	return true;
}

/* Z, +HH:MM or +HHMM; nothing is fine. */
static bool
parse_zone(const char **s, const char *end, struct parts *p)
{
	int h, m, sign;

	if (*s == end)
		return true;
	p->has_zone = true;
	if (accept(s, end, 'Z') || accept(s, end, 'z'))
		return true;
	sign = **s == '-' ? -1 : 1;
	if (!accept(s, end, '+') && !accept(s, end, '-'))
		return false;
	if ((h = number(s, end, 2)) < 0 || h > 23)
		return false;
	accept(s, end, ':');
	if ((m = number(s, end, 2)) < 0 || m > 59)
		return false;
	p->zone_s = sign * (h * 3600 + m * 60);
	return true;
}

/* "today" and its like at *s; the day's date into p. */
static bool
parse_day_word(const char **s, const char *end, const struct spec_clock *c,
    struct parts *p)
{
	static const struct {
		const char	*name;
		int		 back;
	} words[] = { { "today", 0 }, { "yesterday", 1 } };
	time_t now = (time_t)(c->now_ms / 1000);
	size_t n;

	for (size_t i = 0; i < 2; i++) {
		n = strlen(words[i].name);
		if ((size_t)(end - *s) < n || memcmp(*s, words[i].name, n) != 0)
			continue;
		if (c->utc)
			gmtime_r(&now, &p->tm);
		else
			localtime_r(&now, &p->tm);
		p->tm.tm_mday -= words[i].back;
		p->tm.tm_hour = p->tm.tm_min = p->tm.tm_sec = 0;
		p->has_day = true;
		*s += n;
		return true;
	}
	return false;
}

static int64_t
parts_ms(const struct parts *p, const struct spec_clock *c)
{
	struct tm tm = p->tm;
	time_t t;

	tm.tm_isdst = -1;
	t = p->has_zone || c->utc ? timegm(&tm) - p->zone_s : mktime(&tm);
	return (int64_t)t * 1000 + p->ms;
}

/* A time of day without a day: the latest past one, or the first after the
 * start of the range. */
static int64_t
lone_clock(struct parts *p, const struct spec_clock *c)
{
	int64_t base_ms = c->after ? c->start_ms : c->now_ms, ms;
	time_t base = (time_t)(base_ms / 1000) + p->zone_s;
	struct tm day;

	if (c->utc || p->has_zone)
		gmtime_r(&base, &day);
	else
		localtime_r(&base, &day);
	p->tm.tm_year = day.tm_year;
	p->tm.tm_mon = day.tm_mon;
	p->tm.tm_mday = day.tm_mday;
	ms = parts_ms(p, c);
	if (c->after ? ms > base_ms : ms <= base_ms)
		return ms;
	p->tm.tm_mday += c->after ? 1 : -1;
	return parts_ms(p, c);
}

static bool
parse_calendar(const char *s, const char *end, const struct spec_clock *c,
    int64_t *ms)
{
	struct parts p = { 0 };
	const char *start = s;
	bool day = parse_day_word(&s, end, c, &p) || parse_date(&s, end, &p);

	if (!day) {
		s = start;
		memset(&p, 0, sizeof(p));
	}
	if (day && s < end) {
		if (*s != 'T' && *s != 't' && *s != ' ')
			return false;
		s++;
	}
	if ((!day || s > start) && s < end && !parse_clock(&s, end, &p))
		return false;
	if (day && !p.has_clock && end[-1] == 'T')
		return false;
	if (!parse_zone(&s, end, &p) || s != end)
		return false;
	if (!p.has_day && !p.has_clock)
		return false;
	*ms = p.has_day ? parts_ms(&p, c) : lone_clock(&p, c);
	return *ms >= 0;
}

static bool
parse_ago(const char *s, size_t n, const struct spec_clock *c, int64_t *ms)
{
	int64_t d;

	if (n > 0 && *s == '-') {
		s++;
		n--;
	} else if (n > 4 && memcmp(s + n - 3, "ago", 3) == 0 &&
	    isspace((unsigned char)s[n - 4])) {
		for (n -= 3; n > 0 && isspace((unsigned char)s[n - 1]);)
			n--;
	} else
		return false;
	if ((d = spec_duration(s, n)) < 0)
		return false;
	*ms = c->now_ms > d ? c->now_ms - d : 0;
	return true;
}

bool
spec_clock_parse(const char *s, size_t n, const struct spec_clock *c,
    int64_t *ms)
{
	if (n == 3 && memcmp(s, "now", 3) == 0) {
		*ms = c->now_ms;
		return true;
	}
	return parse_ago(s, n, c, ms) || parse_calendar(s, s + n, c, ms);
}

bool
spec_clock_names_time(const char *s, size_t n)
{
	return memchr(s, ':', n) != NULL ||
	    (n > 0 && (isdigit((unsigned char)*s) || *s == 't' || *s == 'y') &&
	    memmem(s, n, "ago", 3) == NULL);
}

void
spec_clock_print(int64_t ms, bool utc, struct buf *out)
{
	time_t t = (time_t)(ms / 1000);
	int frac = (int)(ms % 1000);
	long off;
	struct tm tm;

	if (frac < 0) {
		frac += 1000;
		t--;
	}
	if (utc)
		gmtime_r(&t, &tm);
	else
		localtime_r(&t, &tm);
	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03d",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, frac);
	off = utc ? 0 : tm.tm_gmtoff;
	if (utc)
		buf_putc(out, 'Z');
	else
		buf_printf(out, "%c%02ld:%02ld", off < 0 ? '-' : '+',
		    labs(off) / 3600, labs(off) / 60 % 60);
}
