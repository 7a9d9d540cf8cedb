/*
 * clean_impl.h: the inside of a cleaning pass, for the files that make it up:
 * clean.c (the pass), clean_group.c (which segments become one, and the
 * writing of that), clean_filter.c (what stays of a batch), clean_txn.c
 * (transactions), log_swap.c (the new segment takes the old ones' place).
 */
#ifndef KLOG_STORE_CLEAN_IMPL_H
#define KLOG_STORE_CLEAN_IMPL_H

#include "record/compress.h"
#include "record/iter.h"
#include "store/clean.h"
#include "store/clean_map.h"
#include "store/clean_read.h"
#include "store/log_impl.h"

/* A segment as it was when the pass began; a reference is held. */
struct clean_part {
	struct segment	*g;
	int64_t		 size;
	int64_t		 end;		/* the next one's base, or log end */
};

struct clean_parts {
	struct clean_part *v;		/* all of the log, the active one last */
	int		   n;
};

/* Also how often the log was cut so far. */
void clean_parts_take(struct clean_parts *p, struct log *l,
    unsigned int *cuts);
void clean_parts_drop(struct clean_parts *p);
/* The part that would hold offset, as log_segment_of(). */
int clean_parts_find(const struct clean_parts *p, int64_t offset);

/* What a walk through the log knows of transactions. */
struct clean_txns {
	bool		   known;	/* the aborted ones were asked for */
	struct aborted_txns aborted;	/* those ahead, by first offset */
	int		   next;
	struct clean_txn  *open;	/* begun and not ended, by producer */
};

void clean_txns_release(struct clean_txns *t);
/* A batch with data. True: it belongs to an aborted transaction. */
bool clean_txns_data(struct clean_txns *t, const struct batch_header *h);
/* A control batch. True: nothing of its transaction was seen, it may go in
 * time. *kept is filled, and kept->producer_id not -1, where it ends an aborted
 * transaction that the index goes on to list. */
bool clean_txns_marker(struct clean_txns *t, const struct batch_header *h,
    const uint8_t *batch, struct aborted_txn *kept);

/* What stays of a batch. */
enum clean_verdict { CLEAN_DROP, CLEAN_KEEP, CLEAN_CHANGED };

struct clean_record;		/* clean_filter.c */

struct clean_filter {
	/* the pass's */
	struct clean_map	*map;
	struct clean_txns	*txns;
	const struct log_clean	*want;
	int64_t			 latest;	/* last offset in the map */
	bool			 last;		/* next batch ends a segment */
	struct codecs		*codecs;
	int64_t			 records;	/* seen, and left */
	int64_t			 kept;
	/* scratch */
	struct buf		 raw;
	struct buf		 plain;
	struct buf		 out;		/* CLEAN_CHANGED: the batch */
	struct clean_record	*rec;
	int			 n_rec, cap_rec;
};

void clean_filter_release(struct clean_filter *f);
/* enum clean_verdict on the batch; where it is changed, h is in step with
 * f->out. kept as clean_txns_marker(). Negative: damaged. */
int clean_filter_batch(struct clean_filter *f, struct batch_header *h,
    const uint8_t *batch, struct aborted_txn *kept, struct kerr *e);
/* Puts the batch's keys at or above from into the map, and moves latest on.
 * 1: the map is full. */
int clean_filter_learn(struct clean_filter *f, const struct batch_header *h,
    const uint8_t *batch, int64_t from, struct kerr *e);

struct cleaning {
	struct log		*l;
	const struct log_clean	*want;
	struct clean_parts	 parts;
	unsigned int		 cuts;		/* the log's, at that time */
	int			 done;		/* parts that were rewritten */
	struct clean_map	 map;
	struct clean_txns	 txns;
	struct clean_filter	 filter;
	struct clean_reader	 reader;
	struct log_cleaned	*r;
};

/* Asks for the log's aborted transactions from here on, when the first batch
 * of one, h, comes by: most logs have none. */
int clean_know_txns(struct cleaning *c, struct clean_txns *t,
    const struct batch_header *h, struct kerr *e);
/* How many of the parts [i, n) become one segment. */
int clean_group_size(const struct cleaning *c, int i, int n);
/* Rewrites those, and swaps the result in where that changes anything. */
int clean_group(struct cleaning *c, int i, int n, struct kerr *e);

#endif
