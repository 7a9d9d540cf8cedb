/*
 * segment.h: one segment: its .log file, its two indexes, and what has been
 * learnt of them. Counted: beside the log, which owns it, every slice that a
 * reader has on the way holds a reference. Internal to the store.
 *
 * Descriptors and indexes are opened when first needed, and closed where the
 * process has too many of them (log_files_limit()) unless the segment is in
 * use. So whoever calls what may need a descriptor (all that takes a kerr, but
 * stat and remove) holds a reference of its own meanwhile; a new segment is
 * pinned, which does as well, until segment_unpin(). A segment that is not the
 * active one no longer changes, apart from truncation.
 *
 * Threads: `lock` below is the log's mutex, under which size and the maximum
 * are read by others than the writer.
 */
#ifndef KLOG_STORE_SEGMENT_H
#define KLOG_STORE_SEGMENT_H

#include <bsd/sys/queue.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"
#include "base/sys.h"
#include "record/batch.h"
#include "store/index.h"
#include "store/txnindex.h"
#include "wire/types.h"

/* Kafka's name for files on their way out; what a crash leaves of them is
 * removed when the log is opened. */
#define DELETED_SUFFIX	".deleted"

struct segment {
	struct khold	 hold;		/* a reader's reference; stays first */
	_Atomic int	 refs;		/* and flags: segment_files.c */
	_Atomic int	 fd;		/* .log; -1: not open */
	int32_t		 unindexed;	/* bytes since the last index entry */
	bool		 in_ring;	/* of those with open files */
	_Atomic bool	 used;		/* since the ring was looked through */
	bool		 fresh;		/* index files are to be made anew */
	_Atomic bool	 has_txns;	/* there is a .txnindex, perhaps to be
					   opened yet */
	bool		 has_max;	/* max_ts and its offset are known */
	_Atomic bool	 indexes_synced;
	bool		 snapshot_synced; /* of the producers, at its base */
	_Atomic bool	 retired;	/* its files are being removed: none
					   is opened any more */
	_Atomic bool	 searchable;	/* index files are open, or not there:
					   the tails in memory are all */
	TAILQ_ENTRY(segment) ring;
	const struct sys *sys;
	const char	*dir;		/* the log's, while it is open */
	const char	*suffix;	/* of its files' names: "", or what a swap
					   is at (log_swap.c) */
	int64_t		 base;
	int64_t		 size;		/* bytes in the .log that readers see */
	int64_t		 tail;		/* writer: bytes noted so far; size
					   follows when an append is whole */
	struct index	 offsets;
	struct index	 times;
	struct txnindex	 txns;		/* not open: none, or see has_txns */
	int64_t		 max_ts;	/* largest timestamp, -1: none */
	int64_t		 max_ts_offset;	/* last offset of its batch */
	int64_t		 timed;		/* last key of the time index, -1 */
	int64_t		 first_ts;	/* of the first batch, -1: unknown */
	int64_t		 made_ms;	/* when the segment was started */
	int64_t		 jitter_ms;	/* taken off segment.ms for this one */
	int64_t		 synced;	/* bytes of the .log known durable */
	int64_t		 reserved;	/* blocks are reserved up to here */
	_Atomic int64_t	 written;	/* writeback was started up to here */
	STAILQ_ENTRY(segment) old;	/* the log's, once taken off its list */
	int64_t		 due_ms;	/* when they go for good; 0: not yet
					   said */
};

STAILQ_HEAD(segment_list, segment);

/* A segment, pinned, the caller's; touches no file. dir is borrowed. fresh:
 * whatever indexes lie there do not count. */
struct segment *segment_new(const struct sys *s, const char *dir,
    int64_t base, bool fresh);
/* The owner gives it up; it and its descriptors go with the last reference. */
void segment_close(struct segment *g);
void segment_ref(struct segment *g);
void segment_unref(struct segment *g);
void segment_unpin(struct segment *g);
/* Closes the descriptors, unless somebody uses them: others than the caller,
 * who has `mine` references. */
void segment_rest(struct segment *g, int mine);
/* Opens all of its files where others use it, so that they finish whatever
 * becomes of the names; who finds no descriptor left goes without. */
void segment_hold(struct segment *g, int mine);

/* dir/<base in 20 digits><suffix>, to be freed. */
char *segment_path(const char *dir, int64_t base, const char *suffix);
/* The same of one of its own files: kind is ".log", ".index" and so on. */
char *segment_file(const struct segment *g, const char *kind);

/* The descriptor of the .log, opened when it was not (make: an empty file is
 * made); KE_SYS; KE_RANGE where it was retired before. Any thread. */
int segment_fd(struct segment *g, bool make, struct kerr *e);
/* Opens the indexes where a search needs them; unusable ones are emptied (one
 * LOG_WARN line), which costs time, not truth. Any thread. */
