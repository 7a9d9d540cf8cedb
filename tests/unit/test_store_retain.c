/*
 * test_store_retain.c: which segments retention lets go, when their files are
 * gone, and what readers at work see of it.
 */
#include "store_util.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "store/log.h"

#define UNLIMITED { .ms = -1, .bytes = -1, .upto = INT64_MAX }

static const struct log_known fresh = { .clean = false };

/* A clock that stands at what the test says. */
static struct sys slow;
static int64_t clock_ms;

static int64_t
now_ms(const struct sys *s)
{
	return clock_ms;
}

static int64_t
mono_ns(const struct sys *s)
{
	return clock_ms * 1000000;
}

struct world {
	char		*tmp;
	char		*dir;
	struct log_config c;
	struct log	*l;
};

static struct world w;

static int
setup(void **state)
{
	slow = *sys_fast();
	slow.now_ms = now_ms;
	slow.mono_ns = mono_ns;
	clock_ms = 1000000;
	w.tmp = tmp_make();
	w.dir = xasprintf("%s/t-0", w.tmp);
	w.c = (struct log_config)LOG_CONFIG_INIT;
	w.l = must_open(&slow, w.dir, &w.c, &fresh, NULL);
	return 0;
}

static int
teardown(void **state)
{
	must_close(w.l);
	free(w.dir);
	tmp_remove(w.tmp);
	return 0;
}

/* A segment of n records, the first of them at ts. */
static void
segment(int n, int64_t ts)
{
	struct batch_spec s = BATCH_SPEC;
	struct kerr e = KERR_INIT;
	struct log_appended a;

	s.ts = ts;
	s.value = 1000;
	for (int i = 0; i < n; i++)
		assert_int_equal(put(w.l, &s, 0, &a), 0);
	assert_int_equal(log_roll(w.l, &e), 0);
}

static int64_t
keep(int64_t ms, int64_t bytes, int64_t upto)
{
	struct log_retention r = { ms, bytes, upto };
	struct kerr e = KERR_INIT;
	int64_t from = log_keep_from(w.l, &r, &e);

	if (from < 0)
		fail_msg("%s", e.msg);
	return from;
}

static bool
there(int64_t base, const char *suffix)
{
	char *path = xasprintf("%s/%020lld%s", w.dir, (long long)base, suffix);
	bool is = access(path, F_OK) == 0;

	free(path);
	return is;
}

/* Lets go of what lies below offset; ms until the next files are due. */
static int64_t
let_go(int64_t offset, int64_t delay)
{
	struct kerr e = KERR_INIT;
	int64_t wait;

	if (log_retain_from(w.l, offset, &e) != 0)
		fail_msg("%s", e.msg);
	log_drop_old(w.l);
	if (log_remove_old(w.l, delay, &wait, &e) != 0)
		fail_msg("%s", e.msg);
	return wait;
}

static void
test_by_time(void **state)
{
	segment(3, 1000);
	segment(3, 5000);
	segment(3, 3000);	/* older, but behind one that is not */
	segment(3, clock_ms + 100000);	/* the future keeps it */
	segment(3, 1000);
	assert_int_equal(keep(-1, -1, INT64_MAX), 0);
	assert_int_equal(keep(clock_ms - 1000, -1, INT64_MAX), 0);
	/* more than so old, not as old */
	assert_int_equal(keep(clock_ms - 1001, -1, INT64_MAX), 3);
	assert_int_equal(keep(clock_ms - 5001, -1, INT64_MAX), 9);
	assert_int_equal(keep(0, -1, INT64_MAX), 9);
	/* nothing from the high watermark on */
	assert_int_equal(keep(0, -1, 5), 3);
	assert_int_equal(keep(0, -1, 6), 6);
	clock_ms += 200000;
	assert_int_equal(keep(0, -1, INT64_MAX), 15);
}

/* The active segment goes by time, too, when it is not empty: another begins
 * in its place. */
static void
test_active(void **state)
{
	struct batch_spec s = BATCH_SPEC;
	struct log_appended a;

	assert_int_equal(keep(0, 0, INT64_MAX), 0);
	assert_int_equal(put(w.l, &s, 0, &a), 0);
	assert_int_equal(keep(clock_ms, -1, INT64_MAX), 0);
	assert_int_equal(keep(500, -1, INT64_MAX), 1);
	/* what comes between look and deed is kept */
	assert_int_equal(put(w.l, &s, 0, &a), 0);
	let_go(1, 0);
	assert_int_equal(log_start(w.l), 0);
	assert_int_equal(keep(500, -1, INT64_MAX), 2);
	assert_int_equal(let_go(2, 0), -1);
	assert_int_equal(log_start(w.l), 2);
	assert_int_equal(log_end(w.l), 2);
	assert_int_equal(log_size(w.l), 0);
	assert_false(there(0, ".log"));
	assert_true(there(2, ".log"));
	/* an empty one does not go again and again */
	assert_int_equal(keep(0, 0, INT64_MAX), 2);
	assert_int_equal(put(w.l, &s, 0, &a), 0);
	assert_int_equal(a.base, 2);
}

