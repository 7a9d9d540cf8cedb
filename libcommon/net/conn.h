/*
 * conn.h: a non-blocking connection that carries Kafka's frames: a big-endian
 * int32 length, then so many bytes. Used by both sides.
 *
 * Input. Bytes are read into counted blocks, and each complete frame is handed
 * to ops->frame() as a slice of one. The slice is valid during the call;
 * frame_hold() keeps it for longer, on any thread, without a copy. Memory for
 * a long frame grows as its bytes arrive, never ahead of them by more than
 * double, and under the budget, if one is set: a connection that the budget
 * refuses stops reading until there is room. A length below 0 or over
 * frame_max closes the connection with KE_PROTO before any memory is taken.
 *
 * Output. conn_send() queues a chunk list; what is queued leaves by writev
 * and sendfile in turn, before the loop waits again at the latest. The queue
 * has no limit of its own: a sender that can outrun the peer looks at
 * conn_queued() and goes on in ops->drained().
 *
 * Ending. conn_close() is silent and may be called anywhere, also inside the
 * connection's own callbacks; a connection that ends by itself calls
 * ops->closed() once. After either no callback comes, and the struct is freed
 * as soon as nothing of it is on the stack.
 */
#ifndef KLOG_NET_CONN_H
#define KLOG_NET_CONN_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/err.h"
#include "net/addr.h"
#include "net/loop.h"
#include "wire/types.h"

struct chunks;			/* wire/chunks.h */
struct conn;

/* A complete frame, without its length. */
struct frame {
	const uint8_t		*p;
	size_t			 len;
	struct frame_block	*block;		/* conn.c's */
};

/* Keeps the bytes of a frame; once for each hold: frame_drop(). */
void frame_hold(const struct frame *f);
void frame_drop(const struct frame *f);
/* frame_drop() on the thread of the connection's loop, or after the connection
 * is gone: the memory is kept for the next frame there. */
void frame_recycle(struct loop *l, const struct frame *f);

struct conn_ops {
	/* an outgoing connection stands; may be NULL */
	void	(*opened)(struct conn *);
	/* a frame came; not called while paused */
	void	(*frame)(struct conn *, const struct frame *);
	/* the output queue has run empty; may be NULL */
	void	(*drained)(struct conn *);
	/* it is over: the peer closed (KE_EOF), or as e says */
	void	(*closed)(struct conn *, const struct kerr *e);
};

/* Memory that the input of many connections shares. */
struct conn_budget {
	atomic_size_t	used;
	size_t		max;
};

struct conn_config {
	const struct conn_ops	*ops;
	void			*arg;		/* conn_arg() */
	size_t			 frame_max;	/* bytes */
	struct conn_budget	*budget;	/* or NULL */
	int64_t			 connect_ms;	/* each address; 0: no limit */
};

/* Dials a host (each of its addresses in turn) or a Unix socket. Resolves the
 * name before it returns. opened() or closed() is called later, never from
 * within; NULL with e set when there is nothing to dial. */
struct conn *conn_dial(struct loop *l, const struct addr *a,
    const struct conn_config *cf, struct kerr *e);
/* Takes over an accepted socket (non-blocking from here on). */
struct conn *conn_adopt(struct loop *l, int fd, const struct conn_config *cf);
void conn_close(struct conn *c);
/* Sends what is queued, then closes; input is no longer read. */
void conn_finish(struct conn *c);

void *conn_arg(const struct conn *c);
/* Local and remote ends, numeric; a Unix socket's path, or "" unnamed. */
void conn_local(const struct conn *c, struct addr *a);
void conn_peer(const struct conn *c, struct addr *a);
/* The user on the other end of a Unix socket; KE_UNSUPPORTED else. */
int conn_peer_uid(const struct conn *c, uid_t *uid, pid_t *pid);
bool conn_is_unix(const struct conn *c);
/* Monotonic ms of the last byte that came or left: for idle limits. */
int64_t conn_last_active(const struct conn *c);
/* Bytes of an incomplete frame read so far (0: between frames). */
size_t conn_partial(const struct conn *c);

/* Queues a list and empties it: memory and holds go over to the connection.
 * The list carries complete frames, lengths included. */
void conn_send(struct conn *c, struct chunks *out);
/* Sends now what can be sent without waiting; drained() may be called. */
void conn_flush(struct conn *c);
size_t conn_queued(const struct conn *c);
/* No frames and no reading between the two; frames that were read already
 * are handed over after conn_resume() returned to the loop. */
void conn_pause(struct conn *c);
void conn_resume(struct conn *c);

#endif
