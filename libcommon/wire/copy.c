/* copy.c: see copy.h. */
#include "wire/copy.h"

#include <string.h>

static int copy_fields(const struct kfield *rows, void *to, struct arena *a);

static int
copy_bytes(const void **p, int32_t len, struct arena *a)
{
	void *copy;

	if (len <= 0)
		return 0;
	copy = arena_alloc(a, (size_t)len);
	if (copy == NULL)
		return -1;
	memcpy(copy, *p, (size_t)len);
	*p = copy;
	return 0;
}

static int
copy_value(enum kkind kind, const struct kfield *child, void *to,
    struct arena *a)
{
	struct kstr *s = to;
	struct kbytes *b = to;
	const void *p;

	switch (kind) {
	case K_STR:
		p = s->p;
		if (copy_bytes(&p, s->len, a) != 0)
			return -1;
		s->p = p;
		return 0;
	case K_BYTES:
		p = b->p;
		if (copy_bytes(&p, b->len, a) != 0)
			return -1;
		b->p = p;
		return 0;
	case K_STRUCT:
		return copy_fields(child, to, a);
	default:
		return 0;
	}
}

static int
copy_array(const struct kfield *f, struct karray *v, struct arena *a)
{
	const void *p = v->v;

	if (v->n <= 0)
		return 0;
	if (copy_bytes(&p, (int32_t)((uint32_t)v->n * f->size), a) != 0)
		return -1;
	v->v = (void *)(uintptr_t)p;
	for (int32_t i = 0; i < v->n; i++)
		if (copy_value((enum kkind)f->elem, f->child,
		    (char *)v->v + (size_t)i * f->size, a) != 0)
			return -1;
	return 0;
}

static int
copy_option(const struct kfield *f, void **p, struct arena *a)
{
	const void *from = *p;

	if (from == NULL)
		return 0;
	if (copy_bytes(&from, (int32_t)f->size, a) != 0)
		return -1;
	*p = (void *)(uintptr_t)from;
	return copy_fields(f->child, *p, a);
}

/* The struct at to is a plain copy already: what it points to follows. */
static int
copy_fields(const struct kfield *rows, void *to, struct arena *a)
{
	int rc = 0;

	for (const struct kfield *f = rows; f->kind != K_END && rc == 0; f++) {
		void *m = (char *)to + f->off;

		if (f->kind == K_ARRAY)
			rc = copy_array(f, m, a);
		else if (f->kind == K_OPTION)
			rc = copy_option(f, m, a);
		else
			rc = copy_value((enum kkind)f->kind, f->child, m, a);
	}
	return rc;
}

void *
kmsg_copy(const struct kmessage *msg, const void *in, struct arena *a)
{
	void *to = arena_alloc(a, msg->size);

	if (to == NULL)
		return NULL;
	memcpy(to, in, msg->size);
	return copy_fields(msg->fields, to, a) == 0 ? to : NULL;
}
