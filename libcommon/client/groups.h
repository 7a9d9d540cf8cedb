/*
 * groups.h: the groups of a cluster, looked at and changed from outside: list,
 * describe, offsets. Blocking, for programs that ask and print.
 *
 *	groups_init(&g, cluster, wait_ms);
 *	groups_add(&g, "billing");
 *	groups_fetch(&g);
 *	(g.v[i].err, g.v[i].offset[..])
 *	groups_release(&g);
 *
 * Each call asks the coordinator of every group that has no err, many groups
 * in one request where the broker knows how (KIP-699, KIP-709), and follows
 * coordinators that move. What fails is the group's own err; the others are
 * not affected.
 */
#ifndef KLOG_CLIENT_GROUPS_H
#define KLOG_CLIENT_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "client/cluster.h"

struct group_offset {
	const char	*topic;
	int32_t		 partition;
	int64_t		 offset;	/* -1: none is committed */
	int32_t		 leader_epoch;	/* -1: not known */
	const char	*metadata;	/* what the member left with it */
	struct kerr	*err;		/* of this partition alone, or NULL */
};

struct group_part {
	const char	*topic;
	int32_t		 partition;
};

struct group_member {
	const char		*id;
	const char		*instance;	/* static member, or NULL */
	const char		*client;
	const char		*host;
	const char		*rack;		/* or NULL, as it said */
	const char		*subscribed;	/* topics, spaces between; NULL:
						 * not known */
	const char		*regex;		/* and those that match it */
	struct group_part	*part;		/* assigned, in order */
	int			 n;
	/* consumer groups (KIP-848) */
	const char		*protocol;	/* the member's own: classic,
						 * consumer; NULL: not known */
	int32_t			 epoch;		/* -1: none */
	struct group_part	*target;	/* it will be assigned */
	int			 n_target;
};

struct group {
	const char		*name;
	struct kerr		 err;
	int32_t			 coordinator;	/* -1: not looked up */
	bool			 pending;	/* of a call: no answer yet */
	/* groups_list_all() and groups_describe(); NULL: the broker is too old to
	 * say, or was not asked */
	const char		*state;		/* Stable, Empty, Dead, .. */
	const char		*type;		/* classic, consumer */
	const char		*protocol_type;	/* consumer, connect, "" */
	const char		*assignor;
	int32_t			 epoch;		/* consumer groups; else -1 */
	int32_t			 target_epoch;	/* of the target assignment */
	struct group_member	*member;
	int			 n_members;
	/* groups_fetch(): by topic, then partition */
	struct group_offset	*offset;
	int			 n_offsets;
};

struct groups {
	struct cluster	*cluster;
	int64_t		 wait_ms;
	struct arena	 arena;		/* all texts and arrays */
	struct group	*v;		/* in the order added */
	int		 n;
};

void groups_init(struct groups *g, struct cluster *c, int64_t wait_ms);
void groups_release(struct groups *g);
/* Pointers into v are good until the next one is added. */
struct group *groups_add(struct groups *g, const char *name);

/* Adds every group of the cluster, by name: name, state, type, protocol type,
 * coordinator. 0, or the error of a broker that could not be asked: the groups
 * of the others are there all the same. */
int groups_list_all(struct groups *g, struct kerr *e);
/* State, type, assignor, members. A group that does not exist is Dead. */
void groups_describe(struct groups *g);
/* All offsets that the groups have committed. */
void groups_fetch(struct groups *g);

/* Commits offsets of a group without members; each has its own err. A group
 * that has members is KE_BROKER, NON_EMPTY_GROUP. */
void groups_commit(struct groups *g, struct group *q, struct group_offset *v,
    int n);
/* Removes committed offsets; a topic that a member is subscribed to is
 * KE_BROKER, GROUP_SUBSCRIBED_TO_TOPIC. */
void groups_forget(struct groups *g, struct group *q, struct group_offset *v,
    int n);
/* Deletes the groups; KE_BROKER: NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND. */
void groups_delete(struct groups *g);

/* Whether a group has members, so that its offsets are theirs. */
bool group_is_active(const struct group *q);
/* Sorts offsets by topic and partition. */
void group_sort(struct group_offset *v, int n);

#endif
