/*
 * groups_echo.c: a server that answers every commit at once and does nothing
 * else, so that what remains is the client's and the loopback's; see groups.h.
 */
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "groups.h"
#include "wire/frame.h"
#include "wire/msg_find_coordinator.h"

static struct chunks found, done;

static void
put_answer(struct chunks *out, int16_t key, int16_t version, const void *body)
{
	struct kerr e = KERR_INIT;

	if (frame_put_response(out, kapi_get(key), version, 1, body, &e) < 0)
		errx(1, "%s", e.msg);
}

static void
put_answers(void)
{
	struct find_coordinator_response f;
	struct offset_commit_response_partition p = { .error_code = 0 };
	struct offset_commit_response_topic t = { .name = topic,
	    .partitions = { &p, 1 } };
	struct offset_commit_response c;

	kmsg_defaults(&find_coordinator_response_msg, &f);
	put_answer(&found, API_FIND_COORDINATOR, 1, &f);
	kmsg_defaults(&offset_commit_response_msg, &c);
	c.topics.v = &t;
	c.topics.n = 1;
	put_answer(&done, API_OFFSET_COMMIT, 7, &c);
}

struct asker {
	int	 fd;
	uint8_t	 in[1 << 14];
	size_t	 have;
};

/* Answers the whole requests that came, in one write. False: the end. */
static bool
answer(struct asker *a)
{
	static uint8_t out[1 << 14];
	ssize_t n = recv(a->fd, a->in + a->have, sizeof(a->in) - a->have, 0);
	size_t at = 0, len = 0, size;
	const struct chunks *c;

	if (n <= 0)
		return false;
	a->have += (size_t)n;
	for (; a->have - at >= 6; at += size) {
		if (a->have - at < (size = 4 + be32(a->in + at)))
			break;
		c = a->in[at + 5] == API_OFFSET_COMMIT ? &done : &found;
		if (len + c->own.len > sizeof(out))
			errx(1, "too many requests at once");
		memcpy(out + len, c->own.p, c->own.len);
		len += c->own.len;
	}
	a->have -= at;
	memmove(a->in, a->in + at, a->have);
	return send(a->fd, out, len, 0) == (ssize_t)len;
}

static void
come_in(int ep, int listener)
{
	struct asker *a = xcalloc(1, sizeof(*a));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = a };
	int on = 1;

	if ((a->fd = accept(listener, NULL, NULL)) < 0)
		err(1, "accept");
	setsockopt(a->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	epoll_ctl(ep, EPOLL_CTL_ADD, a->fd, &ev);
}

/* Until nobody is there any more. */
static void
serve(int listener)
{
	struct epoll_event ev = { .events = EPOLLIN }, v[64];
	int ep = epoll_create1(0), n, there = 0;
	struct asker *a;

	epoll_ctl(ep, EPOLL_CTL_ADD, listener, &ev);
	do {
		n = epoll_wait(ep, v, 64, -1);
		for (int i = 0; i < n; i++) {
			if ((a = v[i].data.ptr) == NULL) {
				come_in(ep, listener);
				there++;
			} else if (!answer(a)) {
				close(a->fd);
				free(a);
				there--;
			}
		}
	} while (there > 0);
}

int
echo(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	pid_t pid;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sin, len) < 0 ||
	    listen(fd, 128) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) < 0)
		err(1, "listen");
	put_answers();
	if ((pid = fork()) < 0)
		err(1, "fork");
	if (pid == 0) {
		serve(fd);
		_exit(0);
	}
	close(fd);
	chunks_release(&found);
	chunks_release(&done);
	return ntohs(sin.sin_port);
}
