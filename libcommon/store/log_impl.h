/*
 * log_impl.h: the inside of struct log, for the files that make it up: log.c
 * (open, close), log_append.c, log_roll.c, log_read.c, log_time.c,
 * log_flush.c, log_load.c, log_recover.c, log_state.c, log_epoch.c, log_cut.c
 * (truncation), log_retain.c, log_txn.c (transactions), log_swap.c and
 * clean*.c (compaction).
 *
 * Locks, in the order in which they nest:
 *	swapping   one change of the segments below the active one, in memory
 *		   and of their files, at a time; held over I/O
 *	flushing   one flush, checkpoint or truncation at a time; held over I/O
 *	shape      read: what lies in files below their size stays as it is;
 *		   write (truncation alone): it may go
 *	lock       all that is marked below; never held over I/O
 * The writer (see log.h: one at a time) reads what only it changes unlocked.
 */
#ifndef KLOG_STORE_LOG_IMPL_H
#define KLOG_STORE_LOG_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/epochs.h"
#include "store/log.h"
#include "store/producers.h"
#include "store/segment.h"

/* Where the last batches of the active segment lie, so that readers at the
 * tail and the high watermark need no index. A power of two. */
enum { RECENT = 128 };

/* A batch that begins above this one is taken for damage: its last offset
 * might not fit. */
#define LOG_MAX_OFFSET	(INT64_MAX - INT32_MAX - 1)

/* A segment may begin that far after the end of the one before: see
 * room_for(). */
#define LOG_MAX_HOLE	(INT32_MAX / 2)

struct recent {
	int64_t	last;		/* last offset of the batch */
	int64_t	at;		/* its position */
};

struct log {
	const struct sys	*sys;
	char			*dir;
	const char		*name;		/* last component of dir */
	struct log_config	 config;
	struct kuuid		 topic_id;

	pthread_mutex_t		 swapping;
	pthread_mutex_t		 flushing;
	pthread_rwlock_t	 shape;
	pthread_mutex_t		 lock;

	/* atomic: written by the writer (flushed: by the flusher) */
	_Atomic int64_t		 start;
	_Atomic int64_t		 end;
	_Atomic int64_t		 flushed;
	_Atomic int64_t		 bytes;
	_Atomic int64_t		 cleaned;	/* by the cleaner, and lowered
						   by truncation */
	_Atomic bool		 offline;
	_Atomic bool		 full;		/* a write found no room: why */
	_Atomic bool		 doubtful;	/* a sync failed: what is on disk
						   is not known */
	/* flags of what follows, together: a log is kept small */
	bool			 epochs_unsynced; /* under lock: their file
						   is new */
	bool			 made_synced;	/* under flushing: durable are
						   the directory's own name and
						   partition.metadata */
	bool			 made;		/* writer's: dir is there */
	bool			 touched;	/* since it was opened */
	bool			 epochs_unsaved; /* newer than their file */

	/* under lock */
	struct segment		**segs;		/* by base; active: last */
	int			 n_segs;
	int			 cap_segs;
	struct segment_list	 old;		/* taken out of segs, their
						   files not yet removed */
	struct recent		*recent;	/* ring, NULL until an append */
	unsigned int		 cap_recent;	/* grows up to RECENT */
	unsigned int		 n_recent;	/* ever added since a reset */
	struct epochs		 epochs;
	unsigned int		 names;		/* changes of names in dir */
	unsigned int		 cuts;		/* truncations so far */

	/* under flushing */
	unsigned int		 names_synced;	/* changes that are durable */
	int64_t			 checked;	/* the recovery point so far */

	/* the writer's */
	struct segment		*active;	/* the last of segs, or NULL */
	struct producers	 producers;
	int64_t			 snapshot_at;	/* of the newest, -1: none */
	int64_t			 expired_ms;	/* last look for idle ones */
	int64_t			 txns_from;	/* indexes of aborted trans-
						   actions are written from this
						   segment on: 0, else a walk
						   is to build them anew */
};

/* Takes the log offline; e, which may be NULL, gets the name in front.
 * Returns rc. */
int log_fail(struct log *l, int rc, struct kerr *e);
/* The same where a sync may have failed. */
int log_fail_sync(struct log *l, int rc, struct kerr *e);
/* The same for readers, whom only a disk error makes take it offline. */
int log_fail_read(struct log *l, int rc, struct kerr *e);
/* KE_OFFLINE where it is. */
int log_usable(const struct log *l, struct kerr *e);
/* Puts a segment behind the last; the list takes the reference. */
void log_push_segment(struct log *l, struct segment *g);
/* Takes the last one off the list; the reference is the caller's then. */
struct segment *log_pop_segment(struct log *l);
/* The segment that would hold offset, i.e. the last with base <= offset, or
 * the first; -1 where there is none. lock held, or swapping. */
int log_segment_of(const struct log *l, int64_t offset);
/* The active segment, NULL where there is none. Writer. */
struct segment *log_active(const struct log *l);
/* Where segment i ends: the next one's base, or the log's end. Same. */
int64_t log_segment_end(const struct log *l, int i);

