/*
 * answer_text.h: the texts of answers. They quote names as clients gave them,
 * and a string of the protocol ends at 32,767 bytes, which may be the length
 * of one such name alone: whatever goes into an error's text is put there by
 * these.
 */
#ifndef KLOG_BROKER_ANSWER_TEXT_H
#define KLOG_BROKER_ANSWER_TEXT_H

#include <stdarg.h>
#include <stddef.h>

#include "base/arena.h"

enum { ANSWER_TEXT_MAX = 1023 };	/* bytes */

/* What printf would print, cut behind a whole character where it is longer. */
const char *answer_text(struct arena *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
const char *answer_vtext(struct arena *, const char *fmt, va_list)
    __attribute__((format(printf, 2, 0)));

/* How many of the first n bytes of s, which is longer, are whole characters. */
size_t answer_text_cut(const char *s, size_t n);

#endif
