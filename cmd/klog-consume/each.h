/*
 * each.h: what the files of --each and --commit=each share: each.c and
 * on_fail.c.
 */
#ifndef KLOG_CONSUME_EACH_H
#define KLOG_CONSUME_EACH_H

#include <sys/queue.h>
#include <sys/types.h>

#include "client/producer.h"
#include "consume.h"

enum lane_state {
	LANE_FREE,
	LANE_RUNNING,		/* the command */
	LANE_BACKOFF,		/* until it runs again */
	LANE_DEAD,		/* on its way to the dead-letter topic */
	LANE_PRINTING,		/* not accepted by stdout yet */
	LANE_COMMITTING
};

struct pending {
	STAILQ_ENTRY(pending)		 link;
	const struct consumer_batch	*b;
};

struct lane {
	enum lane_state			 state;
	STAILQ_HEAD(, pending)		 pending;
	const struct consumer_batch	*b;	/* being walked, or NULL */
	struct record_iter		 it;
	struct buf			 scratch;
	struct record			 r;	/* in work unless FREE */
	pid_t				 pid;
	int				 attempt;
	int				 status;	/* of waitpid() */
	int64_t				 retry_at;
};

enum on_fail { FAIL_STOP, FAIL_SKIP, FAIL_TOPIC };

struct each {
	struct consume		*co;
	struct lane		*lane;		/* by slot */
	size_t			 n;
	size_t			 rotor;
	int			 busy;		/* lanes that are not FREE */
	enum on_fail		 on_fail;
	struct producer		*producer;	/* FAIL_TOPIC */
	struct ptopic		*topic;
	struct kerr		 err;		/* why it ends */
};

void lane_set(struct each *x, struct lane *l, enum lane_state state);
/* The record is done with: what is behind it is what will be committed. */
void lane_done(struct each *x, size_t slot);

/* on_fail.c: what --on-fail says, and its topic. */
int on_fail_open(struct each *x, const char *how, struct kerr *e);
/* A command that did not succeed: again, or what --on-fail says. */
void lane_fail(struct each *x, size_t slot);

#endif
