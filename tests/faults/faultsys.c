/* faultsys.c: see faultsys.h. */
#include "faultsys.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"

enum { PAGE = 4096, SECTOR = 512, FDS = 4096, FIRST_FD = 10000 };

struct bytes {
	uint8_t	*p;
	size_t	 len;
};

struct node;

struct name {
	char		*text;
	struct node	*node;
};

/* What a directory maps; a short list will do. */
struct names {
	struct name	*v;
	int		 n;
};

/* A file or a directory. now is what calls see, disk what a sync wrote. */
struct node {
	bool		 dir;
	struct bytes	 now;
	struct bytes	 disk;
	uint8_t		*lost;		/* pages of now that no sync writes */
	size_t		 n_lost;
	struct names	 names;		/* of a directory, now */
	struct names	*history;	/* synced state, then one a change */
	int		 n_history;
	struct node	*next;		/* all nodes; freed with the disk */
};

struct faultsys {
	struct sys	 sys;		/* stays first */
	pthread_mutex_t	 lock;
	uint64_t	 seed;
	int64_t		 now_ms;
	struct node	*root;
	struct node	*all;
	struct node	*fds[FDS];
	int		 calls[FAULT_CALLS];
	bool		 armed;
	bool		 hit;
	enum fault_call	 call;
	int		 nth;
	int		 err;
	bool		 full;
	bool		 dark;
	int		 left;		/* calls until the power goes; -1 */
};

static struct faultsys *
self(const struct sys *s)
{
	return (struct faultsys *)(uintptr_t)s;
}

/* xorshift64*; never 0. */
static uint64_t
draw(struct faultsys *f)
{
	f->seed ^= f->seed >> 12;
	f->seed ^= f->seed << 25;
	f->seed ^= f->seed >> 27;
	return f->seed * UINT64_C(2685821657736338717);
}

static size_t
below(struct faultsys *f, size_t n)
{
	return n > 0 ? (size_t)(draw(f) >> 11) % n : 0;
}

/* Bytes. */

static void
resize(struct bytes *b, size_t len)
{
	b->p = xrealloc(b->p, len + 1);
	if (len > b->len)
		memset(b->p + b->len, 0, len - b->len);
	b->len = len;
}

static void
copy(struct bytes *to, const struct bytes *from)
{
	resize(to, from->len);
	if (from->len > 0)
		memcpy(to->p, from->p, from->len);
}

/* Pages that were given up on. */

static bool
is_lost(const struct node *d, size_t page)
{
	return page < d->n_lost && d->lost[page] != 0;
}

/* They are to be written again. */
static void
dirty(struct node *d, size_t at, size_t n)
{
	for (size_t page = at / PAGE; page < d->n_lost &&
	    page * PAGE < at + n; page++)
		d->lost[page] = 0;
}

/* What the disk has of a page, zeros past its end. */
static void
disk_page(const struct node *d, size_t page, uint8_t *to, size_t n)
{
	size_t at = page * PAGE, there = 0;

	if (at < d->disk.len)
		there = d->disk.len - at < n ? d->disk.len - at : n;
	if (there > 0)
		memcpy(to, d->disk.p + at, there);
	memset(to + there, 0, n - there);
}

/* The pages of one are those of the other: n bytes, less at the end. */
static size_t
page_bytes(const struct bytes *b, size_t page)
{
	size_t left = b->len - page * PAGE;

	return left < PAGE ? left : PAGE;
}

/* Every page that a sync should have written is lost. */
static void
give_up(struct node *d)
{
	size_t pages = (d->now.len + PAGE - 1) / PAGE;
	uint8_t old[PAGE];

	if (pages > d->n_lost) {
		d->lost = xrealloc(d->lost, pages);
		memset(d->lost + d->n_lost, 0, pages - d->n_lost);
		d->n_lost = pages;
	}
	for (size_t i = 0; i < pages; i++) {
		disk_page(d, i, old, page_bytes(&d->now, i));
		d->lost[i] |= memcmp(old, d->now.p + i * PAGE,
		    page_bytes(&d->now, i)) != 0;
	}
}

