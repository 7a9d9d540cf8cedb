/* envelope_bytes.c: see envelope_bytes.h. */
#include "cli/envelope_bytes.h"

#include <string.h>

/* Sixteen bytes at once; gcc and clang make SSE2 or NEON of it. */
typedef uint8_t vec __attribute__((vector_size(16)));

static const char hex_digits[16] = "0123456789abcdef";

size_t
utf8_length(const uint8_t *p, size_t n)
{
	uint8_t c = p[0];

	if (c < 0x80)
		return 1;
	if (c < 0xc2 || n < 2 || (p[1] & 0xc0) != 0x80)
		return 0;
	if (c < 0xe0)
		return 2;
	if (n < 3 || (p[2] & 0xc0) != 0x80)
		return 0;
	if (c < 0xf0) {
		if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f))
			return 0;
		return 3;
	}
	if (c > 0xf4 || n < 4 || (p[3] & 0xc0) != 0x80 ||
	    (c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f))
		return 0;
	return 4;
}

/* Copies the run of bytes that JSON takes as they are; returns its length.
 * to has room for n. */
static size_t
copy_plain(uint8_t *to, const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (n - i >= sizeof(vec)) {
		uint64_t half[2];
		vec v, bad;

		memcpy(&v, p + i, sizeof(v));
		memcpy(to + i, &v, sizeof(v));
		bad = (vec)(v - 0x20 >= 0x60) | (vec)(v == '"') |
		    (vec)(v == '\\');
		memcpy(half, &bad, sizeof(half));
		if ((half[0] | half[1]) != 0)
			break;
		i += sizeof(v);
	}
	while (i < n && (uint8_t)(p[i] - 0x20) < 0x60 && p[i] != '"' &&
	    p[i] != '\\') {
		to[i] = p[i];
		i++;
	}
	return i;
}

/* The escape of a control character, quote or backslash; returns the end. */
static uint8_t *
put_escape(uint8_t *to, uint8_t c)
{
	static const char letters[] = "btn\0fr";

	*to++ = '\\';
	if (c == '"' || c == '\\')
		*to++ = c;
	else if (c >= '\b' && c <= '\r' && letters[c - '\b'] != '\0')
		*to++ = (uint8_t)letters[c - '\b'];
	else {
		memcpy(to, "u00", 3);
		to[3] = (uint8_t)hex_digits[c >> 4];
		to[4] = (uint8_t)hex_digits[c & 15];
		to += 5;
	}
	return to;
}

bool
put_json_string(struct buf *out, const void *bytes, size_t n)
{
	const uint8_t *p = bytes, *end = p + n;
	size_t start = out->len, len;
	uint8_t *to;

	if ((to = buf_reserve(out, n + 2)) == NULL)
		return true;
	*to++ = '"';
	for (;;) {
		len = copy_plain(to, p, (size_t)(end - p));
		p += len;
		to += len;
		if (p == end)
			break;
		/* Room for one escape, the rest and the closing quote. */
		out->len = (size_t)(to - out->p);
		if ((to = buf_reserve(out, (size_t)(end - p) + 8)) == NULL)
			return true;
		if (*p < 0x80) {
			to = put_escape(to, *p++);
			continue;
		}
		while (p < end && *p >= 0x80) {
			if ((len = utf8_length(p, (size_t)(end - p))) == 0) {
				out->len = start;
				return false;
			}
			memcpy(to, p, len);
			p += len;
			to += len;
		}
	}
	*to++ = '"';
	out->len = (size_t)(to - out->p);
	return true;
}

void
put_hex(struct buf *out, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint8_t *to = buf_reserve(out, 2 * n);

	if (to == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		*to++ = (uint8_t)hex_digits[p[i] >> 4];
		*to++ = (uint8_t)hex_digits[p[i] & 15];
	}
	out->len += 2 * n;
}

uint8_t *
digits_i64(uint8_t *p, int64_t v)
{
	static const char pairs[] =
	    "00010203040506070809101112131415161718192021222324"
	    "25262728293031323334353637383940414243444546474849"
	    "50515253545556575859606162636465666768697071727374"
	    "75767778798081828384858687888990919293949596979899";
	uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
	uint8_t tmp[20], *q = tmp + sizeof(tmp);
	size_t n;

	for (; u >= 100; u /= 100) {
		q -= 2;
		memcpy(q, pairs + u % 100 * 2, 2);
	}
	if (u >= 10) {
		q -= 2;
		memcpy(q, pairs + u * 2, 2);
	} else
		*--q = (uint8_t)('0' + u);
	if (v < 0)
		*p++ = '-';
	n = (size_t)(tmp + sizeof(tmp) - q);
	memcpy(p, q, n);
	return p + n;
}

void
put_i64(struct buf *out, int64_t v)
{
	uint8_t *p = buf_reserve(out, 20);

	if (p != NULL)
		out->len = (size_t)(digits_i64(p, v) - out->p);
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

ssize_t
get_hex(uint8_t *to, const char *s, size_t n)
{
	if (n % 2 != 0)
		return -1;
	for (size_t i = 0; i < n; i += 2) {
		int hi = hex_value(s[i]), lo = hex_value(s[i + 1]);

		if (hi < 0 || lo < 0)
			return -1;
		to[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	return (ssize_t)(n / 2);
}
