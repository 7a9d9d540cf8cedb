/*
 * partitioner.h: which partition a record goes to. Names are librdkafka's
 * (property "partitioner"); what each does with a key:
 *
 *	murmur2_random	Java's default: hash; a null key is sticky
 *	murmur2		the same, all null keys in one partition
 *	consistent_random  librdkafka's default: CRC-32; null or empty: random
 *	consistent	CRC-32; null and empty keys are hashed as ""
 *	fnv1a_random	sarama's hash; a null key goes anywhere
 *	fnv1a		the same, null hashed as ""
 *	random		anywhere, whatever the key
 *	roundrobin	in turn, whatever the key
 *	sticky		one until told to move on, whatever the key
 *
 * "Anywhere" is sticky here (KIP-480): one partition until the caller, at the
 * end of a batch, calls partitioner_next(). Only `random` draws each time.
 */
#ifndef KLOG_RECORD_PARTITIONER_H
#define KLOG_RECORD_PARTITIONER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum partitioner_kind {
	PARTITIONER_MURMUR2_RANDOM,
	PARTITIONER_MURMUR2,
	PARTITIONER_CONSISTENT_RANDOM,
	PARTITIONER_CONSISTENT,
	PARTITIONER_FNV1A_RANDOM,
	PARTITIONER_FNV1A,
	PARTITIONER_RANDOM,
	PARTITIONER_ROUNDROBIN,
	PARTITIONER_STICKY,
	PARTITIONER_MAX
};

struct partitioner {
	enum partitioner_kind	kind;
	uint64_t		seed;	/* state of its random numbers */
	uint32_t		turn;	/* sticky or next partition, modulo n */
};

/* NULL for a number that is none; -1 for a name that is none. "murmur2" etc.;
 * Java's class names and "default" are known too. */
const char *partitioner_name(int kind);
int partitioner_by_name(const char *name);

void partitioner_init(struct partitioner *p, enum partitioner_kind kind,
    uint64_t seed);
/* The partition, 0..n-1 (n > 0), of a record with this key; len -1: null. */
int32_t partitioner_pick(struct partitioner *p, const void *key, int32_t len,
    int32_t n);
/* True where pick() does not look at such a key, so that a run of records can
 * go to one partition. */
bool partitioner_is_sticky(const struct partitioner *p, int32_t key_len);
/* A batch went out: the sticky partition becomes another one of the n. */
void partitioner_next(struct partitioner *p, int32_t n);

/* The hashes themselves. murmur2 with Kafka's seed, not yet masked; FNV-1a. */
int32_t murmur2(const void *p, size_t n);
int32_t fnv1a(const void *p, size_t n);

#endif
