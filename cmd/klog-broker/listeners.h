/*
 * listeners.h: where the broker listens, who may come in, and under which
 * address it is known. Connections are given to the I/O threads in turn.
 */
#ifndef KLOG_BROKER_LISTENERS_H
#define KLOG_BROKER_LISTENERS_H

#include <stdbool.h>

#include "base/err.h"
#include "config.h"
#include "net/addr.h"
#include "net/loop.h"

struct broker;
struct listeners;

/* Whether the properties `listeners` and `advertised.listeners` make sense. */
int listeners_check(const struct broker_config *, struct kerr *);

/* Listens at where the property `listeners` says, or at the Unix socket when
 * path is not NULL (then for the own user only, and at no TCP port); at PATH.PID
 * where another broker is there. */
struct listeners *listeners_open(struct broker *, struct loop *,
    const char *path, struct kerr *);
/* Takes no more connections. */
void listeners_stop(struct listeners *);
void listeners_free(struct listeners *);

/* One line of the addresses, with the ports that were taken. */
void listeners_text(const struct listeners *, char *out, size_t n);
/* The address to name to a client that reached the broker at local. */
void listeners_advertise(const struct listeners *, const struct addr *local,
    struct addr *out);
/* A connection from there has ended. Any thread. */
void listeners_left(struct listeners *, const struct addr *remote);
int listeners_count(struct listeners *);

#endif
