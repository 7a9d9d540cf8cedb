/*
 * index.h: the sparse indexes of a segment in Kafka's format. The offset
 * index has entries of 8 bytes: a batch's last offset less the segment's
 * base, and the batch's position; the time index of 12: the largest timestamp
 * so far, and the relative last offset of the batch that has it. Both columns
 * ascend in both.
 *
 * Entries are added to a tail in memory, which goes to the file when it is
 * full. A search looks there first; the file's part is bisected by pread.
 * Internal to the store.
 *
 * Threads: one adds (the log's writer); searches run beside it. The mutex
 * given to them guards n, n_tail and the tail; no file is touched under it.
 */
#ifndef KLOG_STORE_INDEX_H
#define KLOG_STORE_INDEX_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/sys.h"

enum index_kind { INDEX_OFFSET = 8, INDEX_TIME = 12 };	/* bytes an entry */
enum index_column { INDEX_KEY, INDEX_VALUE };

/* The most entries that the tail holds. */
#define INDEX_TAIL	256

struct index {
	uint8_t		*tail;		/* INDEX_TAIL entries, or NULL */
	int		 fd;		/* -1: not open */
	int32_t		 n;		/* entries in the file */
	int32_t		 n_tail;	/* entries in the tail, after those */
	uint8_t		 kind;		/* enum index_kind */
	bool		 counted;	/* n is what the file has */
};

struct index_entry {
	int64_t	key;		/* relative offset, or timestamp */
	int32_t	value;		/* position, or relative offset */
};

/* What a search found: the last entry that is <= what was asked for, and the
 * one after it. */
struct index_hit {
	bool			has;
	bool			has_next;
	struct index_entry	at;
	struct index_entry	next;
};

void index_init(struct index *x, enum index_kind kind);
/* Closes the file and frees the tail. */
void index_release(struct index *x, const struct sys *s);
/* Opens the file, or makes one, and the first time counts its entries. -1 and
 * errno: EILSEQ where its length is no multiple of an entry or its last entry
 * cannot be one (of a log of log_size bytes); the index is then open and
 * counts as empty. */
int index_open(struct index *x, const struct sys *s, const char *path,
    int64_t log_size);
/* Starts the file of an index that was filled in memory only. Searches may
 * run. -1 and errno. */
int index_make(struct index *x, const struct sys *s, const char *path);
/* Closes the file alone; the tail stays. How many descriptors that were. */
int index_close(struct index *x, const struct sys *s);
/* True where the tail has no room for another entry. */
bool index_is_full(const struct index *x);
/* Adds behind the last entry; the tail has room. */
void index_add(struct index *x, pthread_mutex_t *lock, int64_t key,
    int32_t value);
/* Writes the tail to the file, which is open, and starts it anew. -1 and
 * errno. */
int index_spill(struct index *x, const struct sys *s, pthread_mutex_t *lock);
/* Frees the tail, which is empty; the next entry makes it anew. */
void index_rest(struct index *x, pthread_mutex_t *lock);
/* 1 and the last entry, 0: none, -1 and errno. */
int index_last(struct index *x, const struct sys *s, struct index_entry *e);
/* The last entry whose column is <= what. -1 and errno. */
int index_search(struct index *x, const struct sys *s, pthread_mutex_t *lock,
    enum index_column col, int64_t what, struct index_hit *h);
/* Drops every entry from the first one whose column is >= what, in memory
 * and in the file, and trims the file. No search may run. -1 and errno. */
int index_cut(struct index *x, const struct sys *s, enum index_column col,
    int64_t what);

#endif
