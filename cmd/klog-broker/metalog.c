/*
 * metalog.c: replaying and appending to the metadata log.
 *
 * Control batches (leader changes) count as offsets and say nothing to the
 * image. Begin- and EndTransaction records enclose batches that count as one:
 * what an aborted one holds is thrown away (KIP-868).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "image_edit.h"
#include "image_records.h"
#include "metalog.h"
#include "record/builder.h"
#include "record/iter.h"
#include "store/log.h"
#include "wire/codec.h"
#include "wire/meta.h"
#include "wire/msg_control.h"

#define NAME		"__cluster_metadata-0"
#define READ_MAX	(1 << 20)	/* bytes of log replayed at a time */
#define BATCH_RECORDS	1024		/* records of a snapshot's batch */
#define SNAPSHOT_MAX	(INT64_C(1) << 30)
#define ROOM_BYTES	(1 << 16)
#define RECORD_EXTRA	32		/* a record's own fields, at most */

struct metalog {
	const struct sys *sys;
	char		 *dir;
	struct log	 *log;
	int32_t		  node_id;
	int32_t		  epoch;
	int64_t		  flushed;	/* where log is NULL: its end */
	int64_t		  snapped;	/* end offset of the last snapshot */
	int64_t		  snapped_size;	/* log_size() then */
};

/* The id of the metadata topic: 1. */
static const struct kuuid topic_id = { { [15] = 1 } };

/* Puts a small file in place, durably. */
static int
put_file(const struct metalog *m, const char *name, const void *p, size_t n,
    struct kerr *e)
{
	char *path = xasprintf("%s/%s", m->dir, name);
	char *temp = xasprintf("%s.tmp", path);
	struct iovec iov = { (void *)(uintptr_t)p, n };
	ssize_t w = -1;
	int fd, rc = -1;

	fd = m->sys->open(m->sys, temp, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd >= 0) {
		w = m->sys->pwritev(m->sys, fd, &iov, 1, 0);
		if (w >= 0 && (size_t)w < n)
			errno = ENOSPC;
		if (w == (ssize_t)n)
			rc = m->sys->fsync(m->sys, fd);
		if (m->sys->close(m->sys, fd) < 0)
			rc = -1;
	}
	if (rc == 0)
		rc = m->sys->rename(m->sys, temp, path);
	if (rc == 0)
		rc = m->sys->sync_dir(m->sys, m->dir);
	if (rc < 0) {
		rc = kerr_sys(e, "%s", path);
		m->sys->unlink(m->sys, temp);	/* it takes up room */
	}
	free(temp);
	free(path);
	return rc;
}

static int
put_quorum_state(const struct metalog *m, struct kerr *e)
{
	char *s = xasprintf("{\"clusterId\":\"\",\"leaderId\":%d,"
	    "\"leaderEpoch\":%d,\"votedId\":-1,\"appliedOffset\":0,"
	    "\"currentVoters\":[{\"voterId\":%d}],\"data_version\":0}",
	    m->node_id, m->epoch, m->node_id);
	int rc = put_file(m, "quorum-state", s, strlen(s), e);

	free(s);
	return rc;
}

static void
get_quorum_state(struct metalog *m)
{
	char *path = xasprintf("%s/quorum-state", m->dir);
	char text[4096], *p;
	ssize_t n = -1;
	int fd = m->sys->open(m->sys, path, O_RDONLY, 0);

	if (fd >= 0) {
		n = m->sys->pread(m->sys, fd, text, sizeof(text) - 1, 0);
		m->sys->close(m->sys, fd);
	}
	text[n > 0 ? n : 0] = '\0';
	if ((p = strstr(text, "\"leaderEpoch\":")) != NULL)
		m->epoch = (int32_t)strtol(p + 14, NULL, 10);
	free(path);
}

/* A batch of one control record. */
static size_t
control_batch(uint8_t *mem, size_t cap, int16_t type,
    const struct kmessage *msg, const void *value, int64_t now)
{
	struct builder_opts o = BUILDER_OPTS;
	struct builder b;
	struct record_input in = { .timestamp = now };
	struct buf v = { 0 };
	uint8_t key[4];

	put_be16(key, 0);
	put_be16(key + 2, (uint16_t)type);
	kmsg_encode_buf(msg, 0, value, &v, NULL);
	in.key = key;
	in.key_len = sizeof(key);
	in.value = v.p;
	in.value_len = (int32_t)v.len;
	builder_init(&b, mem, cap);
	builder_add(&b, &in);
	o.flags = BATCH_CONTROL;
	buf_release(&v);
	return (size_t)builder_finish(&b, &o, NULL, NULL, NULL);
}

