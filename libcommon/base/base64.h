/*
 * base64.h: RFC 4648, the standard alphabet, padded.
 */
#ifndef KLOG_BASE_BASE64_H
#define KLOG_BASE_BASE64_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;

/* Appends the encoding of n bytes. */
void base64_encode(struct buf *b, const void *p, size_t n);
/* Decodes n characters into out, which has room for n / 4 * 3 + 3 bytes; may
 * be in place. The padding may be missing; nothing else may be there. Returns
 * the bytes, or KE_DATA. */
ssize_t base64_decode(const char *s, size_t n, uint8_t *out);

#endif
