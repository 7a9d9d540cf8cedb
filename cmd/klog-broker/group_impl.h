/*
 * group_impl.h: the inside of the group coordinator, for group*.c and no
 * others.
 */
#ifndef KLOG_BROKER_GROUP_IMPL_H
#define KLOG_BROKER_GROUP_IMPL_H

#include <bsd/sys/tree.h>
#include <uthash.h>

#include "base/buf.h"
#include "base/err.h"
#include "group.h"
#include "offsets.h"
#include "wire/field.h"

enum group_state {
	GROUP_EMPTY, GROUP_PREPARING, GROUP_COMPLETING, GROUP_STABLE,
	GROUP_DEAD,
	GROUP_ASSIGNING, GROUP_RECONCILING	/* of the consumer protocol */
};

struct cgroup;
struct group;
struct group_timer;

RB_HEAD(group_timers, group_timer);

struct group_timer {
	RB_ENTRY(group_timer) link;
	int64_t		 at;		/* monotonic ms */
	bool		 armed;
	void		(*fire)(struct groups *, struct group_timer *);
};

/* What a member of the classic protocol offers, as it prefers it. */
struct group_protocols {
	struct join_group_request_protocol *v;	/* owned, texts included */
	int32_t	n;
};

struct group_member {
	UT_hash_handle	 hh;		/* the group's, by id */
	struct group	*group;
	struct kstr	 id;
	struct kstr	 instance;	/* null: dynamic (KIP-345) */
	struct kstr	 client_id;
	struct kstr	 host;
	int32_t		 rebalance_ms;
	int32_t		 session_ms;
	struct group_protocols protocols;
	struct kbytes	 assignment;
	void		*joining;	/* whose JoinGroup waits, or NULL */
	void		*syncing;	/* likewise */
	bool		 is_new;	/* its first JoinGroup waits */
	bool		 sync_due;	/* has not sent SyncGroup yet */
	struct group_timer session;
};

/* An id that was given out and has not joined yet (KIP-394). */
struct group_pending {
	UT_hash_handle	 hh;
	struct group	*group;
	struct kstr	 id;
	struct group_timer expiry;
};

struct group {
	UT_hash_handle	 hh;		/* of all groups, by id */
	struct groups	*of;
	struct kstr	 id;
	int32_t		 partition;
	bool		 loading;	/* not all of it came yet */
	enum group_state state;
	int64_t		 state_ms;	/* wall clock; -1: not known */
	int32_t		 generation;
	struct kstr	 protocol_type;	/* null until somebody joined */
	struct kstr	 protocol;
	struct kstr	 leader;	/* member id */
	struct group_member *members;
	struct group_pending *pending;
	struct offsets	 offsets;
	struct cgroup	*consumer;	/* NULL: of the classic protocol, as
					 * is all that follows */

	/* while preparing */
	struct group_timer rebalance;
	bool		 initial;	/* waits for the delay, whoever came */
	bool		 grew;		/* somebody came during the delay */
	int64_t		 delay_left;
	/* until all have sent SyncGroup */
	struct group_timer sync;
};

struct groups {
	struct groups_config	 config;
	const struct groups_ops	*ops;
	void			*arg;
	int32_t			 partitions;
	int64_t			 now, wall;
	struct group		*all;
	struct group_timers	 timers;
	struct group_timer	 check;		/* for expired offsets */
	struct buf		 key, value;	/* scratch for records */
	uint64_t		 topics_seen;	/* counts their changes */
};

/* group.c */
struct kstr kstr_dup(struct kstr);
void kstr_free(struct kstr *);
void kstr_set(struct kstr *, struct kstr);
struct kbytes kbytes_dup(struct kbytes);
void group_arm(struct groups *, struct group_timer *, int64_t ms);
void group_disarm(struct groups *, struct group_timer *);
struct group *group_find(struct groups *, struct kstr id);
struct group *group_need(struct groups *, struct kstr id);
void group_free(struct group *);
/* Answers all who wait in vain. */
void group_turn_away(struct group *, int16_t error);
void group_become(struct group *, enum group_state);
const char *group_state_name(enum group_state);
int32_t group_size(const struct group *);

