/*
 * test_store_view.c: a partition's directory read from outside: whole, with
 * transactions, while it is written, and damaged in several ways.
 */
#include "store_util.h"

#include <fcntl.h>

#include "record/marker.h"
#include "record_data.h"
#include "store/file.h"
#include "store/view.h"

struct fixture {
	char		*tmp, *dir;
	struct log	*l;
	int		 told;
	char		 text[512];	/* what was told last */
};

static void
damage(void *arg, const struct kerr *e)
{
	struct fixture *f = arg;

	f->told++;
	snprintf(f->text, sizeof(f->text), "%s", e->msg);
}

static void
start(struct fixture *f)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct log_known k = { .clean = false };

	memset(f, 0, sizeof(*f));
	c.segment_bytes = 2000;
	f->tmp = tmp_make();
	f->dir = xasprintf("%s/t-0", f->tmp);
	f->l = must_open(sys_fast(), f->dir, &c, &k, NULL);
}

static void
stop(struct fixture *f)
{
	if (f->l != NULL)
		must_close(f->l);
	free(f->dir);
	tmp_remove(f->tmp);
}

/* n batches of two records each, their times 1000, 1010, 1020.. */
static void
fill(struct fixture *f, int n)
{
	struct batch_spec s = BATCH_SPEC;
	struct log_appended a;

	s.n = 2;
	for (int i = 0; i < n; i++) {
		s.ts = 1000 + 10 * (int64_t)i;
		assert_int_equal(put(f->l, &s, 0, &a), 0);
	}
}

static struct view *
look(struct fixture *f, int64_t from)
{
	struct kerr e = KERR_INIT;
	struct view *v;

	if (view_open(&v, sys_real(), f->dir, from, damage, f, &e) != 0)
		fail_msg("%s", e.msg);
	return v;
}

/* The number of offsets that batches cover, read in steps of max bytes; each
 * batch is checked. */
static int64_t
count(struct view *v, int64_t from, size_t max)
{
	struct kerr e = KERR_INIT;
	struct batch_header h;
	struct buf b;
	int64_t n = 0, next, last = -1;

	buf_init(&b, 0);
	for (; from < view_end(v); from = next) {
		buf_clear(&b);
		assert_int_equal(view_read(v, from, view_end(v), max, &b,
		    &next, &e), 0);
		assert_true(next > from);
		for (size_t at = 0; at < b.len; at += batch_size(&h)) {
			assert_int_equal(batch_parse(b.p + at, b.len - at, &h,
			    &e), 0);
			assert_true(batch_crc_ok(b.p + at, &h));
			assert_true(h.base_offset > last);
			last = batch_last_offset(&h);
			n += h.last_offset_delta + 1;
		}
	}
	buf_release(&b);
	return n;
}

static void
test_whole(void **state)
{
	struct fixture f;
	struct view *v;
	int fds = open_fds();

	start(&f);
	fill(&f, 100);
	v = look(&f, 0);
	assert_int_equal(view_start(v), 0);
	assert_int_equal(view_end(v), 200);
	assert_int_equal(view_stable(v), 200);
	for (size_t max = 1; max < 100000; max *= 10)
		assert_int_equal(count(v, 0, max), 200);
	assert_int_equal(count(v, 101, 1 << 20), 100);	/* its batch whole */
	assert_int_equal(count(v, 199, 1), 2);
	view_close(v);
	v = look(&f, 50);
	assert_int_equal(view_start(v), 50);
	view_close(v);
	assert_int_equal(f.told, 0);
	stop(&f);
	assert_int_equal(open_fds(), fds);
}

static void
test_time(void **state)
{
	struct kerr e = KERR_INIT;
	struct fixture f;
	struct view *v;
	int64_t offset;

	start(&f);
	fill(&f, 100);
	v = look(&f, 0);
	assert_int_equal(view_find_time(v, 0, 200, &offset, &e), 0);
	assert_int_equal(offset, 0);
	assert_int_equal(view_find_time(v, 1501, 200, &offset, &e), 0);
	assert_int_equal(offset, 100);
	assert_int_equal(view_find_time(v, 1502, 200, &offset, &e), 0);
	assert_int_equal(offset, 102);
	assert_int_equal(view_find_time(v, 1502, 100, &offset, &e), 0);
	assert_int_equal(offset, -1);
	assert_int_equal(view_find_time(v, 99999, 200, &offset, &e), 0);
	assert_int_equal(offset, -1);
	view_close(v);
	stop(&f);
}

