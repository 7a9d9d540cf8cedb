/*
 * subscriber.h: takes part in a consumer group: which partitions are this
 * process's to read, and which offsets the group has committed.
 *
 * The membership (member.h) lives on the loop: heartbeats go on whenever the
 * loop runs, and a member stays in the group as long as its process does,
 * however slowly records are taken from it. What the program has to do comes
 * as events, one at a time; until subscriber_done() the group waits for it,
 * up to rebalance_ms.
 *
 * The group's requests have a connection of their own: a JoinGroup waits for
 * other members, a Fetch for records, and both hold up all that is behind them.
 */
#ifndef KLOG_CLIENT_SUBSCRIBER_H
#define KLOG_CLIENT_SUBSCRIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/assign.h"
#include "client/cluster.h"

struct subscriber;

struct subscriber_config {
	const char	*group;
	const char	*instance;	/* group.instance.id; NULL: none */
	bool		 consumer;	/* the consumer protocol (KIP-848): the
					 * broker has the intervals and assigns */
	bool		 looks;		/* consumer: a member that is assigned
					 * nothing asks whether that is all,
					 * to be settled soon */
	const char	*remote_assignor; /* by which; NULL: its own choice */
	int32_t		 session_ms;	/* session.timeout.ms */
	int32_t		 rebalance_ms;	/* max.poll.interval.ms */
	int32_t		 heartbeat_ms;	/* heartbeat.interval.ms */
	enum assign_kind assignor[ASSIGN_KINDS];	/* the best first */
	int		 n_assignors;
	void		(*wake)(void *arg);	/* there is an event */
	void		*arg;
};

/* Java's: 45 s, 5 min, 3 s; range, cooperative-sticky. */
void subscriber_config_defaults(struct subscriber_config *cf);

/* data: what records are read through; conf: how it was opened. Copies what
 * cf points to. Blocks until a broker has answered. */
struct subscriber *subscriber_open(struct cluster *data,
    const struct cluster_config *conf, const struct subscriber_config *cf,
    struct kerr *e);
void subscriber_free(struct subscriber *s);
/* The topics to share in from now on; joins (again) where they have changed. */
void subscriber_topics(struct subscriber *s, const char *const *names,
    size_t n);

struct subscriber_part {
	char		*topic;
	int32_t		 partition;
	struct kuuid	 id;		/* of the topic; none: not known */
};

enum subscriber_kind {
	SUBSCRIBER_ASSIGNED,	/* read these, too (may be none) */
	SUBSCRIBER_REVOKED,	/* stop reading these, and commit */
	SUBSCRIBER_LOST,	/* the same, but a commit will be refused */
	SUBSCRIBER_FAILED	/* it is over: err */
};

struct subscriber_event {
	enum subscriber_kind		 kind;
	struct subscriber_part		*part;
	size_t				 n;
	size_t				 total;	/* partitions held after it */
	int32_t				 generation;	/* or member epoch */
	const char			*assignor;	/* ASSIGNED; NULL: the
							 * broker's */
	struct kerr			 err;
};

/* The next event, or NULL; stays valid until subscriber_done(). */
const struct subscriber_event *subscriber_event(struct subscriber *s);
void subscriber_done(struct subscriber *s);
/* True while nothing is about to change: an assignment has been taken over and
 * no rebalance is known of. */
bool subscriber_settled(const struct subscriber *s);

struct subscriber_offset {
	const char	*topic;
	int32_t		 partition;
	int64_t		 offset;	/* -1: none was committed */
	int32_t		 epoch;		/* leader epoch; -1: not known */
};

/* Blocks until the offsets are known, wait_ms at most. */
int subscriber_committed(struct subscriber *s, struct subscriber_offset *v,
    size_t n, int64_t wait_ms, struct kerr *e);

/* Commits; one at a time. done() is told what came of it, KE_AGAIN where it
 * could not be tried just now. Nothing of v is kept. */
typedef void subscriber_committed_fn(void *arg, const struct kerr *e);
void subscriber_commit(struct subscriber *s, const struct subscriber_offset *v,
    size_t n, subscriber_committed_fn *done, void *arg);
bool subscriber_committing(const struct subscriber *s);
/* The same, blocking; tries again what may pass, wait_ms at most. */
int subscriber_commit_wait(struct subscriber *s,
    const struct subscriber_offset *v, size_t n, int64_t wait_ms,
    struct kerr *e);

/* Leaves the group, unless it is a static member; all has been committed.
 * Blocks wait_ms at most. */
void subscriber_leave(struct subscriber *s, int64_t wait_ms);

#endif
