/* partitioner.c: see partitioner.h. */
#include "record/partitioner.h"

#include <endian.h>
#include <string.h>
#include <zlib.h>

#define MURMUR2_SEED	0x9747b28cu
#define MURMUR2_M	0x5bd1e995u

/* Indexed by kind; then the other words for some. */
static const struct {
	const char		*name;
	enum partitioner_kind	 kind;
} names[] = {
	{ "murmur2_random", PARTITIONER_MURMUR2_RANDOM },
	{ "murmur2", PARTITIONER_MURMUR2 },
	{ "consistent_random", PARTITIONER_CONSISTENT_RANDOM },
	{ "consistent", PARTITIONER_CONSISTENT },
	{ "fnv1a_random", PARTITIONER_FNV1A_RANDOM },
	{ "fnv1a", PARTITIONER_FNV1A },
	{ "random", PARTITIONER_RANDOM },
	{ "roundrobin", PARTITIONER_ROUNDROBIN },
	{ "sticky", PARTITIONER_STICKY },
	{ "default", PARTITIONER_MURMUR2_RANDOM },
	{ "org.apache.kafka.clients.producer.internals.DefaultPartitioner",
	    PARTITIONER_MURMUR2_RANDOM },
	{ "org.apache.kafka.clients.producer.RoundRobinPartitioner",
	    PARTITIONER_ROUNDROBIN },
	{ "org.apache.kafka.clients.producer.UniformStickyPartitioner",
	    PARTITIONER_STICKY }
};

const char *
partitioner_name(int kind)
{
	return kind >= 0 && kind < PARTITIONER_MAX ? names[kind].name : NULL;
}

int
partitioner_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i].name) == 0)
			return (int)names[i].kind;
	return -1;
}

/* Austin Appleby's MurmurHash2, as org.apache.kafka.common.utils.Utils has
 * it: little-endian words, and the tail's bytes from the last one down. */
int32_t
murmur2(const void *data, size_t n)
{
	const uint8_t *p = data;
	uint32_t h = MURMUR2_SEED ^ (uint32_t)n, k;

	for (; n >= 4; n -= 4, p += 4) {
		memcpy(&k, p, 4);
		k = le32toh(k) * MURMUR2_M;
		k ^= k >> 24;
		h = h * MURMUR2_M ^ k * MURMUR2_M;
	}
	if (n > 0) {
		for (k = 0; n > 0; n--)
			k = k << 8 | p[n - 1];
		h = (h ^ k) * MURMUR2_M;
	}
	h ^= h >> 13;
	h *= MURMUR2_M;
	return (int32_t)(h ^ h >> 15);
}

int32_t
fnv1a(const void *data, size_t n)
{
	const uint8_t *p = data;
	uint32_t h = 0x811c9dc5u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x01000193u;
	return (int32_t)h;
}

/* splitmix64: enough for spreading records, not for secrets. */
static uint32_t
draw(struct partitioner *p)
{
	uint64_t z = p->seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)(z >> 32);
}

void
partitioner_init(struct partitioner *p, enum partitioner_kind kind,
    uint64_t seed)
{
	p->kind = kind;
	p->seed = seed;
	p->turn = draw(p);
}

bool
partitioner_is_sticky(const struct partitioner *p, int32_t key_len)
{
	switch (p->kind) {
	case PARTITIONER_STICKY:
		return true;
	case PARTITIONER_MURMUR2_RANDOM:
	case PARTITIONER_FNV1A_RANDOM:
		return key_len < 0;
	case PARTITIONER_CONSISTENT_RANDOM:
		return key_len <= 0;
	default:
		return false;
	}
}

void
partitioner_next(struct partitioner *p, int32_t n)
{
	uint32_t now = p->turn % (uint32_t)n;

	/* any other one of them */
	p->turn = n > 1 ?
	    (now + 1 + draw(p) % (uint32_t)(n - 1)) % (uint32_t)n : 0;
}

int32_t
partitioner_pick(struct partitioner *p, const void *key, int32_t len,
    int32_t n)
{
	size_t size = len > 0 ? (size_t)len : 0;
	uint32_t h, parts = (uint32_t)n;

	if (partitioner_is_sticky(p, len))
		return (int32_t)(p->turn % parts);
	switch (p->kind) {
	case PARTITIONER_MURMUR2_RANDOM:
	case PARTITIONER_MURMUR2:
		h = (uint32_t)murmur2(key, size) & INT32_MAX;
		break;
	case PARTITIONER_CONSISTENT_RANDOM:
	case PARTITIONER_CONSISTENT:
		/* crc32(0, NULL, ..) means something else to zlib */
		h = size > 0 ? (uint32_t)crc32(0, key, (uInt)size) : 0;
		break;
	case PARTITIONER_FNV1A_RANDOM:
	case PARTITIONER_FNV1A:
		h = (uint32_t)fnv1a(key, size);
		if ((int32_t)h < 0)	/* |hash|, as sarama does */
			h = -h;
		break;
	case PARTITIONER_RANDOM:
		h = draw(p);
		break;
	default:
		h = p->turn++ % parts;
	}
	return (int32_t)(h % parts);
}
