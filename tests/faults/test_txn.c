/*
 * test_txn.c: the index of aborted transactions on a disk that fails or loses
 * power, at every call in turn: after the restart it says what the batches in
 * the log say, no more and no less.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "faultsys.h"
#include "record/builder.h"
#include "record/marker.h"
#include "store/checkpoint.h"
#include "store/log.h"
#include "store/txnindex.h"

#define DIR	"/data/t-0"

enum { PRODUCERS = 3, STEPS = 60 };

static int
open_log(struct log **l, const struct sys *s, int64_t point, struct kerr *e)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct log_known k = { .recovery_point = point };

	c.segment_bytes = 1000;
	return log_open(l, s, DIR, &c, &k, NULL, e);
}

static int
data(struct log *l, int64_t pid, int16_t epoch, int32_t *seq, struct kerr *e)
{
	uint8_t mem[300];
	struct iovec v = { mem, 0 };
	struct builder_opts o = BUILDER_OPTS;
	struct log_appended a;
	struct builder b;

	builder_init(&b, mem, sizeof(mem));
	assert_int_equal(builder_add(&b, &(struct record_input){
	    .timestamp = 1000, .key_len = -1, .value = "0123456789",
	    .value_len = 10 }), 0);
	o.flags = BATCH_TRANSACTIONAL;
	o.producer_id = pid;
	o.producer_epoch = epoch;
	o.base_sequence = (*seq)++;
	v.iov_len = (size_t)builder_finish(&b, &o, NULL, NULL, NULL);
	return log_append(l, &v, 1, 0, -1, &a, e);
}

static int
mark(struct log *l, int64_t pid, int16_t epoch, bool commit, struct kerr *e)
{
	struct marker m = { pid, epoch, commit, 0, 1000 };
	uint8_t mem[MARKER_SIZE];
	struct iovec v = { mem, sizeof(mem) };
	struct log_appended a;

	marker_put(mem, &m);
	return log_append(l, &v, 1, 0, -1, &a, e);
}

/* The caller's checkpoint goes back first. */
static int
cut(struct log *l, int64_t n, int64_t *point, struct kerr *e)
{
	if (*point > log_end(l) - n)
		*point = log_end(l) - n;
	return log_truncate_to(l, log_end(l) - n, e);
}

static int
checkpoint(struct log *l, int64_t *point, struct kerr *e)
{
	int64_t at = log_checkpoint(l, e);

	if (at >= 0)
		*point = at;
	return at < 0 ? (int)at : 0;
}

/* Goes on until something fails; *point is a recovery point that holds. After
 * a cut the producers begin a new epoch. */
static int
use_it(struct log *l, int64_t *point, struct kerr *e)
{
	int32_t seq[PRODUCERS] = { 0 };
	int16_t epoch = 0;
	int rc = 0;

	for (int i = 0; rc == 0 && i < STEPS; i++) {
		int p = i % PRODUCERS;

		if (i % 3 != 2)
			rc = data(l, p, epoch, &seq[p], e);
		else
			rc = mark(l, i / 3 % PRODUCERS, epoch, i % 4 == 0, e);
		if (rc == 0 && i % 5 == 4)
			rc = log_flush(l, e);
		if (rc == 0 && i % 11 == 10)
			rc = checkpoint(l, point, e);
		if (rc == 0 && i % 8 == 7) {
			rc = cut(l, i / 4, point, e);
			epoch++;
			memset(seq, 0, sizeof(seq));
		}
	}
	return rc;
}

/* What the log's batches say of aborted transactions, against the index. */
static void
check(struct log *l, const char *what, int nth)
{
	int64_t open[PRODUCERS] = { -1, -1, -1 }, at = log_start(l);
	struct kerr e = KERR_INIT;
	struct aborted_txns t;
	struct batch_header h;
	struct record_iter it;
	struct record r;
	struct buf b;
	int n = 0;

	if (log_aborted(l, 0, log_end(l), &t, &e) != 0)
		fail_msg("%s %d: %s", what, nth, e.msg);
	buf_init(&b, 0);
	while (at < log_end(l) && log_read_buf(l, at, 1 << 20, log_end(l),
	    true, &b, &e) > 0) {
		for (size_t i = 0; i < b.len; i += batch_size(&h)) {
			int64_t *o;

			assert_int_equal(batch_parse(b.p + i, b.len - i, &h,
			    &e), 0);
			at = batch_last_offset(&h) + 1;
			o = &open[h.producer_id];
			if (!batch_is_control(&h)) {
				*o = *o < 0 ? h.base_offset : *o;
				continue;
			}
			assert_int_equal(record_iter_init(&it, b.p + i, &h,
			    NULL, NULL, 0, &e), 0);
			assert_int_equal(record_iter_next(&it, &r), 1);
			if (*o >= 0 && record_control_type(&r) ==
			    CONTROL_ABORT) {
				for (int j = 0;; j++) {
					if (j == t.n)
						fail_msg("%s %d: %lld is "
						    "missing", what, nth,
						    (long long)*o);
					if (t.v[j].first == *o &&
					    t.v[j].last == h.base_offset)
						break;
				}
				n++;
			}
			*o = -1;
		}
		buf_clear(&b);
	}
	if (t.n != n)
		fail_msg("%s %d: %d of %d", what, nth, t.n, n);
	free(t.v);
	buf_release(&b);
}