static void
show_disk(struct node *d)
{
	for (size_t i = 0; i < d->n_lost && i * PAGE < d->now.len; i++)
		if (is_lost(d, i))
			disk_page(d, i, d->now.p + i * PAGE,
			    page_bytes(&d->now, i));
	dirty(d, 0, d->n_lost * PAGE);
}

static void
sync_bytes(struct node *d)
{
	struct bytes after = { NULL, 0 };

	copy(&after, &d->now);
	for (size_t i = 0; i * PAGE < after.len; i++)
		if (is_lost(d, i))
			disk_page(d, i, after.p + i * PAGE,
			    page_bytes(&after, i));
	free(d->disk.p);
	d->disk = after;
}

/* Names. */

static struct names
names_copy(const struct names *from)
{
	struct names to = { xcalloc((size_t)from->n + 1, sizeof(*to.v)),
	    from->n };

	for (int i = 0; i < from->n; i++)
		to.v[i] = (struct name){ xstrdup(from->v[i].text),
		    from->v[i].node };
	return to;
}

static void
names_free(struct names *x)
{
	for (int i = 0; i < x->n; i++)
		free(x->v[i].text);
	free(x->v);
	*x = (struct names){ NULL, 0 };
}

static int
names_find(const struct names *x, const char *text, size_t n)
{
	for (int i = 0; i < x->n; i++)
		if (strlen(x->v[i].text) == n &&
		    memcmp(x->v[i].text, text, n) == 0)
			return i;
	return -1;
}

static void
names_remove(struct names *x, const char *text)
{
	int i = names_find(x, text, strlen(text));

	if (i < 0)
		return;
	free(x->v[i].text);
	x->v[i] = x->v[--x->n];
}

static void
names_set(struct names *x, const char *text, struct node *node)
{
	names_remove(x, text);
	x->v = xreallocarray(x->v, (size_t)x->n + 1, sizeof(*x->v));
	x->v[x->n++] = (struct name){ xstrdup(text), node };
}

/* Nodes. */

static struct node *
node_new(struct faultsys *f, bool dir)
{
	struct node *d = xcalloc(1, sizeof(*d));

	d->dir = dir;
	d->next = f->all;
	f->all = d;
	return d;
}

/* Remembers the state of a directory after a change. */
static void
changed(struct node *dir)
{
	if (dir->n_history == 0)
		return;		/* its parent does not know it for good yet */
	dir->history = xreallocarray(dir->history,
	    (size_t)dir->n_history + 1, sizeof(*dir->history));
	dir->history[dir->n_history++] = names_copy(&dir->names);
}

static void
forget(struct node *dir)
{
	for (int i = 0; i < dir->n_history; i++)
		names_free(&dir->history[i]);
	free(dir->history);
	dir->history = NULL;
	dir->n_history = 0;
}

static void
set_synced(struct node *dir, const struct names *names)
{
	struct names one = names_copy(names);

	forget(dir);
	dir->history = xreallocarray(NULL, 1, sizeof(*dir->history));
	dir->history[0] = one;
	dir->n_history = 1;
}

/* The node at a path, NULL and ENOENT; *parent and *last (may be NULL) the
 * directory it is or would be in and its name there. */
static struct node *
lookup(struct faultsys *f, const char *path, struct node **parent,
    const char **last)
{
	struct node *d = f->root;
	size_t n;
	int i;

	while (*path == '/')
		path++;
	if (parent != NULL)
		*parent = NULL;
	while (*path != '\0' && d != NULL) {
		n = strcspn(path, "/");
		if (path[n] == '\0' && parent != NULL) {
			*parent = d;
			*last = path;
		}
		i = d->dir ? names_find(&d->names, path, n) : -1;
		d = i >= 0 ? d->names.v[i].node : NULL;
		for (path += n; *path == '/'; path++)
			;
	}
	if (d == NULL || *path != '\0') {
		errno = ENOENT;
		return NULL;
	}
	return d;
}

