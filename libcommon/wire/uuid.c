/* uuid.c: see uuid.h. */
#include "wire/uuid.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789-_";

char *
kuuid_format(const struct kuuid *u, char out[KUUID_TEXT])
{
	char *o = out;
	uint32_t acc = 0;
	int bits = 0;

	for (int i = 0; i < 16; i++) {
		acc = acc << 8 | u->b[i];
		for (bits += 8; bits >= 6; bits -= 6)
			*o++ = digits[acc >> (bits - 6) & 63];
	}
	*o++ = digits[acc << (6 - bits) & 63];
	*o = '\0';
	return out;
}

int
kuuid_parse(const char *s, size_t n, struct kuuid *u)
{
	uint8_t raw[17] = { 0 };
	uint32_t acc = 0;
	size_t bits = 0, len = 0;
	const char *d;

	if (n != KUUID_TEXT - 1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\0' || (d = strchr(digits, s[i])) == NULL)
			return -1;
		acc = acc << 6 | (uint32_t)(d - digits);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			raw[len++] = (uint8_t)(acc >> bits);
		}
	}
	if ((acc & ((1u << bits) - 1)) != 0)
		return -1;
	memcpy(u->b, raw, sizeof(u->b));
	return 0;
}

void
kuuid_make(const uint8_t random[16], struct kuuid *u)
{
	memcpy(u->b, random, sizeof(u->b));
	u->b[6] = (uint8_t)((u->b[6] & 0x0f) | 0x40);
	u->b[8] = (uint8_t)((u->b[8] & 0x3f) | 0x80);
	/* '-' is digit 62, the first six bits; options start with it too. */
	if (u->b[0] >> 2 == 62)
		u->b[0] &= 0x7f;
}
