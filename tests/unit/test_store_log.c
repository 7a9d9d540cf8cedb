/* test_store_log.c: a log from its first append to recovery. */
#include "store_util.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "store/checkpoint.h"

static int
setup(void **state)
{
	*state = tmp_make();
	return 0;
}

static int
teardown(void **state)
{
	tmp_remove(*state);
	return 0;
}

static const struct log_known fresh;
static const struct log_known clean = { .clean = true };

static char *
dir_of(void **state)
{
	return xasprintf("%s/orders-3", (char *)*state);
}

static int64_t
file_length(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	struct stat st;
	int64_t n = stat(path, &st) == 0 ? st.st_size : -1;

	free(path);
	return n;
}

static void
test_empty(void **state)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct krecords r;
	struct kerr e = KERR_INIT;
	struct log_when w;
	char *dir = dir_of(state);
	struct log *l = must_open(sys_real(), dir, &c, &fresh, NULL);

	assert_int_equal(log_end(l), 0);
	assert_int_equal(log_read(l, 0, 100, 100, true, &r, &e), 0);
	assert_int_equal(r.len, 0);
	assert_int_equal(log_read(l, 1, 100, 100, true, &r, &e), KE_RANGE);
	assert_int_equal(log_find_time(l, 0, 10, &w, &e), 0);
	assert_int_equal(w.offset, -1);
	assert_int_equal(log_epoch(l), -1);
	must_flush(l);
	must_close(l);
	/* nothing was made */
	assert_int_equal(access(dir, F_OK), -1);
	free(dir);
}

static void
test_append_read(void **state)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct batch_spec s = BATCH_SPEC;
	struct kerr e = KERR_INIT;
	struct log_appended a;
	struct krecords r;
	char *dir = dir_of(state);
	struct log *l = must_open(sys_real(), dir, &c, &fresh, NULL);

	for (int i = 0; i < 300; i++) {
		s.n = 1 + i % 7;
		s.ts = 1000 + i;
		assert_int_equal(put(l, &s, 4, &a), 0);
		assert_int_equal(a.last - a.base + 1, s.n);
		assert_int_equal(a.last + 1, log_end(l));
	}
	assert_int_equal(log_flushed(l), 0);
	must_flush(l);
	assert_int_equal(log_flushed(l), log_end(l));
	for (int64_t from = 0; from <= log_end(l); from += 13) {
		assert_int_equal(walk_read(l, from, 1 << 20, log_end(l)),
		    log_end(l));
		assert_int_equal(walk_read(l, from, 1, log_end(l)),
		    log_end(l));
	}
	/* a bound inside a batch keeps that batch away */
	assert_int_equal(log_read(l, 1, 1 << 20, 2, true, &r, &e), 0);
	assert_int_equal(r.len, 0);
	/* too small for the first batch */
	assert_int_equal(log_read(l, 1, 10, log_end(l), false, &r, &e), 0);
	assert_int_equal(r.len, 0);
	assert_int_equal(log_epoch(l), 4);
	must_close(l);
	free(dir);
}

/* Reopens with each combination and reads everything. */
static void
test_reopen(void **state)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct batch_spec s = BATCH_SPEC;
	struct log_known k = { .recovery_point = 0 };
	struct log_recovery r;
	struct log_appended a;
	char *dir = dir_of(state);
	struct log *l;
	int64_t end = 0;

	c.segment_bytes = 20000;
	for (int round = 0; round < 12; round++) {
		k.clean = round % 3 == 0;
		l = must_open(sys_real(), dir, &c, &k, &r);
		assert_int_equal(log_end(l), end);
		assert_int_equal(log_flushed(l), end);
		assert_int_equal(r.cut, 0);
		assert_int_equal(walk_read(l, 0, 3000, end), end);
		for (int i = 0; i < 100; i++) {
			s.value = (size_t)(i * 7 % 400);
			assert_int_equal(put(l, &s, round, &a), 0);
		}
		end = log_end(l);
		assert_int_equal(walk_read(l, 0, 3000, end), end);
		if (round % 2 == 0)
			must_flush(l);
		if (round % 3 == 2)
			must_close(l);
		else
			log_abandon(l);
	}
	free(dir);
}

