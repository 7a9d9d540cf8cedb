/*
 * producer.h: records into partitions: batches, sequence numbers, several
 * requests in flight, retries that keep the order.
 *
 * Records are encoded straight into the batch of their partition; a batch
 * leaves when it is full, when linger_ms have passed since its first record,
 * or on producer_push(). Each batch ends in exactly one call of report().
 * With idempotence (the default) nothing is doubled and each partition keeps
 * the order of adding, whatever is retried.
 *
 * Memory is bounded by buffer_bytes: when producer_room() is false the caller
 * lets the loop run, or calls producer_wait_room().
 *
 * With a transactional_id all records belong to transactions, one after the
 * other; none of them is shown to who reads committed records before its
 * transaction is:
 *
 *	producer_start(p, e);			(once; fences an older one)
 *	producer_begin(p);
 *	producer_add(..); ..
 *	if (producer_commit(p, e) != 0)
 *		producer_abort(p, NULL);
 */
#ifndef KLOG_CLIENT_PRODUCER_H
#define KLOG_CLIENT_PRODUCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "client/cluster.h"
#include "record/builder.h"
#include "record/compress.h"
#include "record/partitioner.h"

struct producer;
struct ptopic;			/* a topic as one producer sees it */

/* What became of a batch. */
struct producer_report {
	const char	*topic;
	int32_t		 partition;
	int32_t		 count;		/* records */
	size_t		 size;		/* bytes that were sent */
	int64_t		 offset;	/* of the first; -1: not known */
	uint64_t	 first, last;	/* tags of the first, last record */
	const struct kerr *err;		/* NULL: acknowledged */
	int32_t		 bad;		/* index in the batch of the record
					 * that the broker blames, or -1 */
	uint64_t	 bad_tag;	/* its tag */
	const uint32_t	*tags;		/* tag - first of each record; NULL:
					 * they count up */
};

struct producer_config {
	int		 acks;		/* -1 all, 0, 1 */
	bool		 idempotent;	/* enable.idempotence */
	enum codec	 codec;		/* compression.codec */
	int		 level;		/* CODEC_LEVEL_DEFAULT */
	enum partitioner_kind partitioner;
	size_t		 batch_bytes;	/* of a batch on the wire, at most */
	size_t		 message_max;	/* message.max.bytes: one record */
	size_t		 buffer_bytes;	/* buffer.memory: all that is unacked */
	int64_t		 linger_ms;
	int64_t		 delivery_ms;	/* delivery.timeout.ms; 0: for ever */
	int64_t		 request_ms;	/* request.timeout.ms sent along */
	int		 in_flight;	/* requests a broker; at most 5 when
					 * idempotent */
	const char	*transactional_id; /* transactional.id; NULL: none */
	int64_t		 txn_ms;	/* transaction.timeout.ms */
	/* the id and epoch that an earlier producer of this process had
	 * (producer_identity), which start() goes on with (KIP-360): it does
	 * not fence whoever has taken over since, but is fenced. -1: none */
	int64_t		 resume_id;
	int16_t		 resume_epoch;
	void		(*report)(void *arg, const struct producer_report *);
	void		*arg;
};

void producer_config_defaults(struct producer_config *cf);

struct producer *producer_open(struct cluster *c,
    const struct producer_config *cf, struct kerr *e);
/* Drops what is unsent, unreported. */
void producer_close(struct producer *p);

/* Blocks until the topic's partitions are known (wait_ms at most). The
 * handle lives as long as the producer. */
struct ptopic *producer_topic(struct producer *p, const char *name,
    int64_t wait_ms, struct kerr *e);
/* Looks for partitions that the topic has got since. KE_AGAIN: records of it
 * are still under way. */
int producer_topic_renew(struct ptopic *t, int64_t wait_ms, struct kerr *e);
int32_t ptopic_partitions(const struct ptopic *t);

/* Adds a record; tag is the caller's name for it (a line number). part -1:
 * the partitioner chooses. r->timestamp -1: now. KE_RANGE: larger than
 * message_max; KE_AGAIN: no room; KE_NOTFOUND: no such partition. Nothing of r is
 * kept. */
int producer_add(struct producer *p, struct ptopic *t, int32_t part,
    const struct record_input *r, uint64_t tag, struct kerr *e);
