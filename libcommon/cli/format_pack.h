/*
 * format_pack.h: pack strings, kcat's: how binary fields lie one after the
 * other, and their text.
 *
 *	> < big (at first) or little endian from here on
 *	b B h H i I q Q	integers of 1, 2, 4, 8 bytes, signed or not
 *	c	one byte as it is	s	the rest as it is
 *	$	the end must be here	blank	a blank
 *
 * Two integers that follow each other get a blank between them.
 */
#ifndef KLOG_CLI_FORMAT_PACK_H
#define KLOG_CLI_FORMAT_PACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* At least one letter, and only those above. */
bool format_pack_valid(const char *pack, size_t n);
/* Appends the text of [p, p+n); false, with nothing appended, where it does
 * not fit the (valid) pack string. */
bool format_unpack(const char *pack, const void *p, size_t n,
    struct buf *out);
/* The other way: appends the bytes of such a text; false, with nothing
 * appended, where it is none or a number does not fit. */
bool format_pack(const char *pack, const char *text, size_t n,
    struct buf *out);

#endif
