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
	int64_t		 offset;	/* of the first; -1: not known */
	uint64_t	 first, last;	/* tags of the first, last record */
	const struct kerr *err;		/* NULL: acknowledged */
	int32_t		 bad;		/* index in the batch of the record
					 * that the broker blames, or -1 */
	uint64_t	 bad_tag;	/* its tag */
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
	int64_t		 delivery_ms;	/* delivery.timeout.ms */
	int64_t		 request_ms;	/* request.timeout.ms sent along */
	int		 in_flight;	/* requests a broker; at most 5 when
					 * idempotent */
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
