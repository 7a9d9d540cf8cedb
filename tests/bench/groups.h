/*
 * groups.h: what the files of the bench `groups` share: groups.c (main, and
 * reloading), groups_member.c (a member), groups_form.c (a group of them),
 * groups_commit.c (commits), groups_echo.c (a server that only answers them),
 * groups_wire.c (requests). What fails ends the program.
 */
#ifndef KLOG_BENCH_GROUPS_H
#define KLOG_BENCH_GROUPS_H

#include <stdbool.h>
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

/* A member: a connection that joins, beats every few milliseconds, so that
 * nothing but the broker is waited for, and fetches a record. */
#define BEAT_MS	5

struct member {
	int		 fd;
	enum { JOINING, SYNCING, ASKING, FETCHING, THERE, GONE } step;
	int32_t		 generation;
	char		 id[128];
	char		*leader_of[1024];	/* ids, where it leads */
	int32_t		 n_leads;
	uint8_t		 in[1 << 16];
	size_t		 have;
	bool		 asked;			/* an answer is to come */
	double		 beat;			/* when the next is due */
	bool		 beating;
};

extern struct member *members;
extern int n_members;
extern const char *group;
extern int session_ms;		/* their session.timeout.ms */
extern int expelled;		/* how often one was told that it is none */

void member_join(struct member *);
void member_beat(struct member *);
/* Takes what came, and goes on. */
void member_read(struct member *);
/* It leads no more. */
void member_forget(struct member *);

/* n members of the group at once, then one leaves; prints the milliseconds
 * until all have a record, and until the others have. */
void form(int port, const char *name, int n);
/* n members; one dies right after a heartbeat that was answered: its connection
 * is closed, as the kernel does it for a process that was killed, or, where it
 * only stops, stays open. Prints the milliseconds until the others have a
 * record, and how many of them are beyond the session time-out. */
void die(int port, const char *name, int n, bool stops);

/* A request for partitions 0 to n - 1 of the topic, in t and p. */
void put_commit(struct offset_commit_request *req, const char *name,
    struct offset_commit_request_topic *t,
    struct offset_commit_request_partition *p, int32_t n, int64_t offset);
/* A process that answers FindCoordinator and commits, each with the same bytes;
 * it ends with its last connection. Its port. */
int echo(void);
/* Prints commits a second. */
void commit(int port, int n, double seconds, int depth);

#endif
