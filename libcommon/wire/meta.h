/*
 * meta.h: how a record of the metadata log lies in the value of a Kafka record:
 * unsigned varints frame version (1), type and version, then the body.
 */
#ifndef KLOG_WIRE_META_H
#define KLOG_WIRE_META_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "wire/field.h"
#include "wire/msg_meta.h"

/* The table of a type (enum meta_type), or NULL. */
const struct kmessage *meta_get(int16_t type);

/* Appends frame and body; msg is one of msg_meta.h. */
int meta_encode(const struct kmessage *msg, int16_t version, const void *in,
    struct buf *out, struct kerr *e);

/* Reads the frame; r then stands at the body, to be read with
 * kmsg_decode(meta_get(type), version, ...). A frame version that is not 1 is
 * KE_UNSUPPORTED; an unknown type is the caller's to see. */
int meta_read_frame(struct rd *r, int16_t *type, int16_t *version,
    struct kerr *e);

#endif
