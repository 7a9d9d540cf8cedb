/*
 * controller_impl.h: what the files of the controller share. Texts lie in the
 * arena or are static; *why is one.
 */
#ifndef KLOG_BROKER_CONTROLLER_IMPL_H
#define KLOG_BROKER_CONTROLLER_IMPL_H

#include "answer_text.h"
#include "controller.h"

#define PARTITIONS_A_REQUEST	10000

extern const char controller_too_many[];

/* A name among several: comes again, came before, or both. */
enum { NAME_AGAIN = 1, NAME_BEFORE = 2 };

/* Which of n names, stride bytes apart, come more than once. */
uint8_t *controller_find_twice(const struct kstr *first, size_t stride,
    int32_t n, struct arena *);

/* One list of brokers given by hand; 0 expected: any number of them. */
int16_t controller_check_brokers(const struct image *, const int32_t *ids,
    int32_t n, int32_t expected, struct arena *, const char **why);
/* As many brokers as replicas are asked for. */
int16_t controller_check_replicas(const struct image *, int32_t partitions,
    int32_t replicas, struct arena *, const char **why);
/* Brokers in turn, starting one further for each partition. */
const int32_t *controller_spread(const struct image *, int32_t index,
    int32_t n, struct arena *);
void controller_put_partition(const struct controller *,
    const struct kuuid *topic, int32_t index, const int32_t *replicas,
    int32_t n, struct arena *, struct records *);

#endif
