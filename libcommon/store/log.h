/*
 * log.h: one partition's log: a directory of Kafka's segment files (.log,
 * .index, .timeindex, .txnindex), producer-state snapshots, the leader-epoch
 * checkpoint and partition.metadata. Apache Kafka opens a directory written
 * here, and the other way round.
 *
 * Offsets: start <= flushed <= end. end is the next offset to be given out;
 * everything below flushed has survived an fdatasync; start is the first
 * offset that may be read.
 *
 * Batches are magic 2, parsed, CRC-checked and validated by the caller
 * (record/batch.h) before they come here. The store looks at headers only.
 *
 * Threads: the calls that change the log (append, truncate, set_start,
 * retain_from, drop_old, roll, set_config, close, delete) are serialised by
 * the caller, who holds the partition's own lock around them. Every other call
 * may run at any time between open and close, from any thread, next to those
 * and to each other; only log_flush(), log_checkpoint() and log_remove_old()
 * take turns among themselves, and log_clean() (clean.h) is run by one thread
 * at a time. Nothing here waits for a disk while it holds a
 * lock that a reader or an append needs, so these three and log_writeback()
 * are called without the partition's lock.
 *
 * Errors: KE_SYS for the first failing system call (ENOSPC and EIO say so in
 * the text), KE_OFFLINE ever after: one failed write or fdatasync takes the
 * log offline, is never retried, and nothing that it covered counts as
 * flushed. KE_RANGE: an offset outside [start, end]. KE_BROKER with Kafka's
 * code: the producer-state verdicts named at log_append(). Texts begin with
 * the directory's name.
 */
#ifndef KLOG_STORE_LOG_H
#define KLOG_STORE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys.h"
#include "wire/types.h"

struct aborted_txn;	/* store/txnindex.h */
struct log;
struct producer_info;	/* store/producers.h */

/* Names and meanings are Kafka's topic properties. */
struct log_config {
	int32_t	segment_bytes;		/* segment.bytes */
	int64_t	segment_ms;		/* segment.ms, by batch time */
	int64_t	segment_jitter_ms;	/* segment.jitter.ms: each segment's own
					   share of it is drawn by lot */
	int32_t	segment_index_bytes;	/* segment.index.bytes */
	int32_t	index_interval_bytes;	/* index.interval.bytes */
	int64_t	producer_expire_ms;	/* producer.id.expiration.ms */
	int32_t	writeback_bytes;	/* start writing out after so many */
	int32_t	reserve_bytes;		/* step of block reservation; 0: none,
					   which was faster on ext4 */
};

#define LOG_CONFIG_INIT {						\
	.segment_bytes = 1 << 30,					\
	.segment_ms = INT64_C(604800000),				\
	.segment_jitter_ms = 0,						\
	.segment_index_bytes = 10 << 20,				\
	.index_interval_bytes = 4096,					\
	.producer_expire_ms = 86400000,					\
	.writeback_bytes = 4 << 20,					\
	.reserve_bytes = 0,						\
}

/* What the caller knows about the log before it is opened. */
struct log_known {
	int64_t	recovery_point;	/* recovery-point-offset-checkpoint, else 0.
				   Where the log then ends below it, the file
				   is rewritten before anything is appended */
	int64_t	start;		/* log-start-offset-checkpoint, else 0 */
	int64_t	cleaned;	/* cleaner-offset-checkpoint, else 0: below it
				   Kafka lets a segment end before the next
				   begins */
	bool	clean;		/* the last stop left its marker: no scan */
	struct kuuid topic_id;	/* goes to partition.metadata; zero: no file. A
				   directory of another topic is set aside as
				   <name>.<its id>-stray */
};

/* What opening found; all zero after a clean stop. */
struct log_recovery {
	int64_t	scanned;	/* bytes read batch by batch */
	int64_t	cut;		/* bytes cut off the end, saved beside */
	int64_t	cut_at;		/* the offset that the log ends with now */
};

