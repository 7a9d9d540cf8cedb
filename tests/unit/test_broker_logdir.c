/*
 * A directory of partitions over time: restarts, crashes, checkpoints, what is
 * deleted by hand and by retention.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "partition_util.h"

#include "cmd/klog-broker/partition_impl.h"

static void
run_now(void *ctx, void (*fn)(void *), void *arg)
{
	fn(arg);
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
 * waits for the disk once; where that fails each is synced by itself, and from
 * then on, as nobody knows what the failure was about. */
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
	for (int turn = 0; turn < 3; turn++) {
		for (int i = 0; i <= MANY_LOGS; i++) {
			lead(p[i], 4 + turn);
			assert_int_equal(append(p[i], &pr, 0), 0);
			while (run_one())
				;
			assert_int_equal(partition_acked(p[i], &pr.w), 0);
		}
		w.waits = w.all_synced = 0;
		w.all_errno = turn == 1 ? EIO : 0;
		assert_int_equal(logdir_checkpoint(&w.ld, &e), 0);
		assert_int_equal(w.all_synced, turn < 2);
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

/* A namesake that is just going is nobody to wait for; one before it whose
 * files are still there is. */
static void
test_going(void **state)
{
	struct partition *had_files = make(&id_a), *going, *p;

	going = partition_new(&w.ld, "t", &id_b, 0, &config);
	assert_ptr_equal(going->before, had_files);
	/* as by who gives it up and has not come to the logdir's lock yet */
	atomic_store(&going->refs, 0);
	p = partition_new(&w.ld, "t", &id_a, 0, &config);
	assert_int_equal(going->refs, 0);
	assert_ptr_equal(p->before, had_files);
	atomic_store(&going->refs, 1);
	partition_unref(going);
	assert_int_equal(had_files->refs, 2);
	partition_unref(p);
	assert_int_equal(had_files->refs, 1);
	partition_unref(had_files);
}

#define CASE(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_going),
		CASE(test_clean_restart),
		CASE(test_crash_restart),
		CASE(test_other_topic_id),
		CASE(test_delete_records),
		CASE(test_start_is_kept),
		CASE(test_many_checkpointed),
		CASE(test_retention),
		CASE(test_retention_checkpoint_fails),
	};

	return cmocka_run_group_tests_name("broker_logdir", tests, NULL,
	    NULL);
}
