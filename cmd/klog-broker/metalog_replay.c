/*
 * metalog_replay.c: from the metadata log, and the snapshot before it, to an
 * image.
 *
 * Control batches (leader changes) count as offsets and say nothing to the
 * image. Begin- and EndTransaction records enclose batches that count as one:
 * what an aborted one holds is thrown away (KIP-868).
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "image_edit.h"
#include "metalog_impl.h"
#include "record/iter.h"
#include "store/file.h"
#include "wire/meta.h"

#define READ_MAX	(1 << 20)	/* bytes of log replayed at a time */
#define SNAPSHOT_MAX	((size_t)1 << 30)

/* Replay: stable is what counts for sure, edit what is being added. */
struct replay {
	struct image		*stable;
	struct image_edit	*edit;		/* NULL: nothing yet */
	bool			 in_transaction;
	bool			 footer;	/* the last batch was one */
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

/* The control record that ends a snapshot, without which it is cut short. */
static bool
is_footer(const uint8_t *p, const struct batch_header *h)
{
	struct record_iter it;
	struct record r;

	return batch_is_control(h) &&
	    record_iter_init(&it, p, h, NULL, NULL, 0, NULL) == 0 &&
	    record_iter_next(&it, &r) > 0 &&
	    record_control_type(&r) == CONTROL_SNAPSHOT_FOOTER;
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
		rp->footer = is_footer(p, &h);
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

static int
replay_one(struct metalog *m, struct replay *rp, const char *name,
    struct kerr *e)
{
	char *path = xasprintf("%s/%s", m->dir, name);
	struct buf b = { 0 };
	int rc;

	rp->footer = false;
	if ((rc = file_load(m->sys, path, SNAPSHOT_MAX, &b, e)) == 0) {
		rc = replay_batches(rp, b.p, b.len, 0, e);
		if (rc == 0 && !rp->footer)
			rc = kerr_set(e, KE_CORRUPT, "cut short");
		if (rc < 0)
			kerr_wrap(e, "%s", path);
	}
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

	for (metalog_snapshot_before(m, "", name); name[0] != '\0';
	    metalog_snapshot_before(m, last, name)) {
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
