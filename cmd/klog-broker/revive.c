/*
 * revive.c: back without a restart. A partition that went offline because a
 * write found no room comes back when there is room: its log is opened anew
 * from what is known to be on disk, which is everything that was acknowledged.
 * What else was appended whole is kept; what the failed write left is cut off,
 * as nobody was told of it. After any other disk error, a failed fdatasync
 * among them, only a look from outside and a restart can help.
 */
#include <fcntl.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "partition_impl.h"
#include "store/clean.h"

/* So much has to fit, or the next write finds no room again. */
enum { ROOM_BYTES = 1 << 20 };

/* Tries. */
static bool
has_room(struct logdir *ld)
{
	char *path = xasprintf("%s/room.tmp", ld->path);
	struct iovec v = { xcalloc(1, ROOM_BYTES), ROOM_BYTES };
	const struct sys *s = ld->sys;
	int fd = s->open(s, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	bool fits = false;

	if (fd >= 0) {
		fits = s->pwritev(s, fd, &v, 1, 0) == ROOM_BYTES &&
		    s->fdatasync(s, fd) == 0;
		s->close(s, fd);
		s->unlink(s, path);
	}
	free(v.iov_base);
	free(path);
	return fits;
}

/* What the next opening starts from. */
static void
shut(struct partition *p)
{
	if (p->log == NULL)
		return;
	p->start = log_start(p->log);
	p->cleaned = log_cleaned(p->log);
	p->recovery_point = log_flushed(p->log);
	log_abandon_full(p->log);
	p->log = NULL;
}

static void
revive(struct partition *p)
{
	struct log_known known = { .topic_id = p->topic_id };
	struct kerr e = KERR_INIT;

	shut(p);
	known.recovery_point = p->recovery_point;
	known.start = p->start;
	known.cleaned = p->cleaned;
	p->full = false;
	if (partition_open(p, &known, NULL, &e) < 0)
		return;
	p->offline = false;
	p->flushed_bytes = p->end_bytes;
	log_line(LOG_WARN, LOG_BROKER, "partition '%s' is back: there is room "
	    "again", p->name);
	if (p->leading)
		partition_begin(p);
}

bool
logdir_revive(struct logdir *ld)
{
	bool room = has_room(ld), waits = false;
	struct partition **v;
	int n;

	v = logdir_partitions(ld, &n);
	for (int i = 0; i < n; i++) {
		pthread_mutex_lock(&v[i]->lock);
		/* whoever is at work on the log finds out and leaves */
		if (room && v[i]->full && !v[i]->deleted && v[i]->users == 0)
			revive(v[i]);
		waits |= v[i]->full && !v[i]->deleted;
		pthread_mutex_unlock(&v[i]->lock);
		partition_unref(v[i]);
	}
	free(v);
	return waits;
}
