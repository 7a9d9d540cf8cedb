/*
 * producer_impl.h: what the files of the producer share.
 *
 *	producer.c	opening, topics, waiting
 *	producer_add.c	records into batches
 *	producer_batch.c  the memory of batches, closing and splitting them
 *	producer_send.c	which batches leave when, and requests
 *	producer_answer.c  answers, failures, retries
 *	producer_id.c	the producer's id
 *	producer_txn.c	transactions: requests to coordinators
 *	producer_shown.c  until what was committed can be read
 *	txn.c		which of them is due
 *	pqueue.c	the order of a partition's batches
 */
#ifndef KLOG_CLIENT_PRODUCER_IMPL_H
#define KLOG_CLIENT_PRODUCER_IMPL_H

#include "base/buf.h"
#include "client/cluster.h"
#include "client/pqueue.h"
#include "client/producer.h"
#include "client/txn.h"
#include "record/batch.h"

struct batch {
	struct pitem	 item;		/* first member */
	struct builder	 b;
	size_t		 size;		/* of the encoded batch; 0: not yet */
	struct batch_header header;	/* as it is encoded */
	int64_t		 born;		/* loop_now() of the first record */
	int64_t		 deadline;
	uint64_t	 first_tag, last_tag;
	uint32_t	*tags;		/* tag - first_tag of each, where they
					 * do not just count up */
	uint8_t		*mem;
	size_t		 cap;
	struct khold	*hold;		/* keeps mem, which is lent; NULL: our
					 * own */
	enum codec	 codec;
};

/* How far a partition's part in the transaction is. */
enum enrolment { ENROL_NONE, ENROL_WAITING, ENROL_ASKED, ENROLLED };

struct ppart {
	TAILQ_ENTRY(ppart) link;	/* producer.busy */
	struct ptopic	*topic;
	int32_t		 index;
	struct batch	*open;		/* being filled, or NULL */
	enum codec	 codec;		/* of the next one */
	struct pqueue	 q;
	bool		 busy;		/* listed: has open or queued batches */
	bool		 pushed;	/* its open batch leaves as soon as
					 * the connection takes it */
	enum enrolment	 enrolment;
};

struct ptopic {
	struct ptopic	*next;
	struct producer	*p;
	char		*name;
	struct ppart	*part;
	int32_t		 n;
	size_t		 batch_bytes;	/* what the broker takes, as learnt */
	size_t		 share_bytes;	/* of a batch when every partition
					 * may have one open */
	struct partitioner partitioner;
};

/* One Produce request. */
struct flight {
	struct producer	*p;		/* NULL: closed in the meantime */
	TAILQ_ENTRY(flight) link;
	int32_t		 broker;
	int		 n;
	struct {
		struct ppart	*part;
		struct batch	*batch;
	} v[];
};

/* The transactions of a producer that has a transactional id. */
struct ptxn {
	struct txn		 t;
	char			*id;
	int32_t			 coordinator;		/* broker */
	int32_t			 group_coordinator;
	enum txn_request	 asked;		/* under way, of call */
	bool			 unshown;	/* committed, perhaps not yet
						 * to be read */
	struct call		*call;
	char			*group;
	struct producer_offset	*offsets;	/* to be committed, copied */
	int			 n_offsets;
};

enum id_state { ID_NONE, ID_ASKING, ID_KNOWN, ID_FAILED };

#define SPARE_BATCHES	8