/*
 * Opens dir, whose last component is the log's name in messages. A directory
 * that does not exist, or is empty, is an empty log; it and its files are made
 * by the first append, so an unused partition costs nothing. After an unclean
 * stop the log is scanned from the recovery point, cut at the first bad byte
 * (what is cut goes to <base>.log.<offset>.cut; a LOG_WARN line says so) and
 * its indexes and producer state are rebuilt. r may be NULL.
 * KE_CORRUPT: damage below the recovery point that cannot be rebuilt.
 */
int log_open(struct log **l, const struct sys *s, const char *dir,
    const struct log_config *c, const struct log_known *k,
    struct log_recovery *r, struct kerr *e);
/*
 * Flushes, writes the producer snapshot, closes and frees, also when it fails.
 * Slices that readers still hold stay good. When it returns 0 for every log,
 * the caller may write the marker of a clean stop (datadir.h).
 */
int log_close(struct log *l, struct kerr *e);
/*
 * The stop of many logs: log_settle() does what log_close() does, but does not
 * wait for the disk. When that is done for all of them by one datadir_sync(),
 * log_settled() says so to each, and closing them is quick. No append in
 * between.
 */
int log_settle(struct log *l, struct kerr *e);
void log_settled(struct log *l);
/* Whether closing has something to write. */
bool log_touched(const struct log *l);
/* Gives back what only a busy log needs: memory, and descriptors that nobody
 * uses; serialised with what changes the log. An append or a reader takes it
 * again. */
int log_rest(struct log *l, struct kerr *e);
/* Closes and frees without a flush or a snapshot, as a crash would. */
void log_abandon(struct log *l);
/*
 * Closes, frees and removes the directory: renamed first to
 * <name>.<uuid>-delete, so that a half-done removal is finished by the next
 * start (datadir.h) and the name is free at once.
 */
int log_delete(struct log *l, struct kerr *e);
void log_set_config(struct log *l, const struct log_config *c);

/* About so many descriptors of segments stay open, over all logs of the
 * process (512 unless said); those of segments in use count and stay. */
void log_files_limit(int n);
int log_files_open(void);

/* Lock-free reads. */
int64_t log_start(const struct log *l);
int64_t log_end(const struct log *l);
int64_t log_flushed(const struct log *l);
/* True once a write, read or fdatasync failed; then nothing works but close. */
bool log_offline(const struct log *l);
/*
 * True where that was a write that found no room, and nothing that was on disk
 * is in doubt. When there is room again, log_abandon_full(), which also cuts
 * off what the write left behind the end, and log_open() from log_flushed() on
 * give the log as it was before that write. Not after a failed fdatasync, for
 * lack of room or else: what it should have written may be lost, and only read
 * back from memory.
 */
bool log_full(const struct log *l);
void log_abandon_full(struct log *l);
/* Sum of the .log files' bytes. */
int64_t log_size(const struct log *l);
const char *log_dir(const struct log *l);

/* What one append did. */
struct log_appended {
	int64_t	base;		/* first offset given out */
	int64_t	last;		/* last offset */
	int64_t	append_time;	/* LogAppendTime, else -1; of a duplicate the
				   time that it has in the log */
	int64_t	max_ts;		/* largest timestamp in the batches */
	bool	duplicate;	/* nothing was written: base and last are those
				   of the first time */
};

/*
 * Appends the batches of v[0..n), each range one or more whole batches, with
 * one pwritev. Base offset and leader epoch are set in the caller's memory;
 * append_time >= 0 sets LogAppendTime as well, and with it a new CRC.
 * The group enters one segment. Visible to log_read() on return, not flushed.
 *
 * A batch with a producer id is held against that producer's last batches:
 * a repeated one makes the call succeed with duplicate set (the caller still
 * waits until last is flushed); KE_BROKER 45 OUT_OF_ORDER_SEQUENCE_NUMBER: a
 * gap; 47 INVALID_PRODUCER_EPOCH: an older epoch; 48 INVALID_TXN_STATE: it has
 * a transaction open, and this is not of it; 52 TRANSACTION_COORDINATOR_FENCED:
 * the marker of an older coordinator. An unknown producer is taken with any
 * sequence (KIP-360). A control batch (one alone) is a transaction's marker.
 */