static void
restart_and_check(struct faultsys *f, int64_t point, const char *what,
    int nth)
{
	struct kerr e = KERR_INIT;
	struct log *l;

	faultsys_cut_after(f, 0);
	faultsys_restart(f);
	if (open_log(&l, faultsys_sys(f), point, &e) != 0)
		fail_msg("%s %d: %s", what, nth, e.msg);
	check(l, what, nth);
	assert_int_equal(log_close(l, &e), 0);
}

static struct log *
begin(struct faultsys *f)
{
	const struct sys *s = faultsys_sys(f);
	struct kerr e = KERR_INIT;
	struct log *l;

	assert_int_equal(s->mkdir(s, "/data", 0700), 0);
	assert_int_equal(s->sync_dir(s, "/"), 0);
	assert_int_equal(open_log(&l, s, 0, &e), 0);
	return l;
}

static void
test_power(void **state)
{
	bool dark = true;
	int n;

	for (n = 1; dark; n++) {
		struct faultsys *f = faultsys_new((uint64_t)n);
		struct log *l = begin(f);
		struct kerr e = KERR_INIT;
		int64_t point = 0;

		faultsys_cut_after(f, n);
		(void)use_it(l, &point, &e);
		dark = faultsys_is_dark(f);
		log_abandon(l);
		restart_and_check(f, point, "cut after", n);
		faultsys_free(f);
	}
	assert_true(n > 50);
}

static bool
one_fault(enum fault_call call, int nth)
{
	struct faultsys *f = faultsys_new((uint64_t)nth);
	struct log *l = begin(f);
	struct kerr e = KERR_INIT;
	int64_t point = 0;
	bool hit;
	int rc;

	faultsys_arm(f, call, nth, nth % 2 != 0 ? EIO : ENOSPC);
	rc = use_it(l, &point, &e);
	hit = faultsys_hit(f);
	assert_int_equal(rc != 0, hit);
	assert_int_equal(log_offline(l), hit);
	log_abandon(l);
	restart_and_check(f, point, faultsys_name(call), nth);
	faultsys_free(f);
	return hit;
}

static void
test_faults(void **state)
{
	static const enum fault_call calls[] = { FAULT_OPEN, FAULT_PREAD,
	    FAULT_PWRITEV, FAULT_FDATASYNC, FAULT_FSYNC, FAULT_FTRUNCATE,
	    FAULT_UNLINK, FAULT_SYNC_DIR };
	int nth;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (nth = 1; one_fault(calls[i], nth); nth++)
			;
		print_message("# %s: %d turns\n", faultsys_name(calls[i]),
		    nth - 1);
		assert_true(nth > 1);
	}
}

/* What a log that was opened after a clean stop adds to its indexes is synced
 * before the recovery point moves past it. */
static void
test_after_stop(void **state)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct log_known k = { .clean = true };

	for (int n = 1; n <= 50; n++) {
		struct faultsys *f = faultsys_new((uint64_t)n);
		struct log *l = begin(f);
		struct kerr e = KERR_INIT;
		int64_t point = 0;
		int32_t seq[2] = { 0 };

		assert_int_equal(data(l, 0, 0, &seq[0], &e), 0);
		assert_int_equal(mark(l, 0, 0, n % 2 != 0, &e), 0);
		assert_int_equal(log_close(l, &e), 0);
		assert_int_equal(log_open(&l, faultsys_sys(f), DIR, &c, &k,
		    NULL, &e), 0);
		assert_int_equal(data(l, 1, 0, &seq[1], &e), 0);
		assert_int_equal(mark(l, 1, 0, false, &e), 0);
		assert_int_equal(log_roll(l, &e), 0);
		assert_int_equal(data(l, 0, 0, &seq[0], &e), 0);
		assert_int_equal(log_flush(l, &e), 0);
		assert_int_equal(checkpoint(l, &point, &e), 0);
		assert_int_equal(point, 5);
		log_abandon(l);
		restart_and_check(f, point, "after a stop", n);
		faultsys_free(f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_after_stop),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
