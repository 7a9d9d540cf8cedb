/* recompress.h: a topic whose compression.type is not "producer" stores its
 * batches in that codec, whatever they came in. */
#ifndef KLOG_BROKER_RECOMPRESS_H
#define KLOG_BROKER_RECOMPRESS_H

#include "base/buf.h"
#include "record/batch.h"

/* Puts the batch, which was validated, into out (empty) in that codec, at that
 * level; the records stay as they are. Keeps h in step. */
int recompress(const void *batch, struct batch_header *h, enum codec codec,
    int level, struct codecs *c, struct buf *out, struct kerr *e);

#endif
