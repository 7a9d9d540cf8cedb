/*
 * test_compact.c: a whole history: appends, some of producers and of
 * transactions, compaction, deletion of records, retention, truncation, leader
 * epochs, and a disk that fails, or loses power, at any call. Whatever happens,
 * after the next opening the last record of every key is there, and every
 * record that was not yet compacted; each is what was appended; and the log
 * ends no earlier than what was acknowledged, also where the recovery point is
 * lost, and the cleaner's checkpoint was never written. Transactions are open
 * or aborted that were so, producers go on where they were, and each record has
 * its epoch.
 *
 * The log lives on a disk in memory (faultsys.h). Seeds: 0 to RUNS-1, then one
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
#include "record/iter.h"
#include "seeds.h"
#include "store/clean.h"
#include "store/log.h"
#include "store/producers.h"
#include "store/txnindex.h"

enum { RUNS = 300, CUTS = 8, OPS = 40, KEYS = 12, MODEL_MAX = 4000 };
enum { NOBODY = -1, IDEMPOTENT = 99, TRANSACTIONAL = 7 };

enum fate { DATA, COMMIT, ABORT };

struct put {
	int	key;
	int	fill;		/* byte of the value */
	int	len;		/* of the value */
	int	first;		/* a batch begins here */
	int	pid;
	int32_t	seq;
	int32_t	epoch;		/* the leader's */
	enum fate kind;		/* a record, or a marker */
	enum fate fate;		/* of its transaction, DATA: none, or open */
};

struct run {
	struct faultsys	*f;
	const struct sys *sys;
	struct log	*l;
	struct log_config config;
	struct codecs	*codecs;
	struct put	 put[MODEL_MAX];	/* by offset */
	int64_t		 end;
	int64_t		 acked;
	int64_t		 cleaned;	/* no pass went past it, or tried to */
	int64_t		 start;		/* is written down */
	int64_t		 start_most;	/* may be */
	int64_t		 now;
	int32_t		 epoch;
	bool		 forgets;	/* the recovery point, at times */
	int		 cuts;
};

static int64_t
load(struct run *r, const char *path)
{
	return point_load(r->sys, path, 0, NULL);
}

static void
checkpoint(struct run *r)
{
	int64_t point = log_checkpoint(r->l, NULL);

	if (point >= 0)
		(void)point_save(r->sys, POINTS, point);
}

/* What the producer has in the log, below the model's end: -1, or its last
 * offset there. */
static int64_t
last_of(const struct run *r, int pid)
{
	int64_t o = r->end;

	while (--o >= 0 && (r->put[o].pid != pid || r->put[o].kind != DATA))
		;
	return o;
}

/* Where its transaction began that is open at the model's end, -1. */
static int64_t
open_txn(const struct run *r)
{
	int64_t first = -1;

	for (int64_t o = 0; o < r->end; o++) {
		if (r->put[o].pid != TRANSACTIONAL)
			continue;
		if (r->put[o].kind != DATA)
			first = -1;
		else if (first < 0)
			first = o;
	}
	return first;
}

/* The first one that is open, or whose marker is not flushed: the last stable
 * offset, if the high watermark is. */
static int64_t
stable_end(const struct run *r)
{
	int64_t first = -1, flushed = log_flushed(r->l);

	for (int64_t o = 0; o < r->end; o++) {
		if (r->put[o].pid != TRANSACTIONAL)
			continue;
		if (r->put[o].kind == DATA)
			first = first < 0 ? o : first;
		else if (o >= flushed)
			break;
		else
			first = -1;
	}
	return first >= 0 && first < flushed ? first : flushed;
}

/* Each record of a transaction learns of its marker. */
static void
decide(struct run *r)
{
	enum fate fate = DATA;

	for (int64_t o = r->end - 1; o >= 0; o--) {
		if (r->put[o].pid != TRANSACTIONAL)
			continue;
		if (r->put[o].kind != DATA)
			fate = r->put[o].kind;
		r->put[o].fate = fate;
	}
}

