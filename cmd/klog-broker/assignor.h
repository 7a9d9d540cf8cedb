/*
 * assignor.h: who shall have which partition in a consumer group (KIP-848):
 * Kafka's two assignors of the server's side. Pure functions.
 *
 *	uniform		evenly over all topics, keeping what members have
 *	range		each topic in runs of neighbours, so that members get
 *			the same partitions of every topic
 */
#ifndef KLOG_BROKER_ASSIGNOR_H
#define KLOG_BROKER_ASSIGNOR_H

#include "tpset.h"

struct assign_topic {
	struct kuuid	id;
	int32_t		n;		/* partitions */
};

struct assign_member {
	struct kstr	 id;
	struct kstr	 instance;	/* null: none */
	int32_t		*topics;	/* indexes, ascending */
	int32_t		 n_topics;
	const struct tpset *has;	/* its target up to now */
	struct tpset	 gets;		/* out; the caller's to release */
};

typedef void assignor(const struct assign_topic *, int32_t n_topics,
    struct assign_member *, int32_t n_members);

assignor assign_uniform, assign_range;

#endif