/* Every way in which the last bytes can be wrong. */
static void
test_cut(void **state)
{
	static const struct {
		const char *what;
		off_t at;		/* from the end of the file */
		const char *bytes;	/* to write there; NULL: cut here */
		size_t n;
	} t[] = {
		{ "cut in the header", -30, NULL, 0 },
		{ "cut in the records", -1, NULL, 0 },
		{ "a flipped bit", -1, "\377", 1 },
		{ "zeros behind", 0, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16 },
		{ "a header's worth of zeros", 0, "\0\0\0\0\0\0\0\0\0\0\0\0\0"
		    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		    "\0\0\0\0\0\0\0\0\0\0\0", 80 },
		{ "rubbish", 0, "rubbish", 7 },
	};
	struct log_config c = LOG_CONFIG_INIT;
	struct batch_spec s = BATCH_SPEC;
	struct log_recovery r;
	struct log_appended a;
	struct log *l;
	char *dir, *path;
	off_t size;
	int fd;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		dir = xasprintf("%s/cut-%zu", (char *)*state, i);
		path = xasprintf("%s/%020d.log", dir, 0);
		l = must_open(sys_real(), dir, &c, &fresh, NULL);
		for (int j = 0; j < 10; j++)
			assert_int_equal(put(l, &s, 0, &a), 0);
		must_flush(l);
		log_abandon(l);
		fd = open(path, O_RDWR);
		size = lseek(fd, 0, SEEK_END);
		if (t[i].bytes == NULL)
			assert_int_equal(ftruncate(fd, size + t[i].at), 0);
		else
			assert_int_equal(pwrite(fd, t[i].bytes, t[i].n,
			    size + t[i].at), t[i].n);
		close(fd);
		l = must_open(sys_real(), dir, &c, &fresh, &r);
		print_message("%s: cut %lld at %lld\n", t[i].what,
		    (long long)r.cut, (long long)r.cut_at);
		assert_int_equal(log_end(l), t[i].at < 0 ? 9 : 10);
		assert_true(r.cut > 0);
		assert_int_equal(r.cut_at, log_end(l));
		free(path);
		path = xasprintf("%020d.log.%d.cut", 0, (int)r.cut_at);
		assert_int_equal(file_length(dir, path), r.cut);
		/* and it goes on */
		assert_int_equal(put(l, &s, 0, &a), 0);
		must_close(l);
		l = must_open(sys_real(), dir, &c, &fresh, &r);
		assert_int_equal(r.cut, 0);
		assert_int_equal(walk_read(l, 0, 500, log_end(l)), log_end(l));
		log_abandon(l);
		free(path);
		free(dir);
	}
}

/* Damage below the recovery point is no torn tail. */
static void
test_damage_below(void **state)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct batch_spec s = BATCH_SPEC;
	struct log_known k = { .recovery_point = 10 };
	struct log_appended a;
	struct kerr e = KERR_INIT;
	char *dir = dir_of(state), *path = xasprintf("%s/%020d.log", dir, 0);
	struct log *l = must_open(sys_real(), dir, &c, &fresh, NULL);
	int fd;

	for (int j = 0; j < 10; j++)
		assert_int_equal(put(l, &s, 0, &a), 0);
	must_flush(l);
	assert_int_equal(log_checkpoint(l, &e), 10);
	log_abandon(l);
	fd = open(path, O_RDWR);
	/* the length in the fourth batch */
	assert_int_equal(pwrite(fd, "\0\0\0\0", 4,
	    lseek(fd, 0, SEEK_END) / 10 * 3 + 8), 4);
	close(fd);
	assert_int_equal(log_open(&l, sys_real(), dir, &c, &k, NULL, &e),
	    KE_CORRUPT);
	print_message("%s\n", e.msg);
	free(path);
	free(dir);
}

