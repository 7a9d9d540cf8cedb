/*
 * clean_map.h: the cleaner's map from a record's key to the last offset that
 * has it. Of a key only a digest of 128 bits is kept, 24 bytes with the
 * offset whatever the key's length, so that its size is bounded and a record
 * costs one cache miss at most.
 *
 * Two keys with one digest would be taken for one, and the older record lost.
 * The digest is a keyed hash under a key drawn anew for every pass, so nobody
 * who writes records can aim at it; by chance it happens with a probability
 * below n*n / 2^129, for a billion keys a pass 2^-69. Internal to the store.
 */
#ifndef KLOG_STORE_CLEAN_MAP_H
#define KLOG_STORE_CLEAN_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/siphash.h"
#include "base/sys.h"

struct clean_slot {
	struct digest128 digest;
	int64_t		 offset;	/* plus one; 0: the slot is free */
};

struct clean_map {
	struct clean_slot	*slots;
	size_t			 n;
	size_t			 used;
	size_t			 limit;		/* used grows to no more */
	struct siphash_key	 key;
};

/* Room for at most keys entries in at most bytes of memory, filled up to
 * load (0 to 1). At least one entry fits. -1 and errno. */
int clean_map_init(struct clean_map *m, const struct sys *s, size_t bytes,
    double load, uint64_t keys);
void clean_map_release(struct clean_map *m);

static inline struct digest128
clean_map_digest(const struct clean_map *m, const void *key, size_t n)
{
	return siphash128(&m->key, key, n);
}

/* The slot where the search for d begins. */
static inline struct clean_slot *
clean_map_home(const struct clean_map *m, struct digest128 d)
{
	return m->slots + (size_t)(((unsigned __int128)d.a * m->n) >> 64);
}

/* Lets the processor fetch what the next call for d will look at. */
static inline void
clean_map_prefetch(const struct clean_map *m, struct digest128 d)
{
	__builtin_prefetch(clean_map_home(m, d), 1);
}

/* False where the key is new and the map is full. */
bool clean_map_put(struct clean_map *m, struct digest128 d, int64_t offset);
/* The offset put last, -1: none. */
int64_t clean_map_get(const struct clean_map *m, struct digest128 d);

#endif