/* Hands a batch of n offsets over, of which the model knows already. */
static void
hand_over(struct run *r, void *mem, ssize_t len, int n)
{
	struct iovec v = { mem, (size_t)len };
	struct log_appended a;
	struct kerr e = KERR_INIT;

	assert_true(len > 0);
	for (int i = 0; i < n; i++) {
		r->put[r->end + i].first = i == 0;
		r->put[r->end + i].epoch = r->epoch;
	}
	if (log_append(r->l, &v, 1, r->epoch, -1, &a, &e) == 0) {
		assert_false(a.duplicate);
		assert_int_equal(a.base, r->end);
	} else if (e.code == KE_OFFLINE) {
		return;
	} else if (e.code != KE_SYS) {
		fail_msg("cut %d: %s", r->cuts, e.msg);
	}
	/* what failed may be on disk all the same */
	r->end += n;
}

/* Not past the model's end, of 1 to 4 records, of a codec or none, of a
 * producer or none. */
static void
append(struct run *r)
{
	static const int pids[] = { NOBODY, NOBODY, IDEMPOTENT, TRANSACTIONAL };
	static uint8_t mem[1 << 16];
	struct builder_opts o = BUILDER_OPTS;
	int n = 1 + (int)pick(r->f, 4), pid = pids[pick(r->f, 4)];
	int64_t last = last_of(r, pid);
	int32_t seq = last >= 0 && pid != NOBODY ? r->put[last].seq + 1 : 0;
	struct builder b;
	struct buf scratch;
	char value[3000], key[8];
	struct put *p;

	if (r->end + n > MODEL_MAX)
		return;
	builder_init(&b, mem, sizeof(mem));
	for (int i = 0; i < n; i++) {
		p = &r->put[r->end + i];
		*p = (struct put){ .key = (int)pick(r->f, KEYS),
		    .fill = 'a' + (int)pick(r->f, 26), .pid = pid,
		    .len = (int)pick(r->f, pick(r->f, 4) == 0 ? 3000 : 100),
		    .seq = seq + i };
		memset(value, p->fill, sizeof(value));
		snprintf(key, sizeof(key), "%d", p->key);
		assert_int_equal(builder_add(&b, &(struct record_input){
		    .timestamp = 1000 + r->end + i, .key = key,
		    .key_len = (int32_t)strlen(key), .value = value,
		    .value_len = p->len }), 0);
	}
	o.codec = pick(r->f, 3) == 0 ? CODEC_LZ4 : CODEC_NONE;
	if (pid != NOBODY) {
		o.producer_id = pid;
		o.producer_epoch = 0;
		o.base_sequence = seq;
	}
	if (pid == TRANSACTIONAL)
		o.flags |= BATCH_TRANSACTIONAL;
	buf_init(&scratch, 0);
	hand_over(r, mem, builder_finish(&b, &o, r->codecs, &scratch, NULL),
	    n);
	buf_release(&scratch);
}

/* The transaction that is open ends. */
static void
end_txn(struct run *r)
{
	struct builder_opts o = BUILDER_OPTS;
	bool commit = pick(r->f, 2) == 0;
	uint8_t mem[256], key[4] = { 0, 0, 0, commit }, value[6] = { 0 };
	struct builder b;

	if (open_txn(r) < 0 || r->end == MODEL_MAX)
		return;
	r->put[r->end] = (struct put){ .key = -1, .pid = TRANSACTIONAL,
	    .kind = commit ? COMMIT : ABORT };
	o.flags = BATCH_TRANSACTIONAL | BATCH_CONTROL;
	o.producer_id = TRANSACTIONAL;
	o.producer_epoch = 0;
	builder_init(&b, mem, sizeof(mem));
	builder_add(&b, &(struct record_input){ .timestamp = 1000 + r->end,
	    .key = key, .key_len = 4, .value = value, .value_len = 6 });
	hand_over(r, mem, builder_finish(&b, &o, NULL, NULL, NULL), 1);
}

