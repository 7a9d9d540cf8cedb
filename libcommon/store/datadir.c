/* datadir.c: see datadir.h. */
#include "store/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/file.h"
#include "wire/uuid.h"

#define CLEAN_FILE	".kafka_cleanshutdown"

enum { META_MAX = 1 << 16 };

struct datadir {
	const struct sys	*sys;
	char			*path;
	int			 lock;		/* descriptor of .lock */
	bool			 unsure;	/* datadir_sync() has failed */
};

static char *
inside(const char *dir, const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

static int
take_lock(struct datadir *d, struct kerr *e)
{
	char *path = inside(d->path, ".lock");
	int rc = 0;

	d->lock = d->sys->open(d->sys, path, O_RDWR | O_CREAT, 0644);
	if (d->lock < 0)
		rc = kerr_sys(e, "%s", path);
	else if (d->sys->lock(d->sys, d->lock) != 0)
		rc = errno == EAGAIN || errno == EACCES ?
		    kerr_set(e, KE_LOCKED, "%s: %s", path,
		    kerr_text(KE_LOCKED)) : kerr_sys(e, "%s", path);
	free(path);
	return rc;
}

int
datadir_open(struct datadir **out, const struct sys *s, const char *path,
    struct kerr *e)
{
	struct datadir *d;
	int rc;

	if (s->mkdir(s, path, 0700) != 0 && errno != EEXIST)
		return kerr_sys(e, "%s", path);
	d = xcalloc(1, sizeof(*d));
	d->sys = s;
	d->path = xstrdup(path);
	if ((rc = take_lock(d, e)) != 0) {
		datadir_close(d);
		return rc;
	}
	*out = d;
	return 0;
}

void
datadir_close(struct datadir *d)
{
	if (d->lock >= 0)
		d->sys->close(d->sys, d->lock);
	free(d->path);
	free(d);
}

const char *
datadir_path(const struct datadir *d)
{
	return d->path;
}

bool
datadir_in_place(const struct datadir *d)
{
	char *path = inside(d->path, ".lock");
	int fd = d->sys->open(d->sys, path, O_RDONLY, 0);
	struct stat ours, there;
	bool same;

	free(path);
	if (fd < 0)
		/* of other failures nothing is known */
		return errno != ENOENT && errno != ENOTDIR;
	same = d->sys->fstat(d->sys, fd, &there) != 0 ||
	    d->sys->fstat(d->sys, d->lock, &ours) != 0 ||
	    (ours.st_dev == there.st_dev && ours.st_ino == there.st_ino);
	d->sys->close(d->sys, fd);
	return same;
}

/* A failure is told once, to whom it may; that file's own sync tells of it, if
 * it is asked. */
int
datadir_sync(struct datadir *d)
{
	if (d->unsure) {
		errno = EIO;
		return -1;
	}
	if (d->sys->sync_fs(d->sys, d->lock) == 0)
		return 0;
	d->unsure = true;
	return -1;
}

/* One line of a Java properties file, cut in two in place; false where there
 * is no key and value on it. */
static bool
property(char *line, char **key, char **value)
{
	char *eq = strchr(line, '=');

	if (line[0] == '#' || eq == NULL)
		return false;
	*eq = '\0';
	*key = line;
	*value = eq + 1;
	return true;
}

static void
set_property(struct datadir_meta *m, int *version, const char *key,
    const char *value)
{
	if (strcmp(key, "version") == 0)
		*version = atoi(value);
	else if (strcmp(key, "node.id") == 0)
		m->node_id = atoi(value);
	else if (strcmp(key, "cluster.id") == 0)
		snprintf(m->cluster_id, sizeof(m->cluster_id), "%s", value);
	else if (strcmp(key, "directory.id") == 0 &&
	    kuuid_parse(value, strlen(value), &m->directory_id) != 0)
		*version = -1;
}

int
datadir_load_meta(struct datadir *d, struct datadir_meta *m, struct kerr *e)
{
	char *path = inside(d->path, "meta.properties");
	char *line, *save, *key, *value;
	int rc, version = -1;
	struct buf b;

	memset(m, 0, sizeof(*m));
	m->node_id = -1;
	buf_init(&b, 0);
	if ((rc = file_load(d->sys, path, META_MAX, &b, e)) != 0)
		goto out;
	buf_putc(&b, '\0');
	for (line = strtok_r((char *)b.p, "\r\n", &save); line != NULL;
	    line = strtok_r(NULL, "\r\n", &save))
		if (property(line, &key, &value))
			set_property(m, &version, key, value);
	if (version != 1 || m->node_id < 0 || m->cluster_id[0] == '\0')
		rc = kerr_set(e, KE_CORRUPT, "%s: not version 1, or without "
		    "node.id or cluster.id", path);
out:
	buf_release(&b);
	free(path);
	return rc;
}

int
datadir_save_meta(struct datadir *d, const struct datadir_meta *m,
    struct kerr *e)
{
	char *path = inside(d->path, "meta.properties"), id[KUUID_TEXT];
	struct buf b;
	int rc;

	kuuid_format(&m->directory_id, id);
	buf_init(&b, 0);
	buf_printf(&b, "#\nnode.id=%d\ndirectory.id=%s\nversion=1\n"
	    "cluster.id=%s\n", m->node_id, id, m->cluster_id);
	rc = file_save(d->sys, path, b.p, b.len, true, e);
	buf_release(&b);
	free(path);
	return rc;
}

int
datadir_take_clean(struct datadir *d, bool *clean, struct kerr *e)
{
	char *path = inside(d->path, CLEAN_FILE);
	int rc = 0;

	*clean = d->sys->unlink(d->sys, path) == 0;
	if (!*clean && errno != ENOENT)
		rc = kerr_sys(e, "%s", path);
	if (*clean && d->sys->sync_dir(d->sys, d->path) != 0)
		rc = kerr_sys(e, "%s", d->path);
	free(path);
	return rc;
}

int
datadir_leave_clean(struct datadir *d, int64_t broker_epoch, struct kerr *e)
{
	char *path = inside(d->path, CLEAN_FILE), text[64];
	int rc, n;

	n = snprintf(text, sizeof(text), "{\"version\":0,\"brokerEpoch\":%"
	    PRId64 "}", broker_epoch);
	rc = file_save(d->sys, path, text, (size_t)n, true, e);
	free(path);
	return rc;
}

struct scan_dir {
	struct datadir	*d;
	int		(*each)(void *, const char *, const char *, int32_t);
	void		*arg;
};

/* <topic>-<n>, where n is as a number is printed. */
static bool
split(const char *name, char *topic, size_t room, int32_t *partition)
{
	const char *dash = strrchr(name, '-');
	char *end, again[16];
	long n;

	if (dash == NULL || dash == name || (size_t)(dash - name) >= room)
		return false;
	errno = 0;
	n = strtol(dash + 1, &end, 10);
	if (errno != 0 || n < 0 || n > INT32_MAX)
		return false;
	snprintf(again, sizeof(again), "%ld", n);
	if (strcmp(again, dash + 1) != 0)
		return false;
	memcpy(topic, name, (size_t)(dash - name));
	topic[dash - name] = '\0';
	*partition = (int32_t)n;
	return true;
}

static int
each_entry(void *arg, const char *name)
{
	struct scan_dir *s = arg;
	char topic[250], *path;
	size_t n = strlen(name);
	int32_t partition;

	if (n > 7 && strcmp(name + n - 7, "-delete") == 0) {
		path = inside(s->d->path, name);
		/* it can wait for the next start */
		(void)datadir_remove(s->d->sys, path, NULL);
		free(path);
		return 0;
	}
	if (!split(name, topic, sizeof(topic), &partition))
		return 0;
	return s->each(s->arg, name, topic, partition);
}

int
datadir_scan(struct datadir *d, int (*each)(void *, const char *,
    const char *, int32_t), void *arg, struct kerr *e)
{
	struct scan_dir s = { d, each, arg };
	int rc = d->sys->list(d->sys, d->path, each_entry, &s);

	return rc == -1 ? kerr_sys(e, "%s", d->path) : rc;
}

struct removal {
	const struct sys	*sys;
	const char		*path;
	struct kerr		*e;
};

static int
remove_entry(void *arg, const char *name)
{
	struct removal *r = arg;
	char *path = inside(r->path, name);
	int rc = file_remove(r->sys, path, r->e);

	free(path);
	return rc != 0 ? 1 : 0;
}

int
datadir_remove(const struct sys *s, const char *path, struct kerr *e)
{
	struct removal r = { s, path, e };
	int rc = s->list(s, path, remove_entry, &r);

	if (rc == 1)
		return KE_SYS;
	if ((rc == -1 || s->rmdir(s, path) != 0) && errno != ENOENT)
		return kerr_sys(e, "%s", path);
	return 0;
}
