/*
 * transport.h: how bytes cross a socket: the seam where TLS goes in. Part of
 * conn.c. Each call moves what it can without waiting and returns the bytes
 * moved, 0 at the end of the input, or -1 with errno (EAGAIN: wait).
 */
#ifndef KLOG_NET_TRANSPORT_H
#define KLOG_NET_TRANSPORT_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

struct transport {
	ssize_t	(*read)(int fd, void *p, size_t n);
	/* more: further bytes follow at once, a packet may wait for them */
	ssize_t	(*writev)(int fd, const struct iovec *iov, int n, bool more);
	ssize_t	(*sendfile)(int fd, int file, off_t off, size_t n);
	void	(*close)(int fd);
};

extern const struct transport transport_plain;

#endif
