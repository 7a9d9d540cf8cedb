/*
 * frame.h: the input side of a connection: counted blocks of memory that
 * frames are slices of. Part of conn.c.
 */
#ifndef KLOG_NET_FRAME_H
#define KLOG_NET_FRAME_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/conn.h"
#include "net/loop.h"

struct frame_block {
	atomic_int		 refs;
	size_t			 cap;		/* bytes in mem */
	struct conn_budget	*budget;	/* charged with cap, or NULL */
	uint8_t			 mem[];
};

/* Bytes that came and are not yet handed over: [start, end) of block. */
struct frame_input {
	struct loop		*loop;
	struct conn_budget	*budget;
	struct frame_block	*block;		/* NULL: nothing buffered */
	size_t			 start, end;
	size_t			 frame_max;
	size_t			 earned;	/* size of past frames: memory
						 * this peer gets at once */
};

/* Room to read into; 0 with *p NULL when the budget has none now. */
size_t frame_room(struct frame_input *in, uint8_t **p);
/* The next complete frame: 1, 0 when there is none yet, KE_PROTO. It ends
 * with frame_done(), also where the frame was held. */
int frame_next(struct frame_input *in, struct frame *f, struct kerr *e);
void frame_done(struct frame_input *in, const struct frame *f);
/* Gives back an empty block: an idle connection holds no memory. */
void frame_idle(struct frame_input *in);
void frame_release(struct frame_input *in);

#endif
