/*
 * A partition on a real disk whose struct sys the test watches: what is
 * acknowledged when, and who is woken. Jobs run when the test says so, which
 * makes every interleaving with a flush round one that is chosen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "cmd/klog-broker/checkpoints.h"
#include "cmd/klog-broker/config.h"
#include "cmd/klog-broker/delayed.h"
#include "cmd/klog-broker/logdir.h"
#include "cmd/klog-broker/partition.h"
#include "record/builder.h"
#include "record/marker.h"
#include "store/datadir.h"
#include "store/txnindex.h"
#include "wire/kerror.h"
#include "wire/msg_list_offsets.h"

/* The world of one test. */
struct world {
	struct sys	 sys;
	struct logdir	 ld;
	struct datadir	*datadir;
	char		 path[64];
	uint64_t	 woken[8];
	struct {
		void	(*fn)(void *);
		void	*arg;
	}		 jobs[64];
	int		 n_jobs;
	int		 syncs;
	int		 sync_errno;		/* what fdatasync fails with */
	void		(*in_sync)(void);	/* called by fdatasync */
	int		 waits;			/* fsync, sync_dir */
	int		 all_synced;		/* sync_fs */
	int		 all_errno;		/* what it fails with */
};

static struct world w;

static void
run_later(void *ctx, void (*fn)(void *), void *arg)
{
	assert_true(w.n_jobs < 64);
	w.jobs[w.n_jobs].fn = fn;
	w.jobs[w.n_jobs++].arg = arg;
}

static void
run_now(void *ctx, void (*fn)(void *), void *arg)
{
	fn(arg);
}

static bool
run_one(void)
{
	void (*fn)(void *) = w.jobs[0].fn;
	void *arg = w.jobs[0].arg;

	if (w.n_jobs == 0)
		return false;
	memmove(w.jobs, w.jobs + 1, sizeof(w.jobs) - sizeof(w.jobs[0]));
	w.n_jobs--;
	fn(arg);
	return true;
}

static void
wake(struct io *io, uint64_t id, uint32_t generation)
{
	w.woken[id]++;
}

static int
watched_fdatasync(const struct sys *s, int fd)
{
	w.syncs++;
	if (w.in_sync != NULL)
		w.in_sync();
	if (w.sync_errno != 0) {
		errno = w.sync_errno;
		return -1;
	}
	return sys_real()->fdatasync(s, fd);
}

static int
watched_fsync(const struct sys *s, int fd)
{
	w.waits++;
	return sys_real()->fsync(s, fd);
}

static int
watched_sync_dir(const struct sys *s, const char *path)
{
	w.waits++;
	return 0;
}

static int
watched_sync_fs(const struct sys *s, const char *path)
{
	w.all_synced++;
	errno = w.all_errno;
	return w.all_errno != 0 ? -1 : 0;
}

static void
open_dir(void)
{
	struct kerr e = KERR_INIT;

	assert_int_equal(datadir_open(&w.datadir, &w.sys, w.path, &e), 0);
	w.ld.sys = &w.sys;
	w.ld.datadir = w.datadir;
	w.ld.path = w.path;
	w.ld.run = run_later;
	w.ld.wake = wake;
	logdir_init(&w.ld);
}

static int
setup(void **state)
{
	memset(&w, 0, sizeof(w));
	w.sys = *sys_real();
	w.sys.fdatasync = watched_fdatasync;
	w.sys.fsync = watched_fsync;
	w.sys.sync_dir = watched_sync_dir;
	w.sys.sync_fs = watched_sync_fs;
	strcpy(w.path, "/tmp/klog-test-XXXXXX");
	if (mkdtemp(w.path) == NULL)
		return -1;
	open_dir();
	return 0;
}

static void
close_dir(void)
{
	while (run_one())
		;
	logdir_release(&w.ld);
	datadir_close(w.datadir);
}

static int
teardown(void **state)
{
	char *cmd;
	int rc;

	close_dir();
	cmd = xasprintf("rm -rf %s", w.path);
	rc = system(cmd);
	free(cmd);
	return rc;
}

static const struct kuuid id_a = { { 1 } }, id_b = { { 2, 3, 4, 5 } };

static const struct topic_config config = {
	.segment_bytes = 1 << 20,
	.segment_ms = 7 * 86400000,
	.segment_index_bytes = 1 << 20,
	.index_interval_bytes = 4096,
	.flush_messages = INT64_MAX,
	.flush_ms = INT64_MAX,
	.max_message_bytes = 1 << 20,
	.min_insync_replicas = 1,
	.compression = -1,
	.cleanup = CLEANUP_DELETE,
};

