#include "base/base64.h"

#include "base/buf.h"
#include "base/err.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(struct buf *b, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint8_t *out = buf_reserve(b, len / 3 * 4 + 4);
	size_t i, n;
	uint32_t v;

	if (out == NULL)
		return;
	for (i = 0; i < len; i += 3) {
		n = len - i < 3 ? len - i : 3;
		v = (uint32_t)p[i] << 16;
		v |= n > 1 ? (uint32_t)p[i + 1] << 8 : 0;
		v |= n > 2 ? p[i + 2] : 0;
		*out++ = (uint8_t)digits[v >> 18];
		*out++ = (uint8_t)digits[v >> 12 & 63];
		*out++ = n > 1 ? (uint8_t)digits[v >> 6 & 63] : '=';
		*out++ = n > 2 ? (uint8_t)digits[v & 63] : '=';
		b->len += 4;
	}
}

static int
digit(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

ssize_t
base64_decode(const char *s, size_t n, uint8_t *out)
{
	uint32_t v = 0;
	size_t i, len = 0;
	int d, bits = 0;

	if (n % 4 == 0)
		for (i = 0; i < 2 && n > 0 && s[n - 1] == '='; i++)
			n--;
	if (n % 4 == 1)
		return KE_DATA;
	for (i = 0; i < n; i++) {
		d = digit((unsigned char)s[i]);
		if (d < 0)
			return KE_DATA;
		v = v << 6 | (uint32_t)d;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[len++] = (uint8_t)(v >> bits);
		}
	}
	/* what is left over must be zero, or two texts would mean the same */
	if ((v & ((1u << bits) - 1)) != 0)
		return KE_DATA;
	return (ssize_t)len;
}