/* A new epoch of this leader: said in the log, which the first append
 * flushes, and in quorum-state. */
static int
begin_epoch(struct metalog *m, struct kerr *e)
{
	struct leader_change_message_voter self = { .voter_id = m->node_id };
	struct leader_change_message lc = {
		.leader_id = m->node_id,
		.voters = { &self, 1 },
		.granting_voters = { &self, 1 },
	};
	uint8_t mem[256];
	struct iovec iov = { mem, 0 };
	struct log_appended a;
	int rc;

	m->epoch++;
	iov.iov_len = control_batch(mem, sizeof(mem), 2,
	    &leader_change_message_msg, &lc, sys_now_ms(m->sys));
	rc = log_append(m->log, &iov, 1, m->epoch, -1, &a, e);
	return rc < 0 ? kerr_wrap(e, "metadata log") : put_quorum_state(m, e);
}

static int
open_log(struct metalog *m, const struct log_known *k, struct kerr *e)
{
	struct log_config c = LOG_CONFIG_INIT;

	c.reserve_bytes = 0;
	return log_open(&m->log, m->sys, m->dir, &c, k, NULL, e);
}

int
metalog_open(struct metalog **out, const struct sys *s, const char *data_dir,
    int32_t node_id, bool clean, struct kerr *e)
{
	struct metalog *m = xcalloc(1, sizeof(*m));
	struct log_known k = { .clean = clean, .topic_id = topic_id };
	int rc;

	m->sys = s;
	m->node_id = node_id;
	m->dir = xasprintf("%s/" NAME, data_dir);
	get_quorum_state(m);
	if ((rc = open_log(m, &k, e)) < 0)
		goto fail;
	if (log_epoch(m->log) > m->epoch)
		m->epoch = log_epoch(m->log);
	if ((!clean || log_end(m->log) == 0) && (rc = begin_epoch(m, e)) < 0)
		goto fail;
	*out = m;
	return 0;
fail:
	if (m->log != NULL)
		log_abandon(m->log);
	free(m->dir);
	free(m);
	return rc;
}

int
metalog_close(struct metalog *m, struct kerr *e)
{
	int rc = m->log != NULL ? log_close(m->log, e) :
	    kerr_set(e, KE_OFFLINE, "metadata log: %s", kerr_text(KE_OFFLINE));

	free(m->dir);
	free(m);
	return rc;
}

bool
metalog_full(const struct metalog *m)
{
	return m->log == NULL || log_full(m->log);
}

/* Room for the next append, and some. */
static int
try_room(const struct metalog *m, struct kerr *e)
{
	char *path = xasprintf("%s/room", m->dir), *zeros;
	int rc;

	zeros = xcalloc(1, ROOM_BYTES);
	rc = put_file(m, "room", zeros, ROOM_BYTES, e);
	m->sys->unlink(m->sys, path);
	free(zeros);
	free(path);
	return rc;
}

int
metalog_revive(struct metalog *m, struct kerr *e)
{
	struct log_known k = { .topic_id = topic_id };
	int rc;

	if ((rc = try_room(m, e)) < 0)
		return rc;
	if (m->log != NULL) {
		m->flushed = log_flushed(m->log);
		log_abandon_full(m->log);
		m->log = NULL;
	}
	k.recovery_point = m->flushed;
	return open_log(m, &k, e);
}

int64_t
metalog_end(const struct metalog *m)
{
	return log_end(m->log);
}

int32_t
metalog_epoch(const struct metalog *m)
{
	return m->epoch;
}

int64_t
metalog_unsnapped(const struct metalog *m)
{
	return log_size(m->log) - m->snapped_size;
}

/* Replay: stable is what counts for sure, edit what is being added. */
struct replay {
	struct image		*stable;
	struct image_edit	*edit;		/* NULL: nothing yet */
	bool			 in_transaction;
};

static void
replay_settle(struct replay *rp)
{
	if (rp->edit == NULL)
		return;
	image_unref(rp->stable);
	rp->stable = image_edit_finish(rp->edit);
	rp->edit = NULL;
}

static void
replay_forget(struct replay *rp)
{
	if (rp->edit != NULL)
		image_edit_drop(rp->edit);
	rp->edit = NULL;
}

static int
replay_record(struct replay *rp, const struct record *r, struct kerr *e)
{
	int16_t type, version;
	struct rd rd;
	int rc;

	rd_init(&rd, r->value, r->value_len > 0 ? (size_t)r->value_len : 0);
	if ((rc = meta_read_frame(&rd, &type, &version, e)) < 0)
		return rc;
	switch (type) {
	case META_BEGIN_TRANSACTION:
		replay_settle(rp);
		rp->in_transaction = true;
		return 0;
	case META_END_TRANSACTION:
		replay_settle(rp);
		rp->in_transaction = false;
		return 0;
	case META_ABORT_TRANSACTION:
		replay_forget(rp);
		rp->in_transaction = false;
		return 0;
	}
	if (rp->edit == NULL)
		rp->edit = image_edit_begin(rp->stable);
	return image_edit_apply(rp->edit, r->value, (size_t)r->value_len, e);
}

