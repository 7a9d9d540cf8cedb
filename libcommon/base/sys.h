/*
 * sys.h: the machine, as one struct of functions, so that tests can lie
 * about it: the clock, the disk, random numbers. The calls mean what the
 * system calls of the same name mean, errno included; they may be called from
 * several threads. A fault layer embeds struct sys as its first member, fills
 * in its own functions and passes on to sys_real() what it lets through.
 */
#ifndef KLOG_BASE_SYS_H
#define KLOG_BASE_SYS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

struct sys {
	/* clocks: ms since 1970 (may jump); ns since some start (never back) */
	int64_t	(*now_ms)(const struct sys *);
	int64_t	(*mono_ns)(const struct sys *);
	/* n random bytes, fit for secrets */
	void	(*random)(const struct sys *, void *, size_t n);

	/* open adds O_CLOEXEC */
	int	(*open)(const struct sys *, const char *, int flags, mode_t);
	int	(*close)(const struct sys *, int fd);
	ssize_t	(*pread)(const struct sys *, int fd, void *, size_t, off_t);
	ssize_t	(*pwritev)(const struct sys *, int fd, const struct iovec *,
		    int n, off_t);
	int	(*fdatasync)(const struct sys *, int fd);
	int	(*fsync)(const struct sys *, int fd);
	/* starts writing a range out without waiting; errors are ignored */
	void	(*writeback)(const struct sys *, int fd, off_t, off_t n);
	/* who reads the file from now on reads what is on the disk: after a
	 * write that failed in the kernel's hands its cache tells otherwise */
	void	(*forget)(const struct sys *, int fd);
	/* waits for that, which makes nothing durable; an error that is told
	 * here is not told by the next fdatasync */
	int	(*await_writeback)(const struct sys *, int fd, off_t, off_t n);
	int	(*ftruncate)(const struct sys *, int fd, off_t);
	/* reserves blocks, the file's length unchanged; EOPNOTSUPP is fine */
	int	(*reserve)(const struct sys *, int fd, off_t, off_t n);
	int	(*fstat)(const struct sys *, int fd, struct stat *);
	/* takes the file for this descriptor alone, to the end of its life;
	 * EAGAIN or EACCES where somebody else has it */
	int	(*lock)(const struct sys *, int fd);
	int	(*rename)(const struct sys *, const char *, const char *);
	int	(*unlink)(const struct sys *, const char *);
	int	(*mkdir)(const struct sys *, const char *, mode_t);
	int	(*rmdir)(const struct sys *, const char *);
	/* every name in a directory but . and .., in no order, until each()
	 * returns non-zero, which is then returned; -1 and errno on failure */
	int	(*list)(const struct sys *, const char *dir,
		    int (*each)(void *arg, const char *name), void *arg);
	/* makes names in the directory durable: open, fsync, close */
	int	(*sync_dir)(const struct sys *, const char *);
	/* makes all of the file system durable that the file lies in: one
	 * wait instead of one for each of many files. Tells each descriptor
	 * once of what failed since it was opened; ENOSYS where the system
	 * would not tell */
	int	(*sync_fs)(const struct sys *, int fd);
};

/* The machine itself. */
const struct sys *sys_real(void);

/* Short forms for the commonest calls on a struct sys *. */
#define sys_now_ms(s)	((s)->now_ms(s))
#define sys_mono_ns(s)	((s)->mono_ns(s))

#endif
