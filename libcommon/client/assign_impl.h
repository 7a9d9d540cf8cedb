/*
 * assign_impl.h: what the files of the assignors share.
 *
 *	assign.c	 names, preparing, range, roundrobin
 *	assign_protocol.c  the bytes that members exchange
 *	assign_owned.c	 what members say they had
 *	assign_sticky.c	 sticky where all subscribe to the same
 *	assign_general.c sticky where they do not
 *
 * Partitions are numbers here: those of all topics in a row, in the order of
 * the topics' names. Members are numbers in the order they were given.
 *
 * Where the result depends on the order in which Java walks a hash map, that
 * order is computed (java_order()): a leader in C and one in Java then agree.
 */
#ifndef KLOG_CLIENT_ASSIGN_IMPL_H
#define KLOG_CLIENT_ASSIGN_IMPL_H

#include "client/assign.h"

/* Partition numbers that grow in number. */
struct nums {
	int32_t	*v;
	int32_t	 n, cap;
};

struct assign {
	const struct assign_topic	*topic;
	int32_t		 n_topics;
	int32_t		*base;		/* number of a topic's partition 0 */
	int32_t		*topic_of;	/* of each partition */
	int32_t		 total;		/* partitions */
	const struct assign_member	*member;
	int32_t		 n;		/* members */
	bool		*subscribed;	/* [member * n_topics + topic] */
	int32_t		*order;		/* members as Java walks them */
	struct nums	*said;		/* had, as each member says */
	struct nums	*owned;		/* the same, claims settled */
	int32_t		*generation;	/* as each member says */
	int32_t		 max_generation;
	bool		*doubled;	/* partition: claimed by two at once */
	bool		 same;		/* all subscribe to the same topics */
	struct nums	*got;		/* the result, of each member */
	int32_t		*moving;	/* partition: new owner where it changes
					 * hands; -1. NULL: not known */
	struct arena	*a;
};

void nums_add(struct assign *as, struct nums *l, int32_t v);
/* Takes v out where it is in. */
void nums_del(struct nums *l, int32_t v);

static inline bool
subscribes(const struct assign *as, int32_t member, int32_t topic)
{
	return as->subscribed[(size_t)member * (size_t)as->n_topics +
	    (size_t)topic];
}

/* The number of a partition, or -1 where there is none such. */
int32_t assign_number(const struct assign *as, struct kstr topic,
    int32_t partition);
/* Fills order[0..n) with the numbers of keys in the order in which a HashMap
 * walks keys of these hashes that were put in by number. */
void java_order(const uint32_t *hash, int32_t n, int32_t *order);

void assign_owned(struct assign *as, enum assign_kind kind);
void assign_constrained(struct assign *as);
void assign_general(struct assign *as);

#endif
