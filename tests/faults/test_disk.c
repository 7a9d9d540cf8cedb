/*
 * test_disk.c: a disk that says no. Each kind of call fails, at each of its
 * turns, while a log is used in a fixed way: the first failure is told once
 * and plainly, the log is offline from then on, nothing counts as flushed that
 * was not, and after a restart everything acknowledged is there; after one in
 * the same boot, what is taken for flushed then is on the disk.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "faultsys.h"
#include "record/builder.h"
#include "store/log.h"

#define DIR	"/data/t-0"

struct use {
	struct faultsys	*f;
	const struct sys *sys;
	struct log	*l;
	int64_t		 flushed;	/* as log_flush() said */
	struct kerr	 e;		/* of the first failure */
};

static int
append(struct log *l, struct kerr *e)
{
	uint8_t mem[2000];
	struct iovec v = { mem, 0 };
	struct builder_opts o = BUILDER_OPTS;
	struct log_appended a;
	struct builder b;
	char text[1500];

	memset(text, 'x', sizeof(text));
	builder_init(&b, mem, sizeof(mem));
	assert_int_equal(builder_add(&b, &(struct record_input){
	    .timestamp = log_end(l), .key_len = -1, .value = text,
	    .value_len = sizeof(text) }), 0);
	v.iov_len = (size_t)builder_finish(&b, &o, NULL, NULL, NULL);
	return log_append(l, &v, 1, 0, -1, &a, e);
}

static int
open_log(struct use *u, struct kerr *e)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct log_known k = { .recovery_point = 0 };

	c.segment_bytes = 12000;
	k.topic_id.b[3] = 9;
	return log_open(&u->l, u->sys, DIR, &c, &k, NULL, e);
}

/* Everything below offset goes, files and all. */
static int
let_go(struct use *u, int64_t offset)
{
	int64_t wait;
	int rc;

	if ((rc = log_retain_from(u->l, offset, &u->e)) != 0)
		return rc;
	assert_true(log_drop_old(u->l));
	return log_remove_old(u->l, 0, &wait, &u->e);
}

/* 0, or the failure's code, which is in u->e. */
static int
use_it(struct use *u)
{
	struct buf b;
	int rc = 0;

	buf_init(&b, 0);
	for (int i = 0; i < 20; i++) {
		if ((rc = append(u->l, &u->e)) != 0)
			break;
		if (i % 3 == 2 && (rc = log_flush(u->l, &u->e)) != 0)
			break;
		u->flushed = log_flushed(u->l);
		if (i % 7 == 6 && (rc = (int)log_checkpoint(u->l, &u->e)) < 0)
			break;
		if (log_read_buf(u->l, i < 17 ? i / 2 : 14, 4000, i + 1, true,
		    &b, &u->e) < 0) {
			rc = u->e.code;
			break;
		}
		rc = 0;
		if (i == 16 && (rc = let_go(u, 8)) != 0)
			break;
		if (i != 15)
			continue;
		if (u->flushed > 12)
			u->flushed = 12;
		if ((rc = log_truncate_to(u->l, 12, &u->e)) != 0)
			break;
	}
	buf_release(&b);
	return rc;
}

/* Everything answers KE_OFFLINE now, and no sync is tried again. */
static void
check_offline(struct use *u, int err)
{
	int syncs = faultsys_calls(u->f, FAULT_FDATASYNC);
	struct kerr e = KERR_INIT;
	struct krecords r;

	assert_int_equal(u->e.code, KE_SYS);
	assert_int_equal(u->e.sys, err);
	assert_non_null(strstr(u->e.msg, strerror(err)));
	assert_memory_equal(u->e.msg, "t-0: ", 5);
	assert_true(log_offline(u->l));
	assert_int_equal(append(u->l, &e), KE_OFFLINE);
	assert_int_equal(log_flush(u->l, &e), KE_OFFLINE);
	assert_int_equal(log_checkpoint(u->l, &e), KE_OFFLINE);
	assert_int_equal(log_read(u->l, 0, 1, 1, true, &r, &e), KE_OFFLINE);
	assert_int_equal(log_truncate_to(u->l, 0, &e), KE_OFFLINE);
	/* a truncation to 12 may have begun or not */
	assert_true(log_flushed(u->l) >= u->flushed);
	assert_true(log_flushed(u->l) <= u->flushed + 3);
	assert_int_equal(log_close(u->l, &e), KE_OFFLINE);
	assert_int_equal(faultsys_calls(u->f, FAULT_FDATASYNC), syncs);
}

