/*
 * places.h: from the metadata image to the partitions that lie here: makes
 * them, and tells them what was decided. Control thread; while starting, the
 * main thread.
 */
#ifndef KLOG_BROKER_PLACES_H
#define KLOG_BROKER_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "image_edit.h"

struct broker;

/* Topics that a change touched, to be told of it when it is durable. */
struct places {
	struct image_topic	**changed;
	struct image_topic	**removed;
	int32_t			  n_changed, n_removed;
};

/* Hangs new local partitions into the edit's topics and remembers whom to
 * tell. No disk is touched. */
void places_take(struct broker *, struct image_edit *, struct places *);
/* The change is durable: leaders, epochs, properties, removals. */
void places_tell(struct broker *, const struct places *);
void places_release(struct places *);
/* Whether the change is one of that topic; NULL is the start, which is. */
bool places_touch(const struct places *, struct kstr topic);

/* At the start: the partitions of a whole image that nobody else has seen
 * yet; then, when they are open, what was decided about them. */
void places_fill(struct broker *, struct image *);
void places_tell_all(struct broker *, const struct image *);

#endif
