/*
 * loop.h: one thread waits for many things: descriptors, timers, signals and
 * messages from other threads. A thin layer over libevent.
 *
 * A loop belongs to the thread that runs it; only loop_post() and loop_wake()
 * may be called from elsewhere. The structs below are embedded by their users
 * and must stay put while they are armed; each is initialised once, before
 * its first use. Callbacks run on the loop's thread and may arm, disarm or
 * release anything, their own struct included.
 */
#ifndef KLOG_NET_LOOP_H
#define KLOG_NET_LOOP_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"

struct loop;

/* NULL with e set when the system has no descriptors left. */
struct loop *loop_new(struct kerr *e);
void loop_free(struct loop *l);
/* Runs until loop_stop(). */
void loop_run(struct loop *l);
/* Runs one round: waits at most wait_ms (-1: as long as it takes, 0: not at
 * all) until something is ready, and handles what is. */
void loop_once(struct loop *l, int64_t wait_ms);
/* Rounds for so long. */
void loop_run_for(struct loop *l, int64_t ms);
/* Ends loop_run() after the present round; on the loop's thread. */
void loop_stop(struct loop *l);
/* Monotonic ms, as of what is being handled (cheap) and as of now. */
int64_t loop_now(const struct loop *l);
int64_t loop_clock(struct loop *l);

/* One pointer that the layer above keeps with the loop; release() is called for
 * it, unless NULL, when the loop is freed. */
void **loop_extra(struct loop *l, void (*release)(void *));

/* A descriptor. */
enum { LOOP_READ = 1, LOOP_WRITE = 2 };

struct loop_io {
	struct event	 rd, wr;
	struct loop	*loop;
	int		 fd;
	int		 armed;		/* LOOP_* now waited for */
	void		(*ready)(struct loop_io *, int what);
};

void loop_io_init(struct loop_io *io, struct loop *l, int fd,
    void (*ready)(struct loop_io *, int what));
/* Waits for exactly these from now on (0: for nothing). Level-triggered.
 * Fails for what cannot be waited for, such as a regular file. */
int loop_io_want(struct loop_io *io, int what);

/* A timer, once or again when re-armed from its callback. */
struct loop_timer {
	struct event	 ev;
	struct loop	*loop;
	void		(*fire)(struct loop_timer *);
};

void loop_timer_init(struct loop_timer *t, struct loop *l,
    void (*fire)(struct loop_timer *));
void loop_timer_set(struct loop_timer *t, int64_t ms);	/* from now */
void loop_timer_cancel(struct loop_timer *t);
bool loop_timer_armed(const struct loop_timer *t);

/* A signal; only one loop of a process may watch signals. */
struct loop_signal {
	struct event	 ev;
	int		 signo;
	void		(*caught)(struct loop_signal *);
};

void loop_signal_init(struct loop_signal *s, struct loop *l, int signo,
    void (*caught)(struct loop_signal *));
void loop_signal_start(struct loop_signal *s);
void loop_signal_stop(struct loop_signal *s);	/* old disposition again */

/*
 * Work for later on this loop: run() is called once, before the loop waits
 * again. Adding what is added already does nothing. From the loop's thread.
 */
struct loop_work {
	TAILQ_ENTRY(loop_work)	 link;
	bool			 queued;
	void			(*run)(struct loop_work *);
};

void loop_defer(struct loop *l, struct loop_work *w);
void loop_defer_cancel(struct loop *l, struct loop_work *w);

/*
 * A message from any thread: run() is called on the loop's thread, in the
 * order of posting (per posting thread). The struct belongs to the loop until
 * then; whoever posts it twice at once has a bug. Messages still queued when
 * the loop is freed are not run.
 */
struct loop_msg {
	STAILQ_ENTRY(loop_msg)	 link;
	void			(*run)(struct loop_msg *);
};

void loop_post(struct loop *l, struct loop_msg *m);
/* The same for what can wait: it runs before the next message that is posted,
 * or when the loop is woken. */
void loop_leave(struct loop *l, struct loop_msg *m);
/* Ends a wait early; any thread. */
void loop_wake(struct loop *l);

#endif
