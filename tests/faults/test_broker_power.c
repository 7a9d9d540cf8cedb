/*
 * test_broker_power.c: partitions as the broker has them, jobs in any order,
 * and power that goes at any call, or a sync that fails before a restart. What
 * a producer was told is written (acks=all), what a consumer was shown, and what
 * a client was told is deleted must be so after the cut. Seeds: 0 to RUNS-1,
 * then one from the clock, which is printed; KLOG_SEED chooses one.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "cmd/klog-broker/config.h"
#include "cmd/klog-broker/delayed.h"
#include "cmd/klog-broker/logdir.h"
#include "cmd/klog-broker/partition.h"
#include "faultsys.h"
#include "record/builder.h"
#include "seeds.h"
#include "store/datadir.h"
#include "wire/kerror.h"

enum { RUNS = 100, CUTS = 8, OPS = 80, PUTS = CUTS * OPS, JOBS = 64 };
enum { PARTITIONS = 2 };

#define DIR	"/data"

/* One Produce of one batch. */
struct put {
	struct delayed		 d;
	struct waiter		 w;
	struct partition_append	 a;
	int64_t			 next;
	int32_t			 seq;		/* -1: not idempotent */
	bool			 waits;		/* w hangs in the partition */
	bool			 woken;
};

struct part {
	struct partition *p;
	struct put	 put[PUTS];
	int		 n;
	int64_t		 acked;		/* end of what was acknowledged */
	int64_t		 shown;		/* highest high watermark seen */
	int64_t		 start;		/* that a client was told */
	int64_t		 start_most;	/* that may be */
	int32_t		 seq;
};

static struct run {
	struct faultsys	*f;
	const struct sys *sys;
	struct logdir	 ld;
	struct datadir	*datadir;
	struct topic_config config;
	struct part	 part[PARTITIONS];
	struct {
		void	(*fn)(void *);
		void	*arg;
	}		 jobs[JOBS];
	int		 n_jobs;
	int32_t		 epoch;
	bool		 full;		/* so is the disk */
	int		 cuts;
} r;

static size_t
pick(size_t n)
{
	return (size_t)(faultsys_random(r.f) >> 13) % n;
}

static void
run_later(void *ctx, void (*fn)(void *), void *arg)
{
	assert_true(r.n_jobs < JOBS);
	r.jobs[r.n_jobs].fn = fn;
	r.jobs[r.n_jobs++].arg = arg;
}

static void
run_now(void *ctx, void (*fn)(void *), void *arg)
{
	fn(arg);
}

/* Any one: the pool's threads overtake each other. */
static void
run_one(void)
{
	void (*fn)(void *);
	void *arg;
	int i;

	if (r.n_jobs == 0)
		return;
	i = (int)pick((size_t)r.n_jobs);
	fn = r.jobs[i].fn;
	arg = r.jobs[i].arg;
	r.jobs[i] = r.jobs[--r.n_jobs];
	fn(arg);
}

static void
wake(struct io *io, uint64_t id, uint32_t generation)
{
	r.part[id / PUTS].put[id % PUTS].woken = true;
}

/* The answers that clients would get now. */
static void
answer(struct part *q)
{
	for (int i = 0; i < q->n; i++) {
		struct put *x = &q->put[i];

		if (!x->waits || !x->woken)
			continue;
		x->waits = false;
		if (partition_acked(q->p, &x->w) == 0 && x->next > q->acked)
			q->acked = x->next;
	}
}

static void
look(struct part *q)
{
	struct partition_offsets o;

	if (partition_offsets(q->p, -1, &o) == 0 &&
	    o.high_watermark > q->shown)
		q->shown = o.high_watermark;
}

static void
build(struct part *q, struct put *x)
{
	size_t value = pick(4) == 0 ? pick(20000) : pick(200);
	struct builder_opts o = BUILDER_OPTS;
	int records = 1 + (int)pick(4);
	size_t cap = BATCH_HEADER + (size_t)records * (value + 40);
	char *text = xmalloc(value + 1);
	struct builder b;

	memset(text, 'a' + (int)pick(26), value + 1);
	x->a.batch.iov_base = xmalloc(cap);
	builder_init(&b, x->a.batch.iov_base, cap);
	for (int i = 0; i < records; i++)
		assert_int_equal(builder_add(&b, &(struct record_input){
		    .timestamp = 1000 + q->n, .key_len = -1, .value = text,
		    .value_len = (int32_t)value }), 0);
	x->seq = -1;
	if (pick(2) == 0) {
		o.producer_id = 99;
		o.producer_epoch = 0;
		o.base_sequence = x->seq = q->seq;
	}
	x->a.batch.iov_len = (size_t)builder_finish(&b, &o, NULL, NULL, NULL);
	x->next = records;
	free(text);
}

