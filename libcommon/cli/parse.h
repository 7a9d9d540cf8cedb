/*
 * parse.h: numbers, durations and near misses in what people type.
 */
#ifndef KLOG_CLI_PARSE_H
#define KLOG_CLI_PARSE_H

#include <stdint.h>

/* A whole decimal number, sign allowed, nothing after it. 0, or KE_RANGE when
 * it does not fit min..max, or KE_USAGE when it is no number. */
int parse_int(const char *s, int64_t min, int64_t max, int64_t *out);
/* 1d2h30m15s500ms, any of these parts in that order; a bare number is seconds
 * and may have a fraction (1.5, 0.2). Not negative. 0 or KE_USAGE. */
int parse_duration(const char *s, int64_t *ms);
/* true/false, yes/no, on/off, 1/0. 0 or KE_USAGE. */
int parse_bool(const char *s, int *out);

/* Edits between two names (insert, delete, replace, swap of neighbours);
 * anything above 63 characters counts as far apart. */
int edit_distance(const char *a, const char *b);
/* Of a NULL-ended list the name nearest to s, or NULL when none is near: at
 * most a third of its letters differ. step is the distance in bytes between
 * the list's pointers, so that a column of a table will do. */
const char *nearest(const char *s, const void *names, unsigned int step);

#endif
