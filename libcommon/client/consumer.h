/*
 * consumer.h: reads partitions from their leaders, batch by batch.
 *
 *	consumer_assign(c, "orders", 0, from, to);
 *	while (!consumer_done(c)) {
 *		while ((b = consumer_take(c)) != NULL) {
 *			print(b);
 *			consumer_release(c, b);
 *		}
 *		flush();
 *		if ((rc = consumer_wait(c, wait_ms, e)) < 0)
 *			return rc;
 *	}
 *
 * Batches are handed out as they lie in the response, CRC checked, never
 * copied (formats of before Kafka 0.11 are made into batches first); the next
 * Fetch to a broker has left before the batches of the last are taken, so the
 * broker works while the caller prints. What waits to be taken or released is
 * bounded, for each partition. Batches of one partition come in the order of
 * their offsets, those of several as they arrive.
 *
 * Not handed out: control batches, batches of aborted transactions (unless
 * uncommitted is asked for), batches the cleaner emptied, anything outside
 * [from, to). Positions move past them all, so a bounded read ends by
 * position and never waits for a record that does not come.
 *
 * A leader that moves, a broker that goes away or comes back, a partition
 * that is offline for a moment: tried again for ever, or until give_up_ms have
 * passed without an answer for that partition. An offset that is out of range
 * is an error (KE_BROKER, OFFSET_OUT_OF_RANGE), never a silent jump.
 */
#ifndef KLOG_CLIENT_CONSUMER_H
#define KLOG_CLIENT_CONSUMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "record/batch.h"

struct cluster;
struct consumer;
struct loop;
struct view;

struct consumer_config {
	bool	uncommitted;	/* read what open transactions wrote, too */
	bool	no_crc;		/* trust TCP's checksum (check.crcs=false) */
	int32_t	max_wait_ms;	/* a Fetch waits for min_bytes so long */
	int32_t	min_bytes;
	int32_t	max_bytes;	/* of a response, about */
	int32_t	partition_max_bytes;	/* of a partition in it, about */
	int64_t	give_up_ms;	/* see above; -1: never */
};

/* Good for a tool: 500 ms, 1 byte, 4 MiB, 2 MiB, never. */
#define CONSUMER_CONFIG	{ false, false, 500, 1, 4 << 20, 2 << 20, -1 }

struct consumer *consumer_new(struct cluster *cl,
    const struct consumer_config *cf);

/* The same without brokers: partitions are read from their directories, which
 * view() knows by topic and number. One after the other, to the end that each
 * had when it was opened. Damaged places are view.h's to tell of. */
struct consumer_files {
	struct view	*(*view)(void *arg, const char *topic,
			    int32_t partition);
	void		 *arg;
};

struct consumer *consumer_new_files(struct loop *l,
    const struct consumer_files *files, const struct consumer_config *cf);
/* Batches not yet released are gone, too. */
void consumer_free(struct consumer *c);

/* Reads a partition from offset from (inclusive) to to (exclusive; -1: no
 * end). Returns its slot: 0, 1, 2, .. in the order of assignment. */
int consumer_assign(struct consumer *c, const char *topic, int32_t partition,
    int64_t from, int64_t to);
/* Moves a partition elsewhere, and forgets what was read ahead of it. */
void consumer_seek(struct consumer *c, int slot, int64_t from, int64_t to);

struct consumer_batch {
	int			 slot;
	int32_t			 partition;
	const char		*topic;
	int32_t			 broker;	/* id of the leader it is from*/
	uint8_t			*p;		/* header.length + 12 bytes */
	struct batch_header	 header;
	enum codec		 unpacked;	/* of an old format: its codec,
						 * which p has no more */
	int64_t			 from;		/* skip records before it, */
	int64_t			 to;		/* and from it on */
	int64_t			 log_start;	/* as the broker last said, */
	int64_t			 stable;	/* each -1 when it did not */
	int64_t			 high;		/* high watermark */
};

/* The codec that the batch has where it was read from. */
static inline enum codec
consumer_codec(const struct consumer_batch *b)
{
	return b->unpacked != CODEC_NONE ? b->unpacked :
	    batch_codec(&b->header);
}

/* The next batch, or NULL when none is here. The caller may hold several;
 * each stays valid until it is released. */
const struct consumer_batch *consumer_take(struct consumer *c);
void consumer_release(struct consumer *c, const struct consumer_batch *b);
/* Keeps the bytes of the batch, which may be written to, for longer than that,
 * and than the consumer: until it is dropped, on the loop's thread. NULL: they
 * cannot be kept, as they were made of an old format. */
struct khold *consumer_hold(const struct consumer_batch *b);

/* Runs the loop until there is a batch to take (1), everything is done (1),
 * or wait_ms passed or consumer_wake() was called (0); wait_ms -1: no limit.
 * Fails with what cannot be cured by trying again; *slot (where not NULL)
 * then tells which partition, -1: none in particular. */
int consumer_wait(struct consumer *c, int64_t wait_ms, int *slot,
    struct kerr *e);
/* Ends consumer_wait() early; for callbacks on the same loop. */
void consumer_wake(struct consumer *c);

/* True when every assigned partition stands at its end and all was taken;
 * false for ever where one has no end. */
bool consumer_done(const struct consumer *c);
/* The same of one partition. */
bool consumer_slot_done(const struct consumer *c, int slot);
/* The next offset to be taken or passed over. */
int64_t consumer_position(const struct consumer *c, int slot);
/* Leader epoch of the batch before it, handed out or not; -1: nothing is known
 * of it. */
int32_t consumer_epoch(const struct consumer *c, int slot);

#endif