/* Not into what was compacted, as the high watermark keeps a leader from it;
 * then, as not all is there any more that producers wrote before, not what they
 * wrote last. */
static void
truncate_log(struct run *r)
{
	int64_t to = r->end - (int64_t)pick(r->f, 12), least = r->start_most;

	if (log_offline(r->l))
		return;
	if (least < r->cleaned)
		least = r->cleaned;
	for (int64_t o = r->end; r->cleaned > 0 && --o >= least;)
		if (r->put[o].pid != NOBODY)
			least = o + 1;
	while (to > 0 && to < r->end && !r->put[to].first)
		to--;
	if (to < least || to >= r->end)
		return;
	if (r->acked > to)
		r->acked = to;
	if (load(r, POINTS) > to && !point_save(r->sys, POINTS, to))
		return;
	if (log_truncate_to(r->l, to, NULL) != 0)
		return;
	assert_int_equal(log_end(r->l), to);
	r->end = to;
}

/* By hand, or by size. */
static void
move_start(struct run *r)
{
	struct log_retention how = { -1, (int64_t)pick(r->f, 60000),
	    log_flushed(r->l) };
	int64_t start = log_start(r->l), wait;
	struct kerr e = KERR_INIT;

	if (log_offline(r->l))
		return;
	if (pick(r->f, 2) == 0)
		(void)log_set_start(r->l, start + (int64_t)pick(r->f,
		    (size_t)(log_flushed(r->l) - start) / 4 + 1), &e);
	else if ((start = log_keep_from(r->l, &how, &e)) >= 0)
		(void)log_retain_from(r->l, start, &e);
	if (e.code != 0 && !faultsys_is_dark(r->f))
		fail_msg("%s", e.msg);
	r->start_most = log_start(r->l);
	if (!point_save(r->sys, STARTS, r->start_most))
		return;
	r->start = r->start_most;
	log_drop_old(r->l);
	(void)log_remove_old(r->l, (int64_t)pick(r->f, 2) * 10, &wait, NULL);
}

static void
flush(struct run *r)
{
	int64_t end = log_end(r->l);

	if (log_flush(r->l, NULL) == 0)
		r->acked = end;
}

static int
clean(struct run *r, int64_t from, struct kerr *e)
{
	struct log_clean_limits limits = { .dirty = from,
	    .stable = load(r, POINTS), .now_ms = r->now += 700,
	    .max_lag_ms = INT64_MAX };
	struct log_clean c = { .now_ms = r->now, .delete_retention_ms = 1000,
	    .map_bytes = pick(r->f, 2) == 0 ? 4096 : 240, .map_load = 0.9 };
	struct producer_end *ends;
	struct log_cleaned done;
	struct log_dirt d;
	int rc;

	if (stable_end(r) < limits.stable)
		limits.stable = stable_end(r);
	if ((rc = log_clean_look(r->l, &limits, &d, e)) != 0)
		return rc;
	c.dirty = d.dirty;
	c.upto = d.upto;
	if (d.upto > r->cleaned)
		r->cleaned = d.upto;
	ends = log_producer_ends(r->l, &c.n_ends);
	c.ends = ends;
	rc = log_clean(r->l, &c, &done, e);
	free(ends);
	return rc;
}

static void
open_log(struct run *r, bool stop)
{
	struct log_known k = { .clean = stop };
	struct kerr e = KERR_INIT;

	memset(k.topic_id.b, 7, sizeof(k.topic_id.b));
	k.recovery_point = load(r, POINTS);
	k.start = load(r, STARTS);
	if (!stop && r->forgets && pick(r->f, 2) == 0) {
		k.recovery_point = (int64_t)pick(r->f,
		    (size_t)k.recovery_point + 1);
		assert_true(point_save(r->sys, POINTS, k.recovery_point));
	}
	if (log_open(&r->l, r->sys, DIR, &r->config, &k, NULL, &e) != 0)
		fail_msg("cut %d: %s", r->cuts, e.msg);
}

