/* test_store_state.c: producers, leader epochs, the data directory. */
#include "store_util.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "store/epochs.h"
#include "store/producers.h"

static struct batch_header
batch(int64_t pid, int16_t epoch, int32_t seq, int32_t n, int64_t base)
{
	return (struct batch_header){ .magic = BATCH_MAGIC, .length = 100,
	    .base_offset = base, .last_offset_delta = n - 1, .count = n,
	    .producer_id = pid, .producer_epoch = epoch,
	    .base_sequence = seq, .max_timestamp = 1000 };
}

/* A conversation: what is sent, and what is said. Accepted ones are noted. */
static void
test_producers(void **state)
{
	static const struct {
		int64_t pid;
		int16_t epoch;
		int32_t seq, n;
		enum producer_verdict say;
		int64_t base;		/* of a duplicate */
	} t[] = {
		{ -1, -1, -1, 5, PRODUCER_OK, 0 },
		{ 1, 0, 7, 1, PRODUCER_OK, 0 },		/* unknown: any */
		{ 1, 0, 8, 2, PRODUCER_OK, 0 },
		{ 1, 0, 8, 2, PRODUCER_DUPLICATE, 6 },
		{ 1, 0, 8, 3, PRODUCER_OUT_OF_ORDER, 0 },
		{ 1, 0, 7, 1, PRODUCER_DUPLICATE, 5 },
		{ 1, 0, 11, 1, PRODUCER_OUT_OF_ORDER, 0 },
		{ 1, 0, 9, 1, PRODUCER_OUT_OF_ORDER, 0 },
		{ 1, 1, 10, 1, PRODUCER_OUT_OF_ORDER, 0 }, /* begins at 0 */
		{ 1, 1, 0, 1, PRODUCER_OK, 0 },
		{ 1, 0, 10, 1, PRODUCER_OLD_EPOCH, 0 },
		{ 1, 0, 8, 2, PRODUCER_OLD_EPOCH, 0 },
		{ 2, 5, 2147483645, 2, PRODUCER_OK, 0 },	/* wraps */
		{ 2, 5, 2147483647, 3, PRODUCER_OK, 0 },
		{ 2, 5, 2147483647, 3, PRODUCER_DUPLICATE, 11 },
		{ 2, 5, 2, 1, PRODUCER_OK, 0 },
		{ 2, 5, 2147483645, 2, PRODUCER_DUPLICATE, 9 },
		{ 2, 5, 3, 1, PRODUCER_OK, 0 },
		{ 2, 5, 4, 1, PRODUCER_OK, 0 },
		{ 2, 5, 2147483645, 2, PRODUCER_DUPLICATE, 9 },
		{ 2, 5, 5, 1, PRODUCER_OK, 0 },
		/* the sixth last is forgotten */
		{ 2, 5, 2147483645, 2, PRODUCER_OUT_OF_ORDER, 0 },
	};
	struct producers ps = { NULL };
	struct batch_header h;
	struct aborted_txn a;
	int64_t base, last, time, end = 0;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		h = batch(t[i].pid, t[i].epoch, t[i].seq, t[i].n, end);
		if (producers_check(&ps, &h, NULL, 0, NULL, &base, &last,
		    &time) != t[i].say)
			fail_msg("row %zu", i);
		if (t[i].say == PRODUCER_DUPLICATE) {
			assert_int_equal(base, t[i].base);
			assert_int_equal(last, base + t[i].n - 1);
		}
		if (t[i].say != PRODUCER_OK)
			continue;
		(void)producers_note(&ps, &h, NULL, 0, 50, &a);
		end += t[i].n;
	}
	assert_int_equal(producers_count(&ps), 2);
	producers_expire(&ps, 100, 51);
	assert_int_equal(producers_count(&ps), 2);
	producers_expire(&ps, 101, 51);
	assert_int_equal(producers_count(&ps), 0);
}

static void
test_snapshot(void **state)
{
	struct producers ps = { NULL }, again = { NULL };
	struct batch_header h = batch(9, 3, 100, 10, 500);
	struct kerr e = KERR_INIT;
	int64_t base, last, time;
	struct aborted_txn a;
	struct buf b, c;

	(void)producers_note(&ps, &h, NULL, 0, 0, &a);
	h.attributes = BATCH_TRANSACTIONAL;
	h.producer_id = 10;
	(void)producers_note(&ps, &h, NULL, 0, 0, &a);
	buf_init(&b, 0);
	buf_init(&c, 0);
	producers_save(&ps, &b);
	assert_int_equal(b.len, 10 + 2 * 46);
	assert_int_equal(producers_load(&again, b.p, b.len, 0, &e), 0);
	producers_save(&again, &c);
	assert_int_equal(c.len, b.len);
	assert_memory_equal(c.p, b.p, b.len);
	assert_int_equal(producers_check(&again, &h, NULL, 0, NULL, &base, &last, &time),
	    PRODUCER_DUPLICATE);
	assert_int_equal(base, 500);
	/* an open transaction is never forgotten */
	producers_expire(&again, 1000000, 1);
	assert_int_equal(producers_count(&again), 1);
	producers_release(&again);
	for (size_t i = 0; i < b.len; i++) {
		b.p[i] ^= 1;
		assert_int_equal(producers_load(&again, b.p, b.len, 0, &e),
		    KE_CORRUPT);
		b.p[i] ^= 1;
		assert_int_equal(producers_load(&again, b.p, i, 0, &e),
		    KE_CORRUPT);
	}
	assert_int_equal(producers_count(&again), 0);
	buf_release(&b);
	buf_release(&c);
	producers_release(&ps);
}

