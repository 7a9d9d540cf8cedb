/*
 * envelope_json.h: a reader of JSON text that lies in memory and may be
 * overwritten: strings are unescaped where they are. RFC 8259, strictly.
 */
#ifndef KLOG_CLI_ENVELOPE_JSON_H
#define KLOG_CLI_ENVELOPE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define JSON_DEPTH_MAX	256

struct json {
	char		*start;		/* for positions in messages */
	char		*p;
	char		*end;
	const char	*bad;		/* what was wrong, NULL so far nothing */
};

struct json_text {
	char	*p;
	size_t	 n;
};

void json_init(struct json *j, char *p, size_t n);
/* Remembers the first problem; always false. */
bool json_fail(struct json *j, const char *what);
/* KE_DATA with what and where. */
int json_error(const struct json *j, struct kerr *e);

/* Skips blanks; the next character, 0 at the end. */
int json_peek(struct json *j);
/* Takes the character c after blanks, or fails. */
bool json_take(struct json *j, char c);
/* A string, unescaped in place. */
bool json_string(struct json *j, struct json_text *out);
/* An integer that fits. */
bool json_int(struct json *j, int64_t *out);
/* Any value, checked and passed over; out is its text, untouched. */
bool json_skip(struct json *j, struct json_text *out);
/* Between elements: true where another one follows, false at close (taken)
 * or on failure. first is true before the first element. */
bool json_next(struct json *j, char close, bool *first);

#endif
