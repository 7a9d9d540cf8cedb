/*
 * records.h: records of the metadata log that are decided but not yet
 * written: their framed values, back to back.
 */
#ifndef KLOG_BROKER_RECORDS_H
#define KLOG_BROKER_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/field.h"

struct records {
	struct buf	 bytes;
	struct {
		size_t	 off;
		size_t	 len;
	}		*v;
	int32_t		 n;
	int32_t		 cap;
};

/* Zero-initialised means empty. */
void records_release(struct records *);
/* Appends one; what is put must be encodable: a failure is a bug. */
void records_put(struct records *, const struct kmessage *, int16_t version,
    const void *record);

#endif