static void
test_roll(void **state)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct batch_spec s = BATCH_SPEC;
	struct kerr e = KERR_INIT;
	struct log_appended a;
	char *dir = dir_of(state);
	struct log *l;

	/* by size: two batches of some 1000 bytes a segment */
	c.segment_bytes = 2500;
	s.value = 1000;
	l = must_open(sys_real(), dir, &c, &fresh, NULL);
	for (int i = 0; i < 5; i++)
		assert_int_equal(put(l, &s, 0, &a), 0);
	assert_true(file_length(dir, "00000000000000000002.log") > 0);
	assert_true(file_length(dir, "00000000000000000004.log") > 0);
	assert_true(file_length(dir, "00000000000000000004.snapshot") > 0);
	assert_int_equal(file_length(dir, "00000000000000000000.index"), 0);
	assert_int_equal(file_length(dir, "00000000000000000000.timeindex"),
	    12);
	/* by the time of batches */
	c.segment_bytes = 1 << 20;
	c.segment_ms = 60000;
	log_set_config(l, &c);
	s.ts += 60000;
	assert_int_equal(put(l, &s, 0, &a), 0);
	assert_int_equal(a.base, 5);
	s.ts += 1;
	assert_int_equal(put(l, &s, 0, &a), 0);
	assert_true(file_length(dir, "00000000000000000006.log") > 0);
	/* by hand, once */
	assert_int_equal(log_roll(l, &e), 0);
	assert_int_equal(log_roll(l, &e), 0);
	assert_int_equal(file_length(dir, "00000000000000000007.log"), 0);
	assert_int_equal(walk_read(l, 0, 1 << 20, 7), 7);
	/* too large for any segment */
	c.segment_bytes = 500;
	log_set_config(l, &c);
	assert_int_equal(put(l, &s, 0, &a), 18);
	must_close(l);
	l = must_open(sys_real(), dir, &c, &clean, NULL);
	assert_int_equal(log_end(l), 7);
	assert_int_equal(walk_read(l, 0, 1 << 20, 7), 7);
	must_close(l);
	free(dir);
}

static void
test_index_full(void **state)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct batch_spec s = BATCH_SPEC;
	struct log_appended a;
	char *dir = dir_of(state);
	struct log *l;

	/* ten entries of the time index, of which one is kept for the end */
	c.segment_index_bytes = 120;
	c.index_interval_bytes = 0;
	l = must_open(sys_real(), dir, &c, &fresh, NULL);
	for (int i = 0; i < 40; i++) {
		s.ts++;
		assert_int_equal(put(l, &s, 0, &a), 0);
	}
	assert_true(file_length(dir, "00000000000000000010.log") > 0);
	assert_true(file_length(dir, "00000000000000000000.timeindex") <= 120);
	assert_int_equal(walk_read(l, 0, 1 << 20, 40), 40);
	must_close(l);
	free(dir);
}

static void
test_truncate(void **state)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct batch_spec s = BATCH_SPEC;
	struct kerr e = KERR_INIT;
	struct log_appended a;
	char *dir = dir_of(state);
	struct log *l;
	int32_t found;
	int64_t end;

	c.segment_bytes = 5000;
	s.value = 100;
	s.n = 3;
	l = must_open(sys_real(), dir, &c, &fresh, NULL);
	for (int i = 0; i < 100; i++)
		assert_int_equal(put(l, &s, i / 10, &a), 0);
	must_flush(l);
	assert_int_equal(log_truncate_to(l, 300, &e), 0);
	assert_int_equal(log_end(l), 300);
	assert_int_equal(log_truncate_to(l, 151, &e), 0);
	assert_int_equal(log_end(l), 150);
	assert_int_equal(log_flushed(l), 150);
	assert_int_equal(log_epoch(l), 4);
	log_epoch_end(l, 3, &found, &end);
	assert_int_equal(found, 3);
	assert_int_equal(end, 120);
	log_epoch_end(l, 4, &found, &end);
	assert_int_equal(end, 150);
	assert_int_equal(walk_read(l, 0, 4000, 150), 150);
	assert_int_equal(put(l, &s, 20, &a), 0);
	assert_int_equal(a.base, 150);
	log_abandon(l);
	l = must_open(sys_real(), dir, &c, &fresh, NULL);
	assert_int_equal(log_end(l), 153);
	assert_int_equal(log_epoch(l), 20);
	assert_int_equal(log_truncate_all(l, 1000, &e), 0);
	assert_int_equal(log_start(l), 1000);
	assert_int_equal(log_end(l), 1000);
	must_close(l);
	l = must_open(sys_real(), dir, &c, &clean, NULL);
	assert_int_equal(log_end(l), 1000);
	assert_int_equal(put(l, &s, 21, &a), 0);
	assert_int_equal(a.base, 1000);
	must_close(l);
	free(dir);
}

/* A batch whose packed part is none, its CRC right, as batch.validation=relaxed
 * lets it in: it stands at its first offset, and what is around it is found. */