/* group_member.c */
struct group_member *member_find(const struct group *, struct kstr id);
struct group_member *member_of_instance(const struct group *,
    struct kstr instance);
/* No timer runs yet. The first one becomes the leader. */
struct group_member *member_add(struct group *, struct kstr id,
    struct kstr instance, struct kstr client_id, struct kstr host);
void member_set_assignment(struct group_member *, struct kbytes);
void member_remove(struct group_member *);
void member_rename(struct group_member *, struct kstr id);
bool member_leads(const struct group_member *);
struct group_pending *pending_find(const struct group *, struct kstr id);
void pending_add(struct group *, struct kstr id, int32_t session_ms);
void pending_remove(struct group_pending *);
/* Its session begins anew. */
void member_beat(struct group_member *);
/* 0, 25 (unknown member), 82 (fenced). */
int16_t member_check(const struct group *, struct kstr id,
    struct kstr instance);

/* group_protocols.c */
void protocols_set(struct group_protocols *,
    const struct join_group_request_protocol *, int32_t n);
void protocols_release(struct group_protocols *);
bool protocols_eq(const struct group_protocols *,
    const struct join_group_request_protocol *, int32_t n);
/* The metadata that comes with one; NULL: it is not offered. */
const struct kbytes *protocols_find(const struct group_protocols *,
    struct kstr name);
/* Whether all members offer it. */
bool group_supports(const struct group *, struct kstr protocol);
struct kstr group_select_protocol(const struct group *);

/* group_join.c */
/* 36 characters of 16 random bytes, in the arena. */
struct kstr group_uuid_text(struct arena *, uint8_t random[16]);
/* What the member is told of the generation; all: of the other members, too,
 * as the leader is. To be freed: rsp->members.v. */
void join_describe(const struct group_member *, bool all,
    struct join_group_response *rsp);
void join_answer(struct group_member *, const struct join_group_response *);
void join_refuse(struct groups *, void *who, struct kstr member_id,
    int16_t error);

/* group_rebalance.c */
void group_prepare(struct group *);
/* Unless it is under way already. */
void group_maybe_prepare(struct group *);
/* Somebody came or went while preparing. */
void group_check_joined(struct group *);
/* The time for joining is up. */
void group_join_over(struct group *);
/* The longest of its members' rebalance timeouts. */
int32_t group_rebalance_ms(const struct group *);
/* How many members have joined again. */
int32_t group_joining(const struct group *);
/* Takes a member out, and sees to what follows. */
void group_drop_member(struct group_member *);
void group_drop_pending(struct group_pending *);

/* group_sync.c */
void sync_refuse(struct groups *, void *who, int16_t error);
/* Answers whoever waits with its assignment, or the error. */
void group_propagate(struct group *, int16_t error);
void group_end_sync(struct group *);
void group_sync_over(struct group *);
void group_await_sync(struct group *);

/* group_records.c */
void group_put_message(struct buf *, const struct kmessage *, int16_t version,
    const void *in);
/* The key and value that were just made. */
void group_put(struct group *, bool has_value, int64_t producer_id,
    int16_t producer_epoch);
void group_store(struct group *);
void group_store_tombstone(struct group *);
void group_store_offset(struct group *, struct kstr topic, int32_t partition,
    const struct offset_value *, int64_t producer_id, int16_t producer_epoch);
void group_store_no_offset(struct group *, struct kstr topic,
    int32_t partition);

/* group_offsets.c */
void group_expire(struct groups *, struct group_timer *);
void group_drop_offsets(struct group *, bool (*which)(void *arg,
    struct kstr topic, int32_t partition, const struct offset_value *),
    void *arg);

#endif
