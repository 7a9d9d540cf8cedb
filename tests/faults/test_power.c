/*
 * test_power.c: a log, a model of it, and power that goes at any call. After
 * each cut the log must hold everything that a flush covered, nothing that
 * was never appended, start where its checkpoint says, whatever retention was
 * about, and know its producers; also where a sync failed before, and the log
 * was opened again with the power on. Seeds: 0 to RUNS-1, then one
 * from the clock, which is printed; KLOG_SEED chooses one.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "faultsys.h"
#include "points.h"
#include "record/builder.h"
#include "seeds.h"
#include "store/log.h"

enum { RUNS = 150, CUTS = 12, OPS = 60, MODEL_MAX = CUTS * OPS };

/* One batch as it was appended. */
struct put {
	int64_t	 base;
	int64_t	 next;
	int32_t	 seq;		/* -1: not idempotent */
	size_t	 len;
	uint8_t	*bytes;
};

struct run {
	struct faultsys	*f;
	const struct sys *sys;
	struct log	*l;
	struct log_config config;
	struct put	 put[MODEL_MAX];
	int		 n;		/* batches in the model */
	int64_t		 acked;		/* covered by a flush that returned */
	int64_t		 least;		/* truncation in doubt: may end there */
	int64_t		 start;		/* is written down */
	int64_t		 start_most;	/* may be */
	int32_t		 seq;
	int32_t		 epoch;
	int		 cuts;
};

/* Power may go while it is read: then there is none. */
static int64_t
load(struct run *r, const char *path, int64_t none)
{
	struct kerr e = KERR_INIT;
	int64_t offset = point_load(r->sys, path, none, &e);

	if (e.code != 0 && !faultsys_is_dark(r->f))
		fail_msg("%s", e.msg);
	return offset;
}

static int64_t
model_end(const struct run *r)
{
	return r->n > 0 ? r->put[r->n - 1].next : 0;
}

static void
model_cut(struct run *r, int64_t end)
{
	while (r->n > 0 && r->put[r->n - 1].base >= end)
		free(r->put[--r->n].bytes);
}

/* A batch of random size into the model's next place. */
static struct put *
build(struct run *r)
{
	struct put *p = &r->put[r->n];
	struct builder_opts o = BUILDER_OPTS;
	size_t value = pick(r->f, 4) == 0 ? pick(r->f, 20000) : pick(r->f, 200);
	int records = 1 + (int)pick(r->f, 4);
	struct builder b;
	char *text;

	if (r->n == MODEL_MAX)
		fail_msg("model too small");
	p->len = BATCH_HEADER + (size_t)records * (value + 40);
	p->bytes = xmalloc(p->len);
	text = xmalloc(value + 1);
	memset(text, 'a' + (int)pick(r->f, 26), value + 1);
	builder_init(&b, p->bytes, p->len);
	for (int i = 0; i < records; i++)
		assert_int_equal(builder_add(&b, &(struct record_input){
		    .timestamp = 1000 + r->n, .key_len = -1, .value = text,
		    .value_len = (int32_t)value }), 0);
	p->seq = -1;
	if (pick(r->f, 2) == 0) {
		o.producer_id = 99;
		o.producer_epoch = 0;
		o.base_sequence = p->seq = r->seq;
	}
	p->len = (size_t)builder_finish(&b, &o, NULL, NULL, NULL);
	free(text);
	p->next = records;
	return p;
}

static void
append(struct run *r)
{
	struct put *p = build(r);
	struct iovec v = { p->bytes, p->len };
	struct log_appended a;
	struct kerr e = KERR_INIT;
	int rc;

	p->base = log_end(r->l);
	p->next += p->base;
	rc = log_append(r->l, &v, 1, r->epoch, -1, &a, &e);
	if (rc == 0)
		assert_int_equal(a.base, p->base);
	else if (!faultsys_is_dark(r->f))
		fail_msg("%s", e.msg);
	/* it may be on disk even when power went in the middle; a refused one
	 * whose header was not stamped is not */
	if (rc != 0 && rc != KE_SYS) {
		free(p->bytes);
		return;
	}
	if (p->seq >= 0)
		r->seq += (int32_t)(p->next - p->base);
	r->n++;
}

static void
flush(struct run *r)
{
	int64_t end = log_end(r->l);

	if (log_flush(r->l, NULL) == 0) {
		assert_int_equal(log_flushed(r->l), end);
		r->acked = r->least = end;
	}
}

static void
checkpoint(struct run *r)
{
	unsigned int names;
	int64_t point;

	if (pick(r->f, 2) == 0 && log_note_names(r->l, &names)) {
		/* what comes in between is not durable */
		if (pick(r->f, 2) == 0)
			append(r);
		if (r->sys->sync_fs(r->sys, -1) == 0) {
			if (pick(r->f, 2) == 0)
				append(r);
			log_names_synced(r->l, names);
		}
	}
	point = log_checkpoint(r->l, NULL);
	if (point >= 0)
		(void)point_save(r->sys, POINTS, point);
}

