/*
 * test_store_clean_files.c: compaction and who else is at work on the files:
 * readers, truncation, retention, a crash, damage.
 */
#include "clean_util.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "store/log_impl.h"

/* What a reader was given before the swap is what it reads after it. */
static void
test_reader(void **state)
{
	struct bench *b = bench_new();
	struct kerr e = KERR_INIT;
	struct krecords r;
	struct log_when w;
	uint8_t bytes[4096];

	fill(b, "a=1 b=1 / a=2 / x=1");
	assert_int_equal(log_read(b->l, 0, 4096, 2, true, &r, &e), 0);
	clean(b, NOW);
	assert_int_equal(pread(r.fd, bytes, (size_t)r.len, r.off), r.len);
	assert_int_equal(be64(bytes), 0);
	r.hold->drop(r.hold);
	/* the first record at or after 1000 is offset 1 now */
	assert_int_equal(log_find_time(b->l, 1000, 4, &w, &e), 0);
	assert_int_equal(w.offset, 1);
	assert_int_equal(log_find_time(b->l, 1002, 4, &w, &e), 0);
	assert_int_equal(w.offset, 2);
	bench_free(b);
}

/* One who has found a segment, and opened nothing of it yet, when it is
 * replaced. */
static void
test_late_reader(void **state)
{
	struct bench *b = bench_new();
	struct kerr e = KERR_INIT;
	int64_t size, end, wait;
	struct segment *g;
	uint8_t byte;
	bool active;
	int fd;

	fill(b, "t7:a=1 a=1 A7 / a=2 / x=1");
	assert_int_equal(log_rest(b->l, &e), 0);
	g = log_segment_above(b->l, -1, &size, &end, &active);
	assert_int_equal(g->fd, -1);
	clean(b, NOW);
	assert_int_equal(log_remove_old(b->l, 0, &wait, NULL), 0);
	assert_int_equal(files(b, "\\.deleted"), 0);
	if ((fd = segment_fd(g, false, &e)) < 0 ||
	    segment_indexes(g, &e) != 0 || segment_txns(g, &e) != 0)
		fail_msg("%s", e.msg);
	assert_int_equal(pread(fd, &byte, 1, size - 1), 1);
	assert_int_equal(g->txns.n, 1);
	segment_unref(g);
	bench_free(b);
}

/* A disk on which a reader is done while the files that it has not opened yet
 * are opened for it. */
struct parting {
	struct sys	 sys;
	struct segment	*g;
};

static int
open_last(const struct sys *s, const char *path, int flags, mode_t mode)
{
	struct parting *p = (struct parting *)(uintptr_t)s;
	size_t n = strlen(path);

	if (n > 4 && strcmp(path + n - 4, ".log") == 0) {
		segment_unref(p->g);
		p->g = NULL;
	}
	return sys_fast()->open(sys_fast(), path, flags, mode);
}

/* One who lets go of a segment just when retention takes it. */
static void
test_parting_reader(void **state)
{
	struct bench *b = bench_new();
	const struct log_known k = { .clean = true };
	struct parting p = { .sys = *sys_fast() };
	struct kerr e = KERR_INIT;
	int64_t size, end, wait;
	bool active;

	fill(b, "t7:a=1 a=1 A7 / a=2 / x=1");
	must_close(b->l);
	b->l = must_open(&p.sys, b->dir, &b->config, &k, NULL);
	p.sys.open = open_last;
	p.g = log_segment_above(b->l, -1, &size, &end, &active);
	assert_int_equal(p.g->fd, -1);
	assert_int_equal(log_retain_from(b->l, end, &e), 0);
	assert_true(log_drop_old(b->l));
	assert_int_equal(log_remove_old(b->l, 0, &wait, &e), 0);
	assert_null(p.g);
	assert_int_equal(files(b, "deleted"), 0);
	bench_free(b);
}

