/* crc32c.c: see crc32c.h. */
#include "base/crc32c.h"

#include <isa-l/crc.h>

#define STEP	(1u << 30)	/* ISA-L counts in int */

uint32_t
crc32c(uint32_t crc, const void *p, size_t n)
{
	/* ISA-L does not write, it only lacks the const */
	unsigned char *b = (unsigned char *)(uintptr_t)p;

	crc = ~crc;
	for (; n > STEP; n -= STEP, b += STEP)
		crc = crc32_iscsi(b, STEP, crc);
	return ~crc32_iscsi(b, (int)n, crc);
}

/*
 * CRCs are polynomials over GF(2), modulo one of degree 32: bit 31 is x^0, so
 * the lowest bit is x^31. They are linear but for what they begin and end with,
 * which two messages of one length share: so their CRCs differ by that of what
 * they differ in, and a byte of zeros behind it multiplies by x^8.
 */
#define POLYNOMIAL	0x82f63b78u
#define X_0		(1u << 31)
#define X_8		(1u << 23)

static uint32_t
multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;

	for (; a != 0; a <<= 1) {
		product ^= b & -(a >> 31);
		b = b >> 1 ^ (POLYNOMIAL & -(b & 1));
	}
	return product;
}

uint32_t
crc32c_replace(uint32_t crc, const void *old, const void *new, size_t n,
    size_t behind)
{
	uint32_t power = X_8, shift = X_0;

	for (; behind > 0; behind >>= 1) {
		if (behind & 1)
			shift = multiply(shift, power);
		power = multiply(power, power);
	}
	return crc ^ multiply(crc32c(0, old, n) ^ crc32c(0, new, n), shift);
}
