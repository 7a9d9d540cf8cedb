/*
 * complete.h: what a shell offers when TAB is pressed, from the options table
 * and from the cluster.
 *
 *	klog-topics --complete WORD..
 *
 * prints what the last WORD (which may be empty) could become, after the ones
 * before it: one candidate a line, a tab and what it means behind it where
 * that is known. A line ":file" or ":dir" asks the shell for names of files or
 * directories. The scripts in completions/ do no more than that.
 *
 * Names of topics and groups come from the cluster that the words name; where
 * none answers at once there are none. Nothing is started, made or said.
 */
#ifndef KLOG_CLI_COMPLETE_H
#define KLOG_CLI_COMPLETE_H

#include <stdbool.h>

#include "cli/common.h"
#include "cli/options.h"

/* Whether the program was called for this. */
bool complete_asked(int argc, char **argv);
/* Does it: an exit status. base and c as for common_start(); NULL: a program
 * without a cluster. */
int complete(const struct program *p, void *base, struct common *c, int argc,
    char **argv);

/* For an interactive reader: the candidates for the last of n words, each with
 * add(); names of topics and groups from the cluster that is open. */
typedef void complete_add(void *arg, const char *candidate);
void complete_words(const struct program *p, char **words, int n,
    struct cluster *open, complete_add *add, void *arg);

#endif
