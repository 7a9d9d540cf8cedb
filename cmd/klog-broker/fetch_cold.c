/*
 * fetch_cold.c: ranges that are not in the page cache. sendfile() would wait
 * for the disk and hold up every other connection of the I/O thread; so a
 * pool thread reads them first. Linux only: RWF_NOWAIT.
 */
#include "fetch.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#define PROBE_STEP	(256 << 10)	/* read-ahead works in such strides */
#define WARM_STEP	(128 << 10)

/* One byte, if that takes no waiting. A file system that cannot say counts as
 * warm. */
static bool
is_cold(int fd, off_t at)
{
	char byte;
	struct iovec v = { &byte, 1 };

	return preadv2(fd, &v, 1, at, RWF_NOWAIT) < 0 && errno == EAGAIN;
}

static bool
range_is_cold(const struct krecords *rec)
{
	if (rec->len <= 0 || rec->p != NULL)
		return false;
	for (off_t at = 0; at < rec->len; at += PROBE_STEP)
		if (is_cold(rec->fd, rec->off + at))
			return true;
	return is_cold(rec->fd, rec->off + rec->len - 1);
}

bool
fetch_is_cold(const struct fetch *f)
{
	for (int32_t i = 0; i < f->n; i++)
		if (range_is_cold(&f->items[i].got.records))
			return true;
	return false;
}

/* What cannot be read now fails again, and is reported, when it is sent. */
static void
warm(const struct krecords *rec)
{
	char scratch[WARM_STEP];
	off_t at = rec->off, end = rec->off + rec->len;
	ssize_t n;

	while (at < end && (n = pread(rec->fd, scratch, sizeof(scratch),
	    at)) > 0)
		at += n;
}

void
fetch_warm(struct fetch *f)
{
	for (int32_t i = 0; i < f->n; i++)
		if (range_is_cold(&f->items[i].got.records))
			warm(&f->items[i].got.records);
}
