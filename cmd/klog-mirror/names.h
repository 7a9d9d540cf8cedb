/*
 * names.h: which topics are mirrored, and what they are called in the target;
 * which groups.
 * Pure.
 *
 * Each --topics is ^RE, an expression for whole names, or a list of names and
 * of SOURCE=TARGET. Without any, all topics are meant. Topics that begin with
 * "__", or end in ".internal" or "-internal", belong to a cluster itself or to
 * MirrorMaker 2; they are mirrored where they are named literally.
 */
#ifndef KLOG_MIRROR_NAMES_H
#define KLOG_MIRROR_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct names;

/* list: n arguments of --topics; prefix: goes before names that are not given
 * one of their own, or NULL. KE_USAGE with the reason. */
int names_parse(struct names **out, const char *const *list, int n,
    const char *prefix, struct kerr *e);
void names_free(struct names *nm);

/* What a topic of the source is called in the target (caller frees), NULL
 * where it is not mirrored. */
char *names_target(const struct names *nm, const char *topic);
/* --sync-groups: an expression for whole names. */
int names_groups(struct names *nm, const char *expression, struct kerr *e);
bool names_group(const struct names *nm, const char *group);
/* The names given literally, one after the other; NULL behind the last. */
const char *names_literal(const struct names *nm, int i);

#endif
