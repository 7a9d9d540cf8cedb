/* rate.c: see rate.h. */
#include "cli/rate.h"

#include <stdlib.h>
#include <string.h>

/* Clocks and waits are of milliseconds: so much is saved up. */
#define SAVED_MS	20

static const struct unit {
	const char	*name;
	double		 bytes;
} units[] = {
	{ "B", 1 }, { "kB", 1e3 }, { "KB", 1e3 }, { "MB", 1e6 },
	{ "GB", 1e9 }, { "KiB", 1024 }, { "MiB", 1024 * 1024 },
	{ "GiB", 1024 * 1024 * 1024 },
};

int
rate_parse(struct rate *r, const char *s, struct kerr *e)
{
	size_t digits = strspn(s, "0123456789."), n;
	double v = strtod(s, NULL);
	const char *unit = s + digits;

	n = strcspn(unit, "/");
	if (digits == 0 || !(v > 0) || strcmp(unit + n, "/s") != 0)
		goto bad;
	*r = (struct rate){ .per_ms = v / 1000 };
	if (n == 0)
		return 0;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].name) == n &&
		    memcmp(units[i].name, unit, n) == 0) {
			r->per_ms *= units[i].bytes;
			r->bytes = true;
			return 0;
		}
bad:
	return kerr_set(e, KE_USAGE, "'%s' is no rate such as 200/s or 5MB/s",
	    s);
}

void
rate_take(struct rate *r, uint64_t records, uint64_t bytes, int64_t now)
{
	if (r->per_ms == 0)
		return;
	if (r->at != 0)
		r->credit += (double)(now - r->at) * r->per_ms;
	if (r->credit > SAVED_MS * r->per_ms)
		r->credit = SAVED_MS * r->per_ms;
	r->credit -= (double)(r->bytes ? bytes : records);
	r->at = now;
}

int64_t
rate_wait(const struct rate *r, int64_t now)
{
	double credit;

	if (r->per_ms == 0 || r->at == 0)
		return 0;
	credit = r->credit + (double)(now - r->at) * r->per_ms;
	return credit >= 0 ? 0 : (int64_t)(-credit / r->per_ms) + 1;
}
