/*
 * envelope_bytes.h: bytes as text and back: JSON strings, hex and numbers,
 * appended to a buffer as fast as it can be filled.
 */
#ifndef KLOG_CLI_ENVELOPE_BYTES_H
#define KLOG_CLI_ENVELOPE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

/* Appends "..", escaped; false, and nothing appended, where the bytes are not
 * UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool put_json_string(struct buf *out, const void *p, size_t n);
void put_hex(struct buf *out, const void *p, size_t n);
void put_i64(struct buf *out, int64_t v);
/* The same at p, which has room for 20 characters; returns the end. */
uint8_t *digits_i64(uint8_t *p, int64_t v);

/* Length of the well-formed UTF-8 sequence at p (n > 0 bytes are there), 0
 * where there is none. */
size_t utf8_length(const uint8_t *p, size_t n);

/* Decodes into to, which may be where the text lies; returns the length, or -1
 * where the text is malformed. */
ssize_t get_hex(uint8_t *to, const char *s, size_t n);

#endif
