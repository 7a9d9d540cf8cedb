/*
 * Partitions under threads: producers that wait for their acknowledgements,
 * consumers that wait for data, flush rounds in a pool, checkpoints, and a
 * deletion in the middle. Run it with SANITIZE=thread.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "cmd/klog-broker/config.h"
#include "cmd/klog-broker/delayed.h"
#include "cmd/klog-broker/logdir.h"
#include "cmd/klog-broker/partition.h"
#include "cmd/klog-broker/pool.h"
#include "record/builder.h"
#include "store/datadir.h"
#include "wire/kerror.h"

enum { PRODUCERS = 4, CONSUMERS = 2, APPENDS = 300 };

/* Stands in for an I/O thread. */
struct io {
	sem_t			 woken;
	pthread_t		 thread;
	struct partition	*p;
	struct logdir		*ld;
	int			 done;		/* appends, or records seen */
	int16_t			 error;		/* what ended it */
};

static struct logdir ld;
static struct pool *pool;
static sem_t appended;		/* how often, by all of them */
static char path[] = "/tmp/klog-test-XXXXXX";

static void
wake(struct io *io, uint64_t id, uint32_t generation)
{
	sem_post(&io->woken);
}

static void
run(void *ctx, void (*fn)(void *), void *arg)
{
	pool_call(pool, fn, arg);
}

static bool
await(sem_t *sem)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 20;
	return sem_timedwait(sem, &until) == 0;
}

static const struct topic_config config = {
	.segment_bytes = 16384,		/* rolls often */
	.segment_ms = 7 * 86400000,
	.segment_index_bytes = 1 << 20,
	.index_interval_bytes = 512,
	.flush_messages = INT64_MAX,
	.flush_ms = INT64_MAX,
	.max_message_bytes = 1 << 20,
	.min_insync_replicas = 1,
	.compression = -1,
	.cleanup = CLEANUP_DELETE,
};

static struct partition *
make(const char *topic)
{
	static const struct kuuid id = { { 1 } };
	int32_t self = 1;
	struct partition_state s = {
		.leader = 1, .leader_epoch = 0, .partition_epoch = 0,
		.isr = &self, .n_isr = 1, .n_replicas = 1
	};
	struct partition *p = partition_new(&ld, topic, &id, 0, &config);

	partition_apply(p, 1, &s);
	return p;
}

static int16_t
append_one(struct io *io)
{
	uint8_t mem[256];
	struct record_input in = {
		.timestamp = 1000, .key_len = -1, .value = "hello",
		.value_len = 5
	};
	struct builder_opts opts = BUILDER_OPTS;
	struct partition_append a = { .append_time = -1, .wait = true };
	struct delayed d;
	struct waiter w;
	struct builder b;
	int16_t error;

	builder_init(&b, mem, sizeof(mem));
	builder_add(&b, &in);
	a.batch.iov_base = mem;
	a.batch.iov_len = (size_t)builder_finish(&b, &opts, NULL, NULL, NULL);
	delayed_init(&d, &ld, (struct waker){ io, 0, 0 }, 2);
	error = partition_append(io->p, &a, &d, &w);
	if (error != 0)
		return error;
	if (!delayed_settled(&d, 1) && !await(&io->woken))
		return ERR_REQUEST_TIMED_OUT;
	return partition_acked(io->p, &w);
}

static void *
produce(void *arg)
{
	struct io *io = arg;

	while (io->done < APPENDS && (io->error = append_one(io)) == 0) {
		io->done++;
		sem_post(&appended);
	}
	return NULL;
}

/* Checks that what is shown goes on where the last range ended. */
static int
count_batches(const struct krecords *rec, int64_t *offset)
{
	uint8_t *mem = xmalloc((size_t)rec->len);
	struct batch_header h;
	size_t at = 0;
	int n = 0;

	if (pread(rec->fd, mem, (size_t)rec->len, rec->off) != rec->len)
		abort();
	while (at < (size_t)rec->len) {
		if (batch_parse(mem + at, (size_t)rec->len - at, &h, NULL) <
		    0 || !batch_crc_ok(mem + at, &h) ||
		    h.base_offset != *offset)
			abort();
		*offset = batch_last_offset(&h) + 1;
		at += batch_size(&h);
		n++;
	}
	free(mem);
	return n;
}

