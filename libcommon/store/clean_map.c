/* clean_map.c: see clean_map.h. Open addressing with linear probing. */
#include "store/clean_map.h"

#include <sys/mman.h>

enum { SPARE = 2 };	/* slots a key, where memory allows */

int
clean_map_init(struct clean_map *m, const struct sys *s, size_t bytes,
    double load, uint64_t keys)
{
	size_t most = bytes / sizeof(struct clean_slot);

	m->n = most < 2 ? 2 : most;
	if (keys < m->n / SPARE)
		m->n = (size_t)keys * SPARE + 2;
	m->limit = (size_t)((double)m->n * load);
	if (m->limit < 1)
		m->limit = 1;
	if (m->limit >= m->n)
		m->limit = m->n - 1;
	m->used = 0;
	/* zeroed by the kernel, when first touched; large pages spare the
	 * processor half its work at random places */
	bytes = m->n * sizeof(struct clean_slot);
	m->slots = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m->slots == MAP_FAILED) {
		m->slots = NULL;
		return -1;
	}
	(void)madvise(m->slots, bytes, MADV_HUGEPAGE);	/* a hint */
	s->random(s, &m->key, sizeof(m->key));
	return 0;
}

void
clean_map_release(struct clean_map *m)
{
	if (m->slots != NULL)
		munmap(m->slots, m->n * sizeof(struct clean_slot));
	m->slots = NULL;
}

static inline bool
same(const struct clean_slot *x, struct digest128 d)
{
	return x->digest.a == d.a && x->digest.b == d.b;
}

/* The slot that has d, or the free one where it would go. */
static inline struct clean_slot *
find(const struct clean_map *m, struct digest128 d)
{
	struct clean_slot *x = clean_map_home(m, d);

	while (x->offset != 0 && !same(x, d))
		if (++x == m->slots + m->n)
			x = m->slots;
	return x;
}

bool
clean_map_put(struct clean_map *m, struct digest128 d, int64_t offset)
{
	struct clean_slot *x = find(m, d);

	if (x->offset == 0) {
		if (m->used == m->limit)
			return false;
		m->used++;
		x->digest = d;
	}
	x->offset = offset + 1;
	return true;
}

int64_t
clean_map_get(const struct clean_map *m, struct digest128 d)
{
	return find(m, d)->offset - 1;
}
