/*
 * private.h: the broker as seen by its user: the file broker.addr, by which
 * tools and later runs of klog-broker find it, --status and --stop. Its other
 * half, which finds and starts it, is client/private.h.
 */
#ifndef KLOG_BROKER_PRIVATE_H
#define KLOG_BROKER_PRIVATE_H

#include "base/err.h"
#include "config.h"

/* What is otherwise by default in a private broker: nothing goes by age, and
 * groups form at once. */
int private_defaults(struct broker_config *, struct kerr *);

/* Begins DATA/broker.log, where a tool let this broker's stderr go, anew when
 * it has become long. */
void private_trim_log(const char *data);

/* Writes DATA/broker.addr: `socket` a path, or `listen` an address (the other
 * NULL). The caller holds the directory's lock. Returns a descriptor of the
 * file, the caller's, for private_leaving(). */
int private_announce(const char *data, const char *socket, const char *listen,
    struct kerr *);
/* Before the socket is given up, which another directory's broker may take
 * while this one still holds its lock: the file, wherever it has been moved,
 * names none any more. The process stays in it, for --stop to wait for. */
void private_leaving(int fd);
void private_withdraw(const char *data);

/* Print what runs on a data directory; end it. They return exit classes. */
int private_status(const char *data);
int private_stop(const char *data);

#endif