struct producer {
	struct cluster		*cl;
	struct loop		*loop;
	struct producer_config	 cf;
	struct codecs		*codecs;	/* NULL until needed */
	struct buf		 scratch;
	struct ptopic		*topics;
	TAILQ_HEAD(, ppart)	 busy;
	TAILQ_HEAD(, flight)	 flights;
	size_t			 used;		/* bytes of batch memory */
	bool			 full;		/* a batch was refused memory: */
	size_t			 wanted;	/* so many bytes */
	uint8_t			*spare[SPARE_BATCHES];	/* of batch_bytes */
	int			 n_spare;
	struct producer_stats	 stats;
	struct kerr		 trouble;
	struct loop_timer	 timer;
	struct loop_work	 work;		/* pump */
	struct cluster_watch	 watch;
	enum id_state		 id_state;
	int64_t			 id;
	int16_t			 epoch;
	int			 id_failures;
	struct kerr		 id_err;
	struct call		*id_call;
	int64_t			 id_retry_at;
	struct ptxn		*txn;		/* NULL: no transactions */
};

/* producer_batch.c */
struct batch *batch_new(struct producer *p, size_t cap);
/* One of which the n bytes at mem are all, lent until hold is dropped. */
struct batch *batch_lent(struct producer *p, void *mem, size_t n,
    struct khold *hold);
void batch_free(struct producer *p, struct batch *b);
/* Lingering, and the time to deliver it in, begin now. */
void batch_start_clock(const struct producer *p, struct batch *b);
/* Notes the tags of n records that were just added. */
void batch_tag(struct batch *b, uint64_t tag, int32_t n);
/* Each record's tag - the first one's. */
void batch_tags(struct batch *b, const uint32_t *tags);
/* What lies in b becomes its batch, with a header of this producer's; h is the
 * header that it has. */
void batch_adopt(struct producer *p, struct batch *b,
    const struct batch_header *h);
uint64_t batch_tag_of(const struct batch *b, int32_t index);
/* Compresses and fills the header in, once; afterwards only puts in the
 * producer's id, epoch and sequence where they have changed. */
int batch_encode(struct producer *p, struct batch *b, struct kerr *e);
/* Two batches with half of the records each. */
int batch_halve(struct producer *p, struct batch *b, struct batch **first,
    struct batch **second, struct kerr *e);
void report(struct producer *p, struct ppart *pp, struct batch *b,
    int64_t offset, int32_t bad, const struct kerr *err);

/* producer_add.c */
/* Closes the open batch of a partition: it joins the queue. */
void part_close(struct ppart *pp);

/* producer_send.c */
void producer_send_init(struct producer *p);
void producer_send_release(struct producer *p);
/* Sends what can be sent, arms the timer; soon, from the loop. */
void producer_kick(struct producer *p);
/* The same at once. */
void producer_pump(struct producer *p);

/* producer_answer.c */
/* A cluster_done: arg is the struct flight. */
void producer_landed(void *arg, struct reply *r);
/* Drops a batch and reports it; bad: the record that is to blame, or -1. */
void part_give_up(struct ppart *pp, struct batch *b, int32_t bad,
    const struct kerr *e);
/* Takes the partition off the busy list where it has nothing left. */
void part_maybe_idle(struct ppart *pp);

/* producer_id.c */
/* Gets a producer id, unless there is one or one is on its way. */
void producer_ask_id(struct producer *p);
/* Ms to wait before the next attempt. */
int64_t producer_backoff(const struct producer *p, int attempt);
/* An id has come: the queues of all partitions go on with it. */
void producer_take_id(struct producer *p, int64_t id, int16_t epoch);

/* producer_txn.c */
void ptxn_open(struct producer *p);
void ptxn_close(struct producer *p);
/* Whether batches may leave; *why (not NULL) when they never will. */
bool ptxn_may_send(const struct producer *p, const struct kerr **why);
/* The partition has something to send: it is to be added. */
void ptxn_enrol(struct ppart *pp);
/* Sends the request that is due; *at becomes the time of the next look, where
 * that is sooner. */
void ptxn_pump(struct producer *p, int64_t now, int64_t *at);
void ptxn_forget_offsets(struct ptxn *x);
/* Every partition that stands at from now stands at to; how many there are. */
int ptxn_move_all(struct producer *p, enum enrolment from,
    enum enrolment to);

#endif
