/*
 * tpset.h: a set of partitions, by topic id: what a member of a consumer
 * group has, shall have, or is to give back. An array in order, so that two
 * of them are compared and subtracted in one pass.
 */
#ifndef KLOG_BROKER_TPSET_H
#define KLOG_BROKER_TPSET_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/types.h"

struct tp {
	struct kuuid	topic;
	int32_t		partition;
};

/* Zero-initialised means empty. */
struct tpset {
	struct tp	*v;		/* by topic, partition; each once */
	int32_t		 n, cap;
};

void tpset_release(struct tpset *);
void tpset_clear(struct tpset *);
void tpset_add(struct tpset *, const struct kuuid *topic, int32_t partition);
bool tpset_has(const struct tpset *, const struct kuuid *topic,
    int32_t partition);
void tpset_copy(struct tpset *to, const struct tpset *from);
bool tpset_eq(const struct tpset *, const struct tpset *);
/* Whether all of a is in b; whether anything is in both. */
bool tpset_within(const struct tpset *a, const struct tpset *b);
bool tpset_meets(const struct tpset *a, const struct tpset *b);
/* out becomes what is in both, or in a alone. out is neither. */
void tpset_both(const struct tpset *a, const struct tpset *b,
    struct tpset *out);
void tpset_less(const struct tpset *a, const struct tpset *b,
    struct tpset *out);
/* Puts the partitions of the topic at i into out[i] and what follows it;
 * returns where they end. */
int32_t tpset_topic(const struct tpset *, int32_t i, int32_t *out);

#endif
