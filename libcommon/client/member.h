/*
 * member.h: what a member of a classic consumer group does next: a pure state
 * machine. It says which request to send or what else to do, is told what came
 * of it, and asks for nothing else; time is handed in.
 *
 *	while ((what = member_next(m, now, &at)) != MEMBER_WAIT)
 *		do it, and tell member_*() now or later
 *	ask again when something was told, or at the time `at`
 *
 * A member that is eager gives up what it has before it joins again; one that
 * is cooperative (all of its assignors are) keeps it, and gives up only what
 * the new assignment takes away.
 */
#ifndef KLOG_CLIENT_MEMBER_H
#define KLOG_CLIENT_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct member_config {
	bool		 cooperative;
	bool		 fixed;		/* has an instance id: stays a member
					 * when it ends, until its session has */
	int64_t		 heartbeat_ms;	/* heartbeat.interval.ms */
	int64_t		 backoff_ms;	/* retry.backoff.ms */
	int64_t		 backoff_max_ms;
};

enum member_do {
	MEMBER_WAIT,
	MEMBER_FIND,		/* FindCoordinator: member_found() */
	MEMBER_GIVE_UP,		/* all partitions: member_given_up() */
	MEMBER_JOIN,		/* JoinGroup: member_joined() */
	MEMBER_SYNC,		/* SyncGroup: member_synced() */
	MEMBER_HEARTBEAT,	/* Heartbeat: member_beaten() */
	MEMBER_LEAVE,		/* LeaveGroup: member_left() */
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
	int32_t			 generation;	/* -1: none */
	int			 failures;	/* in a row */
	int64_t			 not_before;	/* of the next request */
	int64_t			 beat_at;	/* of the next heartbeat */
	struct kerr		 err;		/* failed: why */
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
/* Ends the membership; everything has been given up. */
void member_leave(struct member *m);

#endif
