/*
 * log_load.c: what a log finds when it is opened: whose directory it is, the
 * files in it, and from those the log in memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "store/checkpoint.h"
#include "store/file.h"
#include "store/log_impl.h"
#include "wire/uuid.h"

enum { DIGITS = 20 };	/* of an offset in a file's name */

/* Offsets that are names of files. */
struct offsets {
	int64_t	*v;
	int	 n;
	int	 cap;
};

struct listing {
	struct log	*l;
	struct offsets	 logs;
	struct offsets	 snapshots;
	struct offsets	 txns;		/* .txnindex files */
	bool		 unfinished;	/* a compaction was interrupted */
};

static void
push(struct offsets *o, int64_t v)
{
	if (o->n == o->cap) {
		o->cap = o->cap != 0 ? 2 * o->cap : 8;
		o->v = xreallocarray(o->v, (size_t)o->cap, sizeof(*o->v));
	}
	o->v[o->n++] = v;
}

static int
ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool
ends_with(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n >= m && strcmp(name + n - m, suffix) == 0;
}

/* What was on its way out when the last run ended. */
static int
remove_stray(struct log *l, const char *name)
{
	char *path = log_path(l, name);
	int rc = file_remove(l->sys, path, NULL);

	free(path);
	return rc;
}

static int
each_name(void *arg, const char *name)
{
	struct listing *s = arg;
	int64_t base;
	char *end;

	if (ends_with(name, DELETED_SUFFIX) || ends_with(name, ".tmp"))
		return remove_stray(s->l, name);
	if (ends_with(name, ".swap") || ends_with(name, ".cleaned"))
		s->unfinished = true;
	if (strspn(name, "0123456789") != DIGITS)
		return 0;
	errno = 0;
	base = strtoll(name, &end, 10);
	if (errno != 0)
		return 0;
	if (strcmp(end, ".log") == 0)
		push(&s->logs, base);
	else if (strcmp(end, ".snapshot") == 0)
		push(&s->snapshots, base);
	else if (strcmp(end, ".txnindex") == 0)
		push(&s->txns, base);
	return 0;
}

static int
list_names(struct log *l, struct listing *s, struct kerr *e)
{
	l->made = true;
	if (l->sys->list(l->sys, l->dir, each_name, s) != 0) {
		if (errno != ENOENT)
			return kerr_sys(e, "reading the directory");
		l->made = false;
	}
	return 0;
}

static int
list(struct log *l, struct listing *s, struct kerr *e)
{
	int rc;

	memset(s, 0, sizeof(*s));
	s->l = l;
	if ((rc = list_names(l, s, e)) != 0)
		return rc;
	if (s->unfinished) {
		s->logs.n = s->snapshots.n = s->txns.n = 0;
		if ((rc = log_swap_recover(l, e)) != 0 ||
		    (rc = list_names(l, s, e)) != 0)
			return rc;
	}
	if (s->logs.n > 0)
		qsort(s->logs.v, (size_t)s->logs.n, sizeof(int64_t), ascending);
	if (s->snapshots.n > 0)
		qsort(s->snapshots.v, (size_t)s->snapshots.n, sizeof(int64_t),
		    ascending);
	return 0;
}

static int
open_segments(struct log *l, const struct offsets *bases,
    const struct log_known *k, struct kerr *e)
{
	struct segment *g;
	int64_t size;

	for (int i = 0; i < bases->n; i++) {
		g = segment_new(l->sys, l->dir, bases->v[i], false);
		log_push_segment(l, g);
		if ((size = segment_stat(g, e)) < 0)
			return (int)size;
		g->written = g->size = g->tail = g->synced = size;
		g->indexes_synced = true;
		g->snapshot_synced = k->clean || g->base < k->recovery_point;
		g->made_ms = sys_now_ms(l->sys);
		g->jitter_ms = log_jitter(l);
		l->bytes += size;
	}
	return 0;
}

