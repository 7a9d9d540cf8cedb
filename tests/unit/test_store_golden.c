/*
 * test_store_golden.c: the files beside a log are Apache Kafka's, byte for
 * byte: batches of the same shape as a real broker's give its indexes, its
 * producer snapshot, its epochs. Runs from the top of the tree.
 */
#include "store_util.h"

#include "store/checkpoint.h"
#include "store/file.h"
#include "wire/uuid.h"

struct golden {
	struct log	*l;
	char		*dir;
	int64_t		 base;		/* of the first batch */
	int64_t		 end;
	struct kuuid	 topic_id;
};

/* A batch whose header is as told and whose records are rubbish: the store
 * looks at headers only. */
static void
append_like(struct golden *g, const char *line)
{
	struct batch_header h = { .magic = BATCH_MAGIC };
	long long base, bt, mt, pid;
	struct log_appended a;
	struct kerr e = KERR_INIT;
	int size, epoch, attr;
	struct iovec v;

	assert_int_equal(sscanf(line, "batch %lld %d %d %lld %lld %lld %d %d "
	    "%d %d", &base, &size, &h.last_offset_delta, &bt, &mt, &pid,
	    &epoch, &h.base_sequence, &h.leader_epoch, &attr), 10);
	h.base_offset = base;
	h.length = size - BATCH_PREFIX;
	h.base_timestamp = bt;
	h.max_timestamp = mt;
	h.producer_id = pid;
	h.producer_epoch = (int16_t)epoch;
	h.attributes = (int16_t)attr;
	h.count = h.last_offset_delta + 1;
	v.iov_len = (size_t)size;
	v.iov_base = xcalloc(1, v.iov_len);
	batch_header_put(v.iov_base, &h);
	if (log_append_as_follower(g->l, &v, 1, &a, &e) != 0)
		fail_msg("%s", e.msg);
	free(v.iov_base);
}

static void unhex(struct buf *b, const char *hex);

/* A batch as it is. */
static void
append_raw(struct golden *g, const char *hex)
{
	struct log_appended a;
	struct kerr e = KERR_INIT;
	struct iovec v;
	struct buf b;

	unhex(&b, hex);
	v = (struct iovec){ b.p, b.len };
	if (log_append_as_follower(g->l, &v, 1, &a, &e) != 0)
		fail_msg("%s", e.msg);
	buf_release(&b);
}

static void
unhex(struct buf *b, const char *hex)
{
	unsigned int byte;

	buf_init(b, 0);
	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		buf_put_i8(b, (int8_t)byte);
}

static void
compare(const struct golden *g, const char *name, const char *hex)
{
	char *path = xasprintf("%s/%s", g->dir, name);
	struct kerr e = KERR_INIT;
	struct buf b, want;

	buf_init(&b, 0);
	unhex(&want, hex);
	if (file_load(sys_real(), path, 1 << 20, &b, &e) != 0)
		fail_msg("%s", e.msg);
	if (b.len != want.len || memcmp(b.p, want.p, b.len) != 0)
		fail_msg("%s differs", name);
	buf_release(&want);
	buf_release(&b);
	free(path);
}

/* "KIND OFFSET HEX": the file of that kind with the offset as its name. */
static void
compare_at(const struct golden *g, const char *line, const char *suffix)
{
	char file[64];
	long long at;
	int skip;

	assert_int_equal(sscanf(line, "%*s %lld %n", &at, &skip), 1);
	snprintf(file, sizeof(file), "%020lld%s", at, suffix);
	compare(g, file, line + skip);
}

static void
take_result(struct golden *g, const char *line)
{
	char file[64];

	if (strncmp(line, "txnindex ", 9) == 0) {
		compare_at(g, line, ".txnindex");
	} else if (strncmp(line, "snapshotat ", 11) == 0) {
		compare_at(g, line, ".snapshot");
	} else if (strncmp(line, "index ", 6) == 0) {
		snprintf(file, sizeof(file), "%020lld.index",
		    (long long)g->base);
		compare(g, file, line + 6);
	} else if (strncmp(line, "timeindex ", 10) == 0) {
		snprintf(file, sizeof(file), "%020lld.timeindex",
		    (long long)g->base);
		compare(g, file, line + 10);
	} else if (strncmp(line, "snapshot ", 9) == 0) {
		snprintf(file, sizeof(file), "%020lld.snapshot",
		    (long long)g->end);
		compare(g, file, line + 9);
	} else if (strncmp(line, "epochs ", 7) == 0 && g->base == 0) {
		compare(g, "leader-epoch-checkpoint", line + 7);
	} else if (strncmp(line, "metadata ", 9) == 0) {
		compare(g, "partition.metadata", line + 9);
	}
}

