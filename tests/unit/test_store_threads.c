/*
 * test_store_threads.c: a writer, readers at the tail and far behind, a
 * flusher, and what lets old segments go, on one log. What readers see is
 * whole, in order and between start and end; the thread sanitizer watches the
 * rest.
 */
#include "store_util.h"

#include <pthread.h>
#include <stdatomic.h>

enum { APPENDS = 4000, READERS = 3 };

struct shared {
	struct log	*l;
	pthread_mutex_t	 writing;	/* the partition's lock */
	bool		 retains;
	_Atomic bool	 done;
	_Atomic int	 errors;
};

static void
bad(struct shared *s, const char *what)
{
	fprintf(stderr, "# %s\n", what);
	s->errors++;
}

static void
check_slice(struct shared *s, const struct krecords *r, int64_t *next)
{
	uint8_t head[BATCH_HEADER];
	struct batch_header h;
	int64_t at = r->off, end = r->off + r->len;

	while (at < end) {
		if (pread(r->fd, head, sizeof(head), at) !=
		    (ssize_t)sizeof(head) ||
		    batch_header_parse(head, sizeof(head), &h, NULL) != 0) {
			bad(s, "no header");
			return;
		}
		if (h.base_offset != *next)
			bad(s, "out of order");
		*next = batch_last_offset(&h) + 1;
		at += (int64_t)batch_size(&h);
	}
	if (at != end)
		bad(s, "not whole");
}

static void *
reader(void *arg)
{
	struct shared *s = arg;
	struct krecords r;
	struct log_when w;
	int64_t next = 0, end;
	int rc;

	while (!s->done || next < log_end(s->l)) {
		end = log_end(s->l);
		rc = log_read(s->l, next, 20000, end, true, &r, NULL);
		if (rc == KE_RANGE && next < log_start(s->l)) {
			next = log_start(s->l);
			continue;
		}
		if (rc != 0) {
			bad(s, "read");
			break;
		}
		if (r.len == 0) {
			if (next < end)
				bad(s, "nothing below the end");
			continue;
		}
		check_slice(s, &r, &next);
		r.hold->drop(r.hold);
		if (next > end)
			bad(s, "past the bound");
		if (next % 7 == 0 && (log_find_time(s->l, 1000 + next / 2, end,
		    &w, NULL) != 0 || (w.offset < 0 && !s->retains)))
			bad(s, "time");
		(void)log_epoch(s->l);
	}
	return NULL;
}

static void *
flusher(void *arg)
{
	struct shared *s = arg;
	int64_t end;

	while (!s->done) {
		end = log_end(s->l);
		if (log_flush(s->l, NULL) != 0 || log_flushed(s->l) < end)
			bad(s, "flush");
		if (log_checkpoint(s->l, NULL) < 0)
			bad(s, "checkpoint");
		(void)log_size(s->l);
	}
	return NULL;
}

static void *
keeper(void *arg)
{
	struct shared *s = arg;
	struct log_retention r = { -1, 250000, 0 };
	int64_t keep, wait;

	while (!s->done) {
		r.upto = log_flushed(s->l);
		if ((keep = log_keep_from(s->l, &r, NULL)) < 0) {
			bad(s, "keep");
			break;
		}
		pthread_mutex_lock(&s->writing);
		if (log_retain_from(s->l, keep, NULL) != 0)
			bad(s, "retain");
		log_drop_old(s->l);
		pthread_mutex_unlock(&s->writing);
		if (log_remove_old(s->l, 0, &wait, NULL) != 0)
			bad(s, "remove");
	}
	return NULL;
}

static void
run(bool retains)
{
	const struct log_known k = { .clean = false };
	struct log_config c = LOG_CONFIG_INIT;
	struct batch_spec b = BATCH_SPEC;
	struct shared s = { .retains = retains,
	    .writing = PTHREAD_MUTEX_INITIALIZER };
	pthread_t t[READERS + 2];
	struct log_appended a;
	bool writes;
	char *tmp = tmp_make(), *dir = xasprintf("%s/t-0", tmp);

	c.segment_bytes = 100000;
	c.writeback_bytes = 8192;
	s.l = must_open(sys_fast(), dir, &c, &k, NULL);
	for (int i = 0; i < READERS; i++)
		pthread_create(&t[i], NULL, reader, &s);
	pthread_create(&t[READERS], NULL, flusher, &s);
	if (retains)
		pthread_create(&t[READERS + 1], NULL, keeper, &s);
	for (int i = 0; i < APPENDS; i++) {
		b.n = 1 + i % 2;
		b.ts = 1000 + log_end(s.l);
		b.value = (size_t)(i * 31 % 700);
		pthread_mutex_lock(&s.writing);
		assert_int_equal(put(s.l, &b, i / 1000, &a), 0);
		writes = log_wants_writeback(s.l);
		pthread_mutex_unlock(&s.writing);
		if (writes)
			log_writeback(s.l);
	}
	s.done = true;
	for (int i = 0; i < READERS + 1 + retains; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(s.errors, 0);
	assert_int_equal(log_start(s.l) > 0, retains);
	must_close(s.l);
	free(dir);
	tmp_remove(tmp);
}

static void
test_threads(void **state)
{
	run(false);
}

static void
test_retention(void **state)
{
	run(true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_retention),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
