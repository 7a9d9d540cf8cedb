/*
 * compact.c: how fast a log is compacted. Prints name-and-value lines:
 *
 *	clean		MB of log compacted a second
 *	cpu		MB of log a second of processor time
 *
 * compact DIR MB: a log of so many MB of records of 100 bytes (key of 8, one
 * in KEYS_PART of them the last of its key), in batches of 16 KB, made in DIR,
 * which is then removed. Nothing waits for the disk but what compaction syncs.
 * The time that it waits for a processor, which it would not have to where
 * nobody else is at work on the machine, is not counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "record/builder.h"
#include "store/clean.h"
#include "store/log.h"

enum { BATCH = 16 << 10, VALUE = 84, KEYS_PART = 2, GROUP = 16 };

static void
die(const struct kerr *e)
{
	fprintf(stderr, "compact: %s\n", e->msg);
	exit(1);
}

static double
seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct bench {
	struct log	*l;
	uint64_t	 n;		/* records so far */
	uint64_t	 keys;
	int64_t		 appended;	/* bytes */
};

/* Seconds that this thread could have run, and did not. */
static double
waited(void)
{
	FILE *f = fopen("/proc/thread-self/schedstat", "r");
	unsigned long long ran, delay = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%llu %llu", &ran, &delay) != 2)
		delay = 0;
	fclose(f);
	return (double)delay / 1e9;
}

/* Keys in an order that no cache likes. */
static size_t
build(struct bench *b, uint8_t *mem)
{
	struct builder_opts o = BUILDER_OPTS;
	char key[24], value[VALUE];
	struct builder builder;
	struct record_input in = { .timestamp = 1000, .key = key,
	    .key_len = 8, .value = value, .value_len = VALUE };

	memset(value, 'v', sizeof(value));
	builder_init(&builder, mem, BATCH);
	do {
		snprintf(key, sizeof(key), "k%07llx",
		    (unsigned long long)(b->n * 2654435761 % b->keys));
		b->n++;
	} while (builder_add(&builder, &in) == 0);
	return (size_t)builder_finish(&builder, &o, NULL, NULL, NULL);
}

static void
append(struct bench *b, struct iovec *v, int n)
{
	struct log_appended a;
	struct kerr e = KERR_INIT;

	if (log_append(b->l, v, n, 0, -1, &a, &e) != 0)
		die(&e);
	for (int i = 0; i < n; i++)
		b->appended += (int64_t)v[i].iov_len;
}

static void
fill(struct bench *b, int64_t bytes)
{
	uint8_t *mem = xmalloc((size_t)BATCH * GROUP);
	struct iovec v[GROUP];
	struct kerr e = KERR_INIT;

	while (b->appended < bytes) {
		for (int i = 0; i < GROUP; i++) {
			v[i].iov_base = mem + (size_t)i * BATCH;
			v[i].iov_len = build(b, v[i].iov_base);
		}
		append(b, v, GROUP);
	}
	free(mem);
	if (log_roll(b->l, &e) != 0 || log_flush(b->l, &e) != 0)
		die(&e);
}

/* All but the active segment, as if nothing had been compacted yet. */
static void
clean(struct bench *b, double *mb)
{
	struct log_clean_limits limits = { .stable = log_end(b->l),
	    .now_ms = 5000, .max_lag_ms = INT64_MAX };
	struct log_clean c = { .now_ms = 5000, .map_bytes = 128 << 20,
	    .map_load = 0.9 };
	double wall, delay, cpu;
	struct log_cleaned done;
	struct kerr e = KERR_INIT;
	struct log_dirt d;

	if (log_clean_look(b->l, &limits, &d, &e) != 0)
		die(&e);
	c.upto = d.upto;
	wall = seconds(CLOCK_MONOTONIC);
	delay = waited();
	cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
	if (log_clean(b->l, &c, &done, &e) != 0)
		die(&e);
	mb[0] = (double)d.dirty_bytes / 1e6 /
	    (seconds(CLOCK_MONOTONIC) - wall - (waited() - delay));
	mb[1] = (double)d.dirty_bytes / 1e6 /
	    (seconds(CLOCK_THREAD_CPUTIME_ID) - cpu);
}

static struct bench *
start(const char *dir, int64_t bytes)
{
	struct log_config c = LOG_CONFIG_INIT;
	const struct log_known k = { .clean = false };
	struct bench *b = xcalloc(1, sizeof(*b));
	struct kerr e = KERR_INIT;

	if (log_open(&b->l, sys_real(), dir, &c, &k, NULL, &e) != 0)
		die(&e);
	b->keys = (uint64_t)bytes / 100 / KEYS_PART + 1;
	fill(b, bytes);
	return b;
}

static void
end(struct bench *b)
{
	struct kerr e = KERR_INIT;

	if (log_delete(b->l, &e) != 0)
		die(&e);
	free(b);
}

int
main(int argc, char **argv)
{
	double speed[2];
	struct bench *b;

	if (argc != 3) {
		fprintf(stderr, "usage: compact DIR MB\n");
		return 2;
	}
	b = start(argv[1], atoll(argv[2]) * 1000000);
	clean(b, speed);
	end(b);
	printf("clean %.1f\ncpu %.1f\n", speed[0], speed[1]);
	return 0;
}
