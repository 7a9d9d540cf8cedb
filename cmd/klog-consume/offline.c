/*
 * offline.c: --offline: the partitions that lie in a data directory, or the
 * one whose directory was named, in place of a cluster's. Nothing is locked or
 * changed, so that a broker may be at work on them.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/admin.h"
#include "consume.h"
#include "record/msgset.h"
#include "store/checkpoint.h"
#include "store/view.h"

struct local {
	char		*topic;
	int32_t		 partition;
	char		*path;
	struct view	*view;		/* opened when planned */
};

struct offline {
	const struct sys *sys;
	char		*dir;
	bool		 single;	/* dir is a partition */
	bool		 damaged;
	struct local	*v;
	size_t		 n;
	struct checkpoint starts;
	int32_t		*which;		/* -p */
	int		 nwhich;
};

/* "orders-3", also "orders-3.<uuid>-delete": topic and number. */
static bool
split_name(const char *name, char **topic, int32_t *partition)
{
	const char *end = name + strlen(name), *dot, *dash;
	long long n;
	char *stop;

	dot = strrchr(name, '.');
	if (dot != NULL && (strcmp(end - 7, "-delete") == 0 ||
	    strcmp(end - 7, "-future") == 0 || strcmp(end - 6, "-stray") == 0))
		end = dot;
	for (dash = end; dash > name && dash[-1] != '-'; dash--)
		;
	if (dash == end || dash < name + 2)
		return false;
	n = strtoll(dash, &stop, 10);
	if (stop != end || *dash == '+' || *dash == '-' || n > INT32_MAX)
		return false;
	*topic = xstrndup(name, (size_t)(dash - 1 - name));
	*partition = (int32_t)n;
	return true;
}

static void
add(struct offline *f, char *topic, int32_t partition, char *path)
{
	f->v = xreallocarray(f->v, f->n + 1, sizeof(f->v[0]));
	f->v[f->n++] = (struct local){ topic, partition, path, NULL };
}

static int
take_name(void *arg, const char *name)
{
	struct offline *f = arg;
	size_t n = strlen(name);
	int32_t partition;
	char *topic;

	if (n == 24 && strcmp(name + 20, ".log") == 0 &&
	    strspn(name, "0123456789") == 20)
		f->single = true;
	else if (strchr(name, '.') == NULL || n < 7 ||
	    (strcmp(name + n - 7, "-delete") != 0 &&
	    strcmp(name + n - 7, "-future") != 0 &&
	    strcmp(name + n - 6, "-stray") != 0)) {
		if (split_name(name, &topic, &partition))
			add(f, topic, partition, xasprintf("%s/%s", f->dir,
			    name));
	}
	return 0;
}

static void
forget(struct offline *f)
{
	for (size_t i = 0; i < f->n; i++) {
		view_close(f->v[i].view);
		free(f->v[i].topic);
		free(f->v[i].path);
	}
	f->n = 0;
}

/* The directory's own name says what it is; one that has been renamed is the
 * first partition of that name. */
static void
take_single(struct offline *f)
{
	char *real = realpath(f->dir, NULL), *topic;
	const char *name = real != NULL ? strrchr(real, '/') + 1 : f->dir;
	int32_t partition = 0;

	forget(f);
	if (!split_name(name, &topic, &partition))
		topic = xstrdup(*name != '\0' ? name : "log");
	add(f, topic, partition, xstrdup(f->dir));
	free(real);
}

static int
by_name(const void *a, const void *b)
{
	const struct local *x = a, *y = b;
	int d = strcmp(x->topic, y->topic);

	return d != 0 ? d : (x->partition > y->partition) -
	    (x->partition < y->partition);
}

int
offline_open(struct consume *co, const char *dir, struct kerr *e)
{
	struct offline *f = xcalloc(1, sizeof(*f));
	char *path;

	co->files = f;
	f->sys = sys_real();
	f->dir = xstrdup(dir);
	if (f->sys->list(f->sys, dir, take_name, f) != 0)
		return kerr_sys(e, "%s", dir);
	if (f->single)
		take_single(f);
	if (f->n == 0)
		return kerr_set(e, KE_NOTFOUND, "%s: there is no partition in "
		    "this directory", dir);
	qsort(f->v, f->n, sizeof(f->v[0]), by_name);
	path = xasprintf("%s/%s" CHECKPOINT_START, dir,
	    f->single ? "../" : "");
	if (checkpoint_load(&f->starts, f->sys, path, e) != 0) {
		warn_line("%s", e->msg);
		kerr_clear(e);
		f->damaged = true;
	}
	free(path);
	return 0;
}

void
offline_close(struct offline *f)
{
	if (f == NULL)
		return;
	forget(f);
	checkpoint_release(&f->starts);
	free(f->which);
	free(f->v);
	free(f->dir);
	free(f);
}

bool
offline_single(const struct offline *f)
{
	return f->single;
}

bool
offline_damaged(const struct offline *f)
{
	return f->damaged;
}

static void
tell_damage(void *arg, const struct kerr *e)
{
	struct offline *f = arg;

	f->damaged = true;
	warn_line("%s", e->msg);
}

static void
add_which(void *arg, int32_t partition)
{
	struct offline *f = arg;

	f->which = xreallocarray(f->which, (size_t)f->nwhich + 1,
	    sizeof(f->which[0]));
	f->which[f->nwhich++] = partition;
}

static bool
is_wanted(const struct offline *f, int32_t partition)
{
	for (int i = 0; i < f->nwhich; i++)
		if (f->which[i] == partition)
			return true;
	return f->nwhich == 0;
}

