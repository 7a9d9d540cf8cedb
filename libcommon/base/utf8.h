/*
 * utf8.h: is it text? Strict: no surrogates, no overlong forms, nothing above
 * U+10FFFF; NUL is text.
 */
#ifndef KLOG_BASE_UTF8_H
#define KLOG_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

bool utf8_valid(const void *p, size_t n);
/* How long Java finds it: units of UTF-16, where every byte that begins no
 * character counts for one. */
size_t utf8_utf16_len(const void *p, size_t n);

#endif