static void
produce(struct part *q)
{
	uint64_t id = (uint64_t)(q - r.part) * PUTS + (uint64_t)q->n;
	struct put *x = &q->put[q->n];
	struct partition_offsets o;
	int16_t error;

	error = partition_offsets(q->p, -1, &o);
	if (error != 0 && !faultsys_is_dark(r.f) && !r.full)
		fail_msg("cut %d: a partition is offline", r.cuts);
	if (error != 0)
		return;
	memset(x, 0, sizeof(*x));
	build(q, x);
	x->a.append_time = -1;
	x->a.wait = pick(4) != 0;
	x->a.base = o.end;
	x->next += o.end;
	q->n++;
	delayed_init(&x->d, &r.ld, (struct waker){ NULL, id, 0 },
	    x->a.wait ? 2 : 1);
	error = partition_append(q->p, &x->a, &x->d, &x->w);
	if (error == ERR_LEADER_NOT_AVAILABLE) {
		/* until checkpoints that name what lost its files are written
		 * anew; the client comes again */
		free(x->a.batch.iov_base);
		memset(x, 0, sizeof(*x));
		q->n--;
		return;
	}
	if (error != 0 && !faultsys_is_dark(r.f) && !r.full)
		fail_msg("cut %d: error %d", r.cuts, error);
	if (x->seq >= 0)
		q->seq += (int32_t)(x->next - o.end);
	/* what the power took in the middle may be there all the same */
	if (error != 0)
		return;
	assert_int_equal(x->a.base, o.end);
	x->waits = x->a.wait;
	x->woken |= delayed_settled(&x->d, 1);
	answer(q);
}

/* As handle_delete_records.c does it. */
static void
delete_records(struct part *q)
{
	int64_t low = 0;
	bool moved = false;

	if (partition_delete_records(q->p, q->start + (int64_t)pick(
	    (size_t)(q->shown - q->start) + 1), &low, &moved) != 0 || !moved)
		return;
	if (q->start_most < low)
		q->start_most = low;
	if (logdir_save_starts(&r.ld, NULL) == 0)
		q->start = low;
}

/* Where it gets to nobody is told; no further than to what is shown. */
static void
retain(void)
{
	int64_t wait;

	for (int i = 0; i < PARTITIONS; i++) {
		look(&r.part[i]);
		r.part[i].start_most = r.part[i].shown;
	}
	(void)logdir_retain(&r.ld, pick(4) != 0, &wait, NULL);
}

static void
open_world(void)
{
	struct kerr e = KERR_INIT;

	r.n_jobs = 0;
	memset(&r.ld, 0, sizeof(r.ld));
	if (datadir_open(&r.datadir, r.sys, DIR, &e) != 0)
		fail_msg("%s", e.msg);
	r.ld.sys = r.sys;
	r.ld.datadir = r.datadir;
	r.ld.path = DIR;
	r.ld.run = run_now;
	r.ld.wake = wake;
	logdir_init(&r.ld);
	for (int i = 0; i < PARTITIONS; i++)
		r.part[i].p = partition_new(&r.ld, "t",
		    &(struct kuuid){ { 7 } }, i, &r.config);
}

/* As server.c starts: recovery first, then who leads. */
static bool
start(bool clean)
{
	const int32_t self = 1;
	struct partition_state s = { .leader = 1, .leader_epoch = ++r.epoch,
	    .isr = &self, .n_isr = 1, .n_replicas = 1 };
	int rc = logdir_recover(&r.ld, clean, NULL);

	r.ld.run = run_later;
	for (int i = 0; i < PARTITIONS; i++)
		partition_apply(r.part[i].p, 1, &s);
	return rc == 0;
}

