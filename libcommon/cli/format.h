/*
 * format.h: format strings, one grammar in both directions: how klog-consume
 * -f prints a record, and how klog-produce -f reads one.
 *
 *	%t topic	%p partition	%o offset	%T time in ms
 *	%k key		%K its length	%s %v value	%S %V its length
 *	%h headers	%H how many	%h{NAME} the value of one
 *	%d time, RFC 3339 (local)	%d{STRFTIME} as strftime has it
 *	%e leader epoch	%a codec	%x producer id	%y producer epoch
 *	%i counter	%[ log start	%| last stable	%] high watermark	%% %
 *	{hex} {base64} {json} after bytes, {len:FORM} {PACK} see below
 *	\n \t \r \0 \xNN \\ anywhere
 *
 * After %k %s %v %h{NAME}: {hex}, {base64}, {json} (a JSON string or object),
 * or a pack string: > < byte order (big at first), b B h H i I q Q integers,
 * c a byte as it is, s the rest as text, $ the end. After numbers: {big8}
 * {big16} {big32} {big64} and little.., {hex8} .. {hex64}, {uvarint}.
 * {len:FORM} before nothing but bytes is their length in that form, then they.
 * A '{' that opens none of these is a literal.
 *
 * A length is -1 for null, as in kcat.
 */
#ifndef KLOG_CLI_FORMAT_H
#define KLOG_CLI_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "client/consumer.h"
#include "record/builder.h"
#include "record/iter.h"

struct format;

struct format_opts {
	const char	*null;		/* text for null; NULL: nothing */
	bool		 utc;		/* for %d */
};

/* Output. Compiles once; KE_USAGE names the bad token. opts is borrowed. */
int format_compile(struct format **out, const char *text,
    const struct format_opts *opts, struct kerr *e);
void format_free(struct format *f);
/* Appends one record. counter is what %i prints. */
void format_print(const struct format *f, const struct consumer_batch *b,
    const struct record *r, int64_t counter, struct buf *out);

/*
 * Input: the same tokens, as far as they can be read: %t %p %k %K %s %v %S %V
 * %T %h, literals and escapes. A field ends where the literal behind it is
 * found, or has the length that a %K or %S before it read; the last field
 * without a literal behind it goes to the end of the input.
 */
struct format_reader;

/* What a record on input says besides itself. */
struct format_input {
	struct record_input	 record;	/* borrows from the input */
	const char		*topic;		/* not NUL-terminated, or NULL*/
	size_t			 topic_len;
	int32_t			 partition;	/* -1: not said */
	bool			 has_time;	/* record.timestamp was said */
};

int format_reader_new(struct format_reader **out, const char *text,
    struct kerr *e);
void format_reader_free(struct format_reader *f);
/* One record from [p, p+n). Returns the bytes consumed (> 0), 0 when more are
 * needed (eof: the input ends here), or KE_DATA. */
ssize_t format_read(struct format_reader *f, const void *p, size_t n, bool eof,
    struct format_input *out, struct kerr *e);

#endif