/* A segment of messages in formats 0 and 1: single ones at 100 to 110 with
 * holes, then compressed ones whose last offsets are 121 and 132. size[] is how
 * long each of the three is. */
static void
write_old(struct fixture *f, struct buf *b, size_t size[3])
{
	static const char *const names[] = {
		"old-1-none", "old-0-lz4", "old-1-gzip"
	};
	char *path;
	struct buf g;

	start(f);
	fill(f, 1);
	must_close(f->l);
	f->l = NULL;
	buf_init(b, 0);
	for (int i = 0; i < 3; i++) {
		golden_load(&g, names[i]);
		if (i > 0)
			put_be64(g.p, 110 + (uint64_t)i * 11);
		buf_put(b, g.p, g.len);
		size[i] = g.len;
		buf_release(&g);
	}
	path = xasprintf("%s/%020d.log", f->dir, 0);
	assert_int_equal(file_save(sys_real(), path, b->p, b->len, false,
	    NULL), 0);
	free(path);
}

static void
spoil(struct fixture *f, size_t at)
{
	char *path = xasprintf("%s/%020d.log", f->dir, 0);
	int fd = open(path, O_RDWR);
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= 0x55;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
	free(path);
}

/* What is read of [offset, upto) is n bytes from at on. */
static void
expect_old(struct view *v, int64_t offset, int64_t upto, const struct buf *b,
    size_t at, size_t n)
{
	struct kerr e = KERR_INIT;
	struct buf got;
	int64_t next;

	buf_init(&got, 0);
	assert_int_equal(view_read(v, offset, upto, 1 << 20, &got, &next, &e),
	    0);
	assert_int_equal(next, upto);
	assert_int_equal(got.len, n);
	if (n > 0)
		assert_memory_equal(got.p, b->p + at, n);
	buf_release(&got);
}

static void
test_old(void **state)
{
	struct kerr e = KERR_INIT;
	struct fixture f;
	struct buf all;
	struct view *v;
	size_t n[3];
	int64_t offset;

	write_old(&f, &all, n);
	v = look(&f, 0);
	assert_int_equal(view_end(v), 133);
	assert_int_equal(view_stable(v), 133);
	expect_old(v, 0, 133, &all, 0, all.len);
	/* a compressed one is read where any of its offsets may be asked for */
	expect_old(v, 111, 133, &all, n[0], n[1] + n[2]);
	expect_old(v, 121, 122, &all, n[0], n[1]);
	expect_old(v, 115, 118, &all, n[0], n[1]);
	expect_old(v, 122, 123, &all, n[0] + n[1], n[2]);
	expect_old(v, 106, 110, &all, 0, 0);
	assert_int_equal(view_find_time(v, 1700000000006, 111, &offset, &e),
	    0);
	assert_int_equal(offset, 110);
	assert_int_equal(view_find_time(v, 1700000000007, 133, &offset, &e),
	    0);
	assert_int_equal(offset, -1);
	view_close(v);
	assert_int_equal(f.told, 0);

	spoil(&f, n[0] + 60);		/* the value */
	v = look(&f, 0);
	expect_old(v, 111, 133, &all, n[0] + n[1], n[2]);
	assert_int_equal(f.told, 1);
	assert_non_null(strstr(f.text, "CRC mismatch; left out: offsets up to "
	    "121"));
	view_close(v);

	spoil(&f, n[0] + 8);		/* the size */
	v = look(&f, 0);
	expect_old(v, 111, 133, &all, n[0] + n[1], n[2]);
	assert_int_equal(f.told, 2);
	assert_non_null(strstr(f.text, "bytes passed over: "));
	view_close(v);
	buf_release(&all);
	stop(&f);
}

