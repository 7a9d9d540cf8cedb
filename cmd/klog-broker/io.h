/*
 * io.h: an I/O thread: a loop, the connections that live on it, and the table
 * by which its waiting requests are found. What is here belongs to the thread
 * that runs the loop; io_wake() and the loop's messages are the ways in.
 */
#ifndef KLOG_BROKER_IO_H
#define KLOG_BROKER_IO_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"
#include "net/conn.h"
#include "net/loop.h"

struct broker;
struct image;
struct peer;
struct request;

/* A place where a waiting request is found; its generation moves on whenever
 * the place changes hands. */
struct io_slot {
	struct request	*r;
	uint32_t	 generation;
	uint32_t	 next_free;
};

struct io_wakeup {
	uint64_t	id;
	uint32_t	generation;
};

struct io {
	struct broker	*broker;
	struct loop	*loop;
	pthread_t	 thread;
	struct image	*image;		/* as of image_version */
	uint64_t	 image_version;
	LIST_HEAD(, peer) peers;
	struct loop_timer reap;		/* closes idle connections */
	bool		 stopping;
	struct loop_msg	 stop;
	struct loop_msg	 end;
	void		(*ended)(struct broker *);
	struct loop_timer patience;	/* while stopping */

	struct io_slot	*slots;
	uint32_t	 n_slots;
	uint32_t	 free_slot;	/* n_slots: none */

	pthread_mutex_t	 lock;		/* of the rest */
	struct io_wakeup *wakeups;
	size_t		 n_wakeups, cap_wakeups;
	bool		 rung;
	struct loop_msg	 bell;
};

/* Starts the thread. */
struct io *io_start(struct broker *, struct kerr *);
/* Asks it to end: no further frames are read, waiting fetches are answered,
 * the rest gets a little time. ended() is called on the control thread then;
 * NULL: nobody is there to be told. */
void io_stop(struct io *, void (*ended)(struct broker *));
/* Waits for the end, and frees. */
void io_join(struct io *);
/* Takes an accepted socket over. Any thread. */
void io_adopt(struct io *, int fd);

/* For the rooms around a request; own thread only. */

/* True on that thread. */
bool io_here(const struct io *);
/* Brings the cached image up to date: the first thing in whatever the loop
 * calls. */
void io_refresh(struct io *);
uint32_t io_slot_take(struct io *, struct request *, uint32_t *generation);
void io_slot_give(struct io *, uint32_t id);
/* A connection of this thread is gone; ends the loop where it was the last
 * one of a stopping thread. */
void io_peer_gone(struct io *);

#endif
