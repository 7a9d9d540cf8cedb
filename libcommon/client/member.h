/*
 * member.h: what a member of a consumer group does next: a pure state machine.
 * It says which request to send or what else to do, is told what came of it,
 * and asks for nothing else; time is handed in.
 *
 *	while ((what = member_next(m, now, &at)) != MEMBER_WAIT)
 *		do it, and tell member_*() now or later
 *	ask again when something was told, or at the time `at`
 *
 * Of the classic protocol (member.c): the group joins as a whole, and its leader
 * assigns. A member that is eager gives up what it has before it joins again;
 * one that is cooperative (all of its assignors are) keeps it, and gives up only
 * what the new assignment takes away.
 *
 * Of the consumer protocol (member_consumer.c, KIP-848): each member tells the
 * coordinator in heartbeats what it wants and what it has, and is told there
 * what it shall have; it moves to that by itself, in the epoch it is told.
 */
#ifndef KLOG_CLIENT_MEMBER_H
#define KLOG_CLIENT_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct member_config {
	bool		 consumer;	/* the protocol; else classic */
	bool		 cooperative;	/* classic */
	bool		 fixed;		/* has an instance id: stays a member
					 * when it ends, until its session has */
	int64_t		 heartbeat_ms;	/* heartbeat.interval.ms; consumer: until
					 * the coordinator has said */
	int64_t		 backoff_ms;	/* retry.backoff.ms */
	int64_t		 backoff_max_ms;
	bool		 looks;		/* consumer: asks, when it has been
					 * assigned nothing, whether anything
					 * is meant for it */
	int64_t		 contact_ms;	/* a coordinator that has never taken it
					 * is not asked for longer; 0: it is */
};

enum member_do {
	MEMBER_WAIT,
	MEMBER_FIND,		/* FindCoordinator: member_found() */
	MEMBER_GIVE_UP,		/* all partitions: member_given_up() */
	MEMBER_JOIN,		/* JoinGroup: member_joined() */
	MEMBER_SYNC,		/* SyncGroup: member_synced() */
	MEMBER_HEARTBEAT,	/* Heartbeat: member_beaten(); consumer: with
				 * what m->say says: member_answered() */
	MEMBER_LOOK,		/* ConsumerGroupDescribe: member_looked() */
	MEMBER_RECONCILE,	/* take the last assignment over:
				 * member_reconciled() */
	MEMBER_LEAVE,		/* LeaveGroup; consumer: the heartbeat that ends
				 * it: member_left() */
	MEMBER_FAILED		/* for good: member.err */
};

enum member_phase {
	MEMBER_OUT,		/* has to join (again) */
	MEMBER_GIVING_UP,	/* partitions, before it joins */
	MEMBER_JOINING,
	MEMBER_SYNCING,
	MEMBER_STABLE,
	MEMBER_LEAVING,
	MEMBER_GONE
};

/* What a heartbeat has to say, besides that the member is there. */
enum member_say {
	SAY_TOPICS = 1,		/* subscribed to */
	SAY_OWNED = 2,		/* partitions taken over */
	SAY_ALL = 7		/* those, and all the rest */
};

/* What a member that has nothing knows of what is meant for it. */
enum member_outlook {
	OUTLOOK_HIDDEN,		/* and never will */
	OUTLOOK_UNKNOWN,
	OUTLOOK_SOME,		/* what others have not given back yet */
	OUTLOOK_NONE
};

struct member {
	struct member_config	 cf;
	enum member_phase	 phase;
	bool			 coordinator;	/* is known */
	bool			 busy;		/* a request is under way */
	bool			 beating;	/* a heartbeat is */
	bool			 rejoin;	/* wanted, once it is stable */
	bool			 has;		/* partitions */
	bool			 lost;		/* others may have them by now */
	bool			 failed;
	char			 id[256];	/* "": none yet */
	int32_t			 generation;	/* or member epoch; -1: none */
	int			 failures;	/* in a row */
	bool			 taken;		/* has been a member */
	int64_t			 refused_at;	/* since when it is not; -1 */
	int64_t			 not_before;	/* of the next request */
	int64_t			 beat_at;	/* of the next heartbeat */
	struct kerr		 err;		/* failed: why */
	/* the consumer protocol */
	int			 say;		/* enum member_say: of the last */
	bool			 all;		/* everything is to be said */
	bool			 owned;		/* what it has is to be said */
	bool			 target;	/* an assignment not looked at */
	bool			 reconciling;	/* one is being taken over */
	bool			 known;		/* the coordinator may know it */
	int			 calm;		/* answers since a change */
	enum member_outlook	 outlook;	/* as of the last answer */
	int64_t			 interval_ms;	/* between heartbeats */
};

void member_init(struct member *m, const struct member_config *cf);
/* What to do now; MEMBER_WAIT: *at is when to ask again, INT64_MAX: when
 * something was told. What is returned counts as begun. */
enum member_do member_next(struct member *m, int64_t now, int64_t *at);

/* What came of it; e is NULL where it went well. */
void member_found(struct member *m, int64_t now, const struct kerr *e);
void member_given_up(struct member *m);
/* e may be MEMBER_ID_REQUIRED; id and its length are those of the answer. */
void member_joined(struct member *m, int64_t now, const struct kerr *e,
    const char *id, int32_t id_len, int32_t generation);
void member_synced(struct member *m, int64_t now, const struct kerr *e);
void member_beaten(struct member *m, int64_t now, const struct kerr *e);
void member_left(struct member *m);

/* Consumer: the epoch is that of the answer; assigned: with an assignment. */
void member_answered(struct member *m, int64_t now, const struct kerr *e,
    int32_t epoch, int64_t interval_ms, bool assigned);
/* Consumer: whether partitions are meant for it, or may come to be. */
void member_looked(struct member *m, const struct kerr *e, bool some);
/* Consumer: more of the last assignment can be taken over. */
void member_retarget(struct member *m);
/* Consumer: what had to go is gone, what came is there. */
void member_reconciled(struct member *m);

/* The program's part. */
/* An assignment of n partitions in all has been taken over. */
void member_has(struct member *m, bool has);
/* Joins again: topics have changed, or partitions were given up. */
void member_rejoin(struct member *m);
/* A commit that was sent in that generation came to that: it may tell that
 * this is no member any more. */
void member_committed(struct member *m, int64_t now, int32_t generation,
    const struct kerr *e);
/* Whether a commit may be sent: with this id and generation. */
bool member_may_commit(const struct member *m);
/* Whether nothing is about to change, as far as is known. */
bool member_settled(const struct member *m);
/* Ends the membership; everything has been given up. */
void member_leave(struct member *m);

#endif
