/*
 * test_broker_clean.c: what a compaction that fails means for the next ones.
 * What passes, a full disk above all, is tried again after a while, and said
 * once; a log that is damaged is left alone, and said once. Appending and
 * reading go on in either case.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "cmd/klog-broker/compaction.h"
#include "cmd/klog-broker/config.h"
#include "cmd/klog-broker/delayed.h"
#include "cmd/klog-broker/logdir.h"
#include "cmd/klog-broker/partition.h"
#include "faultsys.h"
#include "record/builder.h"
#include "record/iter.h"
#include "store/datadir.h"

enum { KEYS = 5, PUTS = 60, JOBS = 64, MINUTE = 60000 };

#define DIR	"/data"

static struct {
	struct faultsys	*f;
	const struct sys *sys;
	struct logdir	 ld;
	struct datadir	*datadir;
	struct partition *p;
	int64_t		 now_ms;
	int		 puts;
	int		 tries;		/* lines of a kind */
	int		 ends;
	int		 late;		/* the pass was through */
	int		 others;	/* warnings and errors */
	struct {
		void	(*fn)(void *);
		void	*arg;
	}		 jobs[JOBS];
	int		 n_jobs;
} w;

static void
hear(enum log_level level, enum log_area area, const char *line)
{
	if (strstr(line, "tried again in a minute") != NULL)
		w.tries++;
	else if (strstr(line, "is not compacted any more") != NULL)
		w.ends++;
	else if (strstr(line, "cleaner-offset-checkpoint") != NULL)
		w.late++;
	else if (level <= LOG_WARN)
		w.others++;
}

static void
run_later(void *ctx, void (*fn)(void *), void *arg)
{
	assert_true(w.n_jobs < JOBS);
	w.jobs[w.n_jobs].fn = fn;
	w.jobs[w.n_jobs++].arg = arg;
}

static void
run_jobs(void)
{
	while (w.n_jobs > 0) {
		w.n_jobs--;
		w.jobs[w.n_jobs].fn(w.jobs[w.n_jobs].arg);
	}
}

static void
run_now(void *ctx, void (*fn)(void *), void *arg)
{
	fn(arg);
}

static void
wake(struct io *io, uint64_t id, uint32_t generation)
{
}

/* One record of a key in turn, whose value is its number. */
static void
produce(void)
{
	uint8_t mem[1000];
	struct partition_append a = { .append_time = -1 };
	struct builder_opts o = BUILDER_OPTS;
	char key[8], value[400];
	struct delayed d;
	struct builder b;
	struct waiter x;

	snprintf(key, sizeof(key), "%d", w.puts % KEYS);
	memset(value, ' ', sizeof(value));
	snprintf(value, sizeof(value), "%d", w.puts++);
	builder_init(&b, mem, sizeof(mem));
	assert_int_equal(builder_add(&b, &(struct record_input){
	    .timestamp = w.now_ms, .key = key,
	    .key_len = (int32_t)strlen(key), .value = value,
	    .value_len = sizeof(value) }), 0);
	a.batch = (struct iovec){ mem, (size_t)builder_finish(&b, &o, NULL,
	    NULL, NULL) };
	delayed_init(&d, &w.ld, (struct waker){ NULL, 0, 0 }, 1);
	assert_int_equal(partition_append(w.p, &a, &d, &x), 0);
	run_jobs();
}

static void
start(void)
{
	const int32_t self = 1;
	struct topic_config config = {
		.retention_ms = -1, .retention_bytes = -1,
		.segment_ms = INT64_C(7) * 86400000, .segment_bytes = 4000,
		.segment_index_bytes = 1 << 20, .index_interval_bytes = 1000,
		.flush_messages = INT64_MAX, .flush_ms = INT64_MAX,
		.max_message_bytes = 1 << 20, .min_insync_replicas = 1,
		.compression = -1, .cleanup = CLEANUP_COMPACT,
		.max_compaction_lag_ms = INT64_MAX,
	};

	memset(&w, 0, sizeof(w));
	log_set(hear, LOG_WARN, 0);
	w.f = faultsys_new(1);
	w.sys = faultsys_sys(w.f);
	w.now_ms = INT64_C(1700000000000);
	assert_int_equal(datadir_open(&w.datadir, w.sys, DIR, NULL), 0);
	w.ld = (struct logdir){ .sys = w.sys, .datadir = w.datadir,
	    .path = DIR, .run = run_now, .wake = wake };
	logdir_init(&w.ld);
	w.p = partition_new(&w.ld, "t", &(struct kuuid){ { 7 } }, 0, &config);
	assert_int_equal(logdir_recover(&w.ld, false, NULL), 0);
	w.ld.run = run_later;
	partition_apply(w.p, 1, &(struct partition_state){ .leader = 1,
	    .isr = &self, .n_isr = 1, .n_replicas = 1 });
	for (int i = 0; i < PUTS; i++)
		produce();
}

