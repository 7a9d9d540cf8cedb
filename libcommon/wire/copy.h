/* copy.h: another verb over the tables: a message of its own memory. */
#ifndef KLOG_WIRE_COPY_H
#define KLOG_WIRE_COPY_H

#include "base/arena.h"
#include "wire/field.h"

/* Copies the struct at in, with all that it points to but the bytes of
 * records, into a: whatever its version. NULL when a's max would be passed. */
void *kmsg_copy(const struct kmessage *msg, const void *in, struct arena *a);

#endif
