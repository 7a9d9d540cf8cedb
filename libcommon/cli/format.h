/*
 * format.h: format strings: how klog-consume -f prints a record.
 *
 *	%t topic	%p partition	%o offset	%T time in ms
 *	%k key		%K its length	%s %v value	%S %V its length
 *	%R length of the value as four bytes, big-endian
 *	%h headers	%H how many	%h{NAME} the value of one
 *	%d time, RFC 3339 (local)	%d{STRFTIME} as strftime has it
 *	%e leader epoch	%a codec	%x producer id	%y producer epoch
 *	%i counter	%[ log start	%| last stable	%] high watermark	%% %
 *	{hex} {base64} {json} after bytes, {len:FORM} {PACK} see below
 *	\n \t \r \0 \xNN \\ anywhere
 *
 * Behind %t %k %s %v %h{NAME}: {hex}, {base64}, {json} (a string, null or
 * {"base64":".."}), or a pack string (format_pack.h; what does not fit it is
 * printed as it is); {len:FORM} puts the length in front, in a number's form.
 * Behind numbers: {big8} {big16} {big32} {big64}, {little8} .., {hex8} ..,
 * {uvarint}. A '{' that opens none of these is a literal. A backslash before
 * any other character is an error, as an unknown token is.
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
#include "record/iter.h"

struct format;

struct format_opts {
	const char	*null;		/* text for null; NULL: nothing */
	bool		 utc;		/* for %d */
	bool		 escape;	/* control bytes of fields, and what is
					 * no UTF-8, as \\xNN: for terminals */
};

/* Compiles once; KE_USAGE names the bad token. opts is borrowed. */
int format_compile(struct format **out, const char *text,
    const struct format_opts *opts, struct kerr *e);
void format_free(struct format *f);
/* Appends one record. counter is what %i prints. */
void format_print(const struct format *f, const struct consumer_batch *b,
    const struct record *r, int64_t counter, struct buf *out);

#endif
