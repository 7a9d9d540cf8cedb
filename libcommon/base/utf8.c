#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

#define HIGH_BITS	UINT64_C(0x8080808080808080)

/* Steps over the ASCII at p: eight bytes at a time while they last. */
static const unsigned char *
skip_ascii(const unsigned char *p, const unsigned char *end)
{
	uint64_t word;

	while (end - p >= 8) {
		memcpy(&word, p, 8);
		if ((word & HIGH_BITS) != 0)
			break;
		p += 8;
	}
	while (p < end && *p < 0x80)
		p++;
	return p;
}

/* Length of the sequence that starts at p, 0 when it is malformed: the second
 * byte's range says all about overlong forms and surrogates. */
static size_t
sequence(const unsigned char *p, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n, i;

	if (*p >= 0xc2 && *p <= 0xdf)
		n = 2;
	else if (*p >= 0xe0 && *p <= 0xef)
		n = 3;
	else if (*p >= 0xf0 && *p <= 0xf4)
		n = 4;
	else
		return 0;
	if (*p == 0xe0)
		low = 0xa0;
	else if (*p == 0xed)
		high = 0x9f;
	else if (*p == 0xf0)
		low = 0x90;
	else if (*p == 0xf4)
		high = 0x8f;
	if (left < n || p[1] < low || p[1] > high)
		return 0;
	for (i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

bool
utf8_valid(const void *data, size_t len)
{
	const unsigned char *p = data, *end;
	size_t n;

	if (len == 0)
		return true;
	for (end = p + len; (p = skip_ascii(p, end)) < end; p += n)
		if ((n = sequence(p, (size_t)(end - p))) == 0)
			return false;
	return true;
}

size_t
utf8_utf16_len(const void *data, size_t len)
{
	const unsigned char *p = data, *end = p + len;
	size_t units = 0, n;

	while (p < end) {
		n = *p < 0x80 ? 1 : sequence(p, (size_t)(end - p));
		units += n == 4 ? 2 : 1;
		p += n > 0 ? n : 1;
	}
	return units;
}
