/*
 * notice.h: what the broker says to whoever started it: log lines, and that
 * it is ready.
 */
#ifndef KLOG_BROKER_NOTICE_H
#define KLOG_BROKER_NOTICE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/log.h"

struct notice {
	int		 fd;		/* gets one byte, '+'; -1 = none */
	const char	*data;		/* where broker.addr goes */
	bool		 own;		/* a private broker, at a socket */
	int		 addr;		/* of broker.addr once ready; -1 */
};

/* Log lines go to stderr, up to that level. */
void notice_log(enum log_level);
/* A server's ready(): broker.addr, one line on stdout, the byte, a message to
 * $NOTIFY_SOCKET, if any (sd_notify(3)). arg is a struct notice. */
int notice_ready(void *arg, const char *address, struct kerr *);
/* A server's leaving(). */
void notice_leaving(void *arg);
/* One byte and, after '-', a line that says why not; closes fd. */
void notice_byte(int fd, char c, const char *text);

#endif