static void *
consume(void *arg)
{
	struct io *io = arg;
	int64_t offset = 0;
	struct partition_fetch f;
	struct delayed d;
	struct waiter w;

	while (io->done < PRODUCERS * APPENDS && io->error == 0) {
		f = (struct partition_fetch){
			.offset = offset, .current_leader_epoch = -1,
			.max_bytes = 2000, .min_one = true
		};
		io->error = partition_fetch(io->p, &f);
		if (f.records.len > 0) {
			io->done += count_batches(&f.records, &offset);
			f.records.hold->drop(f.records.hold);
			continue;
		}
		delayed_init(&d, &ld, (struct waker){ io, 0, 0 }, 1);
		if (partition_wait(io->p, &f, &d, &w) &&
		    !await(&io->woken))
			io->error = ERR_REQUEST_TIMED_OUT;
		partition_unwait(&w);
	}
	return NULL;
}

static void
start(struct io *io, struct partition *p, void *(*fn)(void *))
{
	memset(io, 0, sizeof(*io));
	sem_init(&io->woken, 0, 0);
	io->p = p;
	assert_int_equal(pthread_create(&io->thread, NULL, fn, io), 0);
}

static void
test_threads(void **state)
{
	struct partition *kept = make("kept"), *gone = make("gone");
	struct io producers[PRODUCERS], doomed[PRODUCERS];
	struct io consumers[CONSUMERS], hungry;
	struct kerr e = KERR_INIT;

	sem_init(&appended, 0, 0);
	for (int i = 0; i < PRODUCERS; i++) {
		start(&producers[i], kept, produce);
		start(&doomed[i], gone, produce);
	}
	for (int i = 0; i < CONSUMERS; i++)
		start(&consumers[i], kept, consume);
	start(&hungry, gone, consume);
	for (int i = 0; i < 5; i++) {
		for (int k = 0; k < PRODUCERS * APPENDS / 6; k++)
			assert_true(await(&appended));
		assert_int_equal(logdir_checkpoint(&ld, &e), 0);
	}
	partition_delete(gone);
	pthread_join(hungry.thread, NULL);
	assert_int_equal(hungry.error, ERR_UNKNOWN_TOPIC_OR_PARTITION);
	for (int i = 0; i < PRODUCERS; i++) {
		pthread_join(doomed[i].thread, NULL);
		if (doomed[i].done < APPENDS)
			assert_int_equal(doomed[i].error,
			    ERR_UNKNOWN_TOPIC_OR_PARTITION);
		pthread_join(producers[i].thread, NULL);
		assert_int_equal(producers[i].error, 0);
		assert_int_equal(producers[i].done, APPENDS);
	}
	for (int i = 0; i < CONSUMERS; i++) {
		pthread_join(consumers[i].thread, NULL);
		assert_int_equal(consumers[i].error, 0);
		assert_int_equal(consumers[i].done, PRODUCERS * APPENDS);
	}
	assert_int_equal(logdir_close(&ld, &e), 0);
	partition_unref(kept);
	partition_unref(gone);
}

static int
setup(void **state)
{
	struct kerr e = KERR_INIT;

	if (mkdtemp(path) == NULL)
		return -1;
	pool = pool_new(4, 0);
	ld.sys = sys_real();
	ld.path = path;
	ld.run = run;
	ld.wake = wake;
	logdir_init(&ld);
	return datadir_open(&ld.datadir, ld.sys, path, &e);
}

static int
teardown(void **state)
{
	char cmd[64];

	pool_free(pool);
	logdir_release(&ld);
	datadir_close(ld.datadir);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", path);
	return system(cmd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_threads, setup,
		    teardown),
	};

	return cmocka_run_group_tests_name("broker_threads", tests, NULL,
	    NULL);
}
