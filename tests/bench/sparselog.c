/*
 * sparselog.c: a partition's directory of any size that takes no disk.
 *
 *	sparselog DIR TOPIC-ID MIB FIRST-MS
 *
 * Each batch is a record with a megabyte of zeros; their times ascend by a
 * minute every sixty of them. The store appends them; of each write only the
 * first page reaches the file, the rest is a hole, and nothing waits for the
 * disk. Ends with a clean stop and prints how many records there are.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "record/builder.h"
#include "store/log.h"
#include "tests/helper/sys_fast.h"
#include "wire/uuid.h"

enum { BATCH = 1 << 20, PAGE = 4096, OVERHEAD = 200 };

/* Zeros are what a hole reads as. */
static ssize_t
write_head(const struct sys *s, int fd, const struct iovec *v, int n,
    off_t at)
{
	size_t len = v->iov_len;

	if (n != 1 || len < BATCH / 2)
		return pwritev(fd, v, n, at);
	if (pwrite(fd, v->iov_base, PAGE, at) != PAGE ||
	    ftruncate(fd, at + (off_t)len) != 0)
		return -1;
	return (ssize_t)len;
}

static size_t
make_batch(uint8_t *mem, size_t cap, int64_t ms)
{
	struct record_input in = { .timestamp = ms, .key_len = -1,
	    .value_len = BATCH - OVERHEAD };
	struct builder_opts o = BUILDER_OPTS;
	struct builder b;

	in.value = xcalloc(1, BATCH);
	builder_init(&b, mem, cap);
	builder_add(&b, &in);
	free((void *)(uintptr_t)in.value);
	return (size_t)builder_finish(&b, &o, NULL, NULL, NULL);
}

int
main(int argc, char **argv)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct log_known known = { .clean = true };
	struct sys sys = *sys_fast();
	struct kerr e = KERR_INIT;
	struct log_appended a;
	struct iovec v;
	struct log *l;
	int64_t ms;
	long mib;

	if (argc != 5 || kuuid_parse(argv[2], strlen(argv[2]),
	    &known.topic_id) != 0)
		errx(2, "usage: sparselog DIR TOPIC-ID MIB FIRST-MS");
	mib = atol(argv[3]);
	ms = atoll(argv[4]);
	sys.pwritev = write_head;
	c.writeback_bytes = 0;
	v.iov_base = xcalloc(1, 2 * BATCH);
	v.iov_len = make_batch(v.iov_base, 2 * BATCH, ms);
	if (log_open(&l, &sys, argv[1], &c, &known, NULL, &e) != 0)
		errx(1, "%s", e.msg);
	for (long i = 0; i < mib; i++) {
		/* the time is in the CRC, which takes longer than the rest */
		if (i % 60 == 0)
			v.iov_len = make_batch(v.iov_base, 2 * BATCH,
			    ms + i * 1000);
		if (log_append(l, &v, 1, 0, -1, &a, &e) != 0)
			errx(1, "%s", e.msg);
	}
	if (log_close(l, &e) != 0)
		errx(1, "%s", e.msg);
	printf("%ld\n", mib);
	return 0;
}
