/* java_hash.c: see java_hash.h. */
#include "wire/java_hash.h"

/* One more unit of UTF-16, as Java hashes it. */
static uint32_t
hash_unit(uint32_t h, uint32_t unit)
{
	return 31 * h + unit;
}

uint32_t
java_hash(struct kstr s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	uint32_t h = 0, c;
	int32_t i = 0, more;

	while (i < s.len) {
		c = p[i++];
		more = c < 0xc0 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
		if (more > 0)
			c &= 0x3fu >> more;
		for (; more > 0 && i < s.len; more--)
			c = c << 6 | (p[i++] & 0x3f);
		if (c < 0x10000) {
			h = hash_unit(h, c);
		} else {
			h = hash_unit(h, 0xd7c0 + (c >> 10));
			h = hash_unit(h, 0xdc00 + (c & 0x3ff));
		}
	}
	return h;
}

int32_t
java_hash_partition(struct kstr s, int32_t n)
{
	uint32_t h = java_hash(s);

	/* Java's abs() of the least number stays what it is: Kafka takes 0 */
	if (h == 0x80000000u)
		h = 0;
	else if (h > 0x80000000u)
		h = -h;
	return (int32_t)(h % (uint32_t)n);
}
