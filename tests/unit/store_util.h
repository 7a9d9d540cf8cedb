/*
 * store_util.h: what the tests of the store share: a temporary directory,
 * batches of a few records, a log over it.
 */
#ifndef TESTS_STORE_UTIL_H
#define TESTS_STORE_UTIL_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "record/builder.h"
#include "store/datadir.h"
#include "store/log.h"
#include "tests/helper/sys_fast.h"

/* A fresh directory below /tmp, to be given to tmp_remove(). */
static inline char *
tmp_make(void)
{
	char *dir = xstrdup("/tmp/klog-test-XXXXXX");

	assert_non_null(mkdtemp(dir));
	return dir;
}

static inline void
tmp_remove(char *dir)
{
	char *cmd = xasprintf("rm -rf '%s'", dir);

	assert_int_equal(system(cmd), 0);
	free(cmd);
	free(dir);
}

static inline int
open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* What make_batch() puts in. */
struct batch_spec {
	int	n;		/* records, at least 1 */
	size_t	value;		/* bytes of each value */
	int64_t	ts;		/* of the first; each further one 1 ms later */
	int64_t	pid;		/* -1: not idempotent */
	int16_t	epoch;
	int32_t	seq;
	int	fill;		/* byte of the values */
	int	key;		/* of the first, each further one's is one
				   more; 0: none have any */
};

#define BATCH_SPEC { .n = 1, .value = 10, .ts = 1000, .pid = -1, .epoch = -1, \
	.seq = -1, .fill = 'x' }

/* Builds a batch into fresh memory. */
static inline struct iovec
make_batch(const struct batch_spec *s)
{
	size_t cap = BATCH_HEADER + (size_t)s->n * (s->value + 40);
	struct builder_opts o = BUILDER_OPTS;
	char *value = xmalloc(s->value + 1);
	struct builder b;
	struct iovec v;
	char key[16];
	ssize_t n;

	memset(value, s->fill, s->value + 1);
	v.iov_base = xmalloc(cap);
	builder_init(&b, v.iov_base, cap);
	for (int i = 0; i < s->n; i++) {
		snprintf(key, sizeof(key), "%d", s->key + i);
		assert_int_equal(builder_add(&b, &(struct record_input){
		    .timestamp = s->ts + i, .key = key,
		    .key_len = s->key > 0 ? (int32_t)strlen(key) : -1,
		    .value = value, .value_len = (int32_t)s->value }), 0);
	}
	o.producer_id = s->pid;
	o.producer_epoch = s->epoch;
	o.base_sequence = s->seq;
	n = builder_finish(&b, &o, NULL, NULL, NULL);
	assert_true(n > 0);
	v.iov_len = (size_t)n;
	free(value);
	return v;
}

/* Appends one batch; returns what log_append() did. */
static inline int
put(struct log *l, const struct batch_spec *s, int32_t epoch,
    struct log_appended *a)
{
	struct iovec v = make_batch(s);
	struct kerr e = KERR_INIT;
	int rc = log_append(l, &v, 1, epoch, -1, a, &e);

	if (rc == KE_BROKER)
		rc = e.kafka;
	free(v.iov_base);
	return rc;
}

static inline struct log *
must_open(const struct sys *s, const char *dir, const struct log_config *c,
    const struct log_known *k, struct log_recovery *r)
{
	struct kerr e = KERR_INIT;
	struct log *l = NULL;

	if (log_open(&l, s, dir, c, k, r, &e) != 0)
		fail_msg("%s", e.msg);
	return l;
}

static inline void
must_close(struct log *l)
{
	struct kerr e = KERR_INIT;

	if (log_close(l, &e) != 0)
		fail_msg("%s", e.msg);
}

static inline void
must_flush(struct log *l)
{
	struct kerr e = KERR_INIT;

	if (log_flush(l, &e) != 0)
		fail_msg("%s", e.msg);
}

/* The offsets of the batch headers that [from, upto) holds are checked to
 * follow each other; returns the offset after the last. */
static inline int64_t
walk_read(struct log *l, int64_t from, int64_t max, int64_t upto)
{
	struct batch_header h;
	struct kerr e = KERR_INIT;
	struct buf b;
	int64_t n, next = from;

	buf_init(&b, 0);
	while (next < upto) {
		buf_clear(&b);
		n = log_read_buf(l, next, max, upto, true, &b, &e);
		if (n < 0)
			fail_msg("%s", e.msg);
		if (n == 0)
			break;
		for (size_t at = 0; at < b.len; at += batch_size(&h)) {
			assert_int_equal(batch_parse(b.p + at, b.len - at, &h,
			    &e), 0);
			assert_true(batch_crc_ok(b.p + at, &h));
			assert_true(at == 0 ? h.base_offset <= next :
			    h.base_offset == next);
			next = batch_last_offset(&h) + 1;
		}
		assert_true(next <= upto);
	}
	buf_release(&b);
	return next;
}

#endif
