/*
 * assign.h: who reads which partitions: what the leader of a classic consumer
 * group computes from the members' subscriptions. Pure functions that give
 * what the Java client's assignors of the same names give, member for member,
 * so that a group may be led by either (client.rack is told to others and not
 * taken into account here).
 *
 *	range		each topic cut into ranges, a member each
 *	roundrobin	all partitions dealt out in turn
 *	sticky		balanced, and as much as can be stays where it was
 *	cooperative-sticky  the same, in two steps: what changes hands is given
 *			up first, and assigned by the rebalance after that
 */
#ifndef KLOG_CLIENT_ASSIGN_H
#define KLOG_CLIENT_ASSIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "wire/msg_consumer_protocol.h"
#include "wire/types.h"

enum assign_kind {
	ASSIGN_RANGE, ASSIGN_ROUNDROBIN, ASSIGN_STICKY, ASSIGN_COOPERATIVE,
	ASSIGN_KINDS
};

/* As members name it to each other. */
const char *assign_name(enum assign_kind kind);
/* By that name or by that of Java's class; -1: none such. */
int assign_find(const char *name, size_t len);
/* Whether members keep what they have while they join again. */
bool assign_cooperative(enum assign_kind kind);

struct assign_topic {
	struct kstr	name;
	int32_t		partitions;
};

struct assign_member {
	struct kstr	id;
	struct kstr	instance;	/* null: not static */
	struct consumer_protocol_subscription sub;
};

/* A partition by its topic's index in the list given to assign_run(). */
struct assign_part {
	int32_t	topic;
	int32_t	partition;
};

struct assign_list {
	struct assign_part	*v;
	size_t			 n;
};

/* Fills out[0..n) for the members, from arena a. topics are in the order of
 * their names, without doubles, with at least a partition each, and at least a
 * member subscribes to each. Topics that only members name are nobody's. */
void assign_run(enum assign_kind kind, const struct assign_topic *topics,
    size_t n_topics, const struct assign_member *members, size_t n,
    struct assign_list *out, struct arena *a);

/*
 * The bytes that go through the coordinator. A newer version is read as the
 * newest known one.
 */
int assign_read_subscription(struct kbytes bytes, struct arena *a,
    struct consumer_protocol_subscription *sub, struct kerr *e);
int assign_read_assignment(struct kbytes bytes, struct arena *a,
    struct consumer_protocol_assignment *as, struct kerr *e);
/* What a member says of itself to those that run kind: sub's topics, owned
 * partitions, generation and rack; the user data is made here. keeps: it still
 * has those partitions; else they are what it had. */
void assign_put_subscription(struct buf *out, enum assign_kind kind,
    const struct consumer_protocol_subscription *sub, bool keeps);
void assign_put_assignment(struct buf *out,
    const struct assign_topic *topics, const struct assign_list *list);

#endif
