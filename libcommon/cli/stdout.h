/*
 * stdout.h: bytes to standard output by a program that signals can end.
 */
#ifndef KLOG_CLI_STDOUT_H
#define KLOG_CLI_STDOUT_H

#include <signal.h>
#include <stddef.h>

/*
 * Writes n bytes and waits where standard output is full, until *signo is not 0
 * any more (a handler's; one that does not restart system calls): then only
 * what the reader takes at once. *done: how many were written. -1 and errno on
 * failure. Blocks.
 */
int stdout_write(const void *p, size_t n, const volatile sig_atomic_t *signo,
    size_t *done);

#endif
