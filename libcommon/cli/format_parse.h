/* format_parse.h: a format string as a list of operations; see format.h. */
#ifndef KLOG_CLI_FORMAT_PARSE_H
#define KLOG_CLI_FORMAT_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* How a number is written. */
enum format_number {
	FORMAT_TEXT,
	FORMAT_BIG8, FORMAT_BIG16, FORMAT_BIG32, FORMAT_BIG64,
	FORMAT_LITTLE8, FORMAT_LITTLE16, FORMAT_LITTLE32, FORMAT_LITTLE64,
	FORMAT_HEX8, FORMAT_HEX16, FORMAT_HEX32, FORMAT_HEX64,
	FORMAT_UVARINT
};

/* How bytes are written. */
enum format_mod {
	FORMAT_MOD_NONE, FORMAT_MOD_HEX, FORMAT_MOD_BASE64, FORMAT_MOD_JSON,
	FORMAT_MOD_PACK
};

#define FORMAT_LITERAL	'\0'

struct format_op {
	char			 token;		/* of %X, or FORMAT_LITERAL;
						 * %v is 's', %V 'S' */
	enum format_mod		 mod;		/* bytes */
	enum format_number	 length;	/* numbers; {len:} of bytes */
	char			*text;		/* literal, or pack string */
	size_t			 text_len;
	char			*name;		/* {NAME}, {STRFTIME} or NULL */
	size_t			 name_len;
};

int format_parse(const char *text, struct format_op **op, size_t *n,
    struct kerr *e);
void format_ops_free(struct format_op *op, size_t n);
/* Decodes \n \t \r \0 \xNN \\ at *s (behind the backslash), moving on. KE_USAGE:
 * it is none of them. */
int format_escape(const char **s, char *out, struct kerr *e);
void format_put_number(enum format_number form, int64_t v, struct buf *out);

#endif
