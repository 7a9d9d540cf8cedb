/*
 * spec_time.h: the calendar of spec.h: words to ms since 1970 and back.
 * Pure but for the time zone (TZ) where local time is asked for.
 */
#ifndef KLOG_CLI_SPEC_TIME_H
#define KLOG_CLI_SPEC_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct spec_clock {
	int64_t	now_ms;
	bool	utc;	/* zone where the text names none; else local */
	bool	after;	/* a lone time of day is the first after start_ms */
	int64_t	start_ms;
};

/* A TIME of spec.h; false where it is none. */
bool spec_clock_parse(const char *s, size_t n, const struct spec_clock *c,
    int64_t *ms);
/* True for a text (known to be a TIME) that names a day or a time of day. */
bool spec_clock_names_time(const char *s, size_t n);
/* RFC 3339 with milliseconds: 2025-01-31T08:00:00.123Z, or local time with
 * its distance from UTC. */
void spec_clock_print(int64_t ms, bool utc, struct buf *out);

#endif