static void
compare_record(struct run *r, const struct record *x)
{
	const struct put *p = &r->put[x->offset];
	char key[8];

	snprintf(key, sizeof(key), "%d", p->key);
	assert_int_equal(x->key_len, strlen(key));
	assert_memory_equal(x->key, key, (size_t)x->key_len);
	assert_int_equal(x->value_len, p->len);
	for (int i = 0; i < p->len; i++)
		assert_int_equal(x->value[i], p->fill);
	assert_int_equal(x->timestamp, 1000 + x->offset);
}

/* One batch. */
static void
compare_batch(struct run *r, const struct batch_header *h, const uint8_t *p,
    bool *there, struct buf *raw)
{
	int64_t start = log_start(r->l);
	struct kerr e = KERR_INIT;
	struct record_iter it;
	struct record x;

	assert_true(batch_crc_ok(p, h));
	assert_int_equal(h->leader_epoch, r->put[h->base_offset].epoch);
	if (h->base_offset >= start)
		assert_int_equal(log_epoch_at(r->l, h->base_offset),
		    h->leader_epoch);
	assert_true(record_iter_init(&it, p, h, r->codecs, raw, 1 << 20,
	    &e) == 0);
	while (record_iter_next(&it, &x) > 0) {
		there[x.offset] = true;
		if (batch_is_control(h))
			assert_int_equal(record_control_type(&x) ==
			    CONTROL_ABORT, r->put[x.offset].kind == ABORT);
		else
			compare_record(r, &x);
	}
}

/* Of those that are there, who reads what is committed learns which are
 * aborted. */
static void
compare_txns(struct run *r, const bool *there)
{
	int64_t start = log_start(r->l), end = log_end(r->l);
	struct aborted_txns t;
	const struct put *p;
	bool aborted;

	if (log_aborted(r->l, start, end, &t, NULL) != 0) {
		assert_true(faultsys_is_dark(r->f));
		return;
	}
	for (int64_t o = start; o < end; o++) {
		p = &r->put[o];
		if (!there[o] || p->pid != TRANSACTIONAL || p->kind != DATA)
			continue;
		aborted = false;
		for (int i = 0; i < t.n; i++)
			aborted |= t.v[i].first <= o && o <= t.v[i].last;
		if (aborted != (p->fate == ABORT))
			fail_msg("cut %d: offset %lld is aborted: %d, not %d",
			    r->cuts, (long long)o, aborted, p->fate == ABORT);
	}
	free(t.v);
	assert_int_equal(log_first_open(r->l), open_txn(r));
}

/* Reads all of it, and holds it against the model. */
static void
compare(struct run *r)
{
	static bool there[MODEL_MAX];
	int64_t end = log_end(r->l), at = log_start(r->l), last[KEYS];
	struct kerr e = KERR_INIT;
	struct batch_header h;
	struct buf b, raw;

	decide(r);
	buf_init(&b, 0);
	buf_init(&raw, 0);
	memset(there, 0, sizeof(there));
	while (at < end) {
		buf_clear(&b);
		if (log_read_buf(r->l, at, 100000, end, true, &b, &e) <= 0 &&
		    faultsys_is_dark(r->f))
			goto out;
		if (b.len == 0)
			fail_msg("cut %d: nothing at %lld of %lld: %s",
			    r->cuts, (long long)at, (long long)end, e.msg);
		for (size_t i = 0; i < b.len; i += batch_size(&h)) {
			assert_int_equal(batch_parse(b.p + i, b.len - i, &h,
			    &e), 0);
			compare_batch(r, &h, b.p + i, there, &raw);
			at = batch_last_offset(&h) + 1;
		}
	}
	memset(last, -1, sizeof(last));
	for (int64_t o = 0; o < end; o++)
		if (r->put[o].kind == DATA && r->put[o].fate != ABORT)
			last[r->put[o].key] = o;
	for (int64_t o = log_start(r->l); o < end; o++)
		if (!there[o] && (o >= r->cleaned ||
		    (r->put[o].kind == DATA && last[r->put[o].key] == o)))
			fail_msg("cut %d: offset %lld of key %d is gone",
			    r->cuts, (long long)o, r->put[o].key);
	compare_txns(r, there);
out:
	buf_release(&b);
	buf_release(&raw);
}

