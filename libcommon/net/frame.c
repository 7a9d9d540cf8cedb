/* frame.c: see frame.h. */
#include "net/frame.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"

enum {
	HEAD = 4,			/* the length in front of a frame */
	SMALL = 64 * 1024,		/* a block for small frames */
	EARNED_MAX = 4 * 1024 * 1024,
	SPARES = 6			/* five in flight, one being read */
};

/* Large blocks that are kept for the next frame on any connection of a loop:
 * fresh ones cost a page fault every 4 KiB. */
struct spares {
	struct frame_block	*v[SPARES];
	int			 n;
};

static void
spares_free(void *p)
{
	struct spares *s = p;

	while (s->n > 0)
		free(s->v[--s->n]);
	free(s);
}

static struct spares *
spares_of(struct loop *l)
{
	void **slot = loop_extra(l, spares_free);

	if (*slot == NULL)
		*slot = xcalloc(1, sizeof(struct spares));
	return *slot;
}

static bool
charge(struct conn_budget *b, size_t n)
{
	if (b == NULL)
		return true;
	if (atomic_fetch_add(&b->used, n) + n <= b->max)
		return true;
	atomic_fetch_sub(&b->used, n);
	return false;
}

/* Small blocks are free of charge: with them, every connection can always go
 * on, however full the budget is. */
static struct frame_block *
block_new(struct frame_input *in, size_t cap)
{
	struct conn_budget *budget = cap > SMALL ? in->budget : NULL;
	struct spares *s = spares_of(in->loop);
	struct frame_block *b = NULL;

	for (int i = 0; cap > SMALL && i < s->n; i++)
		if (s->v[i]->cap >= cap && s->v[i]->cap / 2 <= cap) {
			b = s->v[i];
			s->v[i] = s->v[--s->n];
			cap = b->cap;
			break;
		}
	if (!charge(budget, cap)) {
		free(b);
		return NULL;
	}
	if (b == NULL) {
		b = xmalloc(sizeof(*b) + cap);
		b->cap = cap;
	}
	b->budget = budget;
	atomic_init(&b->refs, 1);
	return b;
}

/* True when that was the last reference: b is the caller's to free. */
static bool
block_unref(struct frame_block *b)
{
	if (atomic_fetch_sub(&b->refs, 1) != 1)
		return false;
	if (b->budget != NULL)
		atomic_fetch_sub(&b->budget->used, b->cap);
	return true;
}

void
frame_hold(const struct frame *f)
{
	atomic_fetch_add(&f->block->refs, 1);
}

void
frame_drop(const struct frame *f)
{
	if (block_unref(f->block))
		free(f->block);
}

/* Keeps a block; of too many the smallest goes, which serves the fewest. */
static void
keep(struct spares *s, struct frame_block *b)
{
	int least = 0;

	if (s->n < SPARES) {
		s->v[s->n++] = b;
		return;
	}
	for (int i = 1; i < s->n; i++)
		if (s->v[i]->cap < s->v[least]->cap)
			least = i;
	if (s->v[least]->cap < b->cap) {
		struct frame_block *goes = s->v[least];

		s->v[least] = b;
		b = goes;
	}
	free(b);
}

/* Gives up a reference; a large block is kept for the loop's next frame. */
static void
recycle(struct loop *l, struct frame_block *b)
{
	if (!block_unref(b))
		return;
	if (b->cap > SMALL && b->cap <= EARNED_MAX + SMALL)
		keep(spares_of(l), b);
	else
		free(b);
}

void
frame_recycle(struct loop *l, const struct frame *f)
{
	recycle(l, f->block);
}

/* Gives up the input's own block. */
static void
leave_block(struct frame_input *in)
{
	struct frame_block *b = in->block;

	in->block = NULL;
	in->start = in->end = 0;
	if (b != NULL)
		recycle(in->loop, b);
}

/* Bytes that the frame in progress takes, as far as is known. */
static size_t
frame_need(const struct frame_input *in)
{
	if (in->end - in->start < HEAD)
		return HEAD;
	return HEAD + (size_t)be32(in->block->mem + in->start);
}

/* Moves what is left of the input to the front of a block with more room. */
static bool
make_room(struct frame_input *in)
{
	size_t have = in->end - in->start, need = frame_need(in), cap;
	struct frame_block *b;

	if (in->start > 0 && need <= in->block->cap &&
	    atomic_load(&in->block->refs) == 1) {
		memmove(in->block->mem, in->block->mem + in->start, have);
		in->start = 0;
		in->end = have;
		return true;
	}
	cap = have * 2 > in->earned ? have * 2 : in->earned;
	if (cap + SMALL > need)
		cap = need;
	cap = (cap + SMALL - 1) / SMALL * SMALL;
	if (cap <= have)
		cap = have + SMALL;
	b = block_new(in, cap);
	if (b == NULL)
		return false;
	memcpy(b->mem, in->block->mem + in->start, have);
	leave_block(in);
	in->block = b;
	in->end = have;
	return true;
}

size_t
frame_room(struct frame_input *in, uint8_t **p)
{
	*p = NULL;
	if (in->block == NULL)
		in->block = block_new(in, SMALL);
	if (in->start == in->end && atomic_load(&in->block->refs) == 1)
		in->start = in->end = 0;
	if (in->end == in->block->cap && !make_room(in))
		return 0;
	*p = in->block->mem + in->end;
	return in->block->cap - in->end;
}

int
frame_next(struct frame_input *in, struct frame *f, struct kerr *e)
{
	size_t have = in->end - in->start, len;

	if (have < HEAD)
		return 0;
	len = be32(in->block->mem + in->start);
	if (len > INT32_MAX || len > in->frame_max)
		return kerr_set(e, KE_PROTO,
		    "a frame of %zu bytes, over the limit of %zu", len,
		    in->frame_max);
	if (have < HEAD + len)
		return 0;
	f->p = in->block->mem + in->start + HEAD;
	f->len = len;
	f->block = in->block;
	/* the block must outlive the handler, whatever it does to us */
	frame_hold(f);
	in->start += HEAD + len;
	if (len > in->earned)
		in->earned = len < EARNED_MAX ? len : EARNED_MAX;
	return 1;
}

void
frame_done(struct frame_input *in, const struct frame *f)
{
	recycle(in->loop, f->block);
}

void
frame_idle(struct frame_input *in)
{
	if (in->start == in->end)
		leave_block(in);
}

void
frame_release(struct frame_input *in)
{
	leave_block(in);
}
