/*
 * groups.h: what the files of the bench `groups` share: groups.c (main, and
 * reloading), groups_form.c (members), groups_commit.c (commits), groups_wire.c
 * (requests). What fails ends the program.
 */
#ifndef KLOG_BENCH_GROUPS_H
#define KLOG_BENCH_GROUPS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/msg_offset_commit.h"

extern struct kstr topic;
extern int16_t expected;	/* what a commit is answered */

/* Monotonic ms. */
double now(void);
int dial(int port);
void put_request(struct chunks *out, int16_t key, int16_t version,
    const void *body);
void send_request(int fd, int16_t key, int16_t version, const void *body);
/* The body of the frame at p, which is n bytes long. */
void read_response(const uint8_t *p, size_t n, int16_t key, int16_t version,
    struct arena *a, void *out);
/* A request and its answer, on a connection where nothing else goes on. */
void ask(int fd, int16_t key, int16_t version, const void *body,
    struct arena *a, void *out);
/* Waits until the broker looks after the group. */
void find_coordinator(int fd, const char *name);

/* n members of the group, each a connection; prints the milliseconds. */
void form(int port, const char *name, int n);

/* A request for partitions 0 to n - 1 of the topic, in t and p. */
void put_commit(struct offset_commit_request *req, const char *name,
    struct offset_commit_request_topic *t,
    struct offset_commit_request_partition *p, int32_t n, int64_t offset);
/* Prints commits a second. */
void commit(int port, int n, double seconds, int depth);

#endif
