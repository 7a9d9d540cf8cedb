/*
 * decode.h: option -s: the form in which the bytes of keys and values stand as
 * text: json, hex, base64, or a pack string (format_pack.h). klog-consume shows
 * them so, klog-produce takes them so.
 */
#ifndef KLOG_CLI_DECODE_H
#define KLOG_CLI_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/options.h"

struct decode {
	const char	*key;		/* NULL: as they are */
	const char	*value;
};

/* [key|value=]FORM, each; without a name it is both. KE_USAGE: no form. */
int decode_parse(struct decode *d, const struct opt_list *l, struct kerr *e);

/* Whether bytes can be shown in the form; room is scratch. */
bool decode_fits(const char *form, const void *p, size_t n, struct buf *room);
/* The bytes that the text [p, p+n) stands for, in *out and *len: decoded where
 * they lie, or in room. json is checked and stays as it is. KE_DATA: malformed. */
int decode_text(const char *form, char *p, size_t n, struct buf *room,
    const void **out, int32_t *len, struct kerr *e);

#endif
