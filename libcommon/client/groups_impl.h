/*
 * groups_impl.h: what the files of groups.h share.
 *
 *	groups.c		memory, listing, and one round after the other
 *	groups_describe.c	members, by the old protocol and the new
 *	groups_offsets.c	offsets: fetch, commit, forget; deletion
 */
#ifndef KLOG_CLIENT_GROUPS_IMPL_H
#define KLOG_CLIENT_GROUPS_IMPL_H

#include "client/groups.h"
#include "wire/types.h"

/* Asks one broker about the groups at v, which it coordinates. Clears pending
 * of those that are done, for good or with an err; on a failure as a whole
 * sets the err of all. */
typedef void groups_ask(struct groups *g, int32_t broker, struct group **v,
    int n, int64_t left_ms, void *arg);

/* Runs ask() for every group that has no err (only: of one alone), until none
 * is pending or can be helped by trying again. */
void groups_run(struct groups *g, struct group *only, groups_ask *ask,
    void *arg);
/* One request with one answer; *r is the caller's. On failure the err of all
 * groups at v is set, and they stay pending. */
int groups_call(struct groups *g, int32_t broker, int16_t api,
    const void *req, int64_t left_ms, struct group **v, int n,
    struct reply **r);
/* A group's error code; true when it is 0. pending ends. */
bool groups_took(struct group *q, int16_t error);
struct group *groups_find(struct group **v, int n, struct kstr name);

/* A copy in the arena; NULL for null. */
const char *groups_str(struct groups *g, struct kstr s);
void *groups_array(struct groups *g, size_t n, size_t size);

#endif
