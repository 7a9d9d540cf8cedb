/*
 * arena.h: many small allocations that end together: a decoded message, the
 * scratch of one request. Nothing is freed on its own.
 */
#ifndef KLOG_BASE_ARENA_H
#define KLOG_BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk	*head;	/* newest chunk */
	size_t			 used;	/* bytes given out since the clear */
	size_t			 max;	/* given-out limit; 0 = none */
};

void arena_init(struct arena *a, size_t max);
void arena_release(struct arena *a);
/* Gives all memory back but one chunk for the next use. */
void arena_clear(struct arena *a);
/* n bytes aligned for any type, zeroed; NULL when max would be passed (what a
 * peer asks for is bounded here), never for lack of memory. */
void *arena_alloc(struct arena *a, size_t n);
/* A NUL-terminated copy; NULL when max would be passed. */
char *arena_strndup(struct arena *a, const char *s, size_t n);
/* What printf would print; NULL when max would be passed. */
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
