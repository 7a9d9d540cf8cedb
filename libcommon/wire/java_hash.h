/*
 * java_hash.h: the hash of Java's strings, where what others compute rests on
 * it.
 */
#ifndef KLOG_WIRE_JAVA_HASH_H
#define KLOG_WIRE_JAVA_HASH_H

#include <stdint.h>

#include "wire/types.h"

/* String.hashCode(), of UTF-16. */
uint32_t java_hash(struct kstr s);
/* Which partition of an internal topic a name belongs to: Kafka's
 * Utils.abs(s.hashCode()) % n. */
int32_t java_hash_partition(struct kstr s, int32_t n);

#endif
