/*
 * txnindex.h: a segment's index of aborted transactions (.txnindex) in Kafka's
 * format: an entry for every abort marker that lies in the segment and ended a
 * transaction with data in this partition. There is no file where there is no
 * such marker.
 *
 * Last offsets and stable offsets both ascend from entry to entry, also from
 * one segment to the next, so that a search can begin by bisection and end
 * early.
 *
 * Threads: one appends and cuts (the log's writer), searches run beside
 * appends. The mutex given to them guards n. Internal to the store.
 */
#ifndef KLOG_STORE_TXNINDEX_H
#define KLOG_STORE_TXNINDEX_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/sys.h"

enum { TXNINDEX_ENTRY = 34 };	/* bytes */

struct aborted_txn {
	int64_t	producer_id;
	int64_t	first;		/* its first offset in the partition */
	int64_t	last;		/* the marker's */
	int64_t	stable;		/* the last stable offset after the abort */
};

struct txnindex {
	int	fd;		/* -1: not open */
	int32_t	n;		/* entries in the file */
};

void txnindex_init(struct txnindex *x);
void txnindex_release(struct txnindex *x, const struct sys *s);
/* Opens the file, which is there, and counts its entries; what is left of a
 * torn one does not count. -1 and errno. */
int txnindex_open(struct txnindex *x, const struct sys *s, const char *path);
/* Opens an empty file in the place of whatever is there. -1 and errno. */
int txnindex_make(struct txnindex *x, const struct sys *s, const char *path);
/* Whether every entry of the open file can be one of a segment that begins at
 * base. -1 and errno, EILSEQ where not. */
int txnindex_check(const struct txnindex *x, const struct sys *s,
    int64_t base);
/* Appends to the open file. -1 and errno. */
int txnindex_append(struct txnindex *x, const struct sys *s,
    pthread_mutex_t *lock, const struct aborted_txn *a);
/* Removes entries whose marker is at or above offset. No search may run. -1
 * and errno. */
int txnindex_cut(struct txnindex *x, const struct sys *s, int64_t offset);
/* Calls each() for the transactions that overlap [from, upto), in the order of
 * their markers. 1: no later entry, of this segment or the next ones, does;
 * 0: they may. -1 and errno. */
int txnindex_search(struct txnindex *x, const struct sys *s,
    pthread_mutex_t *lock, int64_t from, int64_t upto,
    void (*each)(void *arg, const struct aborted_txn *a), void *arg);

#endif