static void
test_epochs(void **state)
{
	static const struct {
		int32_t asked, found;
		int64_t end;
	} t[] = {
		{ -1, -1, -1 }, { 0, 0, 5 }, { 1, 1, 20 }, { 2, 1, 20 },
		{ 4, 4, 30 }, { 5, 5, 99 }, { 6, -1, -1 } };
	struct epochs x = { NULL, 0, 0 }, y = { NULL, 0, 0 };
	struct kerr e = KERR_INIT;
	int64_t end;
	int32_t found;
	struct buf b;

	assert_int_equal(epochs_latest(&x), -1);
	epochs_end(&x, 0, 99, &found, &end);
	assert_int_equal(found, -1);
	assert_true(epochs_assign(&x, 1, 5));
	assert_false(epochs_assign(&x, 1, 7));
	assert_true(epochs_assign(&x, 4, 20));
	assert_true(epochs_assign(&x, 5, 30));
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		epochs_end(&x, t[i].asked, 99, &found, &end);
		assert_int_equal(found, t[i].found);
		assert_int_equal(end, t[i].end);
	}
	assert_int_equal(epochs_at(&x, 4), -1);
	assert_int_equal(epochs_at(&x, 19), 1);
	assert_int_equal(epochs_at(&x, 20), 4);
	buf_init(&b, 0);
	epochs_format(&x, &b);
	assert_int_equal(b.len, 18);
	assert_memory_equal(b.p, "0\n3\n1 5\n4 20\n5 30\n", 18);
	assert_int_equal(epochs_parse(&y, b.p, b.len, &e), 0);
	assert_int_equal(y.n, 3);
	/* one that never wrote anything is gone when another begins there */
	assert_true(epochs_assign(&x, 7, 30));
	assert_int_equal(epochs_latest(&x), 7);
	assert_int_equal(x.n, 3);
	assert_true(epochs_cut_start(&x, 25));
	assert_int_equal(x.n, 2);
	assert_int_equal(x.v[0].start, 25);
	assert_true(epochs_cut_end(&x, 30));
	assert_int_equal(epochs_latest(&x), 4);
	assert_int_equal(epochs_parse(&y, "0\n2\n3 4\n3 5\n", 12, &e),
	    KE_CORRUPT);
	assert_int_equal(y.n, 0);
	buf_release(&b);
	epochs_release(&x);
	epochs_release(&y);
}

static int
count_partitions(void *arg, const char *name, const char *topic,
    int32_t partition)
{
	if (strcmp(name, "a-b-12") == 0) {
		assert_string_equal(topic, "a-b");
		assert_int_equal(partition, 12);
	} else {
		assert_string_equal(name, "t-0");
	}
	++*(int *)arg;
	return 0;
}

static void
test_datadir(void **state)
{
	static const char *const names[] = { "t-0", "a-b-12", "no", "x-", "-1",
	    "y-01", "z-+1", "t-0.AAAAAAAAAAAAAAAAAAAAAA-delete",
	    "t-99999999999" };
	char *tmp = tmp_make(), *path = xasprintf("%s/d", tmp), *sub;
	struct datadir_meta m = { .node_id = 5 }, again;
	struct datadir *d, *other;
	struct kerr e = KERR_INIT;
	bool clean;
	int n = 0;

	assert_int_equal(datadir_open(&d, sys_real(), path, &e), 0);
	assert_int_equal(datadir_open(&other, sys_real(), path, &e),
	    KE_LOCKED);
	assert_int_equal(datadir_load_meta(d, &again, &e), KE_NOTFOUND);
	memset(m.directory_id.b, 0x42, 16);
	strcpy(m.cluster_id, "MkU3OEVBNTcwNTJENDM2Qg");
	assert_int_equal(datadir_save_meta(d, &m, &e), 0);
	assert_int_equal(datadir_load_meta(d, &again, &e), 0);
	assert_memory_equal(&m, &again, sizeof(m));
	assert_int_equal(datadir_take_clean(d, &clean, &e), 0);
	assert_false(clean);
	assert_int_equal(datadir_leave_clean(d, 6, &e), 0);
	assert_int_equal(datadir_take_clean(d, &clean, &e), 0);
	assert_true(clean);
	assert_int_equal(datadir_take_clean(d, &clean, &e), 0);
	assert_false(clean);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		sub = xasprintf("%s/%s", path, names[i]);
		assert_int_equal(mkdir(sub, 0755), 0);
		free(sub);
	}
	assert_int_equal(datadir_scan(d, count_partitions, &n, &e), 0);
	assert_int_equal(n, 2);
	sub = xasprintf("%s/%s", path, names[7]);
	assert_int_equal(access(sub, F_OK), -1);
	free(sub);
	datadir_close(d);
	assert_int_equal(datadir_open(&d, sys_real(), path, &e), 0);
	datadir_close(d);
	free(path);
	tmp_remove(tmp);
}

/* A JVM locks with fcntl's process locks; the two must see each other. */
static void
test_jvm_lock(void **state)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	/* static: nothing that the child leaves behind counts as lost */
	static char *tmp, *path;
	static struct datadir *d;
	struct kerr e = KERR_INIT;
	int status, fd;

	tmp = tmp_make();
	path = xasprintf("%s/.lock", tmp);
	assert_int_equal(datadir_open(&d, sys_real(), tmp, &e), 0);
	if (fork() == 0) {
		fd = open(path, O_RDWR);
		_exit(fcntl(fd, F_SETLK, &all) == 0 ? 1 :
		    errno == EAGAIN || errno == EACCES ? 0 : 2);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	datadir_close(d);
	free(path);
	tmp_remove(tmp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_producers),
		cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_epochs),
		cmocka_unit_test(test_datadir),
		cmocka_unit_test(test_jvm_lock),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
