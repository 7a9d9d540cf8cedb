/*
 * grep.h: -g: records are chosen by their fields, before anything is done with
 * them. Each argument is [!]FIELD:RE or [!]FIELD=TEXT with FIELD k, v or
 * h.NAME; a record has to pass all of them.
 */
#ifndef KLOG_CLI_GREP_H
#define KLOG_CLI_GREP_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/options.h"
#include "record/iter.h"

struct grep;

/* *out is NULL where the list is empty. KE_USAGE with the reason. */
int grep_compile(struct grep **out, const struct opt_list *list,
    struct kerr *e);
bool grep_match(struct grep *g, const struct record *r);
void grep_free(struct grep *g);

#endif
