/*
 * live.h: the live part of completions: names of topics, groups and
 * profiles. Internal to complete.h.
 */
#ifndef KLOG_CLI_LIVE_H
#define KLOG_CLI_LIVE_H

#include <stdbool.h>

#include "cli/common.h"
#include "cli/options.h"

struct live {
	const struct program	*p;
	void			*base;		/* the program's struct */
	struct common		*common;	/* in it; NULL: no cluster */
	char			**words;	/* of the command line */
	int			 n;
	struct cluster		*cluster;	/* once it is open, or given */
	struct loop		*loop;		/* made here, or NULL */
};

typedef void live_each(void *arg, const char *name);

/* None where no broker answers within half a second. */
void live_topics(struct live *, bool internal, live_each *, void *arg);
void live_groups(struct live *, live_each *, void *arg);
void live_profiles(struct live *, live_each *, void *arg);
/* The last of the words is an option whose argument is being typed. */
void live_forget_last(struct live *);
void live_close(struct live *);

#endif
