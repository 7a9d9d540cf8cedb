/* siphash.h: SipHash-1-3 with 128 bits of result (Aumasson and Bernstein): a
 * keyed hash whose results nobody can foresee, or make collide, who does not
 * know the key. */
#ifndef KLOG_BASE_SIPHASH_H
#define KLOG_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t	k0;
	uint64_t	k1;
};

struct digest128 {
	uint64_t	a;		/* the first eight bytes, little-endian */
	uint64_t	b;
};

struct digest128 siphash128(const struct siphash_key *k, const void *p,
    size_t n);

#endif
