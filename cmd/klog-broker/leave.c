/*
 * leave.c: see leave.h.
 *
 * inotify tells at once that the directory goes, before the last of it is
 * removed; where there is none to be had, or a directory above was moved, the
 * look at who is there finds out.
 */
#include "leave.h"

#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "broker.h"
#include "listeners.h"
#include "net/loop.h"
#include "store/datadir.h"

struct leave {
	struct broker		*broker;
	struct loop		*loop;
	const struct datadir	*dir;
	struct leave_calls	 calls;
	struct loop_io		 changes;	/* inotify; fd -1: none */
	struct loop_timer	 look;
	int64_t			 alone_since;	/* loop_now, -1: not alone */
};

static bool
check_lost(struct leave *l)
{
	if (datadir_in_place(l->dir))
		return false;
	log_line(LOG_WARN, LOG_BROKER, "%s is gone: leaving",
	    datadir_path(l->dir));
	l->calls.lost(l->calls.arg);
	return true;
}

static void
changed(struct loop_io *io, int what)
{
	struct leave *l = (struct leave *)((char *)io -
	    offsetof(struct leave, changes));
	char events[4096];

	/* what they say does not matter: the directory itself is asked */
	while (read(io->fd, events, sizeof(events)) > 0)
		;
	check_lost(l);
}

static void
watch(struct leave *l)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd >= 0 && inotify_add_watch(fd, datadir_path(l->dir), IN_DELETE |
	    IN_MOVED_FROM | IN_MOVE_SELF) < 0) {
		close(fd);
		fd = -1;
	}
	loop_io_init(&l->changes, l->loop, fd, changed);
	if (fd >= 0)
		loop_io_want(&l->changes, LOOP_READ);
}

/* Several looks within the limit, so that it is kept about. */
static void
look_round(struct loop_timer *t)
{
	struct leave *l = (struct leave *)((char *)t -
	    offsetof(struct leave, look));
	int64_t now = loop_now(l->loop);
	int64_t limit = l->broker->config->idle_exit_ms;

	if (check_lost(l))
		return;
	if (listeners_count(l->broker->listeners) > 0)
		l->alone_since = -1;
	else if (l->alone_since < 0)
		l->alone_since = now;
	else if (now - l->alone_since >= limit) {
		log_line(LOG_INFO, LOG_BROKER,
		    "no connection for %lld ms: leaving", (long long)limit);
		l->calls.alone(l->calls.arg);
		return;
	}
	loop_timer_set(t, limit / 8 + 1);
}

struct leave *
leave_new(struct broker *b, struct loop *loop, const struct datadir *dir,
    const struct leave_calls *calls)
{
	struct leave *l = xcalloc(1, sizeof(*l));

	l->broker = b;
	l->loop = loop;
	l->dir = dir;
	l->calls = *calls;
	l->alone_since = -1;
	watch(l);
	loop_timer_init(&l->look, loop, look_round);
	loop_timer_set(&l->look, b->config->idle_exit_ms / 8 + 1);
	return l;
}

void
leave_stop(struct leave *l)
{
	loop_timer_cancel(&l->look);
	if (l->changes.fd >= 0) {
		loop_io_want(&l->changes, 0);
		close(l->changes.fd);
		l->changes.fd = -1;
	}
}

void
leave_free(struct leave *l)
{
	leave_stop(l);
	free(l);
}
