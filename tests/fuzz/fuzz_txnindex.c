/*
 * fuzz_txnindex.c: whatever lies on a disk as an index of aborted
 * transactions, beside a log that has some. The first byte's lowest bit tells
 * whether the stop was clean; the rest is the file. The log is opened,
 * searched, appended to, cut, and opened again. Nothing may crash or hang, and
 * after a crash, when the index is built anew, it says what the log says.
 */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "record/builder.h"
#include "record/marker.h"
#include "store/datadir.h"
#include "store/file.h"
#include "store/log.h"
#include "store/txnindex.h"
#include "tests/helper/sys_fast.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ABORTS = 6 };

static const struct sys *sys;
static char tmp[] = "/tmp/klog-fuzz-XXXXXX";
static char *dir;

static void
cleanup(void)
{
	(void)datadir_remove(sys, dir, NULL);
	(void)datadir_remove(sys, tmp, NULL);
}

/* A transaction of one record that is aborted. */
static void
append(struct log *l, int32_t seq)
{
	uint8_t mem[200];
	struct iovec v = { mem, 0 };
	struct builder_opts o = BUILDER_OPTS;
	struct marker m = { 5, 0, false, 0, 1000 };
	struct log_appended a;
	struct builder b;

	builder_init(&b, mem, sizeof(mem));
	(void)builder_add(&b, &(struct record_input){ .timestamp = 1000,
	    .key_len = -1, .value = "x", .value_len = 1 });
	o.flags = BATCH_TRANSACTIONAL;
	o.producer_id = 5;
	o.producer_epoch = 0;
	o.base_sequence = seq;
	v.iov_len = (size_t)builder_finish(&b, &o, NULL, NULL, NULL);
	(void)log_append(l, &v, 1, 0, -1, &a, NULL);
	marker_put(mem, &m);
	v.iov_len = MARKER_SIZE;
	(void)log_append(l, &v, 1, 0, -1, &a, NULL);
}

static struct log *
open_log(bool clean)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct log_known k = { .clean = clean };
	struct log *l;

	return log_open(&l, sys, dir, &c, &k, NULL, NULL) == 0 ? l : NULL;
}

static int
count(struct log *l, int64_t from, int64_t upto)
{
	struct aborted_txns t;
	int n;

	if (log_aborted(l, from, upto, &t, NULL) != 0)
		return -1;
	n = t.n;
	free(t.v);
	return n;
}

static void
use(bool clean)
{
	struct log *l = open_log(clean);

	if (l == NULL)
		return;
	if (!clean && count(l, 0, log_end(l)) != (int)log_end(l) / 2)
		abort();
	for (int64_t at = 0; at <= log_end(l); at++)
		(void)count(l, at, at + 3);
	append(l, ABORTS);
	(void)log_truncate_to(l, log_end(l) - 3, NULL);
	(void)log_close(l, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct log *l;
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
	(void)datadir_remove(sys, dir, NULL);
	if ((l = open_log(false)) == NULL)
		abort();
	for (int32_t i = 0; i < ABORTS; i++)
		append(l, i);
	if (log_close(l, NULL) != 0)
		abort();
	path = xasprintf("%s/%020d.txnindex", dir, 0);
	(void)file_save(sys, path, data + 1, size - 1, false, NULL);
	use((data[0] & 1) != 0);
	use(false);
	free(path);
	return 0;
}