/* Enters a call. -1 and errno where it has to fail; 1: write half. Leaves the
 * disk locked. */
static int
enter(struct faultsys *f, enum fault_call call)
{
	pthread_mutex_lock(&f->lock);
	f->calls[call]++;
	if (f->left == 0)
		f->dark = true;
	if (f->left > 0)
		f->left--;
	if (f->dark) {
		errno = EIO;
		return -1;
	}
	if (f->full && (call == FAULT_PWRITEV || call == FAULT_MKDIR)) {
		errno = ENOSPC;
		return -1;
	}
	if (!f->armed || f->hit || f->call != call || --f->nth > 0)
		return 0;
	f->hit = true;
	if (f->err == 0)
		return 1;
	errno = f->err;
	return -1;
}

static int
leave(struct faultsys *f, int rc)
{
	pthread_mutex_unlock(&f->lock);
	return rc;
}

static struct node *
of_fd(struct faultsys *f, int fd)
{
	struct node *d = NULL;

	if (fd >= FIRST_FD && fd < FIRST_FD + FDS)
		d = f->fds[fd - FIRST_FD];
	if (d == NULL)
		errno = EBADF;
	return d;
}

/* The calls. */

static int64_t
f_now_ms(const struct sys *s)
{
	return self(s)->now_ms;
}

static int64_t
f_mono_ns(const struct sys *s)
{
	return self(s)->now_ms * 1000000;
}

static void
f_random(const struct sys *s, void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)p)[i] = (uint8_t)(draw(self(s)) >> 24);
}

static int
give_fd(struct faultsys *f, struct node *d)
{
	for (int i = 0; i < FDS; i++)
		if (f->fds[i] == NULL) {
			f->fds[i] = d;
			return FIRST_FD + i;
		}
	errno = EMFILE;
	return -1;
}

static int
f_open(const struct sys *s, const char *path, int flags, mode_t mode)
{
	struct faultsys *f = self(s);
	struct node *d, *parent;
	const char *last;

	if (enter(f, FAULT_OPEN) != 0)
		return leave(f, -1);
	d = lookup(f, path, &parent, &last);
	if (d == NULL && (flags & O_CREAT) != 0 && f->full) {
		errno = ENOSPC;
		return leave(f, -1);
	}
	if (d == NULL && (flags & O_CREAT) != 0 && parent != NULL) {
		d = node_new(f, false);
		names_set(&parent->names, last, d);
		changed(parent);
	}
	if (d == NULL)
		return leave(f, -1);
	if ((flags & O_TRUNC) != 0) {
		resize(&d->now, 0);
		dirty(d, 0, d->n_lost * PAGE);
	}
	return leave(f, give_fd(f, d));
}

static int
f_close(const struct sys *s, int fd)
{
	struct faultsys *f = self(s);

	pthread_mutex_lock(&f->lock);
	if (of_fd(f, fd) == NULL)
		return leave(f, -1);
	f->fds[fd - FIRST_FD] = NULL;
	return leave(f, 0);
}

static ssize_t
f_pread(const struct sys *s, int fd, void *p, size_t n, off_t at)
{
	struct faultsys *f = self(s);
	struct node *d;

	if (enter(f, FAULT_PREAD) != 0 || (d = of_fd(f, fd)) == NULL)
		return leave(f, -1);
	if ((size_t)at >= d->now.len)
		return leave(f, 0);
	if (n > d->now.len - (size_t)at)
		n = d->now.len - (size_t)at;
	memcpy(p, d->now.p + at, n);
	return leave(f, (int)n);
}

static ssize_t
f_pwritev(const struct sys *s, int fd, const struct iovec *v, int n, off_t at)
{
	struct faultsys *f = self(s);
	struct node *d;
	size_t total = 0, len;
	int rc;

	if ((rc = enter(f, FAULT_PWRITEV)) < 0 || (d = of_fd(f, fd)) == NULL)
		return leave(f, -1);
	for (int i = 0; i < n; i++)
		total += v[i].iov_len;
	if (rc == 1)
		total = (total + 1) / 2;
	if (d->now.len < (size_t)at + total)
		resize(&d->now, (size_t)at + total);
	dirty(d, (size_t)at, total);
	for (size_t left = total; left > 0; v++, left -= len, at += len) {
		len = v->iov_len < left ? v->iov_len : left;
		memcpy(d->now.p + at, v->iov_base, len);
	}
	return leave(f, (int)total);
}

