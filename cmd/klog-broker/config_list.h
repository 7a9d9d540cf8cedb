/*
 * config_list.h: properties that are lists, words with commas between them, as
 * APPEND and SUBTRACT of IncrementalAlterConfigs change them. Texts lie in the
 * arena, or are what was given.
 */
#ifndef KLOG_BROKER_CONFIG_LIST_H
#define KLOG_BROKER_CONFIG_LIST_H

#include "base/arena.h"
#include "wire/types.h"

/* The list with the words that it lacks behind it. */
struct kstr config_list_append(struct arena *, struct kstr list,
    struct kstr words);
/* Each word that it has is taken out, once. */
struct kstr config_list_subtract(struct arena *, struct kstr list,
    struct kstr words);

#endif
