/*
 * consumer_group.h: groups of the consumer protocol (KIP-848), inside the
 * group coordinator: for group*.c and consumer_*.c.
 *
 * The members' subscriptions and the topics make a group epoch; for each
 * epoch a target assignment is computed; each member moves towards its target
 * by itself, giving back before others get. Members of the classic protocol
 * may be among them (consumer_classic.c).
 */
#ifndef KLOG_BROKER_CONSUMER_GROUP_H
#define KLOG_BROKER_CONSUMER_GROUP_H

#include "group_impl.h"
#include "tpset.h"
#include "wire/msg_consumer_protocol.h"

struct pcre2_real_code_8;

enum cmember_state {		/* as the records have them */
	MEMBER_STABLE = 0,
	MEMBER_UNREVOKED = 1,	/* has still to give partitions back */
	MEMBER_UNRELEASED = 2,	/* waits for others to do so */
	MEMBER_UNKNOWN = 127
};

enum { EPOCH_LEAVE = -1, EPOCH_LEAVE_STATIC = -2 };

struct cmember {
	UT_hash_handle	 hh;		/* the group's, by id */
	struct group	*group;
	struct kstr	 id;
	struct kstr	 instance, rack, client_id, host;
	struct kstr	 assignor;	/* null: the group's default */
	struct kstr	*names;		/* subscribed topics, in order */
	int32_t		 n_names;
	struct kstr	 regex;		/* and those that match; null: none */
	struct topic_regex *matcher;	/* it; NULL: none */
	int32_t		 rebalance_ms;
	int32_t		 epoch, previous_epoch;
	enum cmember_state state;
	struct tpset	 assigned;
	struct tpset	 revoking;
	struct tpset	 target;
	bool		 has_target;	/* a record of it was written */

	/* of the classic protocol; no protocols: it is not */
	int32_t		 session_ms;
	struct group_protocols protocols;

	struct group_timer session;
	struct group_timer revocation;	/* until it has given back */
	struct group_timer rejoin;	/* until it joins again: classic */
	struct group_timer sync;	/* until it has asked: classic */
};

struct csubscribed {
	struct kstr	name;
	struct kuuid	id;
	int32_t		n;		/* partitions */
};

struct cgroup {
	int32_t		 epoch;
	int32_t		 assignment_epoch;
	struct cmember	*members;
	struct csubscribed *topics;	/* subscribed to, existing; by name */
	int32_t		 n_topics;
	uint64_t	 seen;		/* state of the topics it rests on */
};

/* consumer_group.c */
struct cgroup *cgroup_new(void);
void cgroup_free(struct cgroup *);
/* The group, of this protocol; it is no other. */
struct group *consumer_group_begin(struct groups *, struct kstr id);
/* It is of no protocol any more, as if it were new. No records. */
void consumer_group_end(struct group *);
int32_t consumer_size(const struct group *);
/* All its records were replayed. */
void consumer_loaded(struct group *);
void consumer_update_state(struct group *);
/* The member leaves or is thrown out. */
void consumer_drop(struct cmember *);

/* consumer_member.c */
struct cmember *cmember_find(const struct group *, struct kstr id);
struct cmember *cmember_of_instance(const struct group *, struct kstr);
struct cmember *cmember_add(struct group *, struct kstr id);
/* No records. */
void cmember_remove(struct cmember *);
void cmember_rename(struct cmember *, struct kstr id);
/* One that is in no group's table any more. */
void cmember_free(struct cmember *);
/* True where it changes anything. */
bool cmember_set_names(struct cmember *, const struct kstr *, int32_t n);
/* The same; *bad: it is no regular expression. */
bool cmember_set_regex(struct cmember *, struct kstr, bool *bad);
void cmember_set_protocols(struct cmember *, int32_t session_ms,
    const struct join_group_request_protocol *, int32_t n);
bool cmember_is_classic(const struct cmember *);
/* By its regular expression; by that or by name. */
bool cmember_matches(const struct cmember *, struct kstr topic);
bool cmember_reads(const struct cmember *, struct kstr topic);
/* Its session begins anew. */
void cmember_beat(struct cmember *);
/* Whether that is its epoch: 0, or 22 (illegal generation), 113 (stale). */
int16_t cmember_check_epoch(const struct cmember *, int32_t epoch);

/* consumer_topics.c */
/* Takes v and its names over. */
void cgroup_set_topics(struct cgroup *, struct csubscribed *v, int32_t n);
/* True where they are others than before. */
bool consumer_update_topics(struct group *);

/* consumer_target.c */
/* The assignor that most members ask for. */
struct kstr consumer_assignor(const struct group *);
/* What follows from members' changes: epoch and target. bump: a subscription
 * changed. Puts the records. */
void consumer_refresh(struct group *, bool bump);

/* consumer_reconcile.c */
/* Moves the member on; owned NULL: it did not say. */
void consumer_reconcile(struct cmember *, const struct tpset *owned);
/* Whether something that the member shall have is still another's. */
bool consumer_waits_for_others(const struct cmember *);
void consumer_await_revocation(struct cmember *);

/* consumer_records.c */
void consumer_store_epoch(struct group *);
void consumer_store_topics(struct group *);
void consumer_store_member(struct cmember *);
void consumer_store_target_epoch(struct group *);
void consumer_store_target(struct cmember *);
void consumer_store_current(struct cmember *);
void consumer_store_no_member(struct cmember *);
void consumer_store_tombstones(struct group *);

/* consumer_replay.c */
int consumer_replay(struct groups *, const struct group_record *,
    struct arena *, struct kerr *);

/* consumer_protocol.c */
void consumer_read_owned(struct groups *,
    const struct consumer_protocol_subscription *, struct tpset *out);
void consumer_read_assigned(struct groups *,
    const struct consumer_protocol_assignment *, struct tpset *out);
/* Appends it with its version. */
void consumer_put_assignment(struct groups *, const struct tpset *,
    struct buf *out);

/* consumer_classic.c */
void consumer_join(struct groups *, struct group *,
    const struct group_client *, const struct join_group_request *, void *who);
void consumer_sync(struct groups *, struct group *,
    const struct sync_group_request *, void *who);
int16_t consumer_classic_beat(struct group *, const struct heartbeat_request *);
void consumer_leave(struct group *, const struct leave_group_request_member *,
    int32_t n, struct leave_group_response_member *);

/* consumer_migrate.c */
/* A group changes its protocol while it works; false: it may not, or cannot. */
bool consumer_upgrade(struct group *);
bool consumer_may_downgrade(const struct group *, const struct cmember *but);
void consumer_downgrade(struct group *, struct cmember *leaving);

#endif