static void
lead(struct partition *p, int32_t epoch)
{
	int32_t self = 1;
	struct partition_state s = {
		.leader = 1, .leader_epoch = epoch, .partition_epoch = epoch,
		.isr = &self, .n_isr = 1, .n_replicas = 1
	};

	partition_apply(p, 1, &s);
}

static struct partition *
make(const struct kuuid *id)
{
	struct partition *p = partition_new(&w.ld, "t", id, 0, &config);

	lead(p, 3);
	return p;
}

static uint8_t batch[4096];

static struct iovec
make_batch(int64_t producer, int32_t sequence, int n)
{
	struct record_input in = {
		.timestamp = 1000, .key_len = -1, .value = "hello",
		.value_len = 5
	};
	struct builder_opts opts = BUILDER_OPTS;
	struct builder b;
	ssize_t len;

	builder_init(&b, batch, sizeof(batch));
	while (n-- > 0)
		assert_int_equal(builder_add(&b, &in), 0);
	opts.producer_id = producer;
	opts.producer_epoch = producer < 0 ? -1 : 0;
	opts.base_sequence = sequence;
	len = builder_finish(&b, &opts, NULL, NULL, NULL);
	assert_true(len > 0);
	return (struct iovec){ batch, (size_t)len };
}

/* One acks=all append of a request that is known as `id`. */
struct produce {
	struct delayed		 d;
	struct waiter		 w;
	struct partition_append	 a;
};

static int16_t
append_batch(struct partition *p, struct produce *pr, uint64_t id,
    struct iovec iov)
{
	w.woken[id] = 0;
	delayed_init(&pr->d, &w.ld, (struct waker){ NULL, id, 0 }, 2);
	pr->a = (struct partition_append){
		.batch = iov, .append_time = -1, .wait = true
	};
	return partition_append(p, &pr->a, &pr->d, &pr->w);
}

static int16_t
append(struct partition *p, struct produce *pr, uint64_t id)
{
	return append_batch(p, pr, id, make_batch(-1, -1, 1));
}

static int64_t
high_watermark(struct partition *p)
{
	struct partition_offsets o;

	assert_int_equal(partition_offsets(p, -1, &o), 0);
	return o.high_watermark;
}

/* Nothing is acknowledged or shown before its fdatasync returned. */
static void
test_ack_after_flush(void **state)
{
	struct partition *p = make(&id_a);
	struct produce pr;

	assert_int_equal(append(p, &pr, 0), 0);
	assert_int_equal(pr.a.base, 0);
	assert_false(delayed_settled(&pr.d, 1));
	assert_int_equal(w.syncs, 0);
	assert_int_equal(high_watermark(p), 0);
	assert_true(run_one());
	assert_true(w.syncs > 0);
	assert_int_equal(w.woken[0], 1);
	assert_int_equal(high_watermark(p), 1);
	assert_int_equal(partition_acked(p, &pr.w), 0);
	partition_unref(p);
}

static struct partition *late_p;
static struct produce late;

static void
append_late(void)
{
	w.in_sync = NULL;
	assert_int_equal(append(late_p, &late, 1), 0);
	assert_false(delayed_settled(&late.d, 1));
}

/* What is appended while a round runs is not covered by it. */
static void
test_append_during_round(void **state)
{
	struct partition *p = late_p = make(&id_a);
	struct produce pr;

	assert_int_equal(append(p, &pr, 0), 0);
	assert_false(delayed_settled(&pr.d, 1));
	w.in_sync = append_late;
	assert_true(run_one());
	assert_int_equal(w.woken[0], 1);
	assert_int_equal(w.woken[1], 0);
	assert_int_equal(high_watermark(p), 1);
	assert_int_equal(partition_acked(p, &pr.w), 0);
	assert_true(run_one());
	assert_int_equal(w.woken[1], 1);
	assert_int_equal(high_watermark(p), 2);
	assert_int_equal(partition_acked(p, &late.w), 0);
	assert_false(run_one());
	partition_unref(p);
}

/* Many appends, one round. */
static void
test_group_commit(void **state)
{
	struct partition *p = make(&id_a);
	struct produce pr[4];

	for (uint64_t i = 0; i < 4; i++) {
		assert_int_equal(append(p, &pr[i], i), 0);
		assert_false(delayed_settled(&pr[i].d, 1));
	}
	assert_int_equal(w.n_jobs, 1);
	assert_true(run_one());
	for (int i = 0; i < 4; i++) {
		assert_int_equal(w.woken[i], 1);
		assert_int_equal(partition_acked(p, &pr[i].w), 0);
	}
	assert_false(run_one());
	partition_unref(p);
}

