/*
 * fuzz_store.c: opening whatever lies on a disk. The first byte chooses the
 * file that the rest goes to, beside a small sound log; the log is then opened
 * as after a clean stop or a crash, read, searched, appended to and opened
 * again. Corpus names tell the file. Nothing may crash, hang or take memory
 * that the bytes do not justify; what is read holds whole batches.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "record/builder.h"
#include "store/checkpoint.h"
#include "store/datadir.h"
#include "store/file.h"
#include "store/log.h"
#include "tests/helper/sys_fast.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sys *sys;

static char tmp[] = "/tmp/klog-fuzz-XXXXXX";
static char *dir;

static const char *const files[] = {
	"00000000000000000000.log", "00000000000000000000.index",
	"00000000000000000000.timeindex", "00000000000000000030.snapshot",
	"leader-epoch-checkpoint", "00000000000000000030.log",
	"../points", "partition.metadata" };

static void
cleanup(void)
{
	(void)datadir_remove(sys, dir, NULL);
	(void)datadir_remove(sys, tmp, NULL);
}

static void
append(struct log *l, int n)
{
	static const char text[100];
	uint8_t mem[512];
	struct iovec v = { mem, 0 };
	struct builder_opts o = BUILDER_OPTS;
	struct log_appended a;
	struct builder b;

	for (int i = 0; i < n; i++) {
		builder_init(&b, mem, sizeof(mem));
		(void)builder_add(&b, &(struct record_input){
		    .timestamp = 1000 + i, .key_len = -1, .value = text,
		    .value_len = sizeof(text) });
		o.producer_id = 5;
		o.producer_epoch = 0;
		o.base_sequence = i;
		v.iov_len = (size_t)builder_finish(&b, &o, NULL, NULL, NULL);
		(void)log_append(l, &v, 1, 0, -1, &a, NULL);
	}
}

static void
use(bool clean, int32_t point)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct log_known k = { .clean = clean, .recovery_point = point };
	struct log_when w;
	struct log *l;
	struct buf b;

	c.index_interval_bytes = 200;
	if (log_open(&l, sys, dir, &c, &k, NULL, NULL) != 0)
		return;
	buf_init(&b, 1 << 20);
	for (int64_t at = log_start(l); at <= log_start(l) + 40; at += 3) {
		buf_clear(&b);
		(void)log_read_buf(l, at, 1000, log_end(l), true, &b, NULL);
		(void)log_find_time(l, 1000 + at, log_end(l), &w, NULL);
	}
	(void)log_find_max_time(l, &w, NULL);
	append(l, 3);
	(void)log_truncate_to(l, log_end(l) - 2, NULL);
	(void)log_close(l, NULL);
	buf_release(&b);
}

/* A sound log of 30 records, once; its files are put back each time. */
static void
prepare(void)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct log_known k = { .clean = false };
	struct log *l;

	c.index_interval_bytes = 200;
	(void)datadir_remove(sys, dir, NULL);
	if (log_open(&l, sys, dir, &c, &k, NULL, NULL) != 0)
		abort();
	append(l, 30);
	if (log_close(l, NULL) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct checkpoint points = { NULL };
	struct kuuid id;
	char *path;

	if (dir == NULL) {
		if (mkdtemp(tmp) == NULL)
			abort();
		sys = sys_fast();
		dir = xasprintf("%s/t-0", tmp);
		atexit(cleanup);
	}
	if (size < 1)
		return 0;
	prepare();
	path = xasprintf("%s/%s", dir, files[data[0] & 7]);
	(void)file_save(sys, path, data + 1, size - 1, false, NULL);
	if ((data[0] & 7) == 6)
		(void)checkpoint_load(&points, sys, path, NULL);
	checkpoint_release(&points);
	(void)partition_metadata_load(sys, dir, &id, NULL);
	use((data[0] & 8) != 0, data[0] >> 4);
	use((data[0] & 8) == 0, 0);
	(void)unlink(path);
	free(path);
	return 0;
}