/* What was replaced goes when its time has come, however often. */
static void
test_delay(void **state)
{
	struct bench *b = bench_new();
	int64_t wait;

	fill(b, "a=1 b=1 / a=2 / x=1");
	clean(b, NOW);
	assert_int_equal(files(b, "\\.log\\.deleted"), 2);
	assert_int_equal(log_remove_old(b->l, 60000, &wait, NULL), 0);
	assert_in_range(wait, 59000, 60001);
	fill(b, "/ b=2 / x=2");
	clean(b, NOW);
	assert_int_equal(files(b, "\\.log$"), 2);
	assert_int_equal(log_remove_old(b->l, 60000, &wait, NULL), 0);
	assert_in_range(wait, 59000, 60001);
	assert_true(files(b, "\\.log\\.deleted") >= 3);
	must_close(b->l);
	assert_int_equal(files(b, "deleted"), 0);
	b->l = must_open(sys_fast(), b->dir, &b->config,
	    &(struct log_known){ .clean = true }, NULL);
	check(b, "delay", "[2-2 2:a=2] [3-3 3:x=1] [4-4 4:b=2] [5-5 5:x=2]");
	bench_free(b);
}

static int
give_up(void *arg, int64_t bytes)
{
	int *left = arg;

	return --*left < 0;
}

static void
cut(struct bench *b, int64_t to)
{
	struct kerr e = KERR_INIT;

	if (log_truncate_to(b->l, to, &e) != 0)
		fail_msg("%s", e.msg);
}

struct cutter {
	struct bench	*b;
	int		 left;
};

static int
cut_then(void *arg, int64_t bytes)
{
	struct cutter *c = arg;

	if (c->left-- == 0)
		cut(c->b, 1);
	return 0;
}

/* Whatever moment it is called off, or the log is cut, nothing is half done. */
static void
test_interrupted(void **state)
{
	for (int left = 0; left < 12; left++) {
		struct bench *b = bench_new();
		struct kerr e = KERR_INIT;
		struct log_cleaned r;
		int stop = left % 6;
		struct cutter cutter = { b, stop };
		struct log_clean c = { .upto = 4, .now_ms = NOW,
		    .map_bytes = 4096, .map_load = 0.9,
		    .pace = left < 6 ? give_up : cut_then,
		    .arg = left < 6 ? (void *)&stop : &cutter };
		int rc;

		fill(b, "a=1 a=2 / a=3 / a=4 / x=1");
		rc = log_clean(b->l, &c, &r, &e);
		if (left < 6) {
			if (rc != 0)
				check(b, "called off", "[0-0 0:a=1] "
				    "[1-1 1:a=2] [2-2 2:a=3] [3-3 3:a=4] "
				    "[4-4 4:x=1]");
			else
				assert_true(stop >= 0);
		} else if (cutter.left < 0) {
			assert_int_equal(log_end(b->l), 1);
		}
		assert_true(rc == 0 || rc == KE_CANCELLED);
		assert_false(log_offline(b->l));
		assert_int_equal(files(b, "cleaned\\|swap"), 0);
		bench_free(b);
	}
}

/* A disk that counts what it was given and not asked for yet. */
struct queue {
	struct sys	sys;
	off_t		sent, settled, most;
	int		fail;		/* errno of the next wait */
};

static void
send_off(const struct sys *s, int fd, off_t at, off_t n)
{
	struct queue *q = (struct queue *)(uintptr_t)s;

	assert_int_equal(at, q->sent);
	q->sent += n;
	if (q->sent - q->settled > q->most)
		q->most = q->sent - q->settled;
}

static int
await(const struct sys *s, int fd, off_t at, off_t n)
{
	struct queue *q = (struct queue *)(uintptr_t)s;

	assert_int_equal(at, q->settled);
	q->settled += n;
	errno = q->fail;
	return q->fail != 0 ? -1 : 0;
}

/* Segments of megabytes are written out in steps, of which a few are under way
 * at a time; one that failed ends the pass, for the sync at the end would not
 * tell of it any more. */
