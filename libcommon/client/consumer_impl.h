/*
 * consumer_impl.h: what the files of the consumer share.
 *
 *	consumer.c	 assignment, and handing batches out
 *	consumer_fetch.c Fetch requests and what becomes of them
 *	consumer_span.c	 batches of one partition in one answer, transactions
 *	consumer_files.c the same from files instead of answers
 *
 * A slot is a partition being read. fetch_at is where its next Fetch starts,
 * taken_at how far its queue has been read; between the two lie its spans: one
 * for each answer, in order, whose batches are looked at one by one when the
 * caller takes them, so that a batch is checked and printed while it is in the
 * processor's cache. An answer's memory goes when its last span was read and
 * its last batch released.
 */
#ifndef KLOG_CLIENT_CONSUMER_IMPL_H
#define KLOG_CLIENT_CONSUMER_IMPL_H

#include <sys/queue.h>

#include "client/cluster.h"
#include "client/consumer.h"
#include "wire/msg_fetch.h"

/* A partition fetches on while fewer of its spans are not yet released. */
#define SLOT_SPANS_MAX	2

/* So many bytes of memory that batches of old formats took are kept for the
 * next ones. */
#define CONSUMER_KEEP	(1u << 20)

struct answer {
	struct khold	 hold;		/* first; drop() ends one reference */
	struct reply	*reply;		/* NULL: read from files into own */
	void		*own;
	struct fetch_response_partition part;	/* what own holds */
	int		 refs;		/* spans, holds */
};

/* Batches of one slot in one answer. */
struct span {
	TAILQ_ENTRY(span)	 link;
	struct slot		*slot;
	struct answer		*answer;
	const struct fetch_response_partition *part;
	const uint8_t		*p;		/* next batch */
	const uint8_t		*end;
	int64_t			 high, stable, log_start;
	int32_t			 broker;
	struct fetch_response_aborted_transaction
				*begin;		/* by where they do */
	int32_t			 n_begin, next_begin;
	int64_t			*aborted;	/* producers now aborted */
	int32_t			 n_aborted;
	int			 refs;		/* the queue, batches handed out */
};

TAILQ_HEAD(spans, span);

struct slot {
	struct consumer	*c;
	int		 index;
	char		*topic;
	int32_t		 partition;
	struct kuuid	 topic_id;	/* as first heard; none: not yet */
	int64_t		 fetch_at;
	int64_t		 taken_at;
	int32_t		 epoch;		/* of the batch before it, or -1 */
	int64_t		 from;
	int64_t		 to;		/* INT64_MAX: no end */
	uint32_t	 generation;	/* raised by a seek */
	struct view	*view;		/* files: the partition's directory */
	bool		 busy;		/* in a Fetch under way */
	int		 queued;	/* spans not yet read to the end */
	int		 spans;		/* spans not yet released */
	int32_t		 leader;	/* when last looked up, or preferred */
	int32_t		 preferred;	/* follower that the leader has named
					 * (KIP-392); -1: none */
	int64_t		 preferred_until;	/* ms of the loop */
	int32_t		 max_bytes;	/* partition_max_bytes, or more */
	int		 attempt;	/* failures in a row */
	int64_t		 retry_at;	/* not before, ms of the loop */
	int64_t		 failing_since;	/* 0: it is well */
};

/* A batch handed out. */
struct handed {
	struct consumer_batch	 b;	/* first: callers have its address */
	struct buf		 own;	/* the batch, made of an old format */
	struct span		*span;
	SLIST_ENTRY(handed)	 link;	/* of those to be used again */
	LIST_ENTRY(handed)	 out;	/* of those the caller has */
};

/* One broker's Fetch. */
struct fetch {
	LIST_ENTRY(fetch)	 link;
	struct consumer		*c;
	struct call		*call;
	int32_t			 broker;
	int			 n;
	struct fetch_slot {
		struct slot	*slot;
		uint32_t	 generation;
	}			 v[];
};

struct consumer {
	struct cluster		*cl;		/* NULL: from files */
	struct consumer_files	 files;
	struct loop		*loop;
	struct consumer_config	 cf;
	struct slot		**slot;
	int			 n_slots;
	int			 rotor;		/* slot to ask for first */
	struct spans		 ready;
	SLIST_HEAD(, handed)	 spare;
	LIST_HEAD(, handed)	 out;
	LIST_HEAD(, fetch)	 fetches;
	struct cluster_watch	 watch;
	struct loop_timer	 timer;		/* for retries */
	struct kerr		 err;		/* for good */
	int			 err_slot;
	bool			 woken;
	int			 room;		/* spans gone since a pump */
	struct codecs		*codecs;	/* for old formats; NULL: none
						 * was seen */
	struct buf		 scratch;	/* the same */
};

/* consumer_fetch.c */
/* Sends a Fetch to every broker that has none and has something to be asked
 * for. */
void consumer_pump(struct consumer *c);
/* Takes over what an answer of the broker says of a slot where that is not
 * records: another broker to ask, or a follower's failure, which only means to
 * ask the leader again. False where it is neither. */
bool consumer_follow(struct slot *s,
    const struct fetch_response_partition *part, int32_t broker, int64_t now,
    int64_t for_ms);
/* Ends reading with this error; slot may be NULL. */
void consumer_fail(struct consumer *c, struct slot *s, const struct kerr *e);

/* consumer_files.c */
/* Reads on where nothing is ready: the first slot that has room. */
void consumer_read_files(struct consumer *c);

/* consumer_span.c */
struct span *span_new(struct slot *s, struct answer *a,
    const struct fetch_response_partition *part, int32_t broker);
void span_drop(struct span *sp);
/* The next batch worth handing out: 1 and *b filled, 0 at the end of the span,
 * or an error. One of an old format is made in own. *passed becomes the offset
 * behind what was read. */
int span_next(struct span *sp, struct consumer_batch *b, struct buf *own,
    int64_t *passed, struct kerr *e);
/* Offset behind the last whole batch of [p, end), from where there is none;
 * *need: bytes of a first batch that does not fit. */
int64_t span_scan(const uint8_t *p, const uint8_t *end, int64_t from,
    size_t *need);
/* With one reference. */
struct answer *answer_new(void);
/* Ends one; frees the reply with the last. */
void answer_drop(struct answer *a);

#endif
