/*
 * command.h: the command of --each: a shell with a record's value on standard
 * input and the rest of it in the environment.
 */
#ifndef KLOG_CONSUME_COMMAND_H
#define KLOG_CONSUME_COMMAND_H

#include <stdint.h>
#include <sys/types.h>

#include "record/iter.h"

struct command {
	const char		*text;		/* for sh -c */
	const char		*topic;
	int32_t			 partition;
	const struct record	*record;
	int			 attempt;	/* from 1 on */
};

/* Its process id, or -1 and errno. */
pid_t command_start(const struct command *c);

/* The headers of a record; to has room for r->n_headers. How many there
 * are. */
int command_headers(const struct record *r, struct record_header *to);
void command_add_header(struct record_header *h, const char *name,
    const char *value);

#endif