/* Calls each() for the lines of a golden file; what goes to the log comes
 * before what is compared with it. */
static void
each_line(const char *name, void (*each)(struct golden *, const char *),
    struct golden *g)
{
	char *path = xasprintf("tests/data/store/%s.txt", name), line[9000];
	FILE *f = fopen(path, "r");

	if (f == NULL)
		fail_msg("%s: cannot open", path);
	while (fgets(line, sizeof(line), f) != NULL)
		each(g, line);
	fclose(f);
	free(path);
}

static void
take_topic(struct golden *g, const char *line)
{
	struct buf b;

	if (strncmp(line, "metadata ", 9) != 0)
		return;
	unhex(&b, line + 9);
	assert_true(b.len > 22);
	assert_int_equal(kuuid_parse((char *)b.p + b.len - 22, 22,
	    &g->topic_id), 0);
	buf_release(&b);
}

static void
take_batch(struct golden *g, const char *line)
{
	if (strncmp(line, "batch ", 6) == 0)
		append_like(g, line);
	else if (strncmp(line, "raw ", 4) == 0)
		append_raw(g, line + 4);
}

static void
check(const char *name, int64_t base, int64_t end, int32_t segment_bytes,
    bool real)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct log_known k = { .start = base };
	struct golden g = { .base = base, .end = end };
	char *tmp = tmp_make();

	c.segment_bytes = segment_bytes;
	g.dir = xasprintf("%s/t-0", tmp);
	each_line(name, take_topic, &g);
	k.topic_id = g.topic_id;
	g.l = must_open(sys_real(), g.dir, &c, &k, NULL);
	each_line(name, take_batch, &g);
	assert_int_equal(log_end(g.l), end);
	must_close(g.l);
	each_line(name, take_result, &g);
	/* what a crash makes of it: indexes and producers built anew */
	for (int i = 0; real && i < 2; i++) {
		g.l = must_open(sys_real(), g.dir, &c, &k, NULL);
		must_close(g.l);
		each_line(name, take_result, &g);
		k.recovery_point = end / 2;
	}
	free(g.dir);
	tmp_remove(tmp);
}

static void
test_kcat(void **state)
{
	check("g1", 15495, 18840, 1 << 30, false);
}

static void
test_java(void **state)
{
	check("g2", 0, 3000, 1 << 30, false);
}

static void
test_transactions(void **state)
{
	check("t1", 0, 40, 1000, true);
}

static void
put_file(const char *dir, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	free(path);
}

static void
test_checkpoints(void **state)
{
	static const char kafka[] = "0\n2\ng1 0 18840\ng2 0 3000\n";
	static const char *const bad[] = {
		"1\n0\n", "0\n", "0\n2\ng1 0 5\n", "0\n1\ng1 x 5\n",
		"0\n1\ng1 0 -5\n", "0\n1\ng1 0 5\ng2 0 6\n", "0\n1\ng1 0 "
		"99999999999999999999\n", "x", "0\n-1\n" };
	struct checkpoint c = { NULL };
	struct kerr e = KERR_INIT;
	struct buf b;
	char *tmp = tmp_make(), *path = xasprintf("%s/points", tmp);

	assert_int_equal(checkpoint_load(&c, sys_real(), path, &e), 0);
	assert_int_equal(checkpoint_get(&c, "g1", 0, -7), -7);
	put_file(tmp, "points", "");
	assert_int_equal(checkpoint_load(&c, sys_real(), path, &e), 0);
	put_file(tmp, "points", kafka);
	assert_int_equal(checkpoint_load(&c, sys_real(), path, &e), 0);
	assert_int_equal(checkpoint_get(&c, "g1", 0, -7), 18840);
	assert_int_equal(checkpoint_get(&c, "g2", 0, -7), 3000);
	assert_int_equal(checkpoint_get(&c, "g2", 1, -7), -7);
	unlink(path);
	assert_int_equal(checkpoint_save(&c, sys_real(), path, &e), 0);
	buf_init(&b, 0);
	assert_int_equal(file_load(sys_real(), path, 100, &b, &e), 0);
	assert_int_equal(b.len, strlen(kafka));
	assert_memory_equal(b.p, kafka, b.len);
	buf_release(&b);
	checkpoint_release(&c);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_file(tmp, "points", bad[i]);
		assert_int_equal(checkpoint_load(&c, sys_real(), path, &e),
		    KE_CORRUPT);
		assert_null(c.byname);
	}
	free(path);
	tmp_remove(tmp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kcat),
		cmocka_unit_test(test_java),
		cmocka_unit_test(test_transactions),
		cmocka_unit_test(test_checkpoints),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
