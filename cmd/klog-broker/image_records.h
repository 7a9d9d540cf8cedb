/* image_records.h: an image as the records that make it: a snapshot. */
#ifndef KLOG_BROKER_IMAGE_RECORDS_H
#define KLOG_BROKER_IMAGE_RECORDS_H

#include "image.h"
#include "records.h"

/* Appends them, in an order that can be applied. */
void image_records(const struct image *, struct records *);

#endif