static void
truncate_log(struct run *r)
{
	int64_t end = log_end(r->l), to = end - (int64_t)pick(r->f, 8);
	int32_t seq = 0;

	if (to < r->start_most || to >= end)
		return;
	/* to the start of a batch, as leaders' epochs begin */
	for (int i = r->n - 1; i >= 0 && r->put[i].base >= to; i--)
		to = r->put[i].base;
	if (r->n > 0 && r->put[r->n - 1].next > to)
		for (int i = 0; i < r->n; i++)
			if (r->put[i].base < to && r->put[i].next > to)
				to = r->put[i].base;
	if (to < r->start_most)
		return;
	if (to < r->least)
		r->least = to;
	if (load(r, POINTS, to) > to)
		(void)point_save(r->sys, POINTS, to);
	if (faultsys_is_dark(r->f))
		return;
	if (log_truncate_to(r->l, to, NULL) != 0)
		return;
	assert_int_equal(log_end(r->l), to);
	model_cut(r, to);
	if (r->acked > to)
		r->acked = to;
	for (int i = 0; i < r->n; i++)
		if (r->put[i].seq >= 0)
			seq = r->put[i].seq +
			    (int32_t)(r->put[i].next - r->put[i].base);
	r->seq = seq;
}

/* What was decided to go is written down; then its files may. */
static void
let_go(struct run *r)
{
	int64_t wait;

	r->start_most = log_start(r->l);
	if (!point_save(r->sys, STARTS, r->start_most))
		return;
	r->start = r->start_most;
	log_drop_old(r->l);
	(void)log_remove_old(r->l, (int64_t)pick(r->f, 2) * 10, &wait, NULL);
}

static void
delete_records(struct run *r)
{
	int64_t start = log_start(r->l), end = log_flushed(r->l);

	if (log_offline(r->l))
		return;
	if (end > start && log_set_start(r->l, start + (int64_t)pick(r->f,
	    (size_t)(end - start) + 1), NULL) != 0)
		fail_msg("start");
	let_go(r);
}

static void
retain(struct run *r)
{
	struct log_retention how = { -1, (int64_t)pick(r->f, 500000),
	    log_flushed(r->l) };
	struct kerr e = KERR_INIT;
	int64_t keep = log_keep_from(r->l, &how, &e);

	if (keep >= 0 && log_retain_from(r->l, keep, &e) == 0)
		let_go(r);
	else if (!faultsys_is_dark(r->f))
		fail_msg("%s", e.msg);
}

static void
open_log(struct run *r, bool clean)
{
	struct log_known k = { .clean = clean };
	struct kerr e = KERR_INIT;

	memset(k.topic_id.b, 7, sizeof(k.topic_id.b));
	k.recovery_point = load(r, POINTS, 0);
	k.start = load(r, STARTS, 0);
	if (log_open(&r->l, r->sys, DIR, &r->config, &k, NULL, &e) != 0)
		fail_msg("cut %d: %s", r->cuts, e.msg);
}

/* Every batch of the log is one of the model's, in place. */
static void
compare(struct run *r)
{
	struct kerr e = KERR_INIT;
	int64_t at = log_start(r->l), n;
	struct buf b;
	int i = 0;

	buf_init(&b, 0);
	while (i < r->n && r->put[i].next <= at)
		i++;
	if (i < r->n && r->put[i].base < at)
		at = r->put[i].base;
	for (; i < r->n; i++) {
		assert_int_equal(r->put[i].base, at);
		at = r->put[i].next;
		if (at > log_end(r->l))
			fail_msg("the log ends inside a batch");
		buf_clear(&b);
		n = log_read_buf(r->l, at - 1, 1, at, true, &b, &e);
		if (n != (int64_t)r->put[i].len)
			fail_msg("offset %lld: %lld bytes, not %zu: %s",
			    (long long)r->put[i].base, (long long)n,
			    r->put[i].len, e.msg);
		assert_memory_equal(b.p, r->put[i].bytes, b.len);
	}
	assert_int_equal(at, log_end(r->l));
	buf_release(&b);
}

/* The last batch of the producer must be known as a duplicate, and the next
 * one must be taken. */
static void
check_producer(struct run *r)
{
	struct log_appended a;
	struct kerr e = KERR_INIT;
	struct iovec v;
	int last = -1;

	for (int i = 0; i < r->n; i++)
		if (r->put[i].seq >= 0)
			last = i;
	r->seq = 0;
	if (last < 0)
		return;
	r->seq = r->put[last].seq +
	    (int32_t)(r->put[last].next - r->put[last].base);
	v = (struct iovec){ r->put[last].bytes, r->put[last].len };
	if (log_append(r->l, &v, 1, r->epoch, -1, &a, &e) != 0)
		fail_msg("%s", e.msg);
	assert_true(a.duplicate);
	assert_int_equal(a.base, r->put[last].base);
}

