/*
 * versioned.h: a body behind the number of its version, as keys and values of
 * Kafka's internal topics are written, and what the members of a classic group
 * tell each other (ConsumerProtocol).
 */
#ifndef KLOG_WIRE_VERSIONED_H
#define KLOG_WIRE_VERSIONED_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "wire/field.h"
#include "wire/types.h"

/* Appends both. Errors are those of kmsg_encode_buf(); out is then as it was. */
int versioned_put(struct buf *out, const struct kmessage *msg,
    int16_t version, const void *in);
/* Errors are those of kmsg_decode(), KE_PROTO where there is no version. */
int versioned_get(const struct kmessage *msg, const void *p, size_t n,
    struct arena *a, void *out, struct kerr *e);
/* The same where newer versions only add to the end: one that is not known is
 * read as the newest that is. */
int versioned_get_lenient(const struct kmessage *msg, struct kbytes bytes,
    struct arena *a, void *out, struct kerr *e);

#endif
