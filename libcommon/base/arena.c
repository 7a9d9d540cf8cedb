/* arena.c: see arena.h. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define CHUNK_MIN	4096
#define ALIGN		16

struct arena_chunk {
	struct arena_chunk	*next;	/* older */
	size_t			 used;
	size_t			 size;
	_Alignas(ALIGN) unsigned char data[];
};

void
arena_init(struct arena *a, size_t max)
{
	memset(a, 0, sizeof(*a));
	a->max = max;
}

static void
free_chunks(struct arena_chunk *c)
{
	struct arena_chunk *next;

	for (; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
}

void
arena_release(struct arena *a)
{
	free_chunks(a->head);
	a->head = NULL;
	a->used = 0;
}

void
arena_clear(struct arena *a)
{
	if (a->head != NULL) {
		free_chunks(a->head->next);
		a->head->next = NULL;
		a->head->used = 0;
		if (a->head->size > 16 * CHUNK_MIN) {
			free(a->head);
			a->head = NULL;
		}
	}
	a->used = 0;
}

static struct arena_chunk *
grow(struct arena *a, size_t n)
{
	struct arena_chunk *c;
	size_t size = a->head != NULL ? a->head->size * 2 : CHUNK_MIN;

	if (size > 64 * CHUNK_MIN)
		size = 64 * CHUNK_MIN;
	if (size < n)
		size = n;
	c = xmalloc(sizeof(*c) + size);
	c->next = a->head;
	c->used = 0;
	c->size = size;
	a->head = c;
	return c;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct arena_chunk *c = a->head;
	void *p;

	if (n > SIZE_MAX / 2)
		return NULL;
	n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (a->max != 0 && (n > a->max || a->used > a->max - n))
		return NULL;
	if (c == NULL || c->size - c->used < n)
		c = grow(a, n);
	p = c->data + c->used;
	c->used += n;
	a->used += n;
	return memset(p, 0, n);
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	if (p != NULL)
		memcpy(p, s, n);
	return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *p;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	p = n >= 0 ? arena_alloc(a, (size_t)n + 1) : NULL;
	if (p != NULL)
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return p;
}