static int
sync_node(const struct sys *s, int fd, enum fault_call call)
{
	struct faultsys *f = self(s);
	struct node *d;

	if (enter(f, call) != 0) {
		if (errno == EIO && !f->dark && (d = of_fd(f, fd)) != NULL)
			give_up(d);
		errno = f->dark ? EIO : f->err;
		return leave(f, -1);
	}
	if ((d = of_fd(f, fd)) == NULL)
		return leave(f, -1);
	sync_bytes(d);
	return leave(f, 0);
}

static int
f_fdatasync(const struct sys *s, int fd)
{
	return sync_node(s, fd, FAULT_FDATASYNC);
}

static int
f_fsync(const struct sys *s, int fd)
{
	return sync_node(s, fd, FAULT_FSYNC);
}

static void
f_writeback(const struct sys *s, int fd, off_t at, off_t n)
{
}

static void
f_forget(const struct sys *s, int fd)
{
	struct faultsys *f = self(s);
	struct node *d;

	pthread_mutex_lock(&f->lock);
	if (!f->dark && (d = of_fd(f, fd)) != NULL)
		show_disk(d);
	leave(f, 0);
}

static int
f_await_writeback(const struct sys *s, int fd, off_t at, off_t n)
{
	return 0;
}

static int
f_ftruncate(const struct sys *s, int fd, off_t n)
{
	struct faultsys *f = self(s);
	struct node *d;

	if (enter(f, FAULT_FTRUNCATE) != 0 || (d = of_fd(f, fd)) == NULL)
		return leave(f, -1);
	/* the rest of its last page is made zero, and written */
	dirty(d, (size_t)n, d->n_lost * PAGE);
	resize(&d->now, (size_t)n);
	return leave(f, 0);
}

static int
f_reserve(const struct sys *s, int fd, off_t at, off_t n)
{
	errno = EOPNOTSUPP;
	return -1;
}

static int
f_fstat(const struct sys *s, int fd, struct stat *st)
{
	struct faultsys *f = self(s);
	struct node *d;

	if (enter(f, FAULT_FSTAT) != 0 || (d = of_fd(f, fd)) == NULL)
		return leave(f, -1);
	memset(st, 0, sizeof(*st));
	st->st_size = (off_t)d->now.len;
	st->st_mtim.tv_sec = f->now_ms / 1000;
	for (const struct node *dir = f->all; dir != NULL; dir = dir->next)
		for (int i = 0; i < dir->names.n; i++)
			st->st_nlink += dir->names.v[i].node == d;
	return leave(f, 0);
}

static int
f_lock(const struct sys *s, int fd)
{
	return 0;
}

static int
f_rename(const struct sys *s, const char *from, const char *to)
{
	struct faultsys *f = self(s);
	struct node *d, *parent, *target;
	const char *last, *there;

	if (enter(f, FAULT_RENAME) != 0 ||
	    (d = lookup(f, from, &parent, &last)) == NULL)
		return leave(f, -1);
	(void)lookup(f, to, &target, &there);
	if (target == NULL)
		return leave(f, -1);
	names_remove(&parent->names, last);
	names_set(&target->names, there, d);
	changed(target);
	if (parent != target)
		changed(parent);
	return leave(f, 0);
}

static int
drop_name(struct faultsys *f, const char *path, bool dir)
{
	struct node *d, *parent;
	const char *last;

	if ((d = lookup(f, path, &parent, &last)) == NULL)
		return -1;
	if (d->dir != dir) {
		errno = dir ? ENOTDIR : EISDIR;
		return -1;
	}
	if (d->names.n > 0) {
		errno = ENOTEMPTY;
		return -1;
	}
	names_remove(&parent->names, last);
	changed(parent);
	return 0;
}

