/* transport.c: see transport.h. */
#include "net/transport.h"

#include <stdint.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t
plain_read(int fd, void *p, size_t n)
{
	return recv(fd, p, n, 0);
}

static ssize_t
plain_writev(int fd, const struct iovec *iov, int n, bool more)
{
	struct msghdr m = { 0 };

	m.msg_iov = (struct iovec *)(void *)(uintptr_t)iov;
	m.msg_iovlen = (size_t)n;
	return sendmsg(fd, &m, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
}

static ssize_t
plain_sendfile(int fd, int file, off_t off, size_t n)
{
	return sendfile(fd, file, &off, n);
}

static void
plain_close(int fd)
{
	close(fd);
}

const struct transport transport_plain = {
	plain_read, plain_writev, plain_sendfile, plain_close
};