static void
test_steps(void **state)
{
	enum { VALUE = 256 << 10, BATCHES = 64 };
	struct bench *b = bench_new();
	struct queue q = { .sys = *sys_fast() };
	const struct log_known k = { .clean = true };
	struct log_clean c = { .upto = BATCHES, .now_ms = NOW,
	    .map_bytes = 4096, .map_load = 0.9 };
	uint8_t *mem = xmalloc(VALUE + 1024), *value = xcalloc(1, VALUE);
	struct builder_opts o = BUILDER_OPTS;
	struct builder builder;
	struct kerr e = KERR_INIT;
	struct log_cleaned r;

	for (uint8_t i = 0; i < BATCHES; i++) {
		uint8_t key = i > 0 ? i : 1;	/* one of them goes */

		builder_init(&builder, mem, VALUE + 1024);
		assert_int_equal(builder_add(&builder, &(struct record_input){
		    .timestamp = b->ts, .key = &key, .key_len = 1,
		    .value = value, .value_len = VALUE }), 0);
		append_built(b, &builder, &o);
	}
	assert_int_equal(log_roll(b->l, &e), 0);
	must_close(b->l);
	q.sys.writeback = send_off;
	q.sys.await_writeback = await;
	b->l = must_open(&q.sys, b->dir, &b->config, &k, NULL);
	q.fail = EIO;
	assert_int_equal(log_clean(b->l, &c, &r, &e), KE_SYS);
	assert_int_equal(e.sys, EIO);
	assert_false(log_offline(b->l));
	assert_int_equal(files(b, "cleaned"), 0);
	q.fail = 0;
	q.sent = q.settled = q.most = 0;
	assert_int_equal(log_clean(b->l, &c, &r, &e), 0);
	assert_int_equal(r.kept, BATCHES - 1);
	assert_int_equal(q.sent, r.written);
	assert_true(r.written > (BATCHES - 1) * VALUE);
	assert_true(q.most > 4 << 20 && q.most <= 6 << 20);
	free(mem);
	free(value);
	bench_free(b);
}

static void
corrupt(struct bench *b, const char *file, long at)
{
	char *path = xasprintf("%s/%s", b->dir, file);
	FILE *f = fopen(path, "r+");

	assert_non_null(f);
	fseek(f, at, SEEK_SET);
	fputc(0x55, f);
	fclose(f);
	free(path);
}

static void
test_damage(void **state)
{
	struct bench *b = bench_new();
	struct kerr e = KERR_INIT;
	int64_t size;

	fill(b, "a=1 a=2 / x=1");
	size = log_size(b->l);
	corrupt(b, "00000000000000000000.log", 70);
	assert_int_equal(try_clean(b, NOW, 4096, &e), KE_CRC);
	assert_string_equal(e.msg, "t-0: 00000000000000000000.log: batch of "
	    "offset 0: CRC mismatch");
	assert_false(log_offline(b->l));
	assert_int_equal(log_size(b->l), size);
	assert_int_equal(files(b, "cleaned\\|swap"), 0);
	bench_free(b);
}

static void
test_txnindex(void **state)
{
	static const uint8_t want[34] = { 0, 0, [9] = 7, [17] = 1, [25] = 4,
	    [33] = 5 };
	struct bench *b = bench_new();
	uint8_t is[35];
	char *path;
	FILE *f;

	/* the marker's transaction is known as long as its batch is seen */
	fill(b, "a=1 t7:a=2 t7:b=1 c=1 A7 / x=1");
	clean(b, NOW);
	path = xasprintf("%s/%020d.txnindex", b->dir, 0);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fread(is, 1, sizeof(is), f), sizeof(want));
	assert_memory_equal(is, want, sizeof(want));
	fclose(f);
	free(path);
	bench_free(b);
}

/* What a crash leaves, by names, and what the next opening makes of it. */
struct crash {
	const char	*what;
	const char	*script;	/* in the directory; NEW holds the files
					   of the compacted log */
	bool		 new;
};

