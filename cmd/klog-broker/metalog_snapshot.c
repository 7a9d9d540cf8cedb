/*
 * metalog_snapshot.c: an image as a file, which stands for the metadata log up
 * to it. The last two stay, and the log between them.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "image_records.h"
#include "metalog_impl.h"
#include "record/batch.h"
#include "store/file.h"
#include "wire/msg_control.h"

#define BATCH_RECORDS	1024		/* records of a batch */

static bool
is_snapshot(const char *name)
{
	return strlen(name) == 20 + 1 + 10 + 11 &&
	    strcmp(name + 31, ".checkpoint") == 0;
}

/* Removes the snapshots before that offset. */
static void
drop_older(const struct metalog *m, int64_t offset)
{
	DIR *d = opendir(m->dir);
	struct dirent *de;
	char *path;

	while (d != NULL && (de = readdir(d)) != NULL) {
		if (!is_snapshot(de->d_name) ||
		    strtoll(de->d_name, NULL, 10) >= offset)
			continue;
		path = xasprintf("%s/%s", m->dir, de->d_name);
		/* one that stays does no harm: the latest counts */
		m->sys->unlink(m->sys, path);
		free(path);
	}
	if (d != NULL)
		closedir(d);
}

void
metalog_snapshot_before(const struct metalog *m, const char *before, char name[64])
{
	DIR *d = opendir(m->dir);
	struct dirent *de;

	name[0] = '\0';
	if (d == NULL)
		return;
	while ((de = readdir(d)) != NULL)
		if (is_snapshot(de->d_name) && strcmp(de->d_name, name) > 0 &&
		    (before[0] == '\0' || strcmp(de->d_name, before) < 0))
			strcpy(name, de->d_name);
	closedir(d);
}

static void
put_control(struct buf *b, int16_t type, const struct kmessage *msg,
    const void *value, int64_t now, int64_t offset, int32_t epoch)
{
	uint8_t *p = buf_reserve(b, 256);
	size_t n = metalog_control(p, 256, type, msg, value, now);

	batch_assign(p, offset, epoch);
	b->len += n;
}

/* What lies before the last but one snapshot is not needed any more: the last
 * one may turn out to be damaged. Segments begin where snapshots end. */
static int
sum_up(struct metalog *m, int64_t end, struct kerr *e)
{
	int64_t wait, before = m->snapped;
	int rc;

	m->snapped = end;
	drop_older(m, before);
	if ((rc = log_roll(m->log, e)) < 0 ||
	    (rc = log_set_start(m->log, before, e)) < 0)
		return rc;
	log_drop_old(m->log);
	rc = log_remove_old(m->log, 0, &wait, e);
	m->snapped_size = log_size(m->log);
	return rc;
}

int
metalog_snapshot(struct metalog *m, const struct image *im, struct kerr *e)
{
	int64_t now = sys_now_ms(m->sys), end = log_end(m->log), at = 1;
	struct snapshot_header_record head = {
		.last_contained_log_timestamp = now
	};
	struct snapshot_footer_record foot = { 0 };
	struct records rs = { 0 };
	struct buf b = { 0 };
	char *path;
	int32_t n;
	int rc;

	image_records(im, &rs);
	put_control(&b, 3, &snapshot_header_record_msg, &head, now, 0,
	    m->epoch);
	for (int32_t i = 0; i < rs.n; i += n, at += n) {
		n = rs.n - i < BATCH_RECORDS ? rs.n - i : BATCH_RECORDS;
		metalog_put_batch(&b, &rs, i, i + n, now, at, m->epoch);
	}
	put_control(&b, 4, &snapshot_footer_record_msg, &foot, now, at,
	    m->epoch);
	path = xasprintf("%s/%020lld-%010d.checkpoint", m->dir, (long long)end,
	    m->epoch);
	if ((rc = file_save(m->sys, path, b.p, b.len, true, e)) == 0)
		rc = sum_up(m, end, e);
	free(path);
	records_release(&rs);
	buf_release(&b);
	return rc;
}