static int
f_unlink(const struct sys *s, const char *path)
{
	struct faultsys *f = self(s);

	if (enter(f, FAULT_UNLINK) != 0)
		return leave(f, -1);
	return leave(f, drop_name(f, path, false));
}

static int
f_rmdir(const struct sys *s, const char *path)
{
	struct faultsys *f = self(s);

	if (enter(f, FAULT_RMDIR) != 0)
		return leave(f, -1);
	return leave(f, drop_name(f, path, true));
}

static int
f_mkdir(const struct sys *s, const char *path, mode_t mode)
{
	struct faultsys *f = self(s);
	struct node *d, *parent;
	const char *last;

	if (enter(f, FAULT_MKDIR) != 0)
		return leave(f, -1);
	if (lookup(f, path, &parent, &last) != NULL) {
		errno = EEXIST;
		return leave(f, -1);
	}
	if (parent == NULL)
		return leave(f, -1);
	d = node_new(f, true);
	set_synced(d, &d->names);
	names_set(&parent->names, last, d);
	changed(parent);
	return leave(f, 0);
}

static int
f_list(const struct sys *s, const char *dir,
    int (*each)(void *, const char *), void *arg)
{
	struct faultsys *f = self(s);
	struct names names;
	struct node *d;
	int rc = 0;

	if (enter(f, FAULT_LIST) != 0 ||
	    (d = lookup(f, dir, NULL, NULL)) == NULL)
		return leave(f, -1);
	names = names_copy(&d->names);
	leave(f, 0);
	for (int i = 0; i < names.n && rc == 0; i++)
		rc = each(arg, names.v[i].text);
	names_free(&names);
	return rc;
}

static int
f_sync_dir(const struct sys *s, const char *path)
{
	struct faultsys *f = self(s);
	struct node *d;

	if (enter(f, FAULT_SYNC_DIR) != 0 ||
	    (d = lookup(f, path, NULL, NULL)) == NULL)
		return leave(f, -1);
	set_synced(d, &d->names);
	return leave(f, 0);
}

static int
f_sync_fs(const struct sys *s, int fd)
{
	struct faultsys *f = self(s);

	if (enter(f, FAULT_SYNC_FS) != 0)
		return leave(f, -1);
	for (struct node *d = f->all; d != NULL; d = d->next)
		if (d->dir)
			set_synced(d, &d->names);
		else
			sync_bytes(d);
	return leave(f, 0);
}

static const struct sys calls = {
	.now_ms = f_now_ms,
	.mono_ns = f_mono_ns,
	.random = f_random,
	.open = f_open,
	.close = f_close,
	.pread = f_pread,
	.pwritev = f_pwritev,
	.fdatasync = f_fdatasync,
	.fsync = f_fsync,
	.writeback = f_writeback,
	.forget = f_forget,
	.await_writeback = f_await_writeback,
	.ftruncate = f_ftruncate,
	.reserve = f_reserve,
	.fstat = f_fstat,
	.lock = f_lock,
	.rename = f_rename,
	.unlink = f_unlink,
	.mkdir = f_mkdir,
	.rmdir = f_rmdir,
	.list = f_list,
	.sync_dir = f_sync_dir,
	.sync_fs = f_sync_fs,
};

/* The test's side. */

struct faultsys *
faultsys_new(uint64_t seed)
{
	struct faultsys *f = xcalloc(1, sizeof(*f));

	f->sys = calls;
	f->seed = seed * 2 + 1;
	f->now_ms = INT64_C(1700000000000);
	f->left = -1;
	pthread_mutex_init(&f->lock, NULL);
	f->root = node_new(f, true);
	set_synced(f->root, &f->root->names);
	return f;
}

