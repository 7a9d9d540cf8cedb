/*
 * internal.h: the records of Kafka's own topics as JSON: __consumer_offsets,
 * __transaction_state and the metadata log. Names are those of the message
 * tables; an object begins with "type" (a key, a metadata record) and
 * "version".
 *
 *	{"type":"offset_commit","version":1,"group":"g","topic":"t","partition":0}
 *	{"version":3,"offset":7,"leader_epoch":0,"metadata":"",..}
 */
#ifndef KLOG_WIRE_INTERNAL_H
#define KLOG_WIRE_INTERNAL_H

#include <stdbool.h>

#include "base/buf.h"
#include "wire/types.h"

enum internal_topic {
	INTERNAL_NONE,
	INTERNAL_OFFSETS,	/* __consumer_offsets */
	INTERNAL_TRANSACTIONS,	/* __transaction_state */
	INTERNAL_METADATA	/* __cluster_metadata */
};

enum internal_topic internal_topic(const char *name);

/* Appends a record's key, or its value, of which the key tells the type. False,
 * and nothing appended, where it is null or not of a form that is known. */
bool internal_print_key(enum internal_topic t, struct kbytes key,
    struct buf *out);
bool internal_print_value(enum internal_topic t, struct kbytes key,
    struct kbytes value, struct buf *out);

#endif
