/*
 * A partition: what is acknowledged when, who is woken, what is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "cmd/klog-broker/pace.h"
#include "cmd/klog-broker/partition_impl.h"
#include "partition_util.h"

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

/* flush.acks=os: the log end counts, no round is run; a compaction gives way to
 * who appends all the same. */
static void
test_acks_os(void **state)
{
	struct partition *p = make(&id_a);
	struct produce pr;
	int64_t now = sys_mono_ns(w.ld.sys);

	w.ld.acks_os = true;
	assert_false(flush_is_busy(&w.ld, now));
	assert_int_equal(append(p, &pr, 0), 0);
	assert_true(delayed_settled(&pr.d, 1));
	assert_int_equal(high_watermark(p), 1);
	assert_int_equal(partition_acked(p, &pr.w), 0);
	assert_int_equal(w.n_jobs, 0);
	assert_true(flush_is_busy(&w.ld, now));
	now = sys_mono_ns(w.ld.sys);
	assert_false(flush_is_busy(&w.ld, now + PACE_QUIET_NS));
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
	};

	return cmocka_run_group_tests_name("broker_partition", tests, NULL,
	    NULL);
}
