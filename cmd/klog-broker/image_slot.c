/* image_slot.c: publishing images. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "image_slot.h"

struct image_slot {
	pthread_mutex_t		 lock;
	struct image		*current;
	atomic_uint_fast64_t	 version;
};

struct image_slot *
image_slot_new(void)
{
	struct image_slot *s = xcalloc(1, sizeof(*s));

	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
image_slot_free(struct image_slot *s)
{
	if (s == NULL)
		return;
	image_unref(s->current);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void
image_slot_publish(struct image_slot *s, struct image *im)
{
	struct image *old;

	pthread_mutex_lock(&s->lock);
	old = s->current;
	s->current = im;
	atomic_fetch_add(&s->version, 1);
	pthread_mutex_unlock(&s->lock);
	image_unref(old);
}

void
image_slot_refresh(struct image_slot *s, struct image **mine,
    uint64_t *version)
{
	struct image *old = *mine;

	if (atomic_load_explicit(&s->version, memory_order_acquire) ==
	    *version)
		return;
	pthread_mutex_lock(&s->lock);
	*mine = s->current != NULL ? image_ref(s->current) : NULL;
	*version = atomic_load(&s->version);
	pthread_mutex_unlock(&s->lock);
	image_unref(old);
}