static void
stop(void)
{
	assert_int_equal(logdir_close(&w.ld, NULL), 0);
	partition_unref(w.p);
	logdir_release(&w.ld);
	datadir_close(w.datadir);
	faultsys_free(w.f);
	log_set(NULL, LOG_WARN, 0);
}

/* The cleaner's turn. -1: it finds nothing to do. */
static int
clean(void)
{
	static const atomic_bool never;
	const struct compaction_limits limits = { .map_bytes = 4096,
	    .map_load = 0.9, .rate = INFINITY, .stop = &never };
	struct partition *p = compaction_choose(&w.ld);

	return p == NULL ? -1 : compaction_run(p, &limits);
}

static void
later(int64_t ms)
{
	faultsys_set_ms(w.f, w.now_ms += ms);
}

/* Records that are left, the last of each key among them. */
static int
left(void)
{
	int64_t last[KEYS], at = 0;
	struct batch_header h;
	struct record_iter it;
	struct record x;
	struct buf b;
	int n = 0;

	memset(last, -1, sizeof(last));
	buf_init(&b, 0);
	for (;;) {
		buf_clear(&b);
		assert_int_equal(partition_read(w.p, at, 1 << 20, &b), 0);
		if (b.len == 0)
			break;
		for (size_t i = 0; i < b.len; i += batch_size(&h)) {
			assert_int_equal(batch_parse(b.p + i, b.len - i, &h,
			    NULL), 0);
			record_iter_init(&it, b.p + i, &h, NULL, NULL, 0,
			    NULL);
			while (record_iter_next(&it, &x) > 0) {
				assert_int_equal(atoi((const char *)x.value),
				    x.offset);
				last[x.offset % KEYS] = x.offset;
				n++;
			}
			at = batch_last_offset(&h) + 1;
		}
	}
	buf_release(&b);
	assert_int_equal(at, w.puts);
	for (int k = 0; k < KEYS; k++)
		assert_true(last[k] >= w.puts - KEYS);
	return n;
}

/* Whatever write finds no room, and for whatever it is that passes. */
static void
test_passes(void **state)
{
	static const int errors[] = { ENOSPC, EDQUOT, EROFS };
	bool hit = true;
	int turns = 0;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		for (int nth = 1; nth == 1 || hit; nth++) {
			start();
			assert_int_equal(left(), PUTS);
			faultsys_arm(w.f, FAULT_PWRITEV, nth, errors[i]);
			(void)clean();
			hit = faultsys_hit(w.f);
			assert_int_equal(w.tries + w.late, hit);
			assert_int_equal(clean(), -1);
			later(MINUTE - 1);
			assert_int_equal(clean(), -1);
			later(1);
			assert_int_equal(clean(), w.tries > 0 ? 1 : -1);
			assert_true(left() < PUTS);
			assert_int_equal(w.tries + w.late, hit);
			assert_int_equal(w.ends + w.others, 0);
			turns += hit;
			stop();
		}
	assert_true(turns > 8);
}

/* The longer, the less often; one line for all of it, and another the next
 * time. */
static void
test_full(void **state)
{
	int64_t waits[] = { 1, 2, 4, 8, 10, 10 };

	start();
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		faultsys_fill(w.f, true);
		assert_int_equal(clean(), 0);
		faultsys_fill(w.f, false);
		later(waits[i] * MINUTE - 1);
		assert_int_equal(clean(), -1);
		produce();
		later(1);
	}
	assert_int_equal(w.tries, 1);
	assert_int_equal(clean(), 1);
	assert_true(left() < PUTS);
	for (int i = 0; i < PUTS; i++)
		produce();
	faultsys_fill(w.f, true);
	assert_int_equal(clean(), 0);
	faultsys_fill(w.f, false);
	assert_int_equal(w.tries, 2);
	later(MINUTE);
	assert_int_equal(clean(), 1);
	assert_int_equal(w.ends + w.others, 0);
	stop();
}

/* A byte that is another than was written: it is said, and that was that. */
static void
test_damage(void **state)
{
	uint8_t byte = 0x55;
	int fd;

	start();
	fd = w.sys->open(w.sys, DIR "/t-0/00000000000000000000.log", O_RDWR,
	    0);
	assert_int_equal(w.sys->pwritev(w.sys, fd, &(struct iovec){ &byte, 1 },
	    1, 100), 1);
	w.sys->close(w.sys, fd);
	assert_int_equal(clean(), 0);
	for (int day = 0; day < 3; day++) {
		later(24 * 60 * MINUTE);
		produce();
		assert_int_equal(clean(), -1);
	}
	assert_int_equal(w.ends, 1);
	assert_int_equal(w.tries + w.others, 0);
	stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passes),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_damage),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
