/*
 * file.h: whole reads and writes over struct sys, and small files that are
 * replaced as a whole. For the store, and for who keeps files beside it.
 */
#ifndef KLOG_STORE_FILE_H
#define KLOG_STORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys.h"

/* Opens for reading and writing; a file on a file system that is read-only, for
 * reading alone: then it is the write that fails, with EROFS. -1 and errno. */
int file_open(const struct sys *s, const char *path, int flags);
/* Writes all of v[0..n) at off, whatever the kernel takes at a time; v is
 * used up on the way. 0, or -1 and errno. */
int file_writev(const struct sys *s, int fd, struct iovec *v, int n,
    off_t off);
int file_write(const struct sys *s, int fd, const void *p, size_t n,
    off_t off);
/* Reads n bytes, fewer only at the end of the file. -1 and errno. */
ssize_t file_read(const struct sys *s, int fd, void *p, size_t n, off_t off);
/* The file's length. -1 and errno. */
off_t file_size(const struct sys *s, int fd);

/* Appends the whole file to b. KE_NOTFOUND, KE_RANGE (over max bytes), else
 * KE_SYS. */
int file_load(const struct sys *s, const char *path, size_t max,
    struct buf *b, struct kerr *e);
/* Replaces the file by way of path.tmp. durable: syncs it before the rename
 * and the directory after. */
int file_save(const struct sys *s, const char *path, const void *p, size_t n,
    bool durable, struct kerr *e);
/* Removes a file; a missing one is fine. */
int file_remove(const struct sys *s, const char *path, struct kerr *e);
/* Who loads it from now on gets what is on the disk (sys.h); a missing file is
 * fine. */
int file_forget(const struct sys *s, const char *path, struct kerr *e);
/* fsync of what is there under that name; a missing file is fine. */
int file_sync(const struct sys *s, const char *path, struct kerr *e);

#endif
