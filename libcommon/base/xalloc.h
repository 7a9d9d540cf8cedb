/*
 * xalloc.h: memory that is there. Running out ends the process in one place,
 * with a line on stderr and status 3; sizes from a peer or a disk must be
 * bounded before they get here.
 */
#ifndef KLOG_BASE_XALLOC_H
#define KLOG_BASE_XALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
/* Grows p to n elements of size bytes each; dies on overflow as on ENOMEM. */
void *xreallocarray(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
/* Formats into fresh memory that the caller frees. */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
