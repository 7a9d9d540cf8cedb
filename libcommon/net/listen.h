/*
 * listen.h: sockets that take connections.
 *
 * Accepted descriptors are non-blocking, close-on-exec, and without Nagle's
 * delay. When the process has no descriptors left the listener rests 100 ms.
 */
#ifndef KLOG_NET_LISTEN_H
#define KLOG_NET_LISTEN_H

#include "base/err.h"
#include "net/addr.h"
#include "net/loop.h"

struct listener;

/* The descriptor is the callee's: conn_adopt() it on any loop, or close. */
typedef void listen_accept(void *arg, int fd);

enum {
	LISTEN_REUSEPORT = 1,	/* several loops share one TCP port */
};

/* Listens at every address of the name (or at the Unix path, mode 0600; a
 * stale socket file there is replaced). Port 0 takes a free one. */
struct listener *listener_open(struct loop *l, const struct addr *a,
    int flags, listen_accept *accepted, void *arg, struct kerr *e);
/* Unlinks a Unix socket's path too. */
void listener_close(struct listener *s);
/* The address it is bound to, with the port that was taken. */
const struct addr *listener_addr(const struct listener *s);

#endif