static const struct crash crashes[] = {
	{ "while it was written",
	  "for k in log index timeindex; do cp NEW/$Z.$k $Z.$k.cleaned; done",
	  false },
	{ "between the renames to .swap",
	  "cp NEW/$Z.log $Z.log.cleaned; cp NEW/$Z.index $Z.index.swap; "
	  "cp NEW/$Z.timeindex $Z.timeindex.cleaned", false },
	{ "the same in Kafka's order",
	  "cp NEW/$Z.log $Z.log.swap; cp NEW/$Z.index $Z.index.cleaned; "
	  "cp NEW/$Z.timeindex $Z.timeindex.cleaned", false },
	{ "all are .swap",
	  "for k in log index timeindex; do cp NEW/$Z.$k $Z.$k.swap; done",
	  true },
	{ "the first is .deleted",
	  "for k in log index timeindex; do cp NEW/$Z.$k $Z.$k.swap; "
	  "mv $Z.$k $Z.$k.deleted; done", true },
	{ "both are",
	  "for k in log index timeindex; do cp NEW/$Z.$k $Z.$k.swap; "
	  "mv $Z.$k $Z.$k.deleted; mv $S.$k $S.$k.deleted; done", true },
	{ "the new log has its name",
	  "rm $S.*; cp NEW/$Z.log .; for k in index timeindex; do "
	  "cp NEW/$Z.$k $Z.$k.swap; done", true },
	{ "Kafka renamed the index first, and was interrupted",
	  "rm $S.*; cp NEW/$Z.log $Z.log.swap; cp NEW/$Z.index .; "
	  "cp NEW/$Z.timeindex .; rm -f $Z.log", true },
};

static void
test_crashes(void **state)
{
	static const char *const text = "a=1 b=1 / a=2 b=2 c=1 / x=1";
	static const char *const old = "[0-0 0:a=1] [1-1 1:b=1] [2-2 2:a=2] "
	    "[3-3 3:b=2] [4-4 4:c=1] [5-5 5:x=1]";
	static const char *const new = "[2-2 2:a=2] [3-3 3:b=2] [4-4 4:c=1] "
	    "[5-5 5:x=1]";
	struct bench *done = bench_new();

	fill(done, text);
	clean(done, NOW);
	check(done, "compacted", new);
	must_flush(done->l);
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
		const struct crash *x = &crashes[i];
		struct bench *b = bench_new();
		struct kerr e = KERR_INIT;
		struct log_when w;
		char *cmd;

		fill(b, text);
		must_close(b->l);
		cmd = xasprintf("cd %s && Z=%020d && S=%020d && ln -s %s NEW "
		    "&& { %s; } && rm NEW", b->dir, 0, 2, done->dir,
		    x->script);
		assert_int_equal(system(cmd), 0);
		free(cmd);
		b->l = must_open(sys_fast(), b->dir, &b->config,
		    &(struct log_known){ .clean = true }, NULL);
		check(b, x->what, x->new ? new : old);
		assert_int_equal(files(b, "cleaned\\|swap\\|deleted"), 0);
		assert_int_equal(log_find_time(b->l, 1001, 6, &w, &e), 0);
		assert_int_equal(w.offset, x->new ? 2 : 1);
		bench_free(b);
	}
	bench_free(done);
}

/* A joint that compaction left open is no lost tail below the cleaner's
 * checkpoint, also where there is no recovery point, and is one above it. */
static void
test_open_joint(void **state)
{
	for (int known = 0; known < 2; known++) {
		struct bench *b = bench_new();
		struct log_known k = { .clean = false };
		int64_t first;
		char *cmd;

		fill(b, "a=1");
		first = log_size(b->l);
		fill(b, "b=1 / c=1 / x=1");
		must_close(b->l);
		cmd = xasprintf("truncate -s %lld %s/%020d.log",
		    (long long)first, b->dir, 0);
		assert_int_equal(system(cmd), 0);
		free(cmd);
		k.cleaned = known ? 2 : 0;
		b->l = must_open(sys_fast(), b->dir, &b->config, &k, NULL);
		check(b, "joint", known ? "[0-0 0:a=1] [2-2 2:c=1] "
		    "[3-3 3:x=1]" : "[0-0 0:a=1]");
		bench_free(b);
	}
}

/* A writer, readers, a flusher, retention and the cleaner at the same time. */
struct shared {
	struct bench	*b;
	atomic_bool	 done;
	atomic_int	 errors;
	atomic_int	 passes;
};