static int
find_end(struct log *l, const struct log_known *k, struct log_recovery *r,
    struct kerr *e)
{
	/* a segment that begins there may be younger than the checkpoint, for
	 * which the one before was the active one, and not synced as a whole */
	int i = log_segment_of(l, k->recovery_point - 1);
	int64_t holes;

	if (i < 0) {
		l->end = k->start;
		return 0;
	}
	/* what was below the start is not missed either */
	holes = k->cleaned > k->start ? k->cleaned : k->start;
	/* nothing tells whether an empty file is all that there was */
	return k->clean ? log_trust(l, holes, r, e) :
	    log_recover(l, i, k->recovery_point, holes, r, e);
}

/* What was cut off because it is damaged has been told; files that end too
 * early look like any others. */
static void
tell_lost(const struct log *l, const struct log_known *k,
    const struct log_recovery *r)
{
	if (l->end < k->recovery_point && r->cut == 0)
		log_line(LOG_WARN, LOG_STORE, "%s: ends at offset %lld, but "
		    "was on disk up to %lld: what lies between is lost",
		    l->name, (long long)l->end, (long long)k->recovery_point);
}

/*
 * The end of the log was lost, and with it all that the start had left. It
 * begins anew at its start, so that no offset is given out twice; what the
 * files hold was deleted once, and is kept beside for the case that it is the
 * start that is wrong.
 */
static int
begin_past_end(struct log *l, struct log_recovery *r, struct kerr *e)
{
	struct segment *g;
	char *path, *cut;
	int rc = 0;

	log_line(LOG_WARN, LOG_STORE, "%s: ends at offset %lld, but what is "
	    "below %lld was deleted; begins there, its files are set aside as "
	    ".cut", l->name, (long long)l->end, (long long)l->start);
	while (rc == 0 && l->n_segs > 0) {
		g = l->segs[l->n_segs - 1];
		path = segment_path(l->dir, g->base, ".log");
		cut = xasprintf("%s.%lld.cut", path, (long long)l->start);
		if (l->sys->rename(l->sys, path, cut) != 0)
			rc = kerr_sys(e, "%s", path);
		else
			rc = segment_remove(g, e);
		free(cut);
		free(path);
		l->bytes -= g->size;
		r->cut += g->size;
		segment_close(log_pop_segment(l));
	}
	epochs_release(&l->epochs);
	l->epochs_unsaved = true;
	l->end = r->cut_at = l->start;
	l->touched = true;
	l->names++;
	return rc;
}

/* What recovery found of epochs, and the file does not say, is lost when the
 * recovery point has moved past it. */
static int
settle_epochs(struct log *l, const struct buf *saved, struct kerr *e)
{
	struct buf now;
	int rc = 0;

	buf_init(&now, 0);
	epochs_format(&l->epochs, &now);
	if (now.len != saved->len || memcmp(now.p, saved->p, now.len) != 0)
		rc = log_save_epochs(l, e);
	else
		l->epochs_unsaved = false;
	/* one that is there may be in memory alone */
	l->epochs_unsynced = true;
	buf_release(&now);
	return rc;
}

static int
find_end_and_epochs(struct log *l, const struct log_known *k,
    struct log_recovery *r, struct kerr *e)
{
	struct buf saved;
	int rc, rebuild;

	if (l->n_segs == 0)
		return find_end(l, k, r, e);
	if ((rebuild = log_load_epochs(l, k->clean, e)) < 0)
		return rebuild;
	buf_init(&saved, 0);
	if (!rebuild)
		epochs_format(&l->epochs, &saved);
	if ((rc = find_end(l, k, r, e)) == 0 && rebuild)
		rc = log_rebuild_epochs(l, e);
	if (rc == 0 && !k->clean)
		rc = settle_epochs(l, &saved, e);
	buf_release(&saved);
	return rc;
}

static int
load(struct log *l, const struct listing *s, const struct log_known *k,
    struct log_recovery *r, struct kerr *e)
{
	int rc;

