/*
 * conn_impl.h: what the files of a connection share.
 *
 *	conn.c		life and end, input, what it is connected to
 *	conn_dial.c	outgoing: one address after the other
 *	conn_out.c	the queue of what is to be sent
 *	frame.c		the memory of input
 *	transport.c	how bytes cross the socket
 */
#ifndef KLOG_NET_CONN_IMPL_H
#define KLOG_NET_CONN_IMPL_H

#include "net/conn.h"
#include "net/frame.h"
#include "net/transport.h"
#include "wire/chunks.h"

enum conn_state { CONNECTING, OPEN, FINISHING, DEAD };

struct conn {
	struct loop_io		 io;
	struct loop		*loop;
	struct conn_config	 cf;
	const struct transport	*tr;
	enum conn_state		 state;
	bool			 paused;
	int			 depth;		/* our frames on the stack */
	int64_t			 active;
	struct addr		 addr;		/* as dialled */
	struct addr_set		 set;		/* its addresses, while dialling */
	int			 tried;
	struct kerr		 err;		/* why it ends */
	struct loop_timer	 timer;		/* dialling; budget */
	struct loop_work	 work;		/* flush, or say the end */
	struct loop_work	 rescan;	/* frames read before a pause */
	struct frame_input	 in;
	struct chunks		*out;		/* [first, n) are queued */
	size_t			 first, n, cap;
	uint64_t		 queued;	/* bytes in out */
};

/* conn.c */
struct conn *conn_new(struct loop *l, const struct conn_config *cf);
/* What the descriptor is waited for follows from the connection's state. */
void conn_want(struct conn *c);
/* The loop's callback for the descriptor. */
void conn_ready(struct loop_io *io, int what);
/* The connection ends by itself; e is its own or c->err. */
void conn_end(struct conn *c, const struct kerr *e);
/* After each callback: frees what died meanwhile. */
void conn_maybe_free(struct conn *c);

/* conn_dial.c */
/* Tries the next address of the set; the last failure ends the connection. */
void conn_dial_next(struct conn *c);
void conn_dial_failed(struct conn *c, int error);
void conn_opened(struct conn *c);
void conn_tune(int fd, bool is_unix);

/* conn_out.c */
void conn_flush_now(struct conn *c);
void conn_drop_output(struct conn *c);

#endif