static void
come_back(struct run *r, bool stop)
{
	int64_t end;

	open_log(r, stop);
	end = log_end(r->l);
	if (end < r->acked)
		fail_msg("cut %d: acknowledged up to %lld, found %lld",
		    r->cuts, (long long)r->acked, (long long)end);
	assert_true(end <= r->end);
	if (log_start(r->l) < r->start || log_start(r->l) > r->start_most)
		fail_msg("cut %d: start %lld to %lld, found %lld", r->cuts,
		    (long long)r->start, (long long)r->start_most,
		    (long long)log_start(r->l));
	r->start = r->start_most = log_start(r->l);
	r->end = r->acked = end;
	if (r->cleaned > end)
		r->cleaned = end;
	compare(r);
}

/* A sync fails, and the log is opened again in the same boot. */
static void
fail_sync(struct run *r)
{
	int64_t wait;

	if (log_offline(r->l))
		return;
	append(r);
	faultsys_arm(r->f, pick(r->f, 2) == 0 ? FAULT_FDATASYNC : FAULT_FSYNC,
	    1 + (int)pick(r->f, 3), EIO);
	for (int i = 0; i < 3 && !log_offline(r->l); i++) {
		flush(r);
		if (!log_offline(r->l))
			checkpoint(r);
		if (!log_offline(r->l))
			(void)log_remove_old(r->l, 0, &wait, NULL);
	}
	(void)faultsys_hit(r->f);
	if (!log_offline(r->l) || faultsys_is_dark(r->f))
		return;
	faultsys_cut_after(r->f, -1);
	log_abandon(r->l);
	come_back(r, false);
	faultsys_cut_after(r->f, (int)pick(r->f, 200));
}

static void
step(struct run *r)
{
	struct kerr e = KERR_INIT;

	switch (pick(r->f, 24)) {
	case 0:
		(void)log_roll(r->l, NULL);
		break;
	case 1:
		checkpoint(r);
		break;
	case 2:
	case 3:
		flush(r);
		break;
	case 4:
	case 5:
		if (clean(r, pick(r->f, 3) == 0 ? 0 : log_cleaned(r->l), &e) != 0
		    && !faultsys_is_dark(r->f))
			fail_msg("%s", e.msg);
		if (!faultsys_is_dark(r->f))
			compare(r);
		break;
	case 6:
	case 7:
	case 8:
		end_txn(r);
		break;
	case 9:
		truncate_log(r);
		break;
	case 10:
		if (pick(r->f, 2) == 0)
			move_start(r);
		break;
	case 11:
		r->epoch++;
		break;
	case 12:
		if (pick(r->f, 4) == 0)
			fail_sync(r);
		break;
	default:
		append(r);
	}
}

static struct run *
run_new(uint64_t seed)
{
	struct run *r = xcalloc(1, sizeof(*r));

	r->f = faultsys_new(seed);
	r->sys = faultsys_sys(r->f);
	r->codecs = codecs_new();
	r->now = 5000;
	r->forgets = pick(r->f, 3) == 0;
	r->config = (struct log_config)LOG_CONFIG_INIT;
	r->config.segment_bytes = 12000 + (int32_t)pick(r->f, 30000);
	r->config.index_interval_bytes = (int32_t)pick(r->f, 3) * 1000;
	assert_int_equal(r->sys->mkdir(r->sys, "/data", 0700), 0);
	assert_int_equal(r->sys->sync_dir(r->sys, "/"), 0);
	open_log(r, false);
	return r;
}

