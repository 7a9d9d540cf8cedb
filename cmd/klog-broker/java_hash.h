/* java_hash.h: which partition of an internal topic a name belongs to. */
#ifndef KLOG_BROKER_JAVA_HASH_H
#define KLOG_BROKER_JAVA_HASH_H

#include <stdint.h>

#include "wire/types.h"

/* Kafka's Utils.abs(s.hashCode()) % n. */
int32_t java_hash_partition(struct kstr s, int32_t n);

#endif
