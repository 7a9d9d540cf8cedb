/*
 * text.h: reading Kafka's checkpoint texts, which are lines of words parted
 * by one blank: first a version, then the count of entries, then those.
 * Internal to the store.
 */
#ifndef KLOG_STORE_TEXT_H
#define KLOG_STORE_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
	const char	*p;
	const char	*end;
};

/* The next word of the text, NULL when there is none; it is not copied. */
const char *text_word(struct text *t, size_t *n);
/* The next word as a number in [min, max]; -1 where it is none. */
int text_i64(struct text *t, int64_t min, int64_t max, int64_t *v);

#endif
