/*
 * image_slot.h: where the current image hangs. The control thread publishes;
 * an I/O thread keeps a reference of its own and looks at a counter, so that
 * it takes the lock only when there is something new.
 */
#ifndef KLOG_BROKER_IMAGE_SLOT_H
#define KLOG_BROKER_IMAGE_SLOT_H

#include <stdint.h>

#include "image.h"

struct image_slot;

struct image_slot *image_slot_new(void);
void image_slot_free(struct image_slot *);
/* Takes the reference over. */
void image_slot_publish(struct image_slot *, struct image *);
/* Makes *mine the current one, where *version says that it is not. Both start
 * at zero. */
void image_slot_refresh(struct image_slot *, struct image **mine,
    uint64_t *version);

#endif
