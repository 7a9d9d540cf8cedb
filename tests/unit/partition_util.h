/*
 * partition_util.h: partitions on a real disk whose struct sys the test
 * watches. Jobs run when the test says so, which makes every interleaving with
 * a flush round one that is chosen.
 */
#ifndef TESTS_PARTITION_UTIL_H
#define TESTS_PARTITION_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "cmd/klog-broker/checkpoints.h"
#include "cmd/klog-broker/config.h"
#include "cmd/klog-broker/delayed.h"
#include "cmd/klog-broker/logdir.h"
#include "cmd/klog-broker/partition.h"
#include "record/builder.h"
#include "record/marker.h"
#include "store/datadir.h"
#include "store/txnindex.h"
#include "wire/kerror.h"
#include "wire/msg_list_offsets.h"

/* The world of one test. */
struct world {
	struct sys	 sys;
	struct logdir	 ld;
	struct datadir	*datadir;
	char		 path[64];
	uint64_t	 woken[8];
	struct {
		void	(*fn)(void *);
		void	*arg;
	}		 jobs[64];
	int		 n_jobs;
	int		 syncs;
	int		 sync_errno;		/* what fdatasync fails with */
	void		(*in_sync)(void);	/* called by fdatasync */
	int		 waits;			/* fsync, sync_dir */
	int		 all_synced;		/* sync_fs */
	int		 all_errno;		/* what it fails with */
};

static struct world w;

static void
run_later(void *ctx, void (*fn)(void *), void *arg)
{
	assert_true(w.n_jobs < 64);
	w.jobs[w.n_jobs].fn = fn;
	w.jobs[w.n_jobs++].arg = arg;
}

static bool
run_one(void)
{
	void (*fn)(void *) = w.jobs[0].fn;
	void *arg = w.jobs[0].arg;

	if (w.n_jobs == 0)
		return false;
	memmove(w.jobs, w.jobs + 1, sizeof(w.jobs) - sizeof(w.jobs[0]));
	w.n_jobs--;
	fn(arg);
	return true;
}

static void
wake(struct io *io, uint64_t id, uint32_t generation)
{
	w.woken[id]++;
}

static int
watched_fdatasync(const struct sys *s, int fd)
{
	w.syncs++;
	if (w.in_sync != NULL)
		w.in_sync();
	if (w.sync_errno != 0) {
		errno = w.sync_errno;
		return -1;
	}
	return sys_real()->fdatasync(s, fd);
}

static int
watched_fsync(const struct sys *s, int fd)
{
	w.waits++;
	return sys_real()->fsync(s, fd);
}

static int
watched_sync_dir(const struct sys *s, const char *path)
{
	w.waits++;
	return 0;
}

static int
watched_sync_fs(const struct sys *s, int fd)
{
	w.all_synced++;
	errno = w.all_errno;
	return w.all_errno != 0 ? -1 : 0;
}

static void
open_dir(void)
{
	struct kerr e = KERR_INIT;

	assert_int_equal(datadir_open(&w.datadir, &w.sys, w.path, &e), 0);
	w.ld.sys = &w.sys;
	w.ld.datadir = w.datadir;
	w.ld.path = w.path;
	w.ld.run = run_later;
	w.ld.wake = wake;
	logdir_init(&w.ld);
}

static int
setup(void **state)
{
	memset(&w, 0, sizeof(w));
	w.sys = *sys_real();
	w.sys.fdatasync = watched_fdatasync;
	w.sys.fsync = watched_fsync;
	w.sys.sync_dir = watched_sync_dir;
	w.sys.sync_fs = watched_sync_fs;
	strcpy(w.path, "/tmp/klog-test-XXXXXX");
	if (mkdtemp(w.path) == NULL)
		return -1;
	open_dir();
	return 0;
}

static void
close_dir(void)
{
	while (run_one())
		;
	logdir_release(&w.ld);
	datadir_close(w.datadir);
}

static int
teardown(void **state)
{
	char *cmd;
	int rc;

	close_dir();
	cmd = xasprintf("rm -rf %s", w.path);
	rc = system(cmd);
	free(cmd);
	return rc;
}

static const struct kuuid id_a = { { 1 } }, id_b = { { 2, 3, 4, 5 } };

static const struct topic_config config = {
	.segment_bytes = 1 << 20,
	.segment_ms = 7 * 86400000,
	.segment_index_bytes = 1 << 20,
	.index_interval_bytes = 4096,
	.flush_messages = INT64_MAX,
	.flush_ms = INT64_MAX,
	.max_message_bytes = 1 << 20,
	.min_insync_replicas = 1,
	.compression = -1,
	.cleanup = CLEANUP_DELETE,
};

static void
lead(struct partition *p, int32_t epoch)
{
	int32_t self = 1;
	struct partition_state s = {
		.leader = 1, .leader_epoch = epoch, .partition_epoch = epoch,
		.isr = &self, .n_isr = 1, .n_replicas = 1
	};

	partition_apply(p, 1, &s);
}

static struct partition *
make(const struct kuuid *id)
{
	struct partition *p = partition_new(&w.ld, "t", id, 0, &config);

	lead(p, 3);
	return p;
}

static uint8_t batch[4096];

static struct iovec
make_batch(int64_t producer, int32_t sequence, int n)
{
	struct record_input in = {
		.timestamp = 1000, .key_len = -1, .value = "hello",
		.value_len = 5
	};
	struct builder_opts opts = BUILDER_OPTS;
	struct builder b;
	ssize_t len;

	builder_init(&b, batch, sizeof(batch));
	while (n-- > 0)
		assert_int_equal(builder_add(&b, &in), 0);
	opts.producer_id = producer;
	opts.producer_epoch = producer < 0 ? -1 : 0;
	opts.base_sequence = sequence;
	len = builder_finish(&b, &opts, NULL, NULL, NULL);
	assert_true(len > 0);
	return (struct iovec){ batch, (size_t)len };
}

/* One acks=all append of a request that is known as `id`. */
struct produce {
	struct delayed		 d;
	struct waiter		 w;
	struct partition_append	 a;
};

static int16_t
append_batch(struct partition *p, struct produce *pr, uint64_t id,
    struct iovec iov)
{
	w.woken[id] = 0;
	delayed_init(&pr->d, &w.ld, (struct waker){ NULL, id, 0 }, 2);
	pr->a = (struct partition_append){
		.batch = iov, .append_time = -1, .wait = true
	};
	return partition_append(p, &pr->a, &pr->d, &pr->w);
}

static int16_t
append(struct partition *p, struct produce *pr, uint64_t id)
{
	return append_batch(p, pr, id, make_batch(-1, -1, 1));
}

static int64_t
high_watermark(struct partition *p)
{
	struct partition_offsets o;

	assert_int_equal(partition_offsets(p, -1, &o), 0);
	return o.high_watermark;
}

#endif
