/*
 * test_store_files.c: more segments than descriptors. Files are closed behind
 * whoever is through with them and opened again for who comes back; what is in
 * use stays open.
 */
#include "store_util.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

enum { LOGS = 24, LIMIT = 9 };

static const struct log_known fresh;
static const struct log_known clean = { .clean = true };

static int
setup(void **state)
{
	*state = tmp_make();
	log_files_limit(LIMIT);
	return 0;
}

static int
teardown(void **state)
{
	assert_int_equal(log_files_open(), 0);
	tmp_remove(*state);
	return 0;
}

static void
open_logs(void **state, struct log *l[LOGS], const struct log_known *k)
{
	struct log_config c = LOG_CONFIG_INIT;
	char *dir;

	c.segment_bytes = 4000;
	c.index_interval_bytes = 100;
	for (int i = 0; i < LOGS; i++) {
		dir = xasprintf("%s/t-%d", (char *)*state, i);
		l[i] = must_open(sys_fast(), dir, &c, k, NULL);
		free(dir);
	}
}

static void
close_logs(struct log *l[LOGS])
{
	for (int i = 0; i < LOGS; i++)
		must_close(l[i]);
}

/* Round after round to every log, of which no two are open at a time. */
static void
fill(struct log *l[LOGS], int rounds)
{
	struct batch_spec s = BATCH_SPEC;
	struct log_appended a;

	s.value = 100;
	for (int r = 0; r < rounds; r++)
		for (int i = 0; i < LOGS; i++) {
			s.ts = 1000 + 10 * r;
			s.fill = 'a' + i;
			assert_int_equal(put(l[i], &s, 0, &a), 0);
			assert_int_equal(a.base, r);
			assert_in_range(log_files_open(), 1, LIMIT);
		}
}

static void
check_logs(struct log *l[LOGS], int rounds)
{
	struct kerr e = KERR_INIT;
	struct log_when w;

	for (int i = 0; i < LOGS; i++) {
		assert_int_equal(log_end(l[i]), rounds);
		assert_int_equal(walk_read(l[i], 0, 500, rounds), rounds);
		assert_int_equal(log_find_time(l[i], 1000 + 10 * (rounds / 2),
		    rounds, &w, &e), 0);
		assert_int_equal(w.offset, rounds / 2);
		assert_in_range(log_files_open(), 1, LIMIT);
	}
}

static void
test_many(void **state)
{
	int before = open_fds();
	struct log *l[LOGS];

	open_logs(state, l, &fresh);
	fill(l, 40);
	check_logs(l, 40);
	assert_in_range(open_fds() - before, 1, LIMIT);
	for (int i = 0; i < LOGS; i++)
		must_flush(l[i]);
	close_logs(l);
	assert_int_equal(open_fds(), before);

	open_logs(state, l, &clean);
	assert_in_range(open_fds() - before, 0, LIMIT);
	check_logs(l, 40);
	close_logs(l);
	/* and as after a crash */
	open_logs(state, l, &fresh);
	check_logs(l, 40);
	assert_int_equal(log_truncate_to(l[3], 7, NULL), 0);
	assert_int_equal(walk_read(l[3], 0, 500, 7), 7);
	close_logs(l);
}

static int64_t
offset_in(const struct krecords *r)
{
	uint8_t head[BATCH_HEADER];
	struct batch_header h;

	assert_int_equal(pread(r->fd, head, sizeof(head), r->off),
	    sizeof(head));
	assert_int_equal(batch_header_parse(head, sizeof(head), &h, NULL), 0);
	return h.base_offset;
}

/* A slice that is being sent keeps its file, also beyond the log's end. */
static void
test_slices(void **state)
{
	struct krecords r[3];
	struct log *l[LOGS];
	struct kerr e = KERR_INIT;

	open_logs(state, l, &fresh);
	fill(l, 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(log_read(l[i], i, 10, 3, true, &r[i], &e), 0);
		assert_true(r[i].len > 0);
	}
	must_close(l[0]);
	must_close(l[1]);
	for (int round = 0; round < 3; round++)
		for (int i = 2; i < LOGS; i++)
			assert_int_equal(walk_read(l[i], 0, 500, 3), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(offset_in(&r[i]), i);
	for (int i = 2; i < LOGS; i++)
		must_close(l[i]);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(offset_in(&r[i]), i);
		r[i].hold->drop(r[i].hold);
	}
}

