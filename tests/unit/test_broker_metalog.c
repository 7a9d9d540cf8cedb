/* test_broker_metalog.c: the metadata log on disk: what is appended is there
 * after a reopening, with and without a snapshot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/klog-broker/config.h"
#include "cmd/klog-broker/image_edit.h"
#include "cmd/klog-broker/image_records.h"
#include "cmd/klog-broker/metalog.h"
#include "store/datadir.h"
#include "wire/codec.h"
#include "wire/msg_meta.h"

static struct broker_config *config;
static char dir[64];
static struct metalog *m;
static struct image *image;
static struct kerr e;

static int
setup(void **state)
{
	config = broker_config_new();
	strcpy(dir, "/tmp/klog-metalog.XXXXXX");
	return mkdtemp(dir) == NULL;
}

static int
teardown(void **state)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/__cluster_metadata-0", dir);
	datadir_remove(sys_real(), path, NULL);
	rmdir(dir);
	broker_config_free(config);
	return 0;
}

static void
reopen(bool clean)
{
	if (metalog_open(&m, sys_real(), dir, 1, clean, &e) < 0)
		fail_msg("%s", e.msg);
	image = image_new(config, 1);
	if (metalog_replay(m, &image, &e) < 0)
		fail_msg("%s", e.msg);
}

static void
end(void)
{
	assert_int_equal(metalog_close(m, &e), 0);
	image_unref(image);
}

static void
put_topic(struct records *rs, int n)
{
	char name[32];
	struct topic_record t = { .topic_id = { { 1, [14] = (uint8_t)(n >> 8),
	    [15] = (uint8_t)n } } };

	snprintf(name, sizeof(name), "t%d", n);
	t.name = kstr(name);
	records_put(rs, &topic_record_msg, 0, &t);
}

static void
append(struct records *rs)
{
	const struct records *v[1] = { rs };

	if (metalog_append(m, v, 1, &e) < 0)
		fail_msg("%s", e.msg);
	records_release(rs);
}

static void
test_append(void **state)
{
	struct records rs = { 0 }, more = { 0 };
	const struct records *v[2] = { &rs, &more };
	int64_t end_offset;

	reopen(true);
	assert_int_equal(image_topic_count(image), 0);
	assert_int_equal(metalog_epoch(m), 1);
	put_topic(&rs, 1);
	put_topic(&rs, 2);
	put_topic(&more, 3);
	assert_int_equal(metalog_append(m, v, 2, &e), 0);
	records_release(&rs);
	records_release(&more);
	end_offset = metalog_end(m);
	end();
	/* a clean start writes nothing */
	reopen(true);
	assert_int_equal(image_topic_count(image), 3);
	assert_int_equal(metalog_end(m), end_offset);
	assert_int_equal(metalog_epoch(m), 1);
	end();
	/* any other raises the epoch */
	reopen(false);
	assert_int_equal(image_topic_count(image), 3);
	assert_int_equal(metalog_end(m), end_offset + 1);
	assert_int_equal(metalog_epoch(m), 2);
	end();
}

/* A transaction that was aborted, or never ended, did not happen. */
static void
test_transactions(void **state)
{
	struct begin_transaction_record b = { kstr("x") };
	struct end_transaction_record en = { 0 };
	struct abort_transaction_record ab = { kstr("no") };
	struct records rs = { 0 };

	reopen(true);
	records_put(&rs, &begin_transaction_record_msg, 0, &b);
	put_topic(&rs, 11);
	append(&rs);
	records_put(&rs, &end_transaction_record_msg, 0, &en);
	records_put(&rs, &begin_transaction_record_msg, 0, &b);
	put_topic(&rs, 12);
	records_put(&rs, &abort_transaction_record_msg, 0, &ab);
	records_put(&rs, &begin_transaction_record_msg, 0, &b);
	put_topic(&rs, 13);
	append(&rs);
	end();
	reopen(true);
	assert_int_equal(image_topic_count(image), 1);
	assert_non_null(image_topic(image, kstr("t11")));
	end();
}

