/* input.c: files and pipes, read in large blocks (produce.h). */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "produce.h"

enum {
	BLOCK = 256 * 1024,		/* bytes a read asks for: they are
					 * still in the cache when the lines
					 * are looked for and copied */
	PIPE_SIZE = 1024 * 1024
};

struct reader {
	struct loop_io	 io;
	bool		 ready;
};

struct input {
	struct job	*j;
	int		 fd;
	bool		 waits;		/* a pipe, terminal or socket */
	char		*p;
	size_t		 len, cap;	/* bytes in p */
};

static void
readable(struct loop_io *io, int what)
{
	((struct reader *)io)->ready = true;
}

static bool
ready_now(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}

bool
input_wait(struct job *j, int fd)
{
	struct reader r = { .ready = false };

	loop_io_init(&r.io, j->loop, fd, readable);
	if (loop_io_want(&r.io, LOOP_READ) != 0)
		return !j->stop;	/* a regular file never waits */
	while (!r.ready && !j->stop)
		loop_once(j->loop, -1);
	loop_io_want(&r.io, 0);
	return !j->stop;
}

/* Makes room behind what is there. A line longer than the block doubles it;
 * the producer bounds how long a line may get. */
static void
make_room(struct input *in)
{
	if (in->cap - in->len >= BLOCK)
		return;
	in->cap = in->cap * 2 + BLOCK;
	in->p = xrealloc(in->p, in->cap + INPUT_SPARE);
}

/* Hands over what is complete, keeps the rest at the front. */
static int
take(struct input *in, bool last, struct kerr *e)
{
	ssize_t n = lines_take(in->j, in->p, in->len, last, e);

	if (n < 0)
		return (int)n;
	in->len -= (size_t)n;
	if (n > 0)
		memmove(in->p, in->p + n, in->len);
	return 0;
}

static int
run(struct input *in, struct kerr *e)
{
	struct job *j = in->j;
	ssize_t n;
	int rc;

	while (!j->stop) {
		if (in->waits && !ready_now(in->fd)) {
			/* nothing more for now: what came so far is sent */
			producer_push(j->producer);
			if (!input_wait(j, in->fd))
				break;
		}
		make_room(in);
		n = read(in->fd, in->p + in->len, BLOCK);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return kerr_sys(e, "cannot read");
		in->len += (size_t)n;
		rc = take(in, n == 0, e);
		/* nothing is left behind in silence */
		assert(rc != 0 || n != 0 || in->len == 0 || j->stop);
		if (rc != 0 || n == 0)
			return rc;
		loop_once(j->loop, 0);
	}
	return 0;
}

/* What cannot become a record is not read to its end. Text that stands for
 * bytes (-s) is longer than they are. */
static bool
is_too_large(const struct input *in)
{
	size_t max = in->j->line_max;

	if (in->j->o->encode.n > 0)
		max *= 4;
	return in->len > max || in->len > INT32_MAX;
}

static int
run_whole(struct input *in, struct kerr *e)
{
	ssize_t n = 1;

	while (!in->j->stop && n != 0) {
		if (in->waits && !input_wait(in->j, in->fd))
			return 0;
		make_room(in);
		n = read(in->fd, in->p + in->len, BLOCK);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return kerr_sys(e, "cannot read");
		in->len += n > 0 ? (size_t)n : 0;
		if (is_too_large(in))
			return kerr_set(e, KE_RANGE, "a record of over %zu "
			    "bytes (message.max.bytes)", in->j->line_max);
	}
	return in->j->stop ? 0 : lines_whole(in->j, in->p, in->len, e);
}

int
input_run(struct job *j, int fd, struct kerr *e)
{
	struct input in = { .j = j, .fd = fd };
	struct stat st;
	int rc;

	if (fstat(fd, &st) == 0) {
		in.waits = !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
		if (S_ISFIFO(st.st_mode))
			fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
	}
	in.cap = BLOCK;
	in.p = xmalloc(in.cap + INPUT_SPARE);
	rc = j->o->whole ? run_whole(&in, e) : run(&in, e);
	free(in.p);
	return rc;
}
