/*
 * produce_check.h: whether a topic takes what a producer sends it: one batch
 * of format 2, whole, of a size and with records that its configuration
 * allows (batch.validation says how closely it is looked at). Nothing here
 * keeps state or waits.
 */
#ifndef KLOG_BROKER_PRODUCE_CHECK_H
#define KLOG_BROKER_PRODUCE_CHECK_H

#include "config.h"
#include "record/batch.h"
#include "wire/types.h"

/* 0 or Kafka's error (2, 10, 32, 76, 87), which v explains; h is the batch's
 * header then. Its greatest time is put right in place, unless the broker's
 * clock will be set (LogAppendTime). version: of the Produce request. */
int16_t produce_check(const struct krecords *rec,
    const struct topic_config *config, int16_t version, int64_t now_ms,
    struct codecs *c, struct batch_header *h, struct batch_verdict *v);

/* This thread's; freed with it. */
struct codecs *thread_codecs(void);

#endif