static void
run_free(struct run *r)
{
	codecs_free(r->codecs);
	faultsys_free(r->f);
	free(r);
}

/* Half of the cuts come in the middle of a compaction. */
static void
lose_power(struct run *r)
{
	struct kerr e = KERR_INIT;

	if (pick(r->f, 2) == 0) {
		faultsys_cut_after(r->f, 1 + (int)pick(r->f, 200));
		for (int i = 0; i < OPS && !faultsys_is_dark(r->f); i++)
			step(r);
	} else {
		for (int i = 0; i < OPS; i++)
			step(r);
		(void)log_roll(r->l, NULL);
		append(r);
		flush(r);
		checkpoint(r);
		faultsys_cut_after(r->f, 1 + (int)pick(r->f, 60));
		(void)clean(r, 0, &e);
	}
	faultsys_cut_after(r->f, 0);
	log_abandon(r->l);
	faultsys_restart(r->f);
}

/* Power may go again while the log is being opened. */
static void
open_in_vain(struct run *r)
{
	struct log_known k = { .recovery_point = load(r, POINTS),
	    .start = load(r, STARTS) };

	faultsys_cut_after(r->f, 1 + (int)pick(r->f, 40));
	if (log_open(&r->l, r->sys, DIR, &r->config, &k, NULL, NULL) == 0)
		log_abandon(r->l);
	faultsys_cut_after(r->f, 0);
	faultsys_restart(r->f);
}

static void
run(uint64_t seed)
{
	struct run *r = run_new(seed);

	for (r->cuts = 0; r->cuts < CUTS; r->cuts++) {
		lose_power(r);
		for (int i = (int)pick(r->f, 3); i > 0; i--)
			open_in_vain(r);
		come_back(r, false);
	}
	log_abandon(r->l);
	run_free(r);
}

static void
test_power(void **state)
{
	run_seeds(run, RUNS);
}

/* The nth call of a kind fails in a pass over the same log. False where there
 * are not so many. */
static bool
fail_once(enum fault_call call, int nth, int err)
{
	struct run *r = run_new(7);
	struct kerr e = KERR_INIT;
	int64_t wait;
	bool hit;
	int rc;

	for (int i = 0; i < 60; i++)
		append(r);
	end_txn(r);
	(void)log_roll(r->l, NULL);
	append(r);
	flush(r);
	checkpoint(r);
	faultsys_arm(r->f, call, nth, err);
	if ((rc = clean(r, 0, &e)) == 0)
		rc = log_remove_old(r->l, 0, &wait, &e);
	hit = faultsys_hit(r->f);
	if (!hit)
		assert_int_equal(rc, 0);
	/* either nothing happened, or nothing more does */
	if (rc != 0 && !log_offline(r->l)) {
		compare(r);
		append(r);
		flush(r);
		assert_false(log_offline(r->l));
		assert_int_equal(clean(r, 0, &e), 0);
	}
	if (log_offline(r->l)) {
		log_abandon(r->l);
		come_back(r, false);
	} else {
		compare(r);
		assert_int_equal(log_close(r->l, &e), 0);
		come_back(r, true);
	}
	log_abandon(r->l);
	run_free(r);
	return hit;
}

static void
test_faults(void **state)
{
	static const enum fault_call calls[] = {
		FAULT_OPEN, FAULT_PREAD, FAULT_PWRITEV, FAULT_FDATASYNC,
		FAULT_FSYNC, FAULT_FSTAT, FAULT_RENAME, FAULT_UNLINK,
		FAULT_SYNC_DIR
	};
	int n;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (n = 1; fail_once(calls[i], n,
		    calls[i] == FAULT_PWRITEV ? ENOSPC : EIO); n++)
			;
		print_message("# %s: %d\n", faultsys_name(calls[i]), n - 1);
		assert_true(n > 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power),
		cmocka_unit_test(test_faults),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