static void
test_time_rubbish(void **state)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct batch_spec s = BATCH_SPEC;
	struct kerr e = KERR_INIT;
	struct log_appended a;
	struct batch_header h;
	struct log_when w;
	char *dir = dir_of(state);
	struct log *l = must_open(sys_real(), dir, &c, &fresh, NULL);
	struct iovec v;

	s.n = 5;
	for (int i = 0; i < 3; i++) {
		s.ts = 1000 + 100 * i;
		v = make_batch(&s);
		assert_int_equal(batch_parse(v.iov_base, v.iov_len, &h, NULL),
		    0);
		if (i == 1) {
			h.attributes |= CODEC_LZ4;
			batch_header_put(v.iov_base, &h);
			put_be32((uint8_t *)v.iov_base + BATCH_AT_CRC,
			    batch_crc(v.iov_base, &h));
		}
		assert_int_equal(log_append(l, &v, 1, 7, -1, &a, &e), 0);
		free(v.iov_base);
	}
	for (int round = 0; round < 2; round++) {
		assert_int_equal(log_find_time(l, 1003, 15, &w, &e), 0);
		assert_int_equal(w.offset, 3);
		assert_int_equal(log_find_time(l, 1103, 15, &w, &e), 0);
		assert_int_equal(w.offset, 5);
		assert_int_equal(w.timestamp, 1104);
		assert_int_equal(w.epoch, 7);
		assert_int_equal(log_find_time(l, 1105, 15, &w, &e), 0);
		assert_int_equal(w.offset, 10);
		assert_int_equal(log_find_time(l, 1103, 5, &w, &e), 0);
		assert_int_equal(w.offset, -1);
		assert_int_equal(e.code, 0);
		/* a recovery keeps it, too */
		must_close(l);
		l = must_open(sys_real(), dir, &c, &fresh, NULL);
		assert_int_equal(log_end(l), 15);
	}
	must_close(l);
	free(dir);
}

static void
test_time(void **state)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct batch_spec s = BATCH_SPEC;
	struct kerr e = KERR_INIT;
	struct log_appended a;
	struct log_when w;
	char *dir = dir_of(state);
	struct log *l;

	c.segment_bytes = 100000;
	s.value = 300;
	s.n = 5;
	l = must_open(sys_real(), dir, &c, &fresh, NULL);
	for (int i = 0; i < 1000; i++) {
		s.ts = 10000 + (int64_t)i * 100;
		assert_int_equal(put(l, &s, 7, &a), 0);
	}
	for (int round = 0; round < 2; round++) {
		for (int64_t i = 0; i < 5000; i += 7) {
			/* record i has 10000 + i/5*100 + i%5 */
			assert_int_equal(log_find_time(l, 10000 + i / 5 * 100 +
			    i % 5, 5000, &w, &e), 0);
			assert_int_equal(w.offset, i);
			assert_int_equal(w.epoch, 7);
			assert_int_equal(log_find_time(l, 10050 + i / 5 * 100,
			    4000, &w, &e), 0);
			assert_int_equal(w.offset, i / 5 * 5 + 5 < 4000 ?
			    i / 5 * 5 + 5 : -1);
		}
		assert_int_equal(log_find_time(l, 0, 5000, &w, &e), 0);
		assert_int_equal(w.offset, 0);
		assert_int_equal(log_find_max_time(l, &w, &e), 0);
		assert_int_equal(w.offset, 4999);
		if (round == 0) {
			must_close(l);
			l = must_open(sys_real(), dir, &c, &clean, NULL);
		}
	}
	assert_int_equal(log_set_start(l, 1001, &e), 0);
	assert_int_equal(log_find_time(l, 0, 5000, &w, &e), 0);
	assert_int_equal(w.offset, 1001);
	must_close(l);
	free(dir);
}

static void
test_append_time(void **state)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct batch_spec s = BATCH_SPEC;
	struct iovec v = make_batch(&s);
	struct kerr e = KERR_INIT;
	struct log_appended a;
	struct log_when w;
	char *dir = dir_of(state);
	struct log *l = must_open(sys_real(), dir, &c, &fresh, NULL);

	assert_int_equal(log_append(l, &v, 1, 0, 777777, &a, &e), 0);
	assert_int_equal(a.append_time, 777777);
	assert_int_equal(walk_read(l, 0, 1000, 1), 1);
	assert_int_equal(log_find_time(l, 777777, 1, &w, &e), 0);
	assert_int_equal(w.offset, 0);
	assert_int_equal(w.timestamp, 777777);
	must_close(l);
	free(v.iov_base);
	free(dir);
}

