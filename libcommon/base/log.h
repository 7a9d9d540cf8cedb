/*
 * log.h: what libcommon has to say while it works. The library never prints:
 * it hands lines to the sink that the program set (none: they are dropped).
 * Levels choose how much (-v), areas choose what (-d wire,net,..).
 */
#ifndef KLOG_BASE_LOG_H
#define KLOG_BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };

/* One bit each; also the names of -d. */
enum log_area {
	LOG_WIRE = 1, LOG_NET = 2, LOG_STORE = 4, LOG_CLIENT = 8,
	LOG_BROKER = 16, LOG_GROUP = 32, LOG_ALL = 0xff
};

/* Called from any thread, one line without newline at a time. */
typedef void log_sink(enum log_level, enum log_area, const char *line);

/* Set once, before threads start: lines up to level in any area, and up to
 * LOG_TRACE in the areas of traced. */
void log_set(log_sink *sink, enum log_level level, unsigned int traced);
/* True where a line would be taken: guards costly formatting. */
int log_wanted(enum log_level level, enum log_area area);
void log_line(enum log_level level, enum log_area area, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