static void
txn_batch(struct fixture *f, int64_t pid, int32_t seq)
{
	struct batch_spec s = BATCH_SPEC;
	struct log_appended a;
	struct batch_header h;
	struct kerr e = KERR_INIT;
	struct iovec v;

	s.pid = pid;
	s.epoch = 0;
	s.seq = seq;
	v = make_batch(&s);
	assert_int_equal(batch_parse(v.iov_base, v.iov_len, &h, &e), 0);
	h.attributes |= BATCH_TRANSACTIONAL;
	batch_set_header(v.iov_base, &h);
	assert_int_equal(log_append(f->l, &v, 1, 0, -1, &a, &e), 0);
	free(v.iov_base);
}

static void
txn_mark(struct fixture *f, int64_t pid, bool commit)
{
	struct marker mk = { pid, 0, commit, 0, 1000 };
	uint8_t mem[MARKER_SIZE];
	struct iovec v = { mem, sizeof(mem) };
	struct log_appended a;
	struct kerr e = KERR_INIT;

	marker_put(mem, &mk);
	assert_int_equal(log_append(f->l, &v, 1, 0, -1, &a, &e), 0);
}

static void
test_transactions(void **state)
{
	const struct view_aborted *a;
	struct fixture f;
	struct view *v;
	size_t n;

	start(&f);
	txn_batch(&f, 1, 0);		/* 0 */
	txn_batch(&f, 2, 0);		/* 1 */
	txn_mark(&f, 1, true);		/* 2 */
	fill(&f, 40);			/* 3-82, over several segments */
	txn_mark(&f, 2, false);		/* 83 */
	txn_batch(&f, 1, 1);		/* 84 */
	txn_batch(&f, 3, 0);		/* 85 */
	txn_mark(&f, 1, false);		/* 86 */
	v = look(&f, 0);
	assert_int_equal(view_end(v), 87);
	assert_int_equal(view_stable(v), 85);
	a = view_aborted(v, &n);
	assert_int_equal(n, 2);
	assert_int_equal(a[0].producer_id, 2);
	assert_int_equal(a[0].first, 1);
	assert_int_equal(a[0].last, 83);
	assert_int_equal(a[1].producer_id, 1);
	assert_int_equal(a[1].first, 84);
	assert_int_equal(a[1].last, 86);
	view_close(v);
	stop(&f);
}

/* The first segment's file; its size. */
static int
open_first(struct fixture *f, off_t *size)
{
	char *path = xasprintf("%s/%020d.log", f->dir, 0);
	int fd = open(path, O_RDWR);

	assert_true(fd >= 0);
	*size = lseek(fd, 0, SEEK_END);
	free(path);
	return fd;
}

/* One batch of fill(). */
#define ONE	95

/* A byte of a record: that batch alone is left out, and told once. */
static void
test_crc(void **state)
{
	struct fixture f;
	struct view *v;
	off_t size;
	int fd;

	start(&f);
	fill(&f, 100);
	fd = open_first(&f, &size);
	assert_int_equal(size % ONE, 0);
	assert_int_equal(pwrite(fd, "?", 1, 5 * ONE + 70), 1);
	close(fd);
	v = look(&f, 0);
	assert_int_equal(view_end(v), 200);
	assert_int_equal(count(v, 0, 1), 198);
	assert_int_equal(count(v, 0, 1 << 20), 198);
	assert_int_equal(f.told, 1);
	assert_non_null(strstr(f.text, "00000000000000000000.log: batch at "
	    "475: CRC mismatch; left out: offsets up to 11"));
	view_close(v);
	stop(&f);
}

/* Headers overwritten: the next sound batch is found. */
static void
test_header(void **state)
{
	static const char rubbish[150] = { 1, 2, 3 };
	struct fixture f;
	struct view *v;
	off_t size;
	int fd;

	start(&f);
	fill(&f, 100);
	fd = open_first(&f, &size);
	assert_int_equal(pwrite(fd, rubbish, sizeof(rubbish), 3 * ONE), 150);
	close(fd);
	v = look(&f, 0);
	assert_int_equal(f.told, 0);
	assert_int_equal(count(v, 0, 1 << 20), 196);
	assert_int_equal(f.told, 1);
	assert_non_null(strstr(f.text, "bytes passed over: 190"));
	view_close(v);

	/* all of the segment from there on */
	fd = open_first(&f, &size);
	assert_int_equal(ftruncate(fd, 4 * ONE - 9), 0);
	close(fd);
	v = look(&f, 0);
	assert_int_equal(count(v, 0, 1 << 20), 200 - 2 * (size / ONE - 3));
	assert_int_equal(f.told, 2);
	view_close(v);
	stop(&f);
}