	if ((rc = open_segments(l, &s->logs, k, e)) != 0)
		return rc;
	if ((rc = log_check_txns(l, s->txns.v, s->txns.n, e)) != 0)
		return rc;
	if ((rc = find_end_and_epochs(l, k, r, e)) != 0)
		return rc;
	tell_lost(l, k, r);
	l->start = k->start;
	if (l->n_segs > 0 && l->start > l->end &&
	    (rc = begin_past_end(l, r, e)) != 0)
		return rc;
	if (l->n_segs > 0 && l->start < l->segs[0]->base)
		l->start = l->segs[0]->base;
	if (epochs_cut_start(&l->epochs, l->start))
		l->epochs_unsaved = true;
	l->flushed = l->checked = l->end;
	l->made_synced = k->clean && l->made && l->names == 0;
	if (!k->clean)
		l->checked = k->recovery_point;
	return log_load_producers(l, s->snapshots.v, s->snapshots.n,
	    k->clean ? INT64_MAX : k->recovery_point - 1, e);
}

/* The directory of another topic of the same name, deleted and not yet gone,
 * must not come back as this one. */
static int
set_aside(struct log *l, const struct kuuid *other, struct kerr *e)
{
	char text[KUUID_TEXT], *stray;
	int rc = 0;

	stray = xasprintf("%s.%s-stray", l->dir, kuuid_format(other, text));
	if (l->sys->rename(l->sys, l->dir, stray) != 0)
		rc = kerr_sys(e, "%s", stray);
	else
		log_line(LOG_WARN, LOG_STORE, "%s: belongs to another topic "
		    "of that name; set aside as %s", l->name, stray);
	free(stray);
	return rc;
}

/* True where the ids' texts differ in one character: no two that are random
 * do, but a file with a flipped byte may. */
static bool
is_misread(const struct kuuid *found, const struct kuuid *id)
{
	char a[KUUID_TEXT], b[KUUID_TEXT];
	int n = 0;

	kuuid_format(found, a);
	kuuid_format(id, b);
	for (int i = 0; i < KUUID_TEXT; i++)
		n += a[i] != b[i];
	return n == 1;
}

/* Whose directory it is; 1: it was another's, and is out of the way. What a
 * crash left without a name gets one, as does what has a damaged one. */
static int
check_topic(struct log *l, struct kerr *e)
{
	struct kerr why = KERR_INIT;
	struct kuuid found;
	int rc;

	if (kuuid_none(&l->topic_id))
		return 0;
	rc = partition_metadata_load(l->sys, l->dir, &found, &why);
	if (rc == 0 && is_misread(&found, &l->topic_id)) {
		log_line(LOG_WARN, LOG_STORE, "%s: partition.metadata: one "
		    "character of the topic's id was wrong", l->name);
		rc = KE_CORRUPT;
	}
	if (rc == 0 && !kuuid_eq(&found, &l->topic_id))
		return (rc = set_aside(l, &found, e)) < 0 ? rc : 1;
	if (rc == KE_SYS && e != NULL)
		*e = why;
	if (rc == 0 || rc == KE_SYS)
		return rc;
	rc = partition_metadata_save(l->sys, l->dir, &l->topic_id, &why);
	if (rc == KE_SYS && why.sys == ENOENT)
		return 0;	/* there is no directory at all */
	if (rc != 0 && e != NULL)
		*e = why;
	l->names++;
	return rc;
}

int
log_load(struct log *l, const struct log_known *k, struct log_recovery *r,
    struct kerr *e)
{
	const struct log_known empty = { .clean = k->clean };
	struct listing s;
	int rc;

	if ((rc = check_topic(l, e)) < 0)
		return rc;
	if (rc > 0) {	/* and what is known is known of the other */
		k = &empty;
		l->cleaned = 0;
	}
	if ((rc = list(l, &s, e)) == 0)
		rc = load(l, &s, k, r, e);
	for (int i = 0; i < l->n_segs; i++) {
		segment_unpin(l->segs[i]);
		segment_rest(l->segs[i], 0);	/* there may be thousands */
	}
	free(s.logs.v);
	free(s.txns.v);
	free(s.snapshots.v);
	return rc;
}