/* Many at once, the hot path: lines of [buf, buf + n) that end with delim
 * become values without keys; tags count up from tag. Takes what fits and is
 * complete, returns the bytes taken, with *count records; an incomplete last
 * line is left, and so is all that there is no room for. KE_RANGE where the
 * first line is over message_max, complete or not. */
ssize_t producer_add_lines(struct producer *p, struct ptopic *t,
    int32_t part, const void *buf, size_t n, int delim, int64_t ts,
    uint64_t tag, size_t *count, struct kerr *e);

/* The codec of what is added to a partition from now on, in place of the
 * configured one; records of different codecs are of different batches. */
void producer_codec(struct producer *p, struct ptopic *t, int32_t part,
    enum codec codec);

/* A whole batch as another broker gave it, with a header that is written anew;
 * what is compressed stays so, unread. Its records' offsets must be without
 * holes. [batch, batch + n) is copied; or, where hold is not NULL, lent: the
 * header is written where it is, and hold dropped at the end (not where it
 * fails). tags: tag of each record - tag; NULL: they count up. KE_AGAIN: no
 * room. */
int producer_add_batch(struct producer *p, struct ptopic *t, int32_t part,
    void *batch, size_t n, struct khold *hold, uint64_t tag,
    const uint32_t *tags, struct kerr *e);

/* False: add nothing now, let the loop run. */
bool producer_room(const struct producer *p);
/* Runs the loop until there is room. */
int producer_wait_room(struct producer *p, struct kerr *e);
/* Sends what has gathered, without waiting for linger; what the connections
 * cannot take yet goes on gathering until they can. */
void producer_push(struct producer *p);
/* Pushes and runs the loop until everything is reported; stop (may be NULL)
 * is looked at between rounds. KE_CANCELLED when it became true. */
int producer_flush(struct producer *p, const volatile bool *stop,
    struct kerr *e);

/*
 * Transactions. Each of these blocks, except producer_begin(). An error whose
 * class is a conflict (KE_BROKER: INVALID_PRODUCER_EPOCH, PRODUCER_FENCED)
 * means that a newer producer of this transactional id has taken over, or that
 * the transaction was open for longer than txn_ms; this one is of no use then.
 */
/* Gets the producer's id and epoch: whatever an earlier producer of the same
 * transactional id left open is aborted, and what it still sends is refused.
 * KE_UNSUPPORTED: the cluster has no transactions. */
int producer_start(struct producer *p, struct kerr *e);
/* Its id and epoch; false where it has none yet. */
bool producer_identity(const struct producer *p, int64_t *id, int16_t *epoch);
void producer_begin(struct producer *p);
/* Offsets that become the group's with the commit. */
struct producer_offset {
	const char	*topic;
	int32_t		 partition;
	int64_t		 offset;
	const char	*metadata;	/* NULL: none */
};
int producer_add_offsets(struct producer *p, const char *group,
    const struct producer_offset *v, int n, struct kerr *e);
/* Waits until everything is acknowledged, then commits. Where something was
 * not, the transaction can only be aborted. */
int producer_commit(struct producer *p, struct kerr *e);
/* Waits until consumers that read what is committed see what was committed
 * last (request_ms at most): a commit is decided a moment before that. Where
 * it fails the commit stands all the same. Brokers before Kafka 3.0 cannot be
 * asked; then it does not wait. */
int producer_shown(struct producer *p, struct kerr *e);
/* Undoes what was added since producer_begin(); does nothing where nothing is
 * open. The producer may begin the next one afterwards. */
int producer_abort(struct producer *p, struct kerr *e);
/* Why the transaction cannot be committed; code 0 while it can. */
const struct kerr *producer_txn_error(const struct producer *p);

struct producer_stats {
	uint64_t	added, acked, failed;	/* records */
	uint64_t	bytes;			/* of batches acknowledged */
	uint64_t	retries;		/* batches sent again */
};

/* added - acked - failed are still under way. */
void producer_stats(const struct producer *p, struct producer_stats *s);
/* Why batches wait at present: the last error that is being retried; code 0
 * when none. For "3 unacknowledged: broker 1 ...". */
const struct kerr *producer_trouble(const struct producer *p);
/* Gives up everything unacknowledged: report() is called for each batch with
 * KE_CANCELLED. */
void producer_abandon(struct producer *p);

#endif