void
faultsys_free(struct faultsys *f)
{
	struct node *d;

	if (f->armed && !f->hit)
		fail_msg("%s was armed and never hit", faultsys_name(f->call));
	for (int i = 0; i < FDS; i++)
		if (f->fds[i] != NULL)
			fail_msg("descriptor %d is still open", FIRST_FD + i);
	while ((d = f->all) != NULL) {
		f->all = d->next;
		names_free(&d->names);
		forget(d);
		free(d->now.p);
		free(d->disk.p);
		free(d->lost);
		free(d);
	}
	pthread_mutex_destroy(&f->lock);
	free(f);
}

const struct sys *
faultsys_sys(struct faultsys *f)
{
	return &f->sys;
}

void
faultsys_arm(struct faultsys *f, enum fault_call call, int nth, int err)
{
	f->armed = true;
	f->hit = false;
	f->call = call;
	f->nth = nth;
	f->err = err;
}

bool
faultsys_hit(struct faultsys *f)
{
	f->armed = false;
	return f->hit;
}

int
faultsys_calls(const struct faultsys *f, enum fault_call call)
{
	return f->calls[call];
}

const char *
faultsys_name(enum fault_call call)
{
	static const char *const names[FAULT_CALLS] = {
		"open", "pread", "pwritev", "fdatasync", "fsync", "ftruncate",
		"fstat", "rename", "unlink", "mkdir", "rmdir", "list",
		"sync_dir", "sync_fs" };

	return names[call];
}

void
faultsys_fill(struct faultsys *f, bool full)
{
	f->full = full;
}

void
faultsys_cut_after(struct faultsys *f, int n)
{
	f->left = n;
	f->dark = n == 0;
}

bool
faultsys_is_dark(const struct faultsys *f)
{
	return f->dark;
}

/* What a page is after the cut. */
static void
survive_page(struct faultsys *f, const struct node *d, uint8_t *to, size_t at,
    size_t n)
{
	size_t torn = below(f, 3) * PAGE / 2;	/* old, torn, new */
	size_t old = at < d->disk.len ? d->disk.len - at : 0;
	size_t new = at < d->now.len ? d->now.len - at : 0;

	if (is_lost(d, at / PAGE))
		torn = 0;
	if (torn == PAGE / 2)
		torn = below(f, PAGE / SECTOR) * SECTOR;
	memset(to, 0, n);
	memcpy(to, d->disk.p + at, old < n ? old : n);
	if (new > torn)
		new = torn;
	if (new > 0)
		memcpy(to, d->now.p + at, new < n ? new : n);
}

static void
survive_file(struct faultsys *f, struct node *d)
{
	size_t least = d->disk.len < d->now.len ? d->disk.len : d->now.len;
	size_t most = d->disk.len + d->now.len - least, n;
	struct bytes after = { NULL, 0 };

	resize(&d->disk, d->disk.len);	/* never NULL from here on */
	switch (below(f, 3)) {
	case 0:
		resize(&after, d->disk.len);
		break;
	case 1:
		resize(&after, d->now.len);
		break;
	default:
		resize(&after, least + below(f, most - least + 1));
	}
	for (size_t at = 0; at < after.len; at += PAGE) {
		n = after.len - at < PAGE ? after.len - at : PAGE;
		survive_page(f, d, after.p + at, at, n);
	}
	free(d->now.p);
	d->now = after;
	copy(&d->disk, &d->now);
	dirty(d, 0, d->n_lost * PAGE);
}

static void
survive_dir(struct faultsys *f, struct node *d)
{
	struct names kept;

	kept = names_copy(&d->history[below(f, (size_t)d->n_history)]);
	names_free(&d->names);
	d->names = kept;
	set_synced(d, &d->names);
}

void
faultsys_restart(struct faultsys *f)
{
	for (struct node *d = f->all; d != NULL; d = d->next)
		if (d->dir)
			survive_dir(f, d);
		else
			survive_file(f, d);
	memset(f->fds, 0, sizeof(f->fds));
	f->dark = false;
	f->left = -1;
}

void
faultsys_set_ms(struct faultsys *f, int64_t now_ms)
{
	f->now_ms = now_ms;
}

uint64_t
faultsys_random(struct faultsys *f)
{
	return draw(f);
}
