/*
 * format_read.h: a format string (format.h) the other way: what klog-consume -f
 * prints is taken by klog-produce -f.
 *
 *	%k %s %v	key and value, to the text behind them in the format or
 *			as long as a %K, %S or %R before them, or {len:FORM},
 *			says; -1 is null
 *	%h{NAME}	a header's value	%h	NAME=VALUE,..
 *	%T %d		the timestamp		%p	the partition
 *	%t %o %a %e %i %H %x %y %[ %| %]	passed over
 *
 * with the modifiers that klog-consume prints by. A format that ends in a field
 * without an end has the record delimiter behind it.
 */
#ifndef KLOG_CLI_FORMAT_READ_H
#define KLOG_CLI_FORMAT_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "cli/envelope.h"

struct format_reader;

/* KE_USAGE names what cannot be taken. max bounds a field's length. */
int format_reader_new(struct format_reader **out, const char *text,
    const char *delim, size_t delim_len, size_t max, struct kerr *e);
void format_reader_free(struct format_reader *f);

/* How long the record at the front of [p, p+n) is: 0 where it is not all there
 * (never when last, unless n is 0), or KE_DATA. Nothing is changed. */
ssize_t format_read(struct format_reader *f, char *p, size_t n, bool last,
    struct kerr *e);
/* What format_read() found, in env. Decodes where the text lies; the record
 * borrows from there and from f. KE_DATA: malformed. */
int format_take(struct format_reader *f, struct envelope *env, struct kerr *e);

#endif