/* One run; false where the call never had that many turns. */
static bool
run(enum fault_call call, int nth, int err)
{
	struct use u = { .f = faultsys_new((uint64_t)nth) };
	struct kerr e = KERR_INIT;
	bool hit;
	int rc;

	u.sys = faultsys_sys(u.f);
	assert_int_equal(u.sys->mkdir(u.sys, "/data", 0700), 0);
	assert_int_equal(u.sys->sync_dir(u.sys, "/"), 0);
	assert_int_equal(open_log(&u, &e), 0);
	faultsys_arm(u.f, call, nth, err);
	rc = use_it(&u);
	hit = faultsys_hit(u.f);
	if (rc != 0)
		check_offline(&u, err);
	else
		log_abandon(u.l);
	assert_int_equal(rc != 0, hit && err != 0);
	if (nth % 3 != 0) {
		if (open_log(&u, &e) != 0)
			fail_msg("%s", e.msg);
		if (log_end(u.l) < u.flushed || log_flushed(u.l) < u.flushed)
			fail_msg("%s %d: flushed %lld, found %lld in the same "
			    "boot", faultsys_name(call), nth,
			    (long long)u.flushed, (long long)log_flushed(u.l));
		u.flushed = log_flushed(u.l);
		log_abandon(u.l);
	}
	/* the machine goes down as well; then all is fine again */
	faultsys_cut_after(u.f, 0);
	faultsys_restart(u.f);
	if (open_log(&u, &e) != 0)
		fail_msg("%s", e.msg);
	if (log_end(u.l) < u.flushed)
		fail_msg("%s %d: flushed %lld, found %lld",
		    faultsys_name(call), nth, (long long)u.flushed,
		    (long long)log_end(u.l));
	assert_int_equal(append(u.l, &e), 0);
	assert_int_equal(log_close(u.l, &e), 0);
	faultsys_free(u.f);
	return hit;
}

static void
test_each_call(void **state)
{
	static const enum fault_call calls[] = {
		FAULT_OPEN, FAULT_PREAD, FAULT_PWRITEV, FAULT_FDATASYNC,
		FAULT_FSYNC, FAULT_FTRUNCATE, FAULT_RENAME, FAULT_UNLINK,
		FAULT_MKDIR, FAULT_SYNC_DIR };
	int nth;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (nth = 1; run(calls[i], nth, nth % 2 ? EIO : ENOSPC); nth++)
			;
		print_message("# %s: %d turns\n", faultsys_name(calls[i]),
		    nth - 1);
		assert_true(nth > 1);
	}
}

/* A write that takes only a part is no failure. */
static void
test_short_write(void **state)
{
	int nth;

	for (nth = 1; run(FAULT_PWRITEV, nth, 0); nth++)
		;
	assert_true(nth > 20);
}

/* What opening and closing do with a disk that fails. */
static void
test_open_close(void **state)
{
	struct use u = { .f = faultsys_new(1) };
	struct kerr e = KERR_INIT;
	int turns = 0;

	u.sys = faultsys_sys(u.f);
	assert_int_equal(u.sys->mkdir(u.sys, "/data", 0700), 0);
	assert_int_equal(open_log(&u, &e), 0);
	assert_int_equal(use_it(&u), 0);
	log_abandon(u.l);
	for (enum fault_call c = 0; c < FAULT_CALLS; c++)
		for (int nth = 1;; nth++) {
			faultsys_arm(u.f, c, nth, EIO);
			kerr_clear(&e);
			if (open_log(&u, &e) == 0) {
				/* or more calls come than turns */
				if (log_end(u.l) > 24)
					(void)log_truncate_to(u.l, 20, &e);
				if (e.code == 0 && append(u.l, &e) == 0)
					(void)log_close(u.l, &e);
				else
					log_abandon(u.l);
			}
			if (!faultsys_hit(u.f))
				break;
			turns++;
			if (e.code != KE_SYS)
				fail_msg("%s %d", faultsys_name(c), nth);
			assert_int_equal(e.sys, EIO);
		}
	assert_true(turns > 30);
	if (open_log(&u, &e) != 0)
		fail_msg("%s", e.msg);
	log_abandon(u.l);
	faultsys_free(u.f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_call),
		cmocka_unit_test(test_short_write),
		cmocka_unit_test(test_open_close),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
