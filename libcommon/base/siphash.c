/* siphash.c: see siphash.h. */
#include "base/siphash.h"

#include <endian.h>

static inline uint64_t
rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

struct sip {
	uint64_t	v0, v1, v2, v3;
};

static inline void
mix(struct sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 = rotate(s->v2, 32);
}

static inline void
take(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	mix(s);
	s->v0 ^= word;
}

static inline uint64_t
load(const uint8_t *p)
{
	uint64_t x;

	__builtin_memcpy(&x, p, sizeof(x));
	return le64toh(x);
}

/* The last word: the bytes that are left, and the length. */
static inline uint64_t
last_word(const uint8_t *p, size_t left, size_t n)
{
	uint64_t word = (uint64_t)n << 56;

	for (size_t i = 0; i < left; i++)
		word |= (uint64_t)p[i] << (8 * i);
	return word;
}

static inline uint64_t
finish(struct sip *s)
{
	mix(s);
	mix(s);
	mix(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

struct digest128
siphash128(const struct siphash_key *k, const void *data, size_t n)
{
	const uint8_t *p = data;
	struct sip s = {
		k->k0 ^ 0x736f6d6570736575, k->k1 ^ 0x646f72616e646f6d ^ 0xee,
		k->k0 ^ 0x6c7967656e657261, k->k1 ^ 0x7465646279746573
	};
	struct digest128 d;
	size_t left = n;

	for (; left >= 8; p += 8, left -= 8)
		take(&s, load(p));
	take(&s, last_word(p, left, n));
	s.v2 ^= 0xee;
	d.a = finish(&s);
	s.v1 ^= 0xdd;
	d.b = finish(&s);
	return d;
}
