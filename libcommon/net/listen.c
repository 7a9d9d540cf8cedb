/* listen.c: see listen.h. */
#include "net/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"

enum { REST_MS = 100, BACKLOG = 4096, ACCEPTS_A_ROUND = 64 };

struct door {
	struct loop_io	 io;
	struct listener	*owner;
};

struct listener {
	struct loop_timer	 rest;
	listen_accept		*accepted;
	void			*arg;
	struct addr		 addr;
	struct door		*doors;
	int			 n;
	struct stat		 file;		/* of a Unix socket */
};

static void
want(struct listener *s, int what)
{
	for (int i = 0; i < s->n; i++)
		loop_io_want(&s->doors[i].io, what);
}

static void
rested(struct loop_timer *t)
{
	struct listener *s = (struct listener *)((char *)t -
	    offsetof(struct listener, rest));

	want(s, LOOP_READ);
}

static void
knocked(struct loop_io *io, int what)
{
	struct door *d = (struct door *)io;
	struct listener *s = d->owner;
	const int one = 1;
	int fd;

	for (int i = 0; i < ACCEPTS_A_ROUND; i++) {
		fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE ||
			    errno == ENOBUFS || errno == ENOMEM) {
				log_line(LOG_WARN, LOG_NET, "accept: %s",
				    strerror(errno));
				want(s, 0);
				loop_timer_set(&s->rest, REST_MS);
			}
			return;
		}
		if (!addr_is_unix(&s->addr))
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
			    sizeof(one));
		s->accepted(s->arg, fd);
	}
}

/* A socket file that nobody listens at is in the way of bind(). */
static void
unlink_stale(const struct sockaddr_un *un)
{
	struct stat st;
	int fd;

	if (lstat(un->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)un, sizeof(*un)) != 0 &&
	    errno == ECONNREFUSED)
		unlink(un->sun_path);
	close(fd);
}

static int
bind_unix(int fd, const struct sockaddr_un *un)
{
	mode_t old;
	int rc;

	unlink_stale(un);
	old = umask(0177);
	rc = bind(fd, (const struct sockaddr *)un, sizeof(*un));
	umask(old);
	return rc;
}

static int
open_one(const struct sockaddr *sa, socklen_t len, int flags)
{
	const int one = 1;
	int fd, error;

	fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd < 0)
		return -1;
	if (sa->sa_family == AF_UNIX) {
		if (bind_unix(fd, (const struct sockaddr_un *)(const void *)sa)
		    != 0)
			goto fail;
	} else {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (flags & LISTEN_REUSEPORT)
			setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one,
			    sizeof(one));
		if (sa->sa_family == AF_INET6)
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one,
			    sizeof(one));
		if (bind(fd, sa, len) != 0)
			goto fail;
	}
	if (listen(fd, BACKLOG) != 0)
		goto fail;
	return fd;
fail:
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static void
set_port(struct sockaddr_storage *ss, int port)
{
	if (ss->ss_family == AF_INET)
		((struct sockaddr_in *)ss)->sin_port = htons((uint16_t)port);
	else if (ss->ss_family == AF_INET6)
		((struct sockaddr_in6 *)ss)->sin6_port = htons((uint16_t)port);
}

static int
open_all(struct listener *s, struct loop *l, struct addr_set *set, int flags)
{
	struct sockaddr_storage ss;
	struct addr bound;
	socklen_t len;
	int fd;

	s->doors = xcalloc((size_t)set->n, sizeof(*s->doors));
	for (int i = 0; i < set->n; i++) {
		/* the port that the first address was given serves for all */
		set_port(&set->v[i], s->addr.port);
		fd = open_one((struct sockaddr *)&set->v[i], set->len[i],
		    flags);
		if (fd < 0 && s->n > 0 &&
		    (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT))
			continue;
		if (fd < 0)
			return -1;
		len = sizeof(ss);
		if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0) {
			addr_from_sockaddr(&bound, (struct sockaddr *)&ss, len);
			s->addr.port = bound.port;
		}
		if (addr_is_unix(&s->addr))
			lstat(s->addr.host, &s->file);
		s->doors[s->n].owner = s;
		loop_io_init(&s->doors[s->n].io, l, fd, knocked);
		loop_io_want(&s->doors[s->n].io, LOOP_READ);
		s->n++;
	}
	return 0;
}

struct listener *
listener_open(struct loop *l, const struct addr *a, int flags,
    listen_accept *accepted, void *arg, struct kerr *e)
{
	struct listener *s;
	struct addr_set set;
	char text[ADDR_TEXT_MAX];

	if (addr_resolve(&set, a, true, e) != 0)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->addr = *a;
	s->accepted = accepted;
	s->arg = arg;
	loop_timer_init(&s->rest, l, rested);
	if (open_all(s, l, &set, flags) != 0) {
		kerr_sys(e, "cannot listen at %s", addr_text(a, text));
		listener_close(s);
		s = NULL;
	}
	addr_set_release(&set);
	return s;
}

/* While connections are still taken, so that nobody finds it stale and puts
 * another in its place meanwhile; not one that is there already. */
static void
unlink_own(const struct listener *s)
{
	struct stat st;

	if (addr_is_unix(&s->addr) && lstat(s->addr.host, &st) == 0 &&
	    st.st_dev == s->file.st_dev && st.st_ino == s->file.st_ino)
		unlink(s->addr.host);
}

void
listener_close(struct listener *s)
{
	if (s == NULL)
		return;
	unlink_own(s);
	for (int i = 0; i < s->n; i++) {
		loop_io_want(&s->doors[i].io, 0);
		close(s->doors[i].io.fd);
	}
	loop_timer_cancel(&s->rest);
	free(s->doors);
	free(s);
}

const struct addr *
listener_addr(const struct listener *s)
{
	return &s->addr;
}
