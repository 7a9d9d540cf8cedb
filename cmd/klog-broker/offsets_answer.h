/*
 * offsets_answer.h: what is alike in OffsetCommit, TxnOffsetCommit and
 * OffsetDelete: topics with partitions are named, and the answer has an error
 * for each.
 */
#ifndef KLOG_BROKER_OFFSETS_ANSWER_H
#define KLOG_BROKER_OFFSETS_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request;

/*
 * The answer's topics, in the arena of the request, whose n topics have
 * partitions of part_size bytes. What there is no partition for is refused
 * already; *some: there is one.
 */
void *offsets_answer(struct request *, const void *topics, int32_t n,
    size_t part_size, bool *some);
/* The error for all that are not refused yet. */
void offsets_answer_refuse(void *topics, int32_t n, int16_t error);

#endif
