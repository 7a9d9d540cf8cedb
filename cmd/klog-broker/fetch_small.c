/*
 * fetch_small.c: ranges of a few kilobytes, copied. One system call reads
 * them, where sendfile() and the questions before it (fetch_cold.c) would take
 * three; and they hold no descriptor until the client has taken them, of which
 * an answer about thousands of partitions would need as many.
 */
#include "fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>

#include "base/xalloc.h"

#define SMALL		(16 << 10)	/* bytes of a range */
#define COPIED_MAX	(1 << 20)	/* bytes of an answer */
#define HELD_MAX	256		/* files of an answer */

struct copy {
	struct khold	hold;		/* first */
	uint8_t		bytes[];
};

static void
drop(struct khold *hold)
{
	free(hold);
}

bool
fetch_is_full(const struct fetch *f)
{
	return f->held >= HELD_MAX;
}

/* Only what is in the page cache, where the file system can tell. */
static bool
read_now(const struct krecords *rec, void *to)
{
	struct iovec v = { to, (size_t)rec->len };
	ssize_t n = preadv2(rec->fd, &v, 1, rec->off, RWF_NOWAIT);

	if (n < 0 && errno == EOPNOTSUPP)
		n = preadv2(rec->fd, &v, 1, rec->off, 0);
	return n == rec->len;
}

/* What would have to be waited for stays as it is. */
void
fetch_copy(struct fetch *f, struct krecords *rec)
{
	struct copy *c;

	if (rec->len <= 0 || rec->p != NULL)
		return;
	if (rec->len > SMALL || f->copied + rec->len > COPIED_MAX) {
		f->held++;
		return;
	}
	c = xmalloc(sizeof(*c) + (size_t)rec->len);
	c->hold.drop = drop;
	if (!read_now(rec, c->bytes)) {
		free(c);
		f->held++;
		return;
	}
	rec->hold->drop(rec->hold);
	*rec = (struct krecords){ .p = c->bytes, .len = rec->len, .fd = -1,
	    .hold = &c->hold };
	f->copied += rec->len;
}
