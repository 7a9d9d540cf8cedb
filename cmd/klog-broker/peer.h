/*
 * peer.h: a client's connection: its frames become requests, and their
 * responses leave in the same order. Belongs to one I/O thread.
 */
#ifndef KLOG_BROKER_PEER_H
#define KLOG_BROKER_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "net/conn.h"

struct io;
struct request;

TAILQ_HEAD(request_list, request);

struct peer {
	struct io	*io;
	struct conn	*conn;		/* NULL once it is gone */
	struct request_list requests;	/* in order, the unsent ones */
	unsigned int	 n;		/* of them */
	size_t		 bytes;		/* of their frames */
	struct request	*parked;	/* waits for all the earlier ones */
	bool		 paused;
	bool		 finishing;	/* no further request is read */
	bool		 busy;		/* peer_advance() comes later */
	struct addr	 remote;
	LIST_ENTRY(peer) link;		/* of its I/O thread */
};

/* Takes over an accepted socket; closes it where it may not come in. */
void peer_new(struct io *, int fd);
/* Ends the connection now. Requests that wait let go; those in other hands
 * end when they come back, and with the last of them the peer. */
void peer_close(struct peer *);
/* Reads no more, answers what is there, then closes. */
void peer_finish(struct peer *);
/* A request of it has ended: sends what may be sent, starts what may start. */
void peer_advance(struct peer *);
/* "host:port" of the other end, for messages; borrowed from a buffer. */
const char *peer_name(const struct peer *, char out[ADDR_TEXT_MAX]);

#endif