/* A failed fdatasync acknowledges nothing, now or later. */
static void
test_flush_fails(void **state)
{
	struct partition *p = make(&id_a);
	struct partition_offsets o;
	struct produce pr;

	assert_int_equal(append(p, &pr, 0), 0);
	assert_false(delayed_settled(&pr.d, 1));
	w.sync_errno = EIO;
	assert_true(run_one());
	assert_int_equal(w.woken[0], 1);
	assert_int_equal(partition_acked(p, &pr.w), ERR_KAFKA_STORAGE_ERROR);
	w.sync_errno = 0;
	assert_int_equal(append(p, &pr, 0), ERR_KAFKA_STORAGE_ERROR);
	assert_int_equal(partition_offsets(p, -1, &o),
	    ERR_KAFKA_STORAGE_ERROR);
	assert_false(run_one());
	partition_unref(p);
}

/* flush.acks=os: the log end counts, no round is run. */
static void
test_acks_os(void **state)
{
	struct partition *p = make(&id_a);
	struct produce pr;

	w.ld.acks_os = true;
	assert_int_equal(append(p, &pr, 0), 0);
	assert_true(delayed_settled(&pr.d, 1));
	assert_int_equal(high_watermark(p), 1);
	assert_int_equal(partition_acked(p, &pr.w), 0);
	assert_int_equal(w.n_jobs, 0);
	partition_unref(p);
}

