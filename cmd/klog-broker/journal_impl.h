/*
 * journal_impl.h: the inside of a journal, for journal*.c and no others.
 */
#ifndef KLOG_BROKER_JOURNAL_IMPL_H
#define KLOG_BROKER_JOURNAL_IMPL_H

#include "base/buf.h"
#include "delayed.h"
#include "journal.h"
#include "net/loop.h"
#include "partition.h"
#include "record/builder.h"

TAILQ_HEAD(journal_waits, journal_wait);

/* One batch on its way to the disk. */
struct journal_batch {
	STAILQ_ENTRY(journal_batch) link;
	struct journal_part *part;
	int64_t		 term;		/* of the part, when it was opened */
	int64_t		 seq;
	struct builder	 builder;
	uint8_t		*mem;
	int64_t		 producer_id;
	int16_t		 producer_epoch;
	struct partition_append append;
	struct partition *partition;	/* a reference */
	struct delayed	 delayed;
	struct waiter	 waiter;
	struct journal_waits answers;	/* to requests, on their threads */
	int64_t		 n_answers;
	int16_t		 error;
	/* appended, and the high watermark past it: who sees the second of
	 * them brings the batch back */
	_Atomic int	 ends;
	struct loop_msg	 covered;
};

STAILQ_HEAD(journal_batches, journal_batch);

enum journal_state { JOURNAL_AWAY, JOURNAL_LOADING, JOURNAL_READY };

struct journal_part {
	struct journal	*journal;
	int32_t		 index;
	enum journal_state state;
	int16_t		 error;		/* why it is away: 15 or 16 */
	struct partition *partition;	/* a reference; NULL: not here */
	int32_t		 epoch;		/* leader epoch */
	int64_t		 term;		/* counts what it was ready for */
	struct journal_batch *open;	/* being filled */
	struct journal_batches flying;	/* given to the pool */
	int64_t		 seq;		/* of the last batch opened */
	int64_t		 durable;	/* up to that one */
	struct journal_waits waits;	/* for durability, by seq */
	struct journal_waits loads;	/* for being loaded */

	/* loading; the job's until its message comes */
	bool		 reading;
	bool		 restart;	/* what is being read is old */
	struct partition *source;	/* a reference */
	struct loop_msg	 read;
	struct buf	 bytes;
	int64_t		 next;		/* offset to go on from */
	int16_t		 read_error;
};

struct journal {
	struct broker	*broker;
	struct journal_topic topic;
	const struct journal_ops *ops;
	void		*arg;
	struct journal_part **parts;
	int32_t		 n;
	bool		 exists;
	struct journal_waits needs;	/* the topic */
	bool		 making;
	struct loop_work work;		/* batches to close */

	/* one write at a time takes all that is closed */
	struct journal_batches closed;
	struct journal_batch **writing;	/* the writer's until it is back; NULL
					 * where the batch has gone its way */
	int32_t		 n_writing, cap_writing;
	bool		 busy;
	struct io	*writer;	/* NULL: a job */
	struct loop_msg	 write;		/* to it, */
	struct loop_msg	 written;	/* and back */

	/* What comes back does not wake the control thread where nobody waits
	 * for it there. Who begins to wait there sets hurry, then looks whether
	 * the write is over; who ends one says so, then looks at hurry. */
	_Atomic bool	 hurry;
	_Atomic bool	 over;
	int64_t		 n_waits;	/* in the parts' waits */
	int64_t		 n_batches;	/* that there are */
};

/* journal_load.c */
void journal_load(struct journal_part *);
/* journal.c */
void journal_lose(struct journal_part *, int16_t error);
void journal_batch_drop(struct journal_batch *, int16_t error);
int64_t journal_settle(struct journal_waits *, int64_t seq, int16_t error);

/* journal_write.c */
/* Nothing more goes into the open batch; far: its answers go by the control
 * thread. */
void journal_close_batch(struct journal_part *, bool far);
/* The round of the loop is over. */
void journal_close_open(struct loop_work *);
/* What runs as a message. */
void journal_answer_home(struct loop_msg *);
void journal_write_here(struct loop_msg *);
void journal_written(struct loop_msg *);

#endif
