/*
 * group.h: what the files of a member of a group share: group.c, group_config.c,
 * handover.c and commit.c.
 */
#ifndef KLOG_CONSUME_GROUP_H
#define KLOG_CONSUME_GROUP_H

#include "client/subscriber.h"
#include "consume.h"

struct group {
	struct subscriber	*s;
	const char		*name;
	enum commit_how		 how;
	struct subscriber_config cf;
	int64_t			 interval;
	int64_t			 commit_at;	/* ms of the loop */
	bool			 assigned;	/* once at least */
	int64_t			 assigned_at;	/* last time */
	int			*sent;		/* slots in the commit that is */
	int64_t			*sent_at;	/* under way, their offsets */
	size_t			 n_sent;
	bool			 failed;	/* membership */
};

/* handover.c: what an event says is done; the subscriber may go on then. */
int handover(struct consume *co, const struct subscriber_event *ev,
    struct kerr *e);

/* commit.c */
/* Commits what has to be by now, without waiting. */
void commit_due(struct consume *co);
/* Commits what can be of the slots (NULL: of all that are held), blocking; the
 * error says what it means. */
int commit_now(struct consume *co, const bool *only, struct kerr *e);

#endif
