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