static bool
matches(const struct offline *f, const char *name,
    const struct pattern *pattern, const char *topic)
{
	if (name == NULL)
		return true;
	return pattern != NULL ? plan_matches(pattern, topic,
	    strncmp(topic, "__", 2) == 0) : strcmp(name, topic) == 0;
}

/* Opens and plans a partition. One without a segment was never written to. */
static int
add_local(struct consume *co, struct local *l, struct kerr *e)
{
	struct offline *f = co->files;
	int rc;

	if (l->view != NULL)
		return 0;	/* named twice */
	rc = view_open(&l->view, f->sys, l->path, checkpoint_get(&f->starts,
	    l->topic, l->partition, 0), tell_damage, f, e);
	if (rc == KE_NOTFOUND) {
		kerr_clear(e);
		return 0;
	}
	if (rc == 0)
		plan_add(&co->plan, l->topic, l->partition);
	return rc;
}

/* The partitions of one operand (NULL: all there are). */
static int
add_name(struct consume *co, const char *name, struct kerr *e)
{
	struct offline *f = co->files;
	struct pattern *pattern = NULL;
	bool any = false;
	int rc = 0;

	if (name != NULL && *name == '^' &&
	    (rc = plan_compile(&co->plan, name, &pattern, e)) != 0)
		return rc;
	for (size_t i = 0; i < f->n && rc == 0; i++) {
		struct local *l = &f->v[i];

		if (!matches(f, name, pattern, l->topic))
			continue;
		any = true;
		if (is_wanted(f, l->partition))
			rc = add_local(co, l, e);
	}
	if (rc == 0 && !any)
		rc = kerr_set(e, KE_NOTFOUND, pattern != NULL ?
		    "%s: no topic matches '%s'" : "%s: there is no topic '%s'",
		    f->dir, name);
	return rc;
}

/* Each partition of -p is there. */
static int
check_which(const struct consume *co, struct kerr *e)
{
	const struct offline *f = co->files;
	size_t k;

	for (int i = 0; i < f->nwhich; i++) {
		for (k = 0; k < f->n; k++)
			if (f->v[k].partition == f->which[i])
				break;
		if (k == f->n)
			return kerr_set(e, KE_NOTFOUND,
			    "%s: there is no partition %d", f->dir,
			    (int)f->which[i]);
	}
	return 0;
}

int
offline_plan(struct consume *co, const char *const *names, int n,
    struct kerr *e)
{
	int rc = 0;

	if (co->o->partitions != NULL && (spec_partitions(co->o->partitions,
	    add_which, co->files, e) != 0 || check_which(co, e) != 0))
		return kerr_wrap(e, "-p");
	if (n == 0)
		rc = add_name(co, NULL, e);
	for (int i = 0; i < n && rc == 0; i++)
		rc = add_name(co, names[i], e);
	return rc;
}

static struct view *
find_view(void *arg, const char *topic, int32_t partition)
{
	const struct offline *f = arg;
	const struct local key = { (char *)(uintptr_t)topic, partition, NULL,
	    NULL };
	const struct local *l = bsearch(&key, f->v, f->n, sizeof(key),
	    by_name);

	return l->view;		/* the plan has none that are not here */
}

struct consumer *
offline_consumer(struct consume *co, const struct consumer_config *cf)
{
	const struct consumer_files files = { find_view, co->files };

	return consumer_new_files(co->loop, &files, cf);
}

/* The first batch of b, made anew in made where it is in an old format. */
static const uint8_t *
first_batch(struct consume *co, const struct buf *b, struct buf *made,
    struct batch_header *h)
{
	const struct buf *at = b;
	struct msgset_source from;

	if (msgset_begins(b->p, b->len)) {
		if (msgset_batch(b->p, b->len, MSGSET_NO_CRC, co->codecs,
		    &co->scratch, BATCH_MAX_RAW, made, &from, NULL) != 0)
			return NULL;
		at = made;
	}
	return batch_parse(at->p, at->len, h, NULL) == 0 ? at->p : NULL;
}

/* The first record of the batch at offset with that time. */
static int64_t
find_record(struct consume *co, struct view *v, int64_t offset, int64_t upto,
    int64_t ts)
{
	struct batch_header h;
	struct record_iter it;
	struct record r;
	struct buf b = { 0 }, made = { 0 };
	int64_t next, found = offset;
	const uint8_t *p;

	if (view_read(v, offset, upto, 1, &b, &next, NULL) == 0 &&
	    (p = first_batch(co, &b, &made, &h)) != NULL &&
	    record_iter_init(&it, p, &h, co->codecs, &co->scratch,
	    BATCH_MAX_RAW, NULL) == 0)
		while (record_iter_next(&it, &r) > 0)
			if (r.timestamp >= ts && r.offset >= offset) {
				found = r.offset;
				break;
			}
	buf_release(&made);
	buf_release(&b);
	return found;
}

int
offline_offsets(struct consume *co, struct admin_offset *v, size_t n,
    bool committed, struct kerr *e)
{
	for (size_t i = 0; i < n; i++) {
		struct view *w = find_view(co->files, v[i].topic,
		    v[i].partition);
		int64_t end = committed ? view_stable(w) : view_end(w);

		v[i].ts = -1;
		if (v[i].at == OFFSET_EARLIEST)
			v[i].offset = view_start(w);
		else if (v[i].at == OFFSET_LATEST)
			v[i].offset = end;
		else if (view_find_time(w, v[i].at, end, &v[i].offset,
		    e) != 0)
			return e->code;
		else if (v[i].offset >= 0)
			v[i].offset = find_record(co, w, v[i].offset, end,
			    v[i].at);
	}
	return 0;
}