/* Whole batches at p; what they hold up to `from` was seen already. */
static int
replay_batches(struct replay *rp, const uint8_t *p, size_t n, int64_t from,
    struct kerr *e)
{
	struct batch_header h;
	struct record_iter it;
	struct record r;
	int rc;

	for (; n > 0; p += batch_size(&h), n -= batch_size(&h)) {
		if ((rc = batch_parse(p, n, &h, e)) < 0)
			return rc;
		if (!batch_crc_ok(p, &h))
			return kerr_set(e, KE_CRC, "batch at offset %lld",
			    (long long)h.base_offset);
		if (batch_is_control(&h) || batch_last_offset(&h) < from)
			continue;
		if ((rc = record_iter_init(&it, p, &h, NULL, NULL, 0, e)) < 0)
			return rc;
		while ((rc = record_iter_next(&it, &r)) > 0)
			if (r.offset >= from &&
			    (rc = replay_record(rp, &r, e)) < 0)
				return kerr_wrap(e, "offset %lld",
				    (long long)r.offset);
		if (rc < 0)
			return kerr_set(e, rc, "malformed batch at offset %lld",
			    (long long)h.base_offset);
	}
	return 0;
}

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

/* The name of the latest snapshot before the one of that name ("": of all),
 * or "" where there is none. */
static void
snapshot_before(const struct metalog *m, const char *before, char name[64])
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

static int
read_whole(const struct metalog *m, const char *path, struct buf *b,
    struct kerr *e)
{
	int fd = m->sys->open(m->sys, path, O_RDONLY, 0);
	struct stat st;
	ssize_t n = 0;
	int rc = 0;

	if (fd < 0)
		return kerr_sys(e, "%s", path);
	if (m->sys->fstat(m->sys, fd, &st) < 0 || st.st_size > SNAPSHOT_MAX)
		rc = kerr_set(e, KE_CORRUPT, "%s: too large", path);
	while (rc == 0 && b->len < (size_t)st.st_size) {
		buf_reserve(b, (size_t)st.st_size - b->len);
		n = m->sys->pread(m->sys, fd, b->p + b->len,
		    (size_t)st.st_size - b->len, (off_t)b->len);
		if (n <= 0)
			rc = kerr_sys(e, "%s", path);
		else
			b->len += (size_t)n;
	}
	m->sys->close(m->sys, fd);
	return rc;
}

static int
replay_one(struct metalog *m, struct replay *rp, const char *name,
    struct kerr *e)
{
	char *path = xasprintf("%s/%s", m->dir, name);
	struct buf b = { 0 };
	int rc;

	if ((rc = read_whole(m, path, &b, e)) == 0 &&
	    (rc = replay_batches(rp, b.p, b.len, 0, e)) < 0)
		kerr_wrap(e, "%s", path);
	if (rc < 0)
		replay_forget(rp);
	buf_release(&b);
	free(path);
	return rc;
}

/* The latest sound snapshot. Before a damaged one there is another, and the
 * log between the two (see sum_up()). */
static int
replay_snapshot(struct metalog *m, struct replay *rp, struct kerr *e)
{
	struct kerr why = KERR_INIT;
	char name[64] = "", last[64];
	int rc = 0;

	for (snapshot_before(m, "", name); name[0] != '\0';
	    snapshot_before(m, last, name)) {
		kerr_clear(&why);
		if ((rc = replay_one(m, rp, name, &why)) == 0) {
			m->snapped = strtoll(name, NULL, 10);
			return 0;
		}
		log_line(LOG_WARN, LOG_BROKER, "%s", why.msg);
		strcpy(last, name);
	}
	if (log_start(m->log) > 0)
		return kerr_set(e, KE_CORRUPT, "begins at offset %lld, and "
		    "there is no sound snapshot of what was before",
		    (long long)log_start(m->log));
	return 0;
}