/* Reads all of it, again and again: batches are whole, and in order. */
static void *
reader(void *arg)
{
	struct shared *s = arg;
	struct batch_header h;
	struct log_when w;
	int64_t next = 0;
	struct buf in;

	buf_init(&in, 0);
	while (!s->done) {
		buf_clear(&in);
		if (next >= log_end(s->b->l) || next < log_start(s->b->l))
			next = log_start(s->b->l);
		if (log_read_buf(s->b->l, next, 5000, log_end(s->b->l), true,
		    &in, NULL) < 0)
			next = log_end(s->b->l);
		for (size_t i = 0; i < in.len; i += batch_size(&h)) {
			if (batch_parse(in.p + i, in.len - i, &h, NULL) != 0 ||
			    !batch_crc_ok(in.p + i, &h) ||
			    batch_last_offset(&h) < next) {
				s->errors++;
				goto out;
			}
			next = batch_last_offset(&h) + 1;
		}
		if (log_find_time(s->b->l, 1000 + next, log_end(s->b->l), &w,
		    NULL) == KE_CORRUPT)
			s->errors++;
	}
out:
	buf_release(&in);
	return NULL;
}

static void *
flusher(void *arg)
{
	struct shared *s = arg;
	int64_t wait;

	while (!s->done)
		if (log_flush(s->b->l, NULL) != 0 ||
		    log_checkpoint(s->b->l, NULL) < 0 ||
		    log_remove_old(s->b->l, 0, &wait, NULL) != 0)
			s->errors++;
	return NULL;
}

static void *
cleaner(void *arg)
{
	struct shared *s = arg;
	struct log *l = s->b->l;
	struct log_clean_limits limits = { .now_ms = NOW,
	    .max_lag_ms = INT64_MAX };
	struct log_clean c = { .now_ms = NOW, .map_bytes = 4096,
	    .map_load = 0.9 };
	struct log_cleaned r;
	struct log_dirt d;
	int rc;

	while (!s->done) {
		limits.stable = log_flushed(l);
		limits.dirty = s->passes % 3 == 0 ? 0 : log_cleaned(l);
		if ((rc = log_clean_look(l, &limits, &d, NULL)) == 0) {
			c.dirty = d.dirty;
			c.upto = d.upto;
			rc = log_clean(l, &c, &r, NULL);
		}
		if (rc != 0 && rc != KE_CANCELLED)
			s->errors++;
		s->passes++;
	}
	return NULL;
}

static void
test_threads(void **state)
{
	static void *(*const fn[])(void *) = { reader, reader, flusher,
	    cleaner };
	enum { N = sizeof(fn) / sizeof(fn[0]) };
	struct shared s = { .b = bench_new() };
	struct bench *b = s.b;
	char text[100];
	int64_t wait;
	pthread_t t[N];

	b->config.segment_bytes = 20000;
	log_set_config(b->l, &b->config);
	for (int i = 0; i < N; i++)
		pthread_create(&t[i], NULL, fn[i], &s);
	for (int i = 0; i < 3000 || s.passes < 20; i++) {
		snprintf(text, sizeof(text), "%sk%d=1,k%d=2",
		    i % 3 == 0 ? "p7:" : i % 3 == 1 ? "z:" : "",
		    i * 7 % 23, i % 5);
		put_batch(b, text);
		if (i % 500 == 499)
			assert_int_equal(log_retain_from(b->l,
			    log_end(b->l) - 400, NULL), 0);
		if (i % 100 == 99)
			log_drop_old(b->l);
	}
	s.done = true;
	for (int i = 0; i < N; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(s.errors, 0);
	assert_false(log_offline(b->l));
	/* what retention has left behind would be back otherwise */
	log_drop_old(b->l);
	assert_int_equal(log_remove_old(b->l, 0, &wait, NULL), 0);
	reopen(b, true);
	bench_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_late_reader),
		cmocka_unit_test(test_parting_reader),
		cmocka_unit_test(test_delay),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_txnindex),
		cmocka_unit_test(test_crashes),
		cmocka_unit_test(test_open_joint),
		cmocka_unit_test(test_threads),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