static void
test_by_size(void **state)
{
	int64_t one;

	segment(2, 1000);
	one = log_size(w.l);
	segment(2, 1000);
	segment(2, 1000);
	assert_int_equal(log_size(w.l), 3 * one);
	assert_int_equal(keep(-1, 3 * one, INT64_MAX), 0);
	assert_int_equal(keep(-1, 3 * one - 1, INT64_MAX), 0);
	assert_int_equal(keep(-1, 2 * one, INT64_MAX), 2);
	assert_int_equal(keep(-1, one, INT64_MAX), 4);
	assert_int_equal(keep(-1, 1, INT64_MAX), 4);
	assert_int_equal(keep(-1, 0, INT64_MAX), 6);
	assert_int_equal(keep(-1, 0, 5), 4);
	/* what lies below the start is no part of what is kept */
	assert_int_equal(log_set_start(w.l, 3, NULL), 0);
	assert_int_equal(keep(-1, 2 * one, INT64_MAX), 3);
	assert_int_equal(keep(-1, one, INT64_MAX), 4);
}

/* A log without timestamps goes by the time of its files. */
static void
test_no_time(void **state)
{
	struct timespec t[2] = { { 400, 0 }, { 400, 0 } };
	char *path = xasprintf("%s/%020d.log", w.dir, 0);

	segment(2, -1);
	segment(2, 990000);
	assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
	free(path);
	assert_int_equal(keep(600000, -1, INT64_MAX), 0);
	assert_int_equal(keep(599999, -1, INT64_MAX), 2);
}

/* Files get another name first, and go when their time has come. */
static void
test_delay(void **state)
{
	segment(2, 1000);
	segment(2, 1000);
	assert_true(there(0, ".index") && there(2, ".snapshot"));
	assert_int_equal(let_go(2, 60000), 60000);
	assert_false(there(0, ".log") || there(0, ".index"));
	assert_true(there(0, ".log.deleted") && there(0, ".index.deleted") &&
	    there(0, ".timeindex.deleted"));
	/* the snapshot that the log's new start begins with stays */
	assert_true(there(2, ".snapshot"));
	clock_ms += 30000;
	assert_int_equal(let_go(4, 60000), 30000);
	assert_true(there(0, ".log.deleted") && there(2, ".log.deleted") &&
	    there(2, ".snapshot.deleted"));
	clock_ms += 30000;
	assert_int_equal(let_go(4, 60000), 30000);
	assert_false(there(0, ".log.deleted") || there(0, ".index.deleted"));
	assert_true(there(2, ".log.deleted"));
	/* what a crash leaves of them goes at the next start */
	log_abandon(w.l);
	assert_true(there(2, ".log.deleted"));
	w.l = must_open(&slow, w.dir, &w.c, &(struct log_known){ .start = 4 },
	    NULL);
	assert_false(there(2, ".log.deleted") || there(2, ".index.deleted"));
	assert_int_equal(log_start(w.l), 4);
	assert_int_equal(log_end(w.l), 4);
}

/* A slice stays good when its segment has gone; later readers are told. */
static void
test_reader(void **state)
{
	struct kerr e = KERR_INIT;
	struct krecords r;
	struct log_when when;
	char byte;

	segment(2, 1000);
	segment(2, 2000);
	assert_int_equal(log_read(w.l, 0, 100, 2, true, &r, &e), 0);
	let_go(2, 0);
	assert_false(there(0, ".log.deleted"));
	assert_int_equal(pread(r.fd, &byte, 1, r.off + r.len - 1), 1);
	r.hold->drop(r.hold);
	assert_int_equal(log_read(w.l, 1, 100, 2, true, &r, &e), KE_RANGE);
	assert_false(log_offline(w.l));
	assert_int_equal(log_find_time(w.l, 0, 4, &when, &e), 0);
	assert_int_equal(when.offset, 2);
}

/* An idempotent producer whose batches have all gone is known still, also
 * after a restart. */
