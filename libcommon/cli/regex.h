/* regex.h: names by regular expressions, which fit a name as a whole. */
#ifndef KLOG_CLI_REGEX_H
#define KLOG_CLI_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct regex;

/* NULL and KE_USAGE: no expression. */
struct regex *regex_new(const char *expression, struct kerr *e);
bool regex_fits(const struct regex *r, const char *name, size_t n);
void regex_free(struct regex *r);

#endif