static int
replay_log(struct metalog *m, struct replay *rp, struct kerr *e)
{
	int64_t at = m->snapped > log_start(m->log) ? m->snapped :
	    log_start(m->log), end = log_end(m->log), n;
	struct batch_header h;
	struct buf b = { 0 };
	int64_t bytes = 0;
	size_t seen;
	int rc = 0;

	while (rc == 0 && at < end) {
		buf_clear(&b);
		n = log_read_buf(m->log, at, READ_MAX, end, true, &b, e);
		if (n <= 0) {
			rc = n < 0 ? (int)n : kerr_set(e, KE_CORRUPT,
			    "nothing at offset %lld", (long long)at);
			break;
		}
		if ((rc = replay_batches(rp, b.p, b.len, at, e)) < 0)
			break;
		for (seen = 0; seen < b.len; seen += batch_size(&h)) {
			batch_header_parse(b.p + seen, b.len - seen, &h, NULL);
			at = batch_last_offset(&h) + 1;
		}
		bytes += (int64_t)b.len;
	}
	m->snapped_size = log_size(m->log) - bytes;
	buf_release(&b);
	return rc;
}

/* Records [from, to) as one batch at the end of b. */
static void
put_batch(struct buf *b, const struct records *rs, int32_t from, int32_t to,
    int64_t now, int64_t base_offset, int32_t epoch)
{
	struct builder_opts o = BUILDER_OPTS;
	struct record_input in = { .timestamp = now, .key_len = -1 };
	size_t room = BATCH_HEADER;
	struct builder bl;

	for (int32_t i = from; i < to; i++)
		room += rs->v[i].len + RECORD_EXTRA;
	builder_init(&bl, buf_reserve(b, room), room);
	for (int32_t i = from; i < to; i++) {
		in.value = rs->bytes.p + rs->v[i].off;
		in.value_len = (int32_t)rs->v[i].len;
		builder_add(&bl, &in);
	}
	o.base_offset = base_offset;
	o.leader_epoch = epoch;
	b->len += (size_t)builder_finish(&bl, &o, NULL, NULL, NULL);
}

int
metalog_append(struct metalog *m, const struct records *const *v, int n,
    struct kerr *e)
{
	int64_t now = sys_now_ms(m->sys);
	struct log_appended a;
	struct buf b = { 0 };
	struct iovec iov;
	int rc = 0;

	for (int i = 0; i < n; i++)
		if (v[i]->n > 0)
			put_batch(&b, v[i], 0, v[i]->n, now, 0, m->epoch);
	iov = (struct iovec){ b.p, b.len };
	if (b.len > 0)
		rc = log_append(m->log, &iov, 1, m->epoch, -1, &a, e);
	if (rc >= 0)
		rc = log_flush(m->log, e);
	buf_release(&b);
	return rc < 0 ? kerr_wrap(e, "metadata log") : 0;
}

/* The last controller left a transaction open: what follows is not its. */
static int
abort_transaction(struct metalog *m, struct kerr *e)
{
	struct abort_transaction_record r = { kstr("controller failover") };
	struct records rs = { 0 };
	const struct records *v[1] = { &rs };
	int rc;

	records_put(&rs, &abort_transaction_record_msg, 0, &r);
	rc = metalog_append(m, v, 1, e);
	records_release(&rs);
	return rc;
}

int
metalog_replay(struct metalog *m, struct image **im, struct kerr *e)
{
	struct replay rp = { .stable = *im };
	int rc;

	if ((rc = replay_snapshot(m, &rp, e)) == 0) {
		replay_settle(&rp);
		rc = replay_log(m, &rp, e);
	}
	if (rp.in_transaction) {
		replay_forget(&rp);
		rc = rc == 0 ? abort_transaction(m, e) : rc;
	}
	replay_settle(&rp);
	*im = rp.stable;
	return rc < 0 ? kerr_wrap(e, "metadata log") : 0;
}

static void
put_control(struct buf *b, int16_t type, const struct kmessage *msg,
    const void *value, int64_t now, int64_t offset, int32_t epoch)
{
	uint8_t *p = buf_reserve(b, 256);
	size_t n = control_batch(p, 256, type, msg, value, now);

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
	char name[64];
	int32_t n;
	int rc;

	image_records(im, &rs);
	put_control(&b, 3, &snapshot_header_record_msg, &head, now, 0,
	    m->epoch);
	for (int32_t i = 0; i < rs.n; i += n, at += n) {
		n = rs.n - i < BATCH_RECORDS ? rs.n - i : BATCH_RECORDS;
		put_batch(&b, &rs, i, i + n, now, at, m->epoch);
	}
	put_control(&b, 4, &snapshot_footer_record_msg, &foot, now, at,
	    m->epoch);
	snprintf(name, sizeof(name), "%020lld-%010d.checkpoint",
	    (long long)end, m->epoch);
	if ((rc = put_file(m, name, b.p, b.len, e)) == 0)
		rc = sum_up(m, end, e);
	records_release(&rs);
	buf_release(&b);
	return rc;
}