/* The end of the log cut short: damage, unless a broker is at work there. */
static void
test_tail(void **state)
{
	struct kerr e = KERR_INIT;
	struct datadir *d;
	struct fixture f;
	struct view *v;
	off_t size;
	int fd;

	start(&f);
	fill(&f, 10);
	fd = open_first(&f, &size);
	assert_int_equal(ftruncate(fd, size - 10), 0);
	v = look(&f, 0);
	assert_int_equal(view_end(v), 18);
	assert_int_equal(f.told, 0);
	assert_int_equal(count(v, 0, 1 << 20), 18);
	assert_int_equal(f.told, 1);
	assert_non_null(strstr(f.text, "cut short; bytes passed over: 85"));
	f.told = 0;
	view_close(v);
	assert_int_equal(view_open(&v, sys_real(), "/nonexistent", 0, damage,
	    &f, &e), KE_SYS);

	/* reserved and never written */
	assert_int_equal(ftruncate(fd, 9 * ONE), 0);
	assert_int_equal(ftruncate(fd, 9 * ONE + 5000), 0);
	v = look(&f, 0);
	assert_int_equal(count(v, 0, 1 << 20), 18);
	assert_int_equal(f.told, 0);
	view_close(v);

	/* no zeros: the reader that comes that far tells of it */
	assert_int_equal(pwrite(fd, "12345678901234567890", 20, 9 * ONE), 20);
	v = look(&f, 0);
	assert_int_equal(count(v, 0, 1), 18);
	assert_int_equal(f.told, 1);
	f.told = 0;
	view_close(v);
	close(fd);
	stop(&f);

	start(&f);
	fill(&f, 10);
	assert_int_equal(datadir_open(&d, sys_real(), f.tmp, &e), 0);
	fd = open_first(&f, &size);
	assert_int_equal(ftruncate(fd, size - 10), 0);
	close(fd);
	v = look(&f, 0);
	assert_int_equal(count(v, 0, 1 << 20), 18);
	assert_int_equal(f.told, 0);
	view_close(v);
	datadir_close(d);
	stop(&f);
}

/* Retention takes a segment away from under the reader. */
static void
test_retention(void **state)
{
	struct fixture f;
	struct view *v;
	char *path;

	start(&f);
	fill(&f, 100);
	v = look(&f, 0);
	path = xasprintf("%s/%020d.log", f.dir, 0);
	assert_int_equal(unlink(path), 0);
	free(path);
	assert_true(count(v, 0, 1 << 20) < 200);
	assert_true(count(v, 0, 1 << 20) > 100);
	assert_int_equal(f.told, 0);
	view_close(v);
	log_abandon(f.l);
	f.l = NULL;
	stop(&f);
}

/* What is on its way out under its other name is read all the same, once. */
static void
test_deleted(void **state)
{
	struct fixture f;
	struct view *v;
	char *path, *gone;

	start(&f);
	fill(&f, 100);
	v = look(&f, 0);
	path = xasprintf("%s/%020d.log", f.dir, 0);
	gone = xasprintf("%s.deleted", path);
	assert_int_equal(rename(path, gone), 0);
	assert_int_equal(count(v, 0, 1 << 20), 200);
	assert_int_equal(f.told, 0);
	view_close(v);
	log_abandon(f.l);
	f.l = NULL;
	free(gone);
	free(path);
	stop(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_old),
		cmocka_unit_test(test_transactions),
		cmocka_unit_test(test_crc),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_tail),
		cmocka_unit_test(test_retention),
		cmocka_unit_test(test_deleted),
	};

	return cmocka_run_group_tests_name("store_view", tests, NULL, NULL);
}