static void
test_follower(void **state)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct batch_spec s = BATCH_SPEC;
	struct iovec v[2] = { make_batch(&s), make_batch(&s) };
	struct kerr e = KERR_INIT;
	struct log_appended a;
	char *dir = dir_of(state);
	struct log *l = must_open(sys_real(), dir, &c, &fresh, NULL);

	batch_assign(v[0].iov_base, INT64_C(5000000000), 3);
	batch_assign(v[1].iov_base, INT64_C(5000000010), 4);
	assert_int_equal(log_append_as_follower(l, v, 2, &a, &e), 0);
	assert_int_equal(a.base, INT64_C(5000000000));
	assert_int_equal(log_end(l), INT64_C(5000000011));
	assert_int_equal(log_epoch_at(l, INT64_C(5000000005)), 3);
	assert_int_equal(log_append_as_follower(l, v, 1, &a, &e), KE_DATA);
	assert_int_equal(log_start(l), 0);
	/* the hole costs a segment, not the offsets */
	batch_assign(v[0].iov_base, INT64_C(9000000000), 4);
	assert_int_equal(log_append_as_follower(l, v, 1, &a, &e), 0);
	assert_int_equal(file_length(dir, "00000000009000000000.log"),
	    v[0].iov_len);
	must_close(l);
	free(v[0].iov_base);
	free(v[1].iov_base);
	free(dir);
}

static void
test_duplicates(void **state)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct batch_spec s = BATCH_SPEC, t;
	struct log_appended a;
	char *dir = dir_of(state);
	struct log *l = must_open(sys_real(), dir, &c, &fresh, NULL);

	s.pid = 42;
	s.epoch = 0;
	s.n = 2;
	for (int i = 0; i < 10; i++) {
		s.seq = 2 * i;
		assert_int_equal(put(l, &s, 0, &a), 0);
		assert_false(a.duplicate);
	}
	for (int round = 0; round < 3; round++) {
		t = s;
		assert_int_equal(put(l, &t, 0, &a), 0);
		assert_true(a.duplicate);
		assert_int_equal(a.base, 18);
		assert_int_equal(a.last, 19);
		t.seq = 25;
		assert_int_equal(put(l, &t, 0, &a), 45);
		t.epoch = -1;
		assert_int_equal(put(l, &t, 0, &a), 47);
		/* the state comes back from the tail, then from a snapshot,
		 * then from a tail after a snapshot */
		if (round == 0)
			log_abandon(l);
		else
			must_close(l);
		l = must_open(sys_real(), dir, &c, round == 0 ? &fresh :
		    &clean, NULL);
		if (round == 1) {
			s.seq += 2;
			assert_int_equal(put(l, &s, 0, &a), 0);
			assert_false(a.duplicate);
			assert_int_equal(a.base, 20);
			s.seq -= 2;
			assert_int_equal(put(l, &s, 0, &a), 0);
			assert_true(a.duplicate);
		}
	}
	must_close(l);
	free(dir);
}

static void
test_delete(void **state)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct batch_spec s = BATCH_SPEC;
	struct kerr e = KERR_INIT;
	struct log_appended a;
	struct krecords r;
	char *dir = dir_of(state), byte;
	struct log *l = must_open(sys_real(), dir, &c, &fresh, NULL);
	int fds = open_fds();

	assert_int_equal(put(l, &s, 0, &a), 0);
	assert_int_equal(log_read(l, 0, 1000, 1, true, &r, &e), 0);
	assert_int_equal(log_delete(l, &e), 0);
	assert_int_equal(access(dir, F_OK), -1);
	/* a reader's slice outlives the files */
	assert_int_equal(pread(r.fd, &byte, 1, r.off), 1);
	r.hold->drop(r.hold);
	assert_int_equal(open_fds(), fds);
	/* one that was never made */
	l = must_open(sys_real(), dir, &c, &fresh, NULL);
	assert_int_equal(log_delete(l, &e), 0);
	free(dir);
}

/* The longest name that a topic may have leaves no room for more behind it. */
static void
test_delete_long(void **state)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct batch_spec s = BATCH_SPEC;
	struct kerr e = KERR_INIT;
	struct log_appended a;
	char *dir = dir_of(state), *longest = xasprintf("%s%0*d-12", dir,
	    249 - (int)strlen(strrchr(dir, '/') + 1), 0);
	struct log *l = must_open(sys_real(), longest, &c, &fresh, NULL);

	assert_int_equal(put(l, &s, 0, &a), 0);
	assert_int_equal(log_delete(l, &e), 0);
	assert_int_equal(access(longest, F_OK), -1);
	free(longest);
	free(dir);
}

