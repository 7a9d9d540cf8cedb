/* log.c: see log.h. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static log_sink *the_sink;
static enum log_level the_level = LOG_WARN;
static unsigned int traced_areas;

void
log_set(log_sink *sink, enum log_level level, unsigned int traced)
{
	the_sink = sink;
	the_level = level;
	traced_areas = traced;
}

int
log_wanted(enum log_level level, enum log_area area)
{
	if (the_sink == NULL)
		return 0;
	return level <= the_level || (traced_areas & area) != 0;
}

void
log_line(enum log_level level, enum log_area area, const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	if (!log_wanted(level, area))
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	the_sink(level, area, line);
}