/* Its clients are gone; jobs that ran find a disk that says no. */
static void
close_world(void)
{
	for (int i = 0; i < PARTITIONS; i++)
		for (int j = 0; j < r.part[i].n; j++)
			r.part[i].put[j].woken = true;
	for (int i = 0; i < PARTITIONS; i++)
		answer(&r.part[i]);
	while (r.n_jobs > 0)
		run_one();
	for (int i = 0; i < PARTITIONS; i++)
		partition_unref(r.part[i].p);
	logdir_release(&r.ld);
	datadir_close(r.datadir);
}

static void
compare_batch(struct part *q, const struct put *x)
{
	struct partition_fetch f = { .offset = x->next - 1,
	    .current_leader_epoch = -1, .max_bytes = 1, .min_one = true };
	uint8_t *got = xmalloc(x->a.batch.iov_len);
	int16_t error = partition_fetch(q->p, &f);

	if (error == ERR_KAFKA_STORAGE_ERROR && faultsys_is_dark(r.f)) {
		free(got);
		return;
	}
	if (error != 0 || f.records.len != (int64_t)x->a.batch.iov_len)
		fail_msg("cut %d: offset %lld: error %d, %lld bytes", r.cuts,
		    (long long)x->a.base, error, (long long)f.records.len);
	if (r.sys->pread(r.sys, f.records.fd, got, x->a.batch.iov_len,
	    f.records.off) == (ssize_t)x->a.batch.iov_len)
		assert_memory_equal(got, x->a.batch.iov_base,
		    x->a.batch.iov_len);
	else
		assert_true(faultsys_is_dark(r.f));
	f.records.hold->drop(f.records.hold);
	free(got);
}

/* Takes what is not there off the model, and holds the rest against it. */
static void
check(struct part *q)
{
	struct partition_offsets o;

	while (r.n_jobs > 0)	/* what recovery found is flushed and shown */
		run_one();
	if (partition_offsets(q->p, -1, &o) != 0) {
		if (faultsys_is_dark(r.f))
			return;
		fail_msg("cut %d: a partition is offline", r.cuts);
	}
	if (o.end < q->acked || o.end < q->shown || o.high_watermark != o.end)
		fail_msg("cut %d: acknowledged up to %lld, shown up to %lld, "
		    "found %lld, shown now %lld", r.cuts, (long long)q->acked,
		    (long long)q->shown, (long long)o.end,
		    (long long)o.high_watermark);
	if (o.start < q->start || o.start > q->start_most)
		fail_msg("cut %d: start %lld to %lld, found %lld", r.cuts,
		    (long long)q->start, (long long)q->start_most,
		    (long long)o.start);
	while (q->n > 0 && q->put[q->n - 1].a.base >= o.end)
		free(q->put[--q->n].a.batch.iov_base);
	if (o.end != (q->n > 0 ? q->put[q->n - 1].next : 0))
		fail_msg("cut %d: the log ends at %lld", r.cuts,
		    (long long)o.end);
	q->seq = 0;
	for (int i = 0; i < q->n; i++) {
		if (q->put[i].next > o.start)
			compare_batch(q, &q->put[i]);
		if (q->put[i].seq >= 0)
			q->seq = q->put[i].seq + (int32_t)(q->put[i].next -
			    q->put[i].a.base);
	}
	q->acked = q->shown = o.end;
	q->start = q->start_most = o.start;
}

/* A disk that fills, and has room again: everything goes on, with what was
 * acknowledged, and no restart. */
static void
fill(void)
{
	faultsys_fill(r.f, r.full = true);
	for (size_t i = pick(20); i > 0; i--) {
		if (pick(2) == 0)
			produce(&r.part[pick(PARTITIONS)]);
		else
			run_one();
		for (int j = 0; j < PARTITIONS; j++) {
			answer(&r.part[j]);
			look(&r.part[j]);
		}
	}
	(void)logdir_checkpoint(&r.ld, NULL);
	(void)logdir_revive(&r.ld);
	faultsys_fill(r.f, r.full = false);
	while (r.n_jobs > 0)
		run_one();
	for (int i = 0; i < PARTITIONS; i++)
		answer(&r.part[i]);
	(void)logdir_revive(&r.ld);
	for (int i = 0; i < PARTITIONS && !faultsys_is_dark(r.f); i++)
		check(&r.part[i]);
}