/* A namesake's directory is neither taken over nor lost. */
static void
test_other_topic(void **state)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct log_known one = { .clean = true }, two = { .clean = true };
	struct batch_spec s = BATCH_SPEC;
	struct log_appended a;
	char *dir = dir_of(state), *name;
	struct kuuid id;
	struct log *l;

	one.topic_id.b[0] = 1;
	two.topic_id.b[0] = two.topic_id.b[9] = 2;
	l = must_open(sys_real(), dir, &c, &one, NULL);
	assert_int_equal(put(l, &s, 0, &a), 0);
	must_close(l);
	l = must_open(sys_real(), dir, &c, &two, NULL);
	assert_int_equal(log_end(l), 0);
	assert_int_equal(put(l, &s, 0, &a), 0);
	must_close(l);
	name = xasprintf("%s.AQAAAAAAAAAAAAAAAAAAAA-stray", dir);
	l = must_open(sys_real(), name, &c, &one, NULL);
	assert_int_equal(log_end(l), 1);
	log_abandon(l);
	free(name);
	/* one that lost its name gets it back */
	name = xasprintf("%s/partition.metadata", dir);
	assert_int_equal(unlink(name), 0);
	l = must_open(sys_real(), dir, &c, &two, NULL);
	assert_int_equal(log_end(l), 1);
	assert_int_equal(partition_metadata_load(sys_real(), dir, &id, NULL),
	    0);
	assert_true(kuuid_eq(&id, &two.topic_id));
	log_abandon(l);
	/* so does one of whose name a byte was flipped */
	two.topic_id.b[9] ^= 1;
	l = must_open(sys_real(), dir, &c, &two, NULL);
	assert_int_equal(log_end(l), 1);
	assert_int_equal(partition_metadata_load(sys_real(), dir, &id, NULL),
	    0);
	assert_true(kuuid_eq(&id, &two.topic_id));
	log_abandon(l);
	free(name);
	free(dir);
}

static void
test_bad_files(void **state)
{
	static const char *const names[] = {
		"00000000000000000000.index", "00000000000000000000.timeindex",
		"leader-epoch-checkpoint", "00000000000000000500.snapshot" };
	struct log_config c = LOG_CONFIG_INIT;
	struct batch_spec s = BATCH_SPEC;
	struct log_appended a;
	struct log_when w;
	struct kerr e = KERR_INIT;
	char *dir = dir_of(state), *cmd;
	struct log *l;

	for (int i = 0; i < 4; i++)
		for (int how = 0; how < 3; how++) {
			l = must_open(sys_real(), dir, &c, &fresh, NULL);
			s.value = 200;
			s.pid = 7;
			s.epoch = 0;
			for (int j = 0; j < 500; j++) {
				s.seq = j;
				s.ts = 1000 + j;
				assert_int_equal(put(l, &s, 5, &a), 0);
			}
			must_close(l);
			cmd = xasprintf(how == 0 ? "rm %s/%s" : how == 1 ?
			    "echo rubbish-rubbish-rubbis > %s/%s" :
			    "truncate -s 1M %s/%s", dir, names[i]);
			assert_int_equal(system(cmd), 0);
			free(cmd);
			l = must_open(sys_real(), dir, &c, &clean, NULL);
			assert_int_equal(log_end(l), 500);
			assert_int_equal(log_epoch(l), 5);
			for (int64_t at = 0; at < 500; at += 31)
				assert_int_equal(walk_read(l, at, 1000, 500),
				    500);
			assert_int_equal(log_find_time(l, 1250, 500, &w, &e),
			    0);
			assert_int_equal(w.offset, 250);
			assert_int_equal(put(l, &s, 5, &a), 0);
			assert_true(a.duplicate);
			assert_int_equal(log_delete(l, &e), 0);
		}
	free(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(test_empty), T(test_append_read), T(test_reopen),
		T(test_cut), T(test_damage_below), T(test_roll),
		T(test_index_full), T(test_truncate), T(test_time_rubbish),
		T(test_time),
		T(test_append_time), T(test_follower), T(test_duplicates),
		T(test_delete), T(test_delete_long), T(test_other_topic),
		T(test_bad_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