int segment_indexes(struct segment *g, struct kerr *e);
/* The same where they are to be written to. Writer. */
int segment_index_files(struct segment *g, struct kerr *e);
/* Closes and empties them, in memory. Writer, no readers. */
void segment_drop_indexes(struct segment *g);

/* segment_files.c, for the files beside it. */
void segment_files_init(struct segment *g);
pthread_mutex_t *segment_files_lock(const struct segment *g);
/* Before another descriptor is opened, under that lock. */
void segment_files_room(void);
/* So many more, or fewer, are open. */
void segment_files_count(struct segment *g, int more);
/* None is opened from now on: KE_RANGE. */
void segment_files_bar(struct segment *g);
int segment_files_barred(const struct segment *g, struct kerr *e);

/* Notes a batch at the tail of the file: maximum, index entries as Kafka's
 * LogSegment.append. The indexes have room (segment_spill()). Writer. */
void segment_note(struct segment *g, pthread_mutex_t *lock,
    const struct batch_header *h, int32_t interval);
/* Adds to the index of aborted transactions. Writer. */
int segment_note_abort(struct segment *g, pthread_mutex_t *lock,
    const struct aborted_txn *a, struct kerr *e);
/* Opens that index, where there is one; its n tells. KE_RANGE: the segment was
 * deleted meanwhile. Any thread. */
int segment_txns(struct segment *g, struct kerr *e);
/* There is a .txnindex file: 0 where it is a sound one, KE_CORRUPT. No
 * readers yet. */
int segment_check_txns(struct segment *g, struct kerr *e);
/* Removes it: there is none then. Writer, no readers. */
int segment_drop_txns(struct segment *g, struct kerr *e);
/* Writes index tails out that are full, or all. Writer. */
int segment_spill(struct segment *g, pthread_mutex_t *lock, bool all,
    struct kerr *e);
/* Writes tails out and gives their memory back. Writer. */
int segment_rest_indexes(struct segment *g, pthread_mutex_t *lock,
    struct kerr *e);
/* No more batches come: last time index entry, indexes written and files
 * trimmed, as Kafka does at a roll and at a clean stop. Writer. */
int segment_finish(struct segment *g, pthread_mutex_t *lock, struct kerr *e);
/* Largest timestamp and its offset, from the time index if need be. */
int segment_max(struct segment *g, pthread_mutex_t *lock, int64_t *ts,
    int64_t *offset, struct kerr *e);
/* Timestamp of the first batch, -1: there is none. */
int segment_first(struct segment *g, pthread_mutex_t *lock, int64_t *ts,
    struct kerr *e);
/* The same, and not taken from an index that the batch it names does not bear
 * out: before anything is deleted for it. Not of the active segment. */
int segment_sure_max(struct segment *g, pthread_mutex_t *lock, int64_t *ts,
    struct kerr *e);
/* Learns max_ts, first_ts and unindexed of a segment that will be appended
 * to, from the last index entries and the batches behind them; *next is the
 * offset after the last one. Writer, no readers yet. KE_CORRUPT: the indexes
 * do not fit the log. */
int segment_load_tail(struct segment *g, int64_t *next, struct kerr *e);
/* Forgets the indexes and the tail, to be built anew by segment_note(). */
void segment_reset(struct segment *g);
/* The .log's length; KE_SYS. Leaves no descriptor behind. */
int64_t segment_stat(struct segment *g, struct kerr *e);
/* Cuts the file at pos, which begins the batch that ends at or after offset,
 * and the indexes with it; *next is the offset after what is left. Writer, no
 * readers. */
int segment_cut(struct segment *g, pthread_mutex_t *lock, int64_t pos,
    int64_t offset, int64_t *next, struct kerr *e);
/* Removes the files. The descriptors stay good for who holds them. */
int segment_remove(struct segment *g, struct kerr *e);
/* The same in two steps, as Kafka does it: retire appends .deleted to the
 * files' names, after which nobody opens them any more (KE_RANGE);
 * remove_retired removes those. replaced: another segment begins there, to
 * which the producers' snapshot belongs from now on. Any thread, with `mine`
 * references. */
int segment_retire(struct segment *g, int mine, bool replaced,
    struct kerr *e);
int segment_remove_retired(struct segment *g, struct kerr *e);
/* When the .log was written last, ms since 1970. */
int64_t segment_modified(struct segment *g, struct kerr *e);

/* Position of the first batch below size that ends at or after offset; size
 * where there is none. h (may be NULL): its header. */
int64_t segment_position(struct segment *g, pthread_mutex_t *lock,
    int64_t offset, int64_t size, struct batch_header *h, struct kerr *e);

#endif