int log_append(struct log *l, const struct iovec *v, int n, int32_t epoch,
    int64_t append_time, struct log_appended *a, struct kerr *e);
/*
 * The follower's append: offsets, epochs and timestamps are the leader's and
 * stay as they are; no verdict on sequences. KE_DATA where the first offset is
 * below the end; gaps are fine (compaction).
 */
int log_append_as_follower(struct log *l, const struct iovec *v, int n,
    struct log_appended *a, struct kerr *e);
/* Starts a new segment at the end, if the active one holds anything. */
int log_roll(struct log *l, struct kerr *e);
/* Whether so much was appended (writeback_bytes) that it is time for
 * log_writeback(). Serialised like an append. */
bool log_wants_writeback(const struct log *l);
/* Starts writing whole pages out, so that the flush to come finds little; may
 * wait for the disk's queue. */
void log_writeback(struct log *l);

/*
 * Finds whole batches for a reader: from the one that contains offset (or the
 * first after it, where compaction left a hole), no batch that reaches upto,
 * no more than max bytes; with min_one the first is given even when it is
 * larger. The result lies in one segment file and may be shorter than what is
 * there; len 0: nothing (offset >= upto, or the first batch is too large).
 * out->p is NULL; fd and off are for sendfile or pread, for as long as
 * out->hold (NULL when len is 0) is not dropped: exactly once, any thread.
 * Costs a few short reads of the index, at the tail none at all.
 * KE_RANGE: offset < start or > end.
 */
int log_read(struct log *l, int64_t offset, int64_t max, int64_t upto,
    bool min_one, struct krecords *out, struct kerr *e);
/* The same into memory: appends to b; returns the bytes added (0: none). */
int64_t log_read_buf(struct log *l, int64_t offset, int64_t max,
    int64_t upto, bool min_one, struct buf *b, struct kerr *e);

/* How far the batches of a slice that log_read() gave reach: no further than
 * the offset returned, which may be a little large, and is no more than upto. */
int64_t log_read_end(struct log *l, const struct krecords *r, int64_t upto,
    struct kerr *e);

/*
 * Transactions (KIP-98). A transaction is open in a log from its first batch
 * to its marker. These are the writer's calls, like log_append().
 */

/* The first offset of the earliest one that is open, -1: none. */
int64_t log_first_open(const struct log *l);
/* The same of those that are open or whose marker is at or above hw, which
 * never goes back. The last stable offset is the lesser of this and hw. */
int64_t log_first_unstable(struct log *l, int64_t hw);
bool log_txn_open(const struct log *l, int64_t producer_id);
/* Whether log_append() would take this one batch for a duplicate. */
bool log_is_duplicate(const struct log *l, const struct iovec *batch);
/* All producers that are known, in an array to be freed. */
struct producer_info *log_producers(const struct log *l, unsigned int *n);

struct aborted_txns {
	struct aborted_txn *v;	/* by first offset; to be freed */
	int	n;
	int	cap;
};

/* The aborted transactions that overlap [from, upto). Costs nothing where the
 * segments have none. Only as good as log_start() <= from holds afterwards:
 * what retention took does not count. Any thread. */
int log_aborted(struct log *l, int64_t from, int64_t upto,
    struct aborted_txns *t, struct kerr *e);

/* A record found by time. */
struct log_when {
	int64_t	offset;		/* -1: none */
	int64_t	timestamp;	/* of that record, -1: none */
	int32_t	epoch;		/* its leader epoch, -1: none */
};

/* The first record below upto with timestamp >= ts. Costs index reads and the
 * records of one batch. */
