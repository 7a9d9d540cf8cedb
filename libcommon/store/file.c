/* file.c: see file.h. */
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

int
file_open(const struct sys *s, const char *path, int flags)
{
	int fd = s->open(s, path, O_RDWR | flags, 0644);

	if (fd >= 0 || errno != EROFS)
		return fd;
	fd = s->open(s, path, O_RDONLY, 0);
	if (fd < 0 && errno == ENOENT)
		errno = EROFS;
	return fd;
}

int
file_writev(const struct sys *s, int fd, struct iovec *v, int n, off_t off)
{
	ssize_t got;
	size_t left;

	while (n > 0) {
		if (v->iov_len == 0) {
			v++, n--;
			continue;
		}
		got = s->pwritev(s, fd, v, n < IOV_MAX ? n : IOV_MAX, off);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (got == 0)
				errno = EIO;
			else if (errno == EBADF)	/* file_open() */
				errno = EROFS;
			return -1;
		}
		off += got;
		for (left = (size_t)got; left > 0 && left >= v->iov_len;
		    v++, n--)
			left -= v->iov_len;
		if (left > 0) {
			v->iov_base = (char *)v->iov_base + left;
			v->iov_len -= left;
		}
	}
	return 0;
}

int
file_write(const struct sys *s, int fd, const void *p, size_t n, off_t off)
{
	struct iovec v = { (void *)(uintptr_t)p, n };

	return file_writev(s, fd, &v, 1, off);
}

ssize_t
file_read(const struct sys *s, int fd, void *p, size_t n, off_t off)
{
	size_t done = 0;
	ssize_t got;

	while (done < n) {
		got = s->pread(s, fd, (char *)p + done, n - done,
		    off + (off_t)done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

off_t
file_size(const struct sys *s, int fd)
{
	struct stat st;

	return s->fstat(s, fd, &st) == 0 ? st.st_size : -1;
}

int
file_load(const struct sys *s, const char *path, size_t max, struct buf *b,
    struct kerr *e)
{
	off_t size;
	ssize_t got;
	uint8_t *to;
	int fd, rc = 0;

	fd = s->open(s, path, O_RDONLY, 0);
	if (fd < 0 && errno == ENOENT)
		return kerr_set(e, KE_NOTFOUND, "%s: not found", path);
	if (fd < 0)
		return kerr_sys(e, "%s", path);
	if ((size = file_size(s, fd)) < 0) {
		rc = kerr_sys(e, "%s", path);
		goto out;
	}
	if ((uint64_t)size > max) {
		rc = kerr_set(e, KE_RANGE, "%s: %lld bytes, at most %zu make "
		    "sense", path, (long long)size, max);
		goto out;
	}
	if ((to = buf_reserve(b, (size_t)size + 1)) == NULL) {
		rc = kerr_set(e, b->err, "%s: %s", path, kerr_text(b->err));
		goto out;
	}
	if ((got = file_read(s, fd, to, (size_t)size, 0)) < 0) {
		rc = kerr_sys(e, "%s", path);
		goto out;
	}
	b->len += (size_t)got;
out:
	s->close(s, fd);
	return rc;
}

static const char *
slash(const char *path)
{
	const char *p = strrchr(path, '/');

	return p != NULL ? p : path;
}

static int
sync_dir_of(const struct sys *s, const char *path, struct kerr *e)
{
	char *dir = xstrndup(path, (size_t)(slash(path) - path));
	int rc = 0;

	if (s->sync_dir(s, dir[0] != '\0' ? dir : ".") != 0)
		rc = kerr_sys(e, "%s", dir);
	free(dir);
	return rc;
}

int
file_save(const struct sys *s, const char *path, const void *p, size_t n,
    bool durable, struct kerr *e)
{
	char *tmp = xasprintf("%s.tmp", path);
	int fd, rc = 0;

	fd = s->open(s, tmp, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0) {
		rc = kerr_sys(e, "%s", tmp);
		goto out;
	}
	if (file_write(s, fd, p, n, 0) != 0 ||
	    (durable && s->fsync(s, fd) != 0))
		rc = kerr_sys(e, "%s", tmp);
	if (s->close(s, fd) != 0 && rc == 0)
		rc = kerr_sys(e, "%s", tmp);
	if (rc == 0 && s->rename(s, tmp, path) != 0)
		rc = kerr_sys(e, "%s", path);
	if (rc != 0)
		(void)s->unlink(s, tmp);	/* the error is told already */
	else if (durable)
		rc = sync_dir_of(s, path, e);
out:
	free(tmp);
	return rc;
}

int
file_remove(const struct sys *s, const char *path, struct kerr *e)
{
	if (s->unlink(s, path) != 0 && errno != ENOENT)
		return kerr_sys(e, "%s", path);
	return 0;
}

int
file_forget(const struct sys *s, const char *path, struct kerr *e)
{
	int fd = s->open(s, path, O_RDONLY, 0);

	if (fd < 0)
		return errno == ENOENT ? 0 : kerr_sys(e, "%s", path);
	s->forget(s, fd);
	s->close(s, fd);
	return 0;
}

int
file_sync(const struct sys *s, const char *path, struct kerr *e)
{
	int fd = s->open(s, path, O_RDONLY, 0), rc = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : kerr_sys(e, "%s", path);
	if (s->fsync(s, fd) != 0)
		rc = kerr_sys(e, "%s", path);
	s->close(s, fd);
	return rc;
}