/* A sync fails, and the broker is killed and started again in the same boot. */
static void
fail_sync(void)
{
	for (int i = 0; i < PARTITIONS; i++)
		produce(&r.part[i]);
	faultsys_arm(r.f, pick(2) == 0 ? FAULT_FDATASYNC : FAULT_FSYNC,
	    1 + (int)pick(3), EIO);
	while (r.n_jobs > 0)
		run_one();
	(void)logdir_checkpoint(&r.ld, NULL);
	(void)faultsys_hit(r.f);
	for (int i = 0; i < PARTITIONS; i++) {
		answer(&r.part[i]);
		look(&r.part[i]);
	}
	if (faultsys_is_dark(r.f))
		return;
	faultsys_cut_after(r.f, -1);
	close_world();
	open_world();
	assert_true(start(false));
	for (int i = 0; i < PARTITIONS; i++)
		check(&r.part[i]);
	faultsys_cut_after(r.f, (int)pick(200));
}

static void
step(void)
{
	struct part *q = &r.part[pick(PARTITIONS)];
	struct kerr e = KERR_INIT;

	if (pick(50) == 0)
		fill();
	if (pick(60) == 0)
		fail_sync();
	switch (pick(16)) {
	case 0:
		(void)logdir_checkpoint(&r.ld, NULL);
		break;
	case 1:
		delete_records(q);
		break;
	case 2:
		retain();
		break;
	case 3:
		logdir_rest(&r.ld);
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		run_one();
		break;
	default:
		produce(q);
	}
	for (int i = 0; i < PARTITIONS; i++) {
		answer(&r.part[i]);
		look(&r.part[i]);
	}
	if (pick(60) != 0 || faultsys_is_dark(r.f))
		return;
	/* a clean stop, which the power may end as well */
	while (r.n_jobs > 0)
		run_one();
	for (int i = 0; i < PARTITIONS; i++)
		answer(&r.part[i]);
	if (logdir_close(&r.ld, &e) != 0) {
		faultsys_cut_after(r.f, 0);
		return;
	}
	faultsys_cut_after(r.f, -1);
	close_world();
	open_world();
	assert_true(start(true));
	for (int i = 0; i < PARTITIONS; i++)
		check(&r.part[i]);
	faultsys_cut_after(r.f, (int)pick(200));
}

static void
run(uint64_t seed)
{
	memset(&r, 0, sizeof(r));
	r.f = faultsys_new(seed);
	r.sys = faultsys_sys(r.f);
	r.config = (struct topic_config){
		.retention_ms = -1, .retention_bytes = 250000,
		.segment_ms = INT64_C(7) * 86400000,
		.segment_bytes = 90000 + (int32_t)pick(60000),
		.segment_index_bytes = 1 << 20,
		.index_interval_bytes = 2000, .flush_messages = INT64_MAX,
		.flush_ms = INT64_MAX, .max_message_bytes = 1 << 20,
		.min_insync_replicas = 1, .compression = -1,
		.cleanup = CLEANUP_DELETE
	};
	open_world();
	assert_int_equal(r.sys->sync_dir(r.sys, "/"), 0);
	assert_true(start(true));
	for (r.cuts = 0; r.cuts < CUTS; r.cuts++) {
		faultsys_cut_after(r.f, 1 + (int)pick(300));
		for (int i = OPS; i > 0 && !faultsys_is_dark(r.f); i--)
			step();
		faultsys_cut_after(r.f, 0);
		close_world();
		faultsys_restart(r.f);
		open_world();
		/* power may go again while the logs are being opened */
		if (pick(3) == 0) {
			faultsys_cut_after(r.f, 1 + (int)pick(60));
			(void)start(false);
			faultsys_cut_after(r.f, 0);
			close_world();
			faultsys_restart(r.f);
			open_world();
		}
		assert_true(start(false));
		for (int i = 0; i < PARTITIONS; i++)
			check(&r.part[i]);
	}
	close_world();
	for (int i = 0; i < PARTITIONS; i++)
		while (r.part[i].n > 0)
			free(r.part[i].put[--r.part[i].n].a.batch.iov_base);
	faultsys_free(r.f);
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