static int64_t
length(void **state, int i, const char *file)
{
	char *path = xasprintf("%s/t-%d/%s", (char *)*state, i, file);
	struct stat st;
	int64_t n = stat(path, &st) == 0 ? st.st_size : -1;

	free(path);
	return n;
}

/* What rests has its indexes in files and nothing open, and goes on. */
static void
test_rest(void **state)
{
	const char *index = "00000000000000000000.index";
	struct batch_spec s = BATCH_SPEC;
	struct log_appended a;
	struct log *l[LOGS];
	struct kerr e = KERR_INIT;
	int64_t entries;

	open_logs(state, l, &fresh);
	fill(l, 10);
	assert_true(length(state, 0, index) <= 0);
	for (int i = 0; i < LOGS; i++)
		assert_int_equal(log_rest(l[i], &e), 0);
	assert_int_equal(log_files_open(), 0);
	entries = length(state, 0, index);
	assert_true(entries > 0);
	check_logs(l, 10);
	s.ts = 2000;
	assert_int_equal(put(l[0], &s, 0, &a), 0);
	assert_int_equal(a.base, 10);
	assert_int_equal(walk_read(l[0], 9, 10, 11), 11);
	assert_int_equal(log_rest(l[0], &e), 0);
	assert_true(length(state, 0, index) > entries);
	close_logs(l);
}

/* As a broker stops: one wait for all. */
static void
test_settle(void **state)
{
	struct log *l[LOGS];
	struct log_recovery r;
	struct kerr e = KERR_INIT;
	char *dir = xasprintf("%s/t-5", (char *)*state);
	struct log_config c = LOG_CONFIG_INIT;

	open_logs(state, l, &fresh);
	assert_false(log_touched(l[0]));
	fill(l, 5);
	for (int i = 0; i < LOGS; i++) {
		assert_true(log_touched(l[i]));
		assert_int_equal(log_settle(l[i], &e), 0);
		assert_int_equal(log_flushed(l[i]), 0);
	}
	for (int i = 0; i < LOGS; i++) {
		log_settled(l[i]);
		assert_false(log_touched(l[i]));
		assert_int_equal(log_flushed(l[i]), 5);
		assert_int_equal(log_checkpoint(l[i], &e), 5);
	}
	close_logs(l);
	assert_int_equal(length(state, 5, "00000000000000000005.snapshot"), 10);
	assert_int_equal(length(state, 5, "00000000000000000000.timeindex"),
	    4 * 12);
	l[5] = must_open(sys_real(), dir, &c, &clean, &r);
	assert_int_equal(log_end(l[5]), 5);
	assert_int_equal(r.scanned, 0);
	must_close(l[5]);
	free(dir);
}

struct shared {
	struct log	*l[LOGS];
	_Atomic bool	 done;
	_Atomic int	 errors;
};

static void *
read_them(void *arg)
{
	struct shared *s = arg;
	struct krecords r;
	unsigned int i = 0;

	while (!s->done) {
		struct log *l = s->l[i++ % LOGS];
		int64_t end = log_end(l), at = end / 2;

		if (end == 0)
			continue;
		if (log_read(l, at, 300, end, true, &r, NULL) != 0 ||
		    r.len == 0 || offset_in(&r) != at)
			s->errors++;
		if (r.len > 0)
			r.hold->drop(r.hold);
	}
	return NULL;
}

static void *
flush_them(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; !s->done; i++)
		if (log_flush(s->l[i % LOGS], NULL) != 0 ||
		    log_checkpoint(s->l[i % LOGS], NULL) < 0)
			s->errors++;
	return NULL;
}

static void
test_threads(void **state)
{
	struct shared s = { .errors = 0 };
	struct batch_spec spec = BATCH_SPEC;
	struct log_appended a;
	pthread_t t[3];

	spec.value = 100;
	open_logs(state, s.l, &fresh);
	pthread_create(&t[0], NULL, read_them, &s);
	pthread_create(&t[1], NULL, read_them, &s);
	pthread_create(&t[2], NULL, flush_them, &s);
	for (int r = 0; r < 60; r++)
		for (int i = 0; i < LOGS; i++)
			if (put(s.l[i], &spec, 0, &a) != 0 || a.base != r)
				s.errors++;
	s.done = true;
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(s.errors, 0);
	close_logs(s.l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slices, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_settle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