int log_find_time(struct log *l, int64_t ts, int64_t upto,
    struct log_when *w, struct kerr *e);
/* The (first) record with the largest timestamp. */
int log_find_max_time(struct log *l, struct log_when *w, struct kerr *e);

/*
 * Makes everything that was appended before the call durable: fdatasync of
 * the segments written since the last flush and, the first time, of the names.
 * log_flushed() then covers it. Appends and reads go on meanwhile.
 */
int log_flush(struct log *l, struct kerr *e);
/*
 * Makes durable what recovery below the returned offset leans on (indexes of
 * finished segments, epochs): a recovery point for the checkpoint file.
 * Negative: an error.
 */
int64_t log_checkpoint(struct log *l, struct kerr *e);
/*
 * The checkpoint of many logs: log_note_names() says whether log_checkpoint()
 * has names of files, or the epochs' file, to make durable, and which. One
 * datadir_sync() after that does it for all of them; log_names_synced() says so
 * to each, and log_checkpoint() is quick. Anything may go on meanwhile.
 */
bool log_note_names(struct log *l, unsigned int *names);
void log_names_synced(struct log *l, unsigned int names);

/*
 * Removes everything at and above offset (flushed and end move back; producer
 * state and epochs follow) and makes that durable. A batch that offset falls
 * into goes as a whole; where it falls into a hole that compaction left, the
 * log ends before that. No-op where offset >= end. The caller first lowers the
 * recovery point in its checkpoint file, to offset at most: what is appended
 * later must not be taken for what was on disk once.
 */
int log_truncate_to(struct log *l, int64_t offset, struct kerr *e);
/* Empties the log and lets it start at offset. */
int log_truncate_all(struct log *l, int64_t offset, struct kerr *e);
/* Moves start forward (DeleteRecords); data stays until log_drop_old() takes
 * it. KE_RANGE where offset > end. */
int log_set_start(struct log *l, int64_t offset, struct kerr *e);

/*
 * Retention: whole segments go, from the old end. In this order:
 * log_keep_from() says where the log may begin and log_retain_from() lets it;
 * the caller writes start to its checkpoint file; log_drop_old() and
 * log_remove_old() do away with what lies below. A crash in between leaves
 * files below start, which the next round takes, and never records.
 */
struct log_retention {
	int64_t	ms;		/* retention.ms, -1: any time */
	int64_t	bytes;		/* retention.bytes, -1: any number */
	int64_t	upto;		/* nothing at or above it goes: the high
				   watermark */
};

/*
 * The first offset to keep, at least start. A segment goes by its largest
 * timestamp (where it has none, by the time of its last write), or while what
 * is left has bytes enough without it. The active one can be among them; the
 * result is then the end.
 */
int64_t log_keep_from(struct log *l, const struct log_retention *r,
    struct kerr *e);
/* Moves start to what log_keep_from() said. Where that is the end, a new
 * segment begins there; what was appended meanwhile keeps its segment. */
int log_retain_from(struct log *l, int64_t keep, struct kerr *e);
/* Takes the segments below start out of the log; no disk is touched. True
 * where log_remove_old() has work. */
bool log_drop_old(struct log *l);
/* Renames the files of dropped segments to .deleted, and removes those that
 * were so for delay_ms, as it does with what compaction has replaced. *wait:
 * until the next are due, -1: there are none. */
int log_remove_old(struct log *l, int64_t delay_ms, int64_t *wait,
    struct kerr *e);

/* Leader epochs (KIP-101). The latest, -1: none yet. */
int32_t log_epoch(const struct log *l);
/* The epoch that wrote offset; -1: unknown. */
int32_t log_epoch_at(struct log *l, int64_t offset);
/* OffsetForLeaderEpoch: the largest epoch <= asked into *found (asked itself
 * where all are larger) and the offset where it ended; both -1 where asked is
 * negative or newer than the latest. */
void log_epoch_end(struct log *l, int32_t asked, int32_t *found, int64_t *end);

#endif
