/*
 * pqueue.h: the closed batches of one partition on their way to the broker:
 * which may leave, with which sequence number, and what a failure means for
 * those behind it. No I/O, no clock.
 *
 * Batches stay listed, in the order of adding, until they are acknowledged or
 * dropped. Up to in_flight of them are under way at once. When one comes back
 * unacknowledged, nothing leaves until all that were under way with it have
 * come back too; then they leave again in order, with the same sequence
 * numbers, so the broker can tell what it has. Before the first
 * acknowledgement of an epoch a single one is under way: a broker that does
 * not know the producer would take any sequence number for the first.
 */
#ifndef KLOG_CLIENT_PQUEUE_H
#define KLOG_CLIENT_PQUEUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct pitem {
	TAILQ_ENTRY(pitem)	 link;
	int32_t			 count;		/* records */
	int32_t			 seq;		/* of the first; -1: none yet */
	int16_t			 epoch;		/* that goes with seq */
	bool			 in_flight;
	bool			 uncertain;	/* sent, and no answer came */
	int			 attempts;	/* how often it has left */
};

struct pqueue {
	TAILQ_HEAD(, pitem)	 items;
	int			 n;		/* items */
	int			 n_in_flight;
	int			 in_flight;	/* limit */
	bool			 idempotent;
	bool			 proven;	/* an answer in this epoch */
	bool			 stalled;	/* until all have come back */
	bool			 renumber;	/* from renumber_at, then */
	bool			 new_epoch;	/* or in a new epoch, from 0 */
	int32_t			 renumber_at;
	int32_t			 next_seq;
	int16_t			 epoch;
	int			 failures;	/* in a row */
	int64_t			 retry_at;	/* nothing leaves before */
};

void pqueue_init(struct pqueue *q, int in_flight, bool idempotent,
    int16_t epoch);
/* An empty one that lies elsewhere in memory now. */
void pqueue_moved(struct pqueue *q);
/* A producer id or epoch has come: sequence numbers begin anew, at 0. Nothing
 * may be under way. */
void pqueue_restart(struct pqueue *q, int16_t epoch);
void pqueue_add(struct pqueue *q, struct pitem *it);
/* Whether an item added now could leave at once. */
bool pqueue_open(const struct pqueue *q, int64_t now);
/* The next to leave (marked as under way, with its number), or NULL. */
struct pitem *pqueue_take(struct pqueue *q, int64_t now);
/* Whether pqueue_take() would have one now, or later (*at: when; INT64_MAX:
 * when something has come back). */
bool pqueue_ready(const struct pqueue *q, int64_t now, int64_t *at);

/* Acknowledged: off the list. */
void pqueue_done(struct pqueue *q, struct pitem *it);
/* Came back; will leave again, not before retry_at. answered: the broker did
 * refuse it, so it is certain that it was not written. */
void pqueue_retry(struct pqueue *q, struct pitem *it, bool answered,
    int64_t retry_at);
/* Whether something before it is yet to be written. */
bool pqueue_waits(const struct pqueue *q, const struct pitem *it);
/* The broker misses what comes before this sequence number. Where that is
 * still on its way here, the item just waits for it; else the broker has lost
 * track, and all that is listed gets new numbers in a new epoch. False: there
 * is no further epoch. */
bool pqueue_out_of_order(struct pqueue *q, struct pitem *it);
/* Given up: off the list. Those behind it move up in number where it is sure
 * that it was not written, else they go on in a new epoch. */
void pqueue_drop(struct pqueue *q, struct pitem *it);
/* Replaces an item that came back, refused, by two that carry its records. */
void pqueue_split(struct pqueue *q, struct pitem *it, struct pitem *a,
    struct pitem *b);
/* An oldest item that may be given up: not under way. */
struct pitem *pqueue_idle(const struct pqueue *q);

#endif
