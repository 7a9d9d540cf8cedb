/*
 * image_edit.h: making an image out of another: apply records, finish. What a
 * record leaves alone is shared with the image before. Control thread (or a
 * test); an edit is nobody else's until it is finished.
 */
#ifndef KLOG_BROKER_IMAGE_EDIT_H
#define KLOG_BROKER_IMAGE_EDIT_H

#include "base/buf.h"
#include "base/err.h"
#include "image.h"

struct image_edit;

/* An image of nothing, of the broker with that id and the properties it was
 * started with, which must outlive every image made from this one. */
struct image *image_new(const struct broker_config *, int32_t self);

struct image_edit *image_edit_begin(const struct image *base);
/* One record of the metadata log: its value, framed (wire/meta.h). KE_PROTO,
 * KE_UNSUPPORTED: unreadable or unknown; KE_CORRUPT: it speaks of what is not
 * there. Nothing may be skipped, so the edit is useless then. */
int image_edit_apply(struct image_edit *, const void *value, size_t n,
    struct kerr *);
/* The new image, one reference; the edit is gone but for what
 * image_edit_touched() and _removed() gave. */
struct image *image_edit_finish(struct image_edit *);
void image_edit_drop(struct image_edit *);

/* Topics made or changed (as they are now), and those removed (as they were):
 * for a look before finish. */
struct image_topic *const *image_edit_touched(struct image_edit *,
    int32_t *n);
struct image_topic *const *image_edit_removed(struct image_edit *,
    int32_t *n);
/* Hangs a local partition in; the reference goes over. */
void image_edit_place(struct image_topic *, int32_t index,
    struct partition *);

struct image_topic *image_topic_ref(const struct image_topic *);
void image_topic_unref(struct image_topic *);

#endif
