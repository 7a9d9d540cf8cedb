/*
 * interact.h: a program with verbs, typed line by line: the verbs, options and
 * operands of its command line, with history, and completion from the same
 * table and the cluster that is open.
 */
#ifndef KLOG_CLI_INTERACT_H
#define KLOG_CLI_INTERACT_H

#include <stdbool.h>

#include "cli/exit.h"
#include "cli/options.h"
#include "client/cluster.h"
#include "net/loop.h"

/* Whether a program without a verb should ask for one: a person is there. */
bool interact_wanted(void);

/* Runs one line; argv as main() has it, its texts are the line's. */
typedef enum exit_class interact_run(void *arg, int argc, char **argv);

/* Until the end of input, "quit" or "exit". Returns the status of the last
 * line. */
enum exit_class interact(const struct program *p, struct cluster *open,
    interact_run *run, void *arg);

/* While a line runs, ^C is for what waits in it: true since the first one. The
 * second one ends the program. */
bool interact_interrupted(void);
/* Lets the loop run for so long, less where ^C is typed: false then. */
bool interact_pause(struct loop *l, int64_t ms);
/* Asks "question [y/N] " on the terminal; ^C is no. */
bool interact_agree(const char *question);

#endif