static void
test_snapshot(void **state)
{
	struct records rs = { 0 };
	int64_t before;

	reopen(true);
	for (int i = 0; i < 3000; i++)
		put_topic(&rs, i);
	append(&rs);
	end();
	reopen(true);
	assert_int_equal(image_topic_count(image), 3000);
	before = metalog_unsnapped(m);
	assert_true(before > 100000);
	assert_int_equal(metalog_snapshot(m, image, &e), 0);
	assert_int_equal(metalog_unsnapped(m), 0);
	put_topic(&rs, 3001);
	append(&rs);
	assert_true(metalog_unsnapped(m) < 500);
	end();
	reopen(true);
	assert_int_equal(image_topic_count(image), 3001);
	assert_true(metalog_unsnapped(m) < 500);
	end();
}

static int
count(const char *suffix)
{
	char cmd[160];

	snprintf(cmd, sizeof(cmd), "exit $(ls %s/__cluster_metadata-0/*%s | "
	    "wc -l)", dir, suffix);
	return WEXITSTATUS(system(cmd));
}

/* Flips a byte of the latest, or else the oldest, snapshot. */
static void
damage(bool latest)
{
	char cmd[300];

	snprintf(cmd, sizeof(cmd), "f=$(ls %s/__cluster_metadata-0/*.checkpoint"
	    " | %s -n 1); printf '\\377' | dd of=$f bs=1 seek=200 "
	    "conv=notrunc status=none", dir, latest ? "tail" : "head");
	assert_int_equal(system(cmd), 0);
}

/* What two snapshots cover goes; one of them may be lost. */
static void
test_old_goes(void **state)
{
	struct records rs = { 0 };
	int64_t size[4];

	for (int i = 0; i < 4; i++) {
		reopen(true);
		for (int j = 0; j < 100; j++)
			put_topic(&rs, i * 100 + j);
		append(&rs);
		end();
		reopen(true);
		size[i] = metalog_unsnapped(m);
		assert_true(size[i] > 2000);
		assert_int_equal(metalog_snapshot(m, image, &e), 0);
		assert_int_equal(metalog_unsnapped(m), 0);
		end();
		assert_int_equal(count(".checkpoint"), i == 0 ? 1 : 2);
		/* the last stretch, and an empty segment for the next */
		assert_int_equal(count(".log"), 2);
	}
	for (int i = 0; i < 2; i++) {
		reopen(i == 0);
		assert_int_equal(image_topic_count(image), 400);
		assert_int_equal(metalog_unsnapped(m) > 2000, i == 1);
		end();
		damage(i == 0);
	}
	if (metalog_open(&m, sys_real(), dir, 1, true, &e) < 0)
		fail_msg("%s", e.msg);
	image = image_new(config, 1);
	assert_int_equal(metalog_replay(m, &image, &e), KE_CORRUPT);
	assert_non_null(strstr(e.msg, "no sound snapshot"));
	kerr_clear(&e);
	end();
}

/* One that ends too early is none: between batches (75 bytes: the footer) or
 * before the first. */
static void
test_cut_short(void **state)
{
	static const char *const sizes[] = { "-75", "0" };
	struct records rs = { 0 };
	char cmd[200];

	reopen(true);
	for (int i = 0; i < 100; i++)
		put_topic(&rs, i);
	append(&rs);
	end();
	reopen(true);
	assert_int_equal(metalog_snapshot(m, image, &e), 0);
	end();
	for (size_t i = 0; i < 2; i++) {
		snprintf(cmd, sizeof(cmd), "truncate -s %s "
		    "%s/__cluster_metadata-0/*.checkpoint", sizes[i], dir);
		assert_int_equal(system(cmd), 0);
		reopen(true);
		assert_int_equal(image_topic_count(image), 100);
		assert_true(metalog_unsnapped(m) > 2000);
		end();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_append, setup, teardown),
		cmocka_unit_test_setup_teardown(test_transactions, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_snapshot, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_old_goes, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_cut_short, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
