/*
 * partition.h: one partition: its log, leader epoch, high watermark, last
 * stable offset, in-sync set and producer state, and the requests that wait
 * for it.
 *
 * A partition has a lock of its own; no thread holds two of them. It is
 * counted: metadata images, requests and jobs each hold a reference. What is
 * decided (leader, epochs, configuration, deletion) is told to it by the
 * control thread; I/O threads append and read; pool threads open, flush and
 * close. Its directory appears with the first append.
 *
 * Offsets: start <= high watermark <= end. The high watermark is the least
 * flushed end over the in-sync replicas (flush.acks=os: the least end);
 * nothing above it is shown to a consumer.
 *
 * Functions that return int16_t return a Kafka error code (wire/kerror.h).
 */
#ifndef KLOG_BROKER_PARTITION_H
#define KLOG_BROKER_PARTITION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "base/err.h"
#include "wire/types.h"

struct delayed;			/* delayed.h: requests that wait */
struct logdir;
struct topic_config;		/* config.h */
struct waiter;

/* What a PartitionRecord or PartitionChangeRecord says. */
struct partition_state {
	int32_t		 leader;	/* broker id, -1 = none */
	int32_t		 leader_epoch;
	int32_t		 partition_epoch;
	const int32_t	*isr;		/* borrowed for the call */
	int32_t		 n_isr;
	int32_t		 n_replicas;
};

struct aborted_txn;		/* store/txnindex.h */
struct producer_info;		/* store/producers.h */

struct partition_offsets {
	int64_t	start;
	int64_t	high_watermark;
	int64_t	last_stable;
	int64_t	end;
	int32_t	leader_epoch;
};

/* Lifecycle: control thread. */

/* A partition in that data directory, leaderless, one reference for the
 * caller; no disk is touched. topic and configuration are copied. */
struct partition *partition_new(struct logdir *, const char *topic,
    const struct kuuid *topic_id, int32_t index,
    const struct topic_config *);
struct partition *partition_ref(struct partition *);
void partition_unref(struct partition *);
/* This broker's id is self: it leads where state->leader == self. Waiting
 * requests of a leader that is none any more are woken. */
void partition_apply(struct partition *, int32_t self,
    const struct partition_state *state);
void partition_configure(struct partition *, const struct topic_config *);
/* The topic is gone: answers UNKNOWN_TOPIC_OR_PARTITION from now on, wakes
 * whoever waits; its files go away in a job. The reference stays the
 * caller's. */
void partition_delete(struct partition *);

/* For all threads; constant. */
const char *partition_topic(const struct partition *);
int32_t partition_index(const struct partition *);

/*
 * Data: I/O threads. current_leader_epoch is the client's, -1 = not given.
 * What they answer: 0; 3 (deleted), 5 (not ready yet), 6 (led elsewhere), 56
 * (offline), 74 and 75 (the epoch is older or newer than ours).
 */

/* One batch on its way in; whole and validated (record/batch.h). */
struct partition_append {
	struct iovec	 batch;		/* is patched: offset, epoch, time */
	int64_t		 append_time;	/* >= 0: LogAppendTime, ms; of a
					 * duplicate out: its time */
	bool		 wait;		/* acks=all */
	bool		 verify;	/* a batch of a transaction begins one
					 * only with the right number: */
	uint64_t	 verified;	/* partition_verify()'s, 0: none */

	int64_t		 base;		/* out: first offset */
	int64_t		 log_start;	/* out */
};

/*
 * Appends; also answers 19 (too few in sync for acks=all), 45 and 47
 * (sequence, producer epoch), 48 (no part of an open transaction), 52 (the
 * marker of an older coordinator). Where a->wait is set, w hangs in the partition
 * until the high watermark covers the batch and counts 1 of what d needs then
 * (at once where it covers it already); partition_acked() has to be called.
 */
int16_t partition_append(struct partition *, struct partition_append *a,
    struct delayed *d, struct waiter *w);
/* Takes w out and says how it went: 0, 7 (not yet), or why it will not be. */
int16_t partition_acked(struct partition *, struct waiter *w);

/* Before a batch of a transaction is appended: 0 where the producer's
 * transaction has begun here; else the number to append it with once the
 * coordinator has said that the partition is part of it. */
uint64_t partition_verify(struct partition *, int64_t producer_id,
    int16_t epoch, int32_t sequence);

/* The producers that the log knows, in an array to be freed. */
int16_t partition_producers(struct partition *, struct producer_info **v,
    unsigned int *n);

/* One partition of a Fetch. */
struct partition_fetch {
	int64_t		 offset;
	int32_t		 current_leader_epoch;
	int64_t		 max_bytes;
	bool		 min_one;	/* the first batch whole, however big */
	bool		 committed;	/* up to the last stable offset only */

	struct krecords	 records;	/* out: len 0 where nothing */
	struct aborted_txn *aborted;	/* out: transactions among the records,
					 * by first offset; to be freed */
	int		 n_aborted;
	int64_t		 high_watermark;	/* out; -1 on error */
	int64_t		 last_stable;
	int64_t		 log_start;
};

/* Also answers 1 (offset out of range; offsets are filled in all the same). */
int16_t partition_fetch(struct partition *, struct partition_fetch *);
/* Hangs w in until more is shown than partition_fetch() saw (what it left in
 * f); bytes that appear count off what d needs. False: that is so already, or
 * the leader changed; look again. partition_unwait() has to be called in
 * either case. */
bool partition_wait(struct partition *, const struct partition_fetch *f,
    struct delayed *d, struct waiter *w);
void partition_unwait(struct waiter *w);

/* For who keeps its state in the partition: appends to b whole batches from
 * offset on, also past the high watermark; nothing at the log's end. max is
 * what to read at once. Blocks; pool. */
int16_t partition_read(struct partition *, int64_t offset, int64_t max,
    struct buf *b);

struct partition_when {
	int64_t	offset;		/* -1: none */
	int64_t	timestamp;	/* -1: none, or not asked */
	int32_t	leader_epoch;	/* -1: unknown */
};

/* The first record at or after a time (ms), or what enum list_offsets_time
 * names (wire/msg_list_offsets.h). May read the disk. */
int16_t partition_find(struct partition *, int32_t current_leader_epoch,
    int64_t timestamp, bool committed, struct partition_when *);
/* OffsetForLeaderEpoch: the largest epoch <= asked and where it ended. */
int16_t partition_epoch_end(struct partition *, int32_t current_leader_epoch,
    int32_t asked, int32_t *found, int64_t *end);

/* DeleteRecords: nothing below offset (DELETE_TO_HIGH_WATERMARK: that) is to
 * be read any more. *low: the first offset left. *moved: that changed, and is
 * durable once logdir_save_starts() returned 0. Also answers 1 (past the high
 * watermark) and 44 (the topic is only compacted). */
#define DELETE_TO_HIGH_WATERMARK	(-1)
int16_t partition_delete_records(struct partition *, int64_t offset,
    int64_t *low, bool *moved);
/* Bytes on disk, for DescribeLogDirs. */
int64_t partition_size(struct partition *);
int16_t partition_offsets(struct partition *, int32_t current_leader_epoch,
    struct partition_offsets *o);

#endif