/* A duplicate answers its old offset, and waits for the old flush too. */
static void
test_duplicate_waits(void **state)
{
	struct partition *p = make(&id_a);
	struct produce pr[3];

	assert_int_equal(append_batch(p, &pr[0], 0, make_batch(9, 0, 2)), 0);
	assert_int_equal(append_batch(p, &pr[1], 1, make_batch(9, 0, 2)), 0);
	assert_int_equal(pr[1].a.base, 0);
	assert_int_equal(pr[1].a.append_time, 1000);
	assert_false(delayed_settled(&pr[1].d, 1));
	assert_int_equal(append_batch(p, &pr[2], 2, make_batch(9, 3, 1)),
	    ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
	assert_true(run_one());
	assert_int_equal(w.woken[1], 1);
	assert_int_equal(partition_acked(p, &pr[0].w), 0);
	assert_int_equal(partition_acked(p, &pr[1].w), 0);
	assert_int_equal(append_batch(p, &pr[1], 1, make_batch(9, 0, 2)), 0);
	assert_true(delayed_settled(&pr[1].d, 1));
	assert_int_equal(partition_acked(p, &pr[1].w), 0);
	partition_unref(p);
}

/* A late request takes its waiter out; the flush then wakes nobody. */
static void
test_timeout(void **state)
{
	struct partition *p = make(&id_a);
	struct produce pr;

	assert_int_equal(append(p, &pr, 0), 0);
	assert_false(delayed_settled(&pr.d, 1));
	assert_int_equal(partition_acked(p, &pr.w), ERR_REQUEST_TIMED_OUT);
	assert_true(run_one());
	assert_int_equal(w.woken[0], 0);
	partition_unref(p);
}

static void
test_leadership(void **state)
{
	struct partition *p = make(&id_a);
	struct partition_offsets o;
	struct partition_state away = { .leader = 2, .leader_epoch = 4 };
	struct produce pr;

	assert_int_equal(partition_offsets(p, 3, &o), 0);
	assert_int_equal(o.leader_epoch, 3);
	assert_int_equal(partition_offsets(p, 2, &o), ERR_FENCED_LEADER_EPOCH);
	assert_int_equal(partition_offsets(p, 4, &o),
	    ERR_UNKNOWN_LEADER_EPOCH);
	assert_int_equal(append(p, &pr, 0), 0);
	assert_false(delayed_settled(&pr.d, 1));
	partition_apply(p, 1, &away);
	assert_int_equal(w.woken[0], 1);
	assert_int_equal(partition_acked(p, &pr.w),
	    ERR_NOT_LEADER_OR_FOLLOWER);
	assert_int_equal(append(p, &pr, 0), ERR_NOT_LEADER_OR_FOLLOWER);
	partition_unref(p);
}

static void
test_min_insync(void **state)
{
	struct partition *p = make(&id_a);
	const int32_t self = 1;
	struct partition_state s = {
		.leader = 1, .isr = &self, .n_isr = 1, .n_replicas = 1
	};
	struct topic_config two = config;
	struct produce pr;

	two.min_insync_replicas = 2;
	partition_configure(p, &two);
	/* one replica cannot be two */
	assert_int_equal(append(p, &pr, 0), 0);
	assert_true(run_one());
	assert_int_equal(partition_acked(p, &pr.w), 0);
	s.n_replicas = 3;
	partition_apply(p, 1, &s);
	assert_int_equal(append(p, &pr, 0), ERR_NOT_ENOUGH_REPLICAS);
	partition_unref(p);
}

static void
fetch(struct partition *p, int64_t offset, struct partition_fetch *f)
{
	*f = (struct partition_fetch){
		.offset = offset, .current_leader_epoch = -1,
		.max_bytes = 1 << 20, .min_one = true
	};
	assert_int_equal(partition_fetch(p, f), 0);
}

/* A record of that producer's transaction. */
static struct iovec
make_part(int64_t producer, int32_t sequence)
{
	struct iovec v = make_batch(producer, sequence, 1);
	struct batch_header h;

	assert_int_equal(batch_parse(v.iov_base, v.iov_len, &h, NULL), 0);
	h.attributes |= BATCH_TRANSACTIONAL;
	batch_set_header(v.iov_base, &h);
	return v;
}

static struct iovec
make_marker(int64_t producer, bool commit)
{
	struct marker m = { producer, 0, commit, 0, 1000 };

	marker_put(batch, &m);
	return (struct iovec){ batch, MARKER_SIZE };
}

static int16_t
fetch_committed(struct partition *p, struct partition_fetch *f)
{
	*f = (struct partition_fetch){ .current_leader_epoch = -1,
	    .max_bytes = 1 << 20, .min_one = true, .committed = true };
	return partition_fetch(p, f);
}

/* Who reads what is committed stops before an open transaction, is not woken
 * by what others see, and learns what was aborted once the marker is shown. */
static void
test_last_stable(void **state)
{
	struct partition *p = make(&id_a);
	struct partition_offsets o;
	struct partition_fetch f;
	struct delayed d;
	struct waiter fw;
	struct produce pr;

	assert_int_equal(append_batch(p, &pr, 0, make_part(7, 0)), 0);
	assert_true(run_one());
	assert_int_equal(partition_acked(p, &pr.w), 0);
	assert_int_equal(partition_offsets(p, -1, &o), 0);
	assert_int_equal(o.high_watermark, 1);
	assert_int_equal(o.last_stable, 0);
	assert_int_equal(fetch_committed(p, &f), 0);
	assert_int_equal(f.records.len, 0);
	w.woken[5] = 0;
	delayed_init(&d, &w.ld, (struct waker){ NULL, 5, 0 }, 1);
	assert_true(partition_wait(p, &f, &d, &fw));
	/* something without a transaction: shown, but not stable */
	assert_int_equal(append(p, &pr, 0), 0);
	assert_true(run_one());
	assert_int_equal(partition_acked(p, &pr.w), 0);
	assert_int_equal(w.woken[5], 0);
	/* the marker counts when it is on the disk */
	assert_int_equal(append_batch(p, &pr, 0, make_marker(7, false)), 0);
	assert_int_equal(partition_offsets(p, -1, &o), 0);
	assert_int_equal(o.last_stable, 0);
	assert_int_equal(w.woken[5], 0);
	assert_true(run_one());
	assert_int_equal(partition_acked(p, &pr.w), 0);
	assert_int_equal(w.woken[5], 1);
	partition_unwait(&fw);
	assert_int_equal(fetch_committed(p, &f), 0);
	assert_int_equal(f.last_stable, 3);
	assert_true(f.records.len > 0);
	assert_int_equal(f.n_aborted, 1);
	assert_int_equal(f.aborted[0].producer_id, 7);
	assert_int_equal(f.aborted[0].first, 0);
	f.records.hold->drop(f.records.hold);
	free(f.aborted);
	partition_unref(p);
}

/* Appends a marker and waits until it counts. */
static void
put_marker(struct partition *p, struct produce *pr, bool commit)
{
	assert_int_equal(append_batch(p, pr, 0, make_marker(7, commit)), 0);
	while (run_one())
		;
	assert_int_equal(partition_acked(p, &pr->w), 0);
}

static int16_t
append_verified(struct partition *p, struct produce *pr, int32_t sequence,
    uint64_t number)
{
	delayed_init(&pr->d, &w.ld, (struct waker){ NULL, 0, 0 }, 2);
	pr->a = (struct partition_append){
		.batch = make_part(7, sequence), .append_time = -1,
		.verify = true, .verified = number,
	};
	return partition_append(p, &pr->a, &pr->d, &pr->w);
}

/* A transaction begins with the number that was given out for it, unless a
 * marker has come in between; then it goes on without. */
static void
test_verified(void **state)
{
	struct partition *p = make(&id_a);
	struct produce pr;
	uint64_t number;

	assert_int_equal(append_verified(p, &pr, 0, 0), ERR_INVALID_TXN_STATE);
	number = partition_verify(p, 7, 0, 5);
	assert_true(number != 0);
	/* an earlier batch of the same producer is asked about, too */
	assert_int_equal(partition_verify(p, 7, 0, 3), number);
	assert_int_equal(append_verified(p, &pr, 5, number),
	    ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
	assert_int_equal(append_verified(p, &pr, 3, number), 0);
	assert_int_equal(partition_verify(p, 7, 0, 4), 0);
	assert_int_equal(append_verified(p, &pr, 4, 0), 0);
	put_marker(p, &pr, true);
	/* a duplicate is one whatever became of the transaction */
	assert_int_equal(append_verified(p, &pr, 4, 0), 0);
	assert_int_equal(pr.a.base, 1);
	number = partition_verify(p, 7, 0, 5);
	put_marker(p, &pr, false);
	assert_int_equal(append_verified(p, &pr, 5, number),
	    ERR_INVALID_TXN_STATE);
	assert_true(partition_verify(p, 7, 0, 5) != number);
	while (run_one())
		;
	partition_unref(p);
}

static void
test_fetch(void **state)
{
	struct partition *p = make(&id_a);
	struct partition_fetch f;
	struct delayed d;
	struct waiter fw;
	struct produce pr;

	/* No files yet: empty, and waiting works. */
	fetch(p, 0, &f);
	assert_int_equal(f.records.len, 0);
	assert_int_equal(f.high_watermark, 0);
	delayed_init(&d, &w.ld, (struct waker){ NULL, 5, 0 }, 1);
	assert_true(partition_wait(p, &(struct partition_fetch){
	    .high_watermark = 0 }, &d, &fw));
	assert_int_equal(append(p, &pr, 0), 0);
	assert_int_equal(w.woken[5], 0);

	/* Appended, not flushed: not shown. */
	fetch(p, 0, &f);
	assert_int_equal(f.records.len, 0);
	assert_true(run_one());
	assert_int_equal(w.woken[5], 1);
	partition_unwait(&fw);
	assert_false(partition_wait(p, &(struct partition_fetch){
	    .high_watermark = 0 }, &d, &fw));
	partition_unwait(&fw);
	assert_int_equal(partition_acked(p, &pr.w), 0);

	fetch(p, 0, &f);
	assert_int_equal(f.records.len, pr.a.batch.iov_len);
	assert_true(f.records.fd >= 0);
	f.records.hold->drop(f.records.hold);
	fetch(p, 1, &f);
	assert_int_equal(f.records.len, 0);
	f.offset = 2;
	assert_int_equal(partition_fetch(p, &f), ERR_OFFSET_OUT_OF_RANGE);
	partition_unref(p);
}

static void
test_find(void **state)
{
	struct partition *p = make(&id_a);
	struct partition_when when;
	struct produce pr;

	assert_int_equal(partition_find(p, -1, 0, false, &when), 0);
	assert_int_equal(when.offset, -1);
	assert_int_equal(append_batch(p, &pr, 0, make_batch(-1, -1, 3)), 0);
	while (run_one())
		;
	assert_int_equal(partition_acked(p, &pr.w), 0);
	assert_int_equal(partition_find(p, -1, OFFSETS_LATEST, false, &when),
	    0);
	assert_int_equal(when.offset, 3);
	assert_int_equal(when.leader_epoch, 3);
	assert_int_equal(partition_find(p, -1, OFFSETS_EARLIEST, false, &when),
	    0);
	assert_int_equal(when.offset, 0);
	assert_int_equal(partition_find(p, -1, 1000, false, &when), 0);
	assert_int_equal(when.offset, 0);
	assert_int_equal(when.timestamp, 1000);
	assert_int_equal(partition_find(p, -1, 1001, false, &when), 0);
	assert_int_equal(when.offset, -1);
	assert_int_equal(partition_find(p, -1, OFFSETS_LATEST_TIERED, false,
	    &when), 0);
	assert_int_equal(when.offset, -1);
	partition_unref(p);
}

/* A topic deleted and made again: the old files are out of the way first. */
static void
test_delete_and_again(void **state)
{
	struct partition *p = make(&id_a), *q;
	struct produce pr, pq;

	assert_int_equal(append(p, &pr, 0), 0);
	assert_false(delayed_settled(&pr.d, 1));
	partition_delete(p);
	assert_int_equal(w.woken[0], 1);
	assert_int_equal(partition_acked(p, &pr.w),
	    ERR_UNKNOWN_TOPIC_OR_PARTITION);
	q = make(&id_b);
	assert_int_equal(append(q, &pq, 1), ERR_LEADER_NOT_AVAILABLE);
	partition_unref(p);
	while (run_one())
		;
	assert_int_equal(append(q, &pq, 1), 0);
	assert_int_equal(pq.a.base, 0);
	while (run_one())
		;
	assert_int_equal(partition_acked(q, &pq.w), 0);
	partition_unref(q);
}

/* What was acknowledged is there after a stop, clean or not. */
static void
restart(bool clean)
{
	struct partition *p = make(&id_a);
	struct kerr e = KERR_INIT;
	struct produce pr;

	for (uint64_t i = 0; i < 3; i++) {
		assert_int_equal(append(p, &pr, 0), 0);
		while (run_one())
			;
		assert_int_equal(partition_acked(p, &pr.w), 0);
	}
	if (clean)
		assert_int_equal(logdir_close(&w.ld, &e), 0);
	partition_unref(p);
	close_dir();

	open_dir();
	w.ld.run = run_now;
	p = make(&id_a);
	assert_int_equal(logdir_recover(&w.ld, clean, &e), 0);
	w.ld.run = run_later;
	assert_int_equal(high_watermark(p), 3);
	assert_int_equal(append(p, &pr, 0), 0);
	assert_int_equal(pr.a.base, 3);
	while (run_one())
		;
	assert_int_equal(partition_acked(p, &pr.w), 0);
	assert_int_equal(logdir_close(&w.ld, &e), 0);
	partition_unref(p);
}

static void
test_clean_restart(void **state)
{
	restart(true);
}

static void
test_crash_restart(void **state)
{
	restart(false);
}

/* A topic that was deleted and made again while the files were still there
 * does not get its namesake's records. */
static void
test_other_topic_id(void **state)
{
	struct partition *p = make(&id_a);
	struct partition_offsets o;
	struct kerr e = KERR_INIT;
	struct produce pr;

	assert_int_equal(append(p, &pr, 0), 0);
	while (run_one())
		;
	assert_int_equal(partition_acked(p, &pr.w), 0);
	assert_int_equal(logdir_close(&w.ld, &e), 0);
	partition_unref(p);
	close_dir();

	open_dir();
	w.ld.run = run_now;
	p = make(&id_b);
	assert_int_equal(logdir_recover(&w.ld, true, &e), 0);
	w.ld.run = run_later;
	assert_int_equal(partition_offsets(p, -1, &o), 0);
	assert_int_equal(o.end, 0);
	assert_int_equal(append(p, &pr, 0), 0);
	assert_int_equal(pr.a.base, 0);
	while (run_one())
		;
	assert_int_equal(partition_acked(p, &pr.w), 0);
	assert_int_equal(logdir_close(&w.ld, &e), 0);
	partition_unref(p);
}

/* Five records; nothing is at work afterwards. */
static struct partition *
make_five(void)
{
	struct partition *p = make(&id_a);
	struct produce pr;

	assert_int_equal(append_batch(p, &pr, 0, make_batch(-1, -1, 5)), 0);
	while (run_one())
		;
	assert_int_equal(partition_acked(p, &pr.w), 0);
	return p;
}

static int64_t
start_of(struct partition *p)
{
	struct partition_offsets o;

	assert_int_equal(partition_offsets(p, -1, &o), 0);
	return o.start;
}

static void
test_delete_records(void **state)
{
	struct partition *p = make(&id_a);
	struct topic_config compact = config;
	struct partition_fetch f;
	int64_t low = -1;
	bool moved = false;

	/* no files yet */
	assert_int_equal(partition_delete_records(p, 0, &low, &moved), 0);
	assert_int_equal(partition_delete_records(p, 1, &low, &moved),
	    ERR_OFFSET_OUT_OF_RANGE);
	partition_unref(p);
	p = make_five();
	assert_int_equal(partition_delete_records(p, 6, &low, &moved),
	    ERR_OFFSET_OUT_OF_RANGE);
	assert_int_equal(partition_delete_records(p, -2, &low, &moved),
	    ERR_OFFSET_OUT_OF_RANGE);
	assert_false(moved);
	assert_int_equal(partition_delete_records(p, 3, &low, &moved), 0);
	assert_int_equal(low, 3);
	assert_true(moved);
	moved = false;
	assert_int_equal(partition_delete_records(p, 2, &low, &moved), 0);
	assert_int_equal(low, 3);
	assert_false(moved);
	f = (struct partition_fetch){ .offset = 2, .current_leader_epoch = -1,
	    .max_bytes = 1 << 20 };
	assert_int_equal(partition_fetch(p, &f), ERR_OFFSET_OUT_OF_RANGE);
	assert_int_equal(f.log_start, 3);
	compact.cleanup = CLEANUP_COMPACT;
	partition_configure(p, &compact);
	assert_int_equal(partition_delete_records(p, 4, &low, &moved),
	    ERR_POLICY_VIOLATION);
	partition_configure(p, &config);
	assert_int_equal(partition_delete_records(p, DELETE_TO_HIGH_WATERMARK,
	    &low, &moved), 0);
	assert_int_equal(low, 5);
	partition_unref(p);
}

/* A crash: the world again from what is on disk. */
static struct partition *
crash(struct partition *p)
{
	struct kerr e = KERR_INIT;

	partition_unref(p);
	close_dir();
	open_dir();
	w.ld.run = run_now;
	p = make(&id_a);
	assert_int_equal(logdir_recover(&w.ld, false, &e), 0);
	w.ld.run = run_later;
	return p;
}

/* What was deleted and written down stays deleted, also when the partition
 * has failed and other checkpoints were written since. */
static void
test_start_is_kept(void **state)
{
	struct partition *p = make_five();
	struct partition_offsets o;
	struct kerr e = KERR_INIT;
	struct produce pr;
	int64_t low;
	bool moved;

	assert_int_equal(partition_delete_records(p, 3, &low, &moved), 0);
	p = crash(p);
	assert_int_equal(start_of(p), 0);
	assert_int_equal(partition_delete_records(p, 3, &low, &moved), 0);
	assert_int_equal(logdir_save_starts(&w.ld, &e), 0);
	p = crash(p);
	assert_int_equal(start_of(p), 3);
	assert_int_equal(append(p, &pr, 0), 0);
	w.sync_errno = EIO;
	while (run_one())
		;
	assert_int_equal(partition_acked(p, &pr.w), ERR_KAFKA_STORAGE_ERROR);
	assert_int_equal(partition_offsets(p, -1, &o),
	    ERR_KAFKA_STORAGE_ERROR);
	w.sync_errno = 0;
	assert_int_equal(logdir_checkpoint(&w.ld, &e), 0);
	p = crash(p);
	assert_int_equal(start_of(p), 3);
	partition_unref(p);
}

static int
count_files(const char *suffix)
{
	char *cmd = xasprintf("exit $(ls %s/t-0/*%s 2>/dev/null | wc -l)",
	    w.path, suffix);
	int rc = system(cmd);

	free(cmd);
	return WEXITSTATUS(rc);
}

/* A round: what goes goes by the topic's configuration of now. */
static void
test_retention(void **state)
{
	struct topic_config c = config;
	struct partition *p = make(&id_a);
	struct kerr e = KERR_INIT;
	struct produce pr;
	int64_t wait;

	c.segment_bytes = 200;
	c.retention_ms = c.retention_bytes = -1;
	c.file_delete_delay_ms = 60000;
	partition_configure(p, &c);
	for (uint64_t i = 0; i < 6; i++) {
		assert_int_equal(append_batch(p, &pr, 0,
		    make_batch(-1, -1, 5)), 0);
		while (run_one())
			;
		assert_int_equal(partition_acked(p, &pr.w), 0);
	}
	assert_int_equal(count_files(".log"), 6);
	assert_int_equal(logdir_retain(&w.ld, true, &wait, &e), 0);
	assert_int_equal(wait, -1);
	assert_int_equal(count_files(".log"), 6);
	/* compacted only: nothing but what lies below the start */
	c.retention_bytes = partition_size(p) / 6 * 4;
	c.cleanup = CLEANUP_COMPACT;
	partition_configure(p, &c);
	assert_int_equal(logdir_retain(&w.ld, true, &wait, &e), 0);
	assert_int_equal(start_of(p), 0);
	c.cleanup = CLEANUP_COMPACT | CLEANUP_DELETE;
	partition_configure(p, &c);
	assert_int_equal(logdir_retain(&w.ld, true, &wait, &e), 0);
	assert_int_equal(start_of(p), 10);
	assert_int_equal(count_files(".log"), 4);
	assert_int_equal(count_files(".log.deleted"), 2);
	assert_in_range(wait, 50000, 60000);
	/* all are older than a millisecond; the delay is over at once */
	c.retention_ms = 1;
	c.file_delete_delay_ms = 0;
	partition_configure(p, &c);
	assert_int_equal(logdir_retain(&w.ld, true, &wait, &e), 0);
	assert_int_equal(start_of(p), 30);
	assert_int_equal(count_files(".log"), 1);
	p = crash(p);
	assert_int_equal(start_of(p), 30);
	assert_int_equal(high_watermark(p), 30);
	assert_int_equal(count_files(".deleted"), 0);
	assert_int_equal(append(p, &pr, 0), 0);
	assert_int_equal(pr.a.base, 30);
	while (run_one())
		;
	assert_int_equal(partition_acked(p, &pr.w), 0);
	partition_unref(p);
}

/* Where the start cannot be written down no file goes. */
static void
test_retention_checkpoint_fails(void **state)
{
	struct topic_config c = config;
	struct partition *p = make_five();
	struct kerr e = KERR_INIT;
	char *path = xasprintf("%s/log-start-offset-checkpoint.tmp", w.path);
	int64_t wait;

	c.retention_ms = 1;
	c.retention_bytes = -1;
	partition_configure(p, &c);
	/* a directory in the way */
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(logdir_retain(&w.ld, true, &wait, &e), KE_SYS);
	assert_non_null(strstr(e.msg, "log-start-offset-checkpoint"));
	assert_int_equal(count_files(".log"), 2);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(logdir_retain(&w.ld, true, &wait, &e), 0);
	assert_int_equal(count_files(".log"), 1);
	assert_int_equal(start_of(p), 5);
	free(path);
	partition_unref(p);
}

/* A checkpoint of many new logs, whose epochs' files nobody has synced yet,
 * waits for the disk once; where that fails each is synced by itself. */
static void
test_many_checkpointed(void **state)
{
	struct partition *p[MANY_LOGS + 1];
	struct kerr e = KERR_INIT;
	struct produce pr;
	const int files = 16;	/* the checkpoints' own, at most */

	for (int i = 0; i <= MANY_LOGS; i++) {
		p[i] = partition_new(&w.ld, "t", &id_a, i, &config);
		lead(p[i], 3);
	}
	for (int turn = 0; turn < 2; turn++) {
		for (int i = 0; i <= MANY_LOGS; i++) {
			lead(p[i], 4 + turn);
			assert_int_equal(append(p[i], &pr, 0), 0);
			while (run_one())
				;
			assert_int_equal(partition_acked(p[i], &pr.w), 0);
		}
		w.waits = w.all_synced = 0;
		w.all_errno = turn == 0 ? 0 : EIO;
		assert_int_equal(logdir_checkpoint(&w.ld, &e), 0);
		assert_int_equal(w.all_synced, 1);
		if (turn == 0)
			assert_in_range(w.waits, 1, files);
		else
			assert_in_range(w.waits, MANY_LOGS, 1 << 20);
		/* then there is nothing left to do for any */
		w.waits = w.all_synced = 0;
		assert_int_equal(logdir_checkpoint(&w.ld, &e), 0);
		assert_int_equal(w.all_synced, 0);
		assert_in_range(w.waits, 0, files);
	}
	for (int i = 0; i <= MANY_LOGS; i++)
		partition_unref(p[i]);
}

#define CASE(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_ack_after_flush),
		CASE(test_append_during_round),
		CASE(test_group_commit),
		CASE(test_flush_fails),
		CASE(test_acks_os),
		CASE(test_duplicate_waits),
		CASE(test_timeout),
		CASE(test_leadership),
		CASE(test_min_insync),
		CASE(test_last_stable),
		CASE(test_verified),
		CASE(test_fetch),
		CASE(test_find),
		CASE(test_delete_and_again),
		CASE(test_clean_restart),
		CASE(test_crash_restart),
		CASE(test_other_topic_id),
		CASE(test_delete_records),
		CASE(test_start_is_kept),
		CASE(test_many_checkpointed),
		CASE(test_retention),
		CASE(test_retention_checkpoint_fails),
	};

	return cmocka_run_group_tests_name("broker_partition", tests, NULL,
	    NULL);
}