static void
come_back(struct run *r, bool clean)
{
	int64_t end;

	open_log(r, clean);
	end = log_end(r->l);
	if (end < r->acked && end < r->least)
		fail_msg("cut %d: acknowledged up to %lld, found %lld",
		    r->cuts, (long long)r->acked, (long long)end);
	if (end > model_end(r))
		fail_msg("cut %d: %lld appended, found %lld", r->cuts,
		    (long long)model_end(r), (long long)end);
	if (log_start(r->l) < r->start || log_start(r->l) > r->start_most)
		fail_msg("cut %d: start %lld to %lld, found %lld", r->cuts,
		    (long long)r->start, (long long)r->start_most,
		    (long long)log_start(r->l));
	r->start = r->start_most = log_start(r->l);
	if (end < load(r, POINTS, 0))
		fail_msg("cut %d: recovery point %lld, end %lld", r->cuts,
		    (long long)load(r, POINTS, 0), (long long)end);
	model_cut(r, end);
	compare(r);
	check_producer(r);
	assert_int_equal(log_flushed(r->l), end);
	r->acked = r->least = end;
}

/* A clean stop, of this log alone or as one of many. */
static int
stop(struct run *r, struct kerr *e)
{
	if (pick(r->f, 2) == 0 && log_settle(r->l, NULL) == 0 &&
	    r->sys->sync_fs(r->sys, -1) == 0)
		log_settled(r->l);
	return log_close(r->l, e);
}

/* The next sync fails, and the log is opened again in the same boot. */
static void
fail_sync(struct run *r)
{
	enum fault_call calls[] = { FAULT_FDATASYNC, FAULT_FSYNC };

	if (log_offline(r->l))
		return;
	append(r);
	faultsys_arm(r->f, calls[pick(r->f, 2)], 1 + (int)pick(r->f, 3), EIO);
	for (int i = 0; i < 3 && !log_offline(r->l); i++) {
		flush(r);
		if (!log_offline(r->l))
			checkpoint(r);
	}
	(void)faultsys_hit(r->f);
	if (!log_offline(r->l) || faultsys_is_dark(r->f))
		return;
	faultsys_cut_after(r->f, -1);
	log_abandon(r->l);
	come_back(r, false);
	faultsys_cut_after(r->f, (int)pick(r->f, 100));
}

static void
step(struct run *r)
{
	struct kerr e = KERR_INIT;

	switch (pick(r->f, 22)) {
	case 0:
		(void)log_roll(r->l, NULL);
		break;
	case 1:
		truncate_log(r);
		break;
	case 2:
	case 3:
		checkpoint(r);
		break;
	case 4:
	case 5:
	case 6:
		flush(r);
		break;
	case 7:
		r->epoch++;
		(void)log_rest(r->l, NULL);
		break;
	case 8:
		if (pick(r->f, 4) != 0 || log_offline(r->l))
			break;
		if (stop(r, &e) == 0)
			r->acked = r->least = model_end(r);
		else if (!faultsys_is_dark(r->f))
			fail_msg("%s", e.msg);
		r->l = NULL;
		if (faultsys_is_dark(r->f))
			break;
		faultsys_cut_after(r->f, -1);
		come_back(r, e.code == 0);
		faultsys_cut_after(r->f, (int)pick(r->f, 100));
		break;
	case 11:
		if (pick(r->f, 3) == 0)
			fail_sync(r);
		break;
	case 9:
		delete_records(r);
		break;
	case 10:
		retain(r);
		break;
	default:
		append(r);
	}
}

static void
run(uint64_t seed)
{
	struct run *r = xcalloc(1, sizeof(*r));
	int to_go;

	r->f = faultsys_new(seed);
	r->sys = faultsys_sys(r->f);
	r->config = (struct log_config)LOG_CONFIG_INIT;
	r->config.segment_bytes = 90000 + (int32_t)pick(r->f, 100000);
	r->config.index_interval_bytes = (int32_t)pick(r->f, 3) * 2000;
	assert_int_equal(r->sys->mkdir(r->sys, "/data", 0700), 0);
	assert_int_equal(r->sys->sync_dir(r->sys, "/"), 0);
	open_log(r, false);
	for (r->cuts = 0; r->cuts < CUTS; r->cuts++) {
		faultsys_cut_after(r->f, 1 + (int)pick(r->f, 150));
		for (to_go = OPS; to_go > 0 && !faultsys_is_dark(r->f) &&
		    r->l != NULL; to_go--)
			step(r);
		faultsys_cut_after(r->f, 0);
		if (r->l != NULL)
			log_abandon(r->l);
		/* power may go again while the log is being opened */
		faultsys_restart(r->f);
		if (pick(r->f, 3) == 0) {
			struct log_known k = {
			    .recovery_point = load(r, POINTS, 0),
			    .start = load(r, STARTS, 0) };

			faultsys_cut_after(r->f, 1 + (int)pick(r->f, 60));
			if (log_open(&r->l, r->sys, DIR, &r->config, &k, NULL,
			    NULL) == 0)
				log_abandon(r->l);
			faultsys_cut_after(r->f, 0);
			faultsys_restart(r->f);
		}
		come_back(r, false);
	}
	log_abandon(r->l);
	model_cut(r, 0);
	faultsys_free(r->f);
	free(r);
}

static void
test_power(void **state)
{
	run_seeds(run, RUNS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