/* The first segment above base (-1: of all) with a reference, NULL where there
 * is none; its size, where it ends, and whether it is the active one. A walk
 * by bases goes on though segments go meanwhile. */
struct segment *log_segment_above(struct log *l, int64_t base, int64_t *size,
    int64_t *end, bool *active);

/* log_roll.c */
int log_make_dir(struct log *l, struct kerr *e);
/* What is taken off segment.ms for a new segment. */
int64_t log_jitter(const struct log *l);
/* An empty segment at base becomes the active one. */
int log_start_segment(struct log *l, int64_t base, struct kerr *e);
/* No more batches come to the active segment, if there is one. */
int log_finish_active(struct log *l, struct kerr *e);
/* A segment at base behind the active one, which is finished. */
int log_roll_at(struct log *l, int64_t base, struct kerr *e);

/* log_state.c: the small files beside the segments */
char *log_path(const struct log *l, const char *file);
int log_save_epochs(struct log *l, struct kerr *e);
/* 1: there is no sound file, log_rebuild_epochs() is needed. clean: the file
 * was synced. */
int log_load_epochs(struct log *l, bool clean, struct kerr *e);
int log_rebuild_epochs(struct log *l, struct kerr *e);
/* Writes the producers' snapshot at the end, unless it is there. */
int log_snapshot(struct log *l, struct kerr *e);
/*
 * Producers from the newest sound one of the n snapshots (offsets, ascending)
 * at or below the end and the batches after it; removes snapshots above the
 * end, durably, and those that no segment begins with. Every segment but the
 * log's first begins with a sound one afterwards, as retention leans on it;
 * up to `sure` they are so already. Where log_rebuild_txns() asked for it, the
 * indexes of aborted transactions on the way are written anew.
 */
int log_load_producers(struct log *l, const int64_t *at, int n, int64_t sure,
    struct kerr *e);

/* log_retain.c */
/* Forgets the dropped segments; their files are removed where they were renamed
 * and `remove` is set. */
void log_release_old(struct log *l, bool remove);

/* log_txn.c */
/* Notes a batch, of which n bytes are there, in the producers' state, and what
 * it says of aborted transactions in the segment's index. */
int log_note_batch(struct log *l, struct segment *g,
    const struct batch_header *h, const void *batch, size_t n, int64_t now_ms,
    struct kerr *e);
/* While loading: looks at the n index files with those bases; one that is not
 * sound has itself and what follows rebuilt, one without a segment goes. */
int log_check_txns(struct log *l, const int64_t *bases, int n,
    struct kerr *e);
/* The indexes of segment i and of all behind it are to be built anew. */
void log_rebuild_txns(struct log *l, int i);
/* Removes those that are. */
int log_drop_txns(struct log *l, struct kerr *e);

/* log_flush.c */
/* Makes the directory's names up to that count durable, and its own. */
int log_sync_names(struct log *l, unsigned int names, struct kerr *e);
/* Makes all of the directory durable, indexes and names included. */
int log_sync_all(struct log *l, struct kerr *e);
/* It is. flushing held, no writer. */
void log_note_synced(struct log *l);

/* log_load.c */
/* Lists the directory and opens its segments; sets end. */
int log_load(struct log *l, const struct log_known *k,
    struct log_recovery *r, struct kerr *e);

/* log_swap.c */
/* Puts g, whose files are complete, durable and end in .cleaned, in the place
 * of the n segments old[0..n), n at least 1, on each of which the caller has a
 * reference; their files are let go (log_remove_old()). g's reference is
 * taken over in any case. KE_CANCELLED: those are not in the log
 * any more, or not as they were (sizes). */
int log_swap(struct log *l, struct segment *g, struct segment *const *old,
    const int64_t *sizes, int n, struct kerr *e);
/* Removes g's files, whatever they end in. */
void log_swap_undo(struct segment *g);
/* What a log finds that a crash left in the middle of a swap: completes it
 * where it can be, else removes it. */
int log_swap_recover(struct log *l, struct kerr *e);

/* log_recover.c: both set end, indexes and epochs. Holes below `cleaned` are
 * none. */
/* Scans from segment `first`, which holds the recovery point, to the end. */
int log_recover(struct log *l, int first, int64_t point, int64_t cleaned,
    struct log_recovery *r, struct kerr *e);
/* The end of a log that was closed cleanly; r for what is not as it says. */
int log_trust(struct log *l, int64_t cleaned, struct log_recovery *r,
    struct kerr *e);

/* One batch of a walk; non-zero ends it and is returned. */
typedef int log_visit(void *arg, const struct batch_header *h,
    struct segment *g, int64_t at, struct kerr *e);
/* Walks the headers of all batches that end at or after from. */
int log_walk(struct log *l, int64_t from, log_visit *visit, void *arg,
    struct kerr *e);

#endif