static void
test_producer(void **state)
{
	struct batch_spec s = BATCH_SPEC;
	struct log_appended a;

	s.pid = 7;
	s.epoch = 0;
	s.seq = 0;
	assert_int_equal(put(w.l, &s, 0, &a), 0);
	let_go(1, 0);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(put(w.l, &s, 0, &a), 0);
		assert_true(a.duplicate);
		if (round > 0)
			break;
		log_abandon(w.l);
		w.l = must_open(&slow, w.dir, &w.c,
		    &(struct log_known){ .start = 1 }, NULL);
		assert_int_equal(log_end(w.l), 1);
	}
	s.seq = 1;
	assert_int_equal(put(w.l, &s, 0, &a), 0);
	assert_int_equal(a.base, 1);
}

/* Where the end was lost below the start, the log begins at its start. */
static void
test_start_past_end(void **state)
{
	struct batch_spec s = BATCH_SPEC;
	struct log_recovery r;
	struct log_appended a;

	segment(2, 1000);
	segment(2, 1000);
	log_abandon(w.l);
	w.l = must_open(&slow, w.dir, &w.c, &(struct log_known){ .start = 9 },
	    &r);
	assert_int_equal(log_start(w.l), 9);
	assert_int_equal(log_end(w.l), 9);
	assert_int_equal(log_size(w.l), 0);
	assert_true(r.cut > 4000);
	assert_int_equal(r.cut_at, 9);
	assert_true(there(0, ".log.9.cut") && there(2, ".log.9.cut"));
	assert_int_equal(put(w.l, &s, 0, &a), 0);
	assert_int_equal(a.base, 9);
}

/* Writes a number in the place of what a file says. */
static void
spoil(int64_t base, const char *suffix, off_t at, int64_t value)
{
	char *path = xasprintf("%s/%020lld%s", w.dir, (long long)base, suffix);
	int fd = open(path, O_RDWR);
	uint8_t b[8];

	put_be64(b, (uint64_t)value);
	if (at < 0)
		at += lseek(fd, 0, SEEK_END);
	assert_int_equal(pwrite(fd, b, 8, at), 8);
	close(fd);
	free(path);
}

/* A damaged index deletes nothing, nor does it take a log offline. */
static void
test_damaged_index(void **state)
{
	const struct log_known clean = { .clean = true };

	w.c.index_interval_bytes = 0;
	log_set_config(w.l, &w.c);
	segment(40, 900000);
	segment(3, 900000);
	assert_int_equal(keep(200000, -1, INT64_MAX), 0);
	must_close(w.l);
	spoil(0, ".timeindex", -12, 5);
	/* positions where no batch begins */
	for (int i = 3; i < 30; i++)
		spoil(0, ".index", i * 8, (INT64_C(1) << 32) * (i + 1) +
		    i * 1080 + 7);
	w.l = must_open(&slow, w.dir, &w.c, &clean, NULL);
	assert_int_equal(keep(200000, -1, INT64_MAX), 0);
	assert_int_equal(keep(50000, -1, INT64_MAX), 43);
	for (int64_t at = 0; at < 40; at += 3)
		for (int64_t max = 1; max < 50000; max += 3000)
			assert_true(walk_read(w.l, at, max, 43) == 43);
	assert_false(log_offline(w.l));
}

/* Each segment draws its share of the jitter. */
static void
test_jitter(void **state)
{
	struct batch_spec s = BATCH_SPEC;
	struct log_appended a;
	struct stat st;
	char *path;
	int early = 0, segments = 0;

	w.c.segment_ms = 1000;
	w.c.segment_jitter_ms = 900;
	log_set_config(w.l, &w.c);
	for (int i = 0; i < 2000; i++) {
		s.ts = 100000 + i * 50;
		assert_int_equal(put(w.l, &s, 0, &a), 0);
	}
	for (int base = 0, last = 0; base < 2000; base++) {
		path = xasprintf("%s/%020d.log", w.dir, base);
		if (stat(path, &st) == 0) {
			/* 1000 ms less the jitter, in steps of 50 */
			assert_true(base - last <= 21);
			early += base - last < 15;
			last = base;
			segments++;
		}
		free(path);
	}
	assert_in_range(segments, 2000 / 21, 2000 / 2);
	assert_in_range(early, segments / 4, segments);
}

#define CASE(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_by_time),
		CASE(test_active),
		CASE(test_by_size),
		CASE(test_no_time),
		CASE(test_delay),
		CASE(test_reader),
		CASE(test_producer),
		CASE(test_start_past_end),
		CASE(test_damaged_index),
		CASE(test_jitter),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
