/* sys.c: struct sys of the machine itself; see sys.h. */
#include "base/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static int64_t
real_now_ms(const struct sys *s)
{
	struct timespec ts;

	(void)s;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t
real_mono_ns(const struct sys *s)
{
	struct timespec ts;

	(void)s;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void
real_random(const struct sys *s, void *p, size_t n)
{
	unsigned char *to = p;
	ssize_t got;

	(void)s;
	while (n > 0) {
		got = getrandom(to, n, 0);
		if (got < 0 && errno != EINTR)
			abort();	/* no entropy source: nothing is safe */
		if (got > 0) {
			to += got;
			n -= (size_t)got;
		}
	}
}

static int
real_open(const struct sys *s, const char *path, int flags, mode_t mode)
{
	(void)s;
	return open(path, flags | O_CLOEXEC, mode);
}

static int
real_close(const struct sys *s, int fd)
{
	(void)s;
	return close(fd);
}

static ssize_t
real_pread(const struct sys *s, int fd, void *p, size_t n, off_t at)
{
	(void)s;
	return pread(fd, p, n, at);
}

static ssize_t
real_pwritev(const struct sys *s, int fd, const struct iovec *iov, int n,
    off_t at)
{
	(void)s;
	return pwritev(fd, iov, n, at);
}

static int
real_fdatasync(const struct sys *s, int fd)
{
	(void)s;
	return fdatasync(fd);
}

static int
real_fsync(const struct sys *s, int fd)
{
	(void)s;
	return fsync(fd);
}

/* What is still to be written is waited for: the cache keeps that. One that
 * fails is on the disk or not, as the reader will see. */
static void
real_forget(const struct sys *s, int fd)
{
	int saved = errno;

	(void)s;
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE |
	    SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	errno = saved;
}

static void
real_writeback(const struct sys *s, int fd, off_t at, off_t n)
{
	int saved = errno;

	(void)s;
	/* a hint: the fdatasync that follows is what counts */
	(void)sync_file_range(fd, at, n, SYNC_FILE_RANGE_WRITE);
	errno = saved;
}

static int
real_await_writeback(const struct sys *s, int fd, off_t at, off_t n)
{
	(void)s;
	return sync_file_range(fd, at, n, SYNC_FILE_RANGE_WAIT_BEFORE);
}

static int
real_ftruncate(const struct sys *s, int fd, off_t n)
{
	(void)s;
	return ftruncate(fd, n);
}

static int
real_reserve(const struct sys *s, int fd, off_t at, off_t n)
{
	(void)s;
	return fallocate(fd, FALLOC_FL_KEEP_SIZE, at, n);
}

static int
real_fstat(const struct sys *s, int fd, struct stat *st)
{
	(void)s;
	return fstat(fd, st);
}

static int
real_lock(const struct sys *s, int fd)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	(void)s;
	return fcntl(fd, F_OFD_SETLK, &all);
}

static int
real_rename(const struct sys *s, const char *from, const char *to)
{
	(void)s;
	return rename(from, to);
}

static int
real_unlink(const struct sys *s, const char *path)
{
	(void)s;
	return unlink(path);
}

static int
real_mkdir(const struct sys *s, const char *path, mode_t mode)
{
	(void)s;
	return mkdir(path, mode);
}

static int
real_rmdir(const struct sys *s, const char *path)
{
	(void)s;
	return rmdir(path);
}

static int
real_list(const struct sys *s, const char *dir,
    int (*each)(void *, const char *), void *arg)
{
	struct dirent *d;
	DIR *dp;
	int rc = 0, saved;

	(void)s;
	if ((dp = opendir(dir)) == NULL)
		return -1;
	while (rc == 0 && (errno = 0, d = readdir(dp)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			rc = each(arg, d->d_name);
	if (rc == 0 && errno != 0)
		rc = -1;
	saved = errno;
	closedir(dp);
	errno = saved;
	return rc;
}

static int
real_sync_dir(const struct sys *s, const char *path)
{
	int fd, saved;

	(void)s;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fsync(fd) != 0) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return close(fd);
}

/* Before Linux 5.8 it succeeds whatever has failed. */
static bool
syncfs_tells(void)
{
	struct utsname u;
	int major, minor;

	return uname(&u) == 0 &&
	    sscanf(u.release, "%d.%d", &major, &minor) == 2 &&
	    (major > 5 || (major == 5 && minor >= 8));
}

static int
real_sync_fs(const struct sys *s, int fd)
{
	(void)s;
	if (!syncfs_tells()) {
		errno = ENOSYS;
		return -1;
	}
	return syncfs(fd);
}

static const struct sys real = {
	.now_ms = real_now_ms,
	.mono_ns = real_mono_ns,
	.random = real_random,
	.open = real_open,
	.close = real_close,
	.pread = real_pread,
	.pwritev = real_pwritev,
	.fdatasync = real_fdatasync,
	.fsync = real_fsync,
	.writeback = real_writeback,
	.forget = real_forget,
	.await_writeback = real_await_writeback,
	.ftruncate = real_ftruncate,
	.reserve = real_reserve,
	.fstat = real_fstat,
	.lock = real_lock,
	.rename = real_rename,
	.unlink = real_unlink,
	.mkdir = real_mkdir,
	.rmdir = real_rmdir,
	.list = real_list,
	.sync_dir = real_sync_dir,
	.sync_fs = real_sync_fs,
};

const struct sys *
sys_real(void)
{
	return &real;
}
