/*
 * test_store_clean.c: compaction by tables. A log is described in a line, as
 * is what is left of it:
 *
 *	a=1,b=2,c	one batch: records a, b, and c without a value; "-=1"
 *			has no key
 *	p7:a=1		of idempotent producer 7; t7: transactional; C7, A7:
 *			its commit and abort markers
 *	z:a=1		compressed (g, s, l, z); L:a=1: LogAppendTime
 *	/		a new segment
 *
 * Of what is left a batch is told with its offsets, [base-last records], each
 * record with its offset; h: it has a delete horizon.
 */
#include "store_util.h"

#include <pthread.h>
#include <stdatomic.h>

#include "record/iter.h"
#include "store/clean.h"
#include "store/clean_map.h"
#include "store/producers.h"

enum { NOW = 100000, RETENTION = 1000, PAD = 200 };

struct bench {
	char		*tmp;
	char		*dir;
	struct log	*l;
	struct log_config config;
	struct codecs	*codecs;
	int32_t		 seq[10];
	int64_t		 ts;
	int64_t		 dirty;
	struct log_cleaned r;
};

static struct bench *
bench_new(void)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	const struct log_known k = { .clean = false };

	b->tmp = tmp_make();
	b->dir = xasprintf("%s/t-0", b->tmp);
	b->config = (struct log_config)LOG_CONFIG_INIT;
	b->codecs = codecs_new();
	b->ts = 1000;
	b->l = must_open(sys_fast(), b->dir, &b->config, &k, NULL);
	return b;
}

static void
bench_free(struct bench *b)
{
	must_close(b->l);
	codecs_free(b->codecs);
	free(b->dir);
	tmp_remove(b->tmp);
	free(b);
}

static struct builder_opts
batch_opts(struct bench *b, const char **p)
{
	struct builder_opts o = BUILDER_OPTS;
	int pid;

	for (; (*p)[0] != '\0' && ((*p)[1] == ':' || (*p)[2] == ':');
	    *p = strchr(*p, ':') + 1) {
		pid = (*p)[1] - '0';
		switch ((*p)[0]) {
		case 't':
			o.flags |= BATCH_TRANSACTIONAL;
			/* FALLTHROUGH */
		case 'p':
			o.producer_id = pid;
			o.producer_epoch = 0;
			o.base_sequence = b->seq[pid];
			break;
		case 'L':
			o.flags |= BATCH_APPEND_TIME;
			break;
		default:
			o.codec = (*p)[0] == 'g' ? CODEC_GZIP :
			    (*p)[0] == 's' ? CODEC_SNAPPY :
			    (*p)[0] == 'l' ? CODEC_LZ4 : CODEC_ZSTD;
		}
	}
	return o;
}

static void
append_built(struct bench *b, struct builder *builder,
    const struct builder_opts *o)
{
	struct kerr e = KERR_INIT;
	struct log_appended a;
	struct buf scratch;
	struct iovec v;
	ssize_t n;

	buf_init(&scratch, 0);
	n = builder_finish(builder, o, b->codecs, &scratch, &e);
	assert_true(n > 0);
	v = (struct iovec){ builder->mem, (size_t)n };
	if (log_append(b->l, &v, 1, 3, o->flags & BATCH_APPEND_TIME ?
	    b->ts : -1, &a, &e) != 0)
		fail_msg("%s", e.msg);
	assert_false(a.duplicate);
	buf_release(&scratch);
}

static void
put_marker(struct bench *b, bool commit, int pid)
{
	struct builder_opts o = BUILDER_OPTS;
	uint8_t mem[256], key[4] = { 0, 0, 0, commit }, value[6] = { 0 };
	struct builder builder;

	o.flags = BATCH_TRANSACTIONAL | BATCH_CONTROL;
	o.producer_id = pid;
	o.producer_epoch = 0;
	builder_init(&builder, mem, sizeof(mem));
	builder_add(&builder, &(struct record_input){ .timestamp = b->ts++,
	    .key = key, .key_len = 4, .value = value, .value_len = 6 });
	append_built(b, &builder, &o);
}

static void
put_batch(struct bench *b, const char *text)
{
	struct builder_opts o = batch_opts(b, &text);
	char *copy = xstrdup(text), *save, *word, *value;
	static uint8_t mem[1 << 16];
	static const uint8_t pad[PAD];	/* worth a compression */
	struct record_header header = { .name = pad, .name_len = 1,
	    .value = pad, .value_len = PAD };
	struct builder builder;

	builder_init(&builder, mem, sizeof(mem));
	for (word = strtok_r(copy, ",", &save); word != NULL;
	    word = strtok_r(NULL, ",", &save)) {
		if ((value = strchr(word, '=')) != NULL)
			*value++ = '\0';
		assert_int_equal(builder_add(&builder, &(struct record_input){
		    .timestamp = b->ts++, .key = word,
		    .key_len = *word == '-' ? -1 : (int32_t)strlen(word),
		    .value = value, .value_len = value == NULL ? -1 :
		    (int32_t)strlen(value), .headers = &header,
		    .n_headers = 1 }), 0);
		if (o.producer_id >= 0)
			b->seq[o.producer_id]++;
	}
	append_built(b, &builder, &o);
	free(copy);
}

static void
fill(struct bench *b, const char *text)
{
	char *copy = xstrdup(text), *save, *word;
	struct kerr e = KERR_INIT;

	for (word = strtok_r(copy, " ", &save); word != NULL;
	    word = strtok_r(NULL, " ", &save)) {
		if (*word == '/')
			assert_int_equal(log_roll(b->l, &e), 0);
		else if (*word == 'C' || *word == 'A')
			put_marker(b, *word == 'C', word[1] - '0');
		else
			put_batch(b, word);
	}
	free(copy);
}

static struct log_dirt
look(struct bench *b, const struct log_clean_limits *want)
{
	struct kerr e = KERR_INIT;
	struct log_dirt d;

	if (log_clean_look(b->l, want, &d, &e) != 0)
		fail_msg("%s", e.msg);
	return d;
}

/* One pass over all that may be cleaned. */
static int
try_clean(struct bench *b, int64_t now, int64_t map_bytes, struct kerr *e)
{
	struct log_clean_limits limits = { .dirty = b->dirty,
	    .stable = log_end(b->l), .now_ms = now, .max_lag_ms = INT64_MAX };
	struct log_dirt d = look(b, &limits);
	struct log_clean c = { .dirty = d.dirty, .upto = d.upto,
	    .now_ms = now, .delete_retention_ms = RETENTION, .map_bytes = map_bytes,
	    .map_load = 0.9 };
	struct producer_end *ends = log_producer_ends(b->l, &c.n_ends);
	int rc;

	c.ends = ends;
	rc = log_clean(b->l, &c, &b->r, e);
	if (rc == 0)
		b->dirty = b->r.dirty;
	free(ends);
	return rc;
}

static void
clean(struct bench *b, int64_t now)
{
	struct kerr e = KERR_INIT;

	if (try_clean(b, now, 1 << 16, &e) != 0)
		fail_msg("%s", e.msg);
}

static void
tell_record(struct buf *out, const struct batch_header *h,
    const struct record *r, int64_t *ts)
{
	struct header_iter it;
	struct record_header header;

	if (batch_is_control(h)) {
		buf_printf(out, " %s%lld", record_control_type(r) ==
		    CONTROL_COMMIT ? "C" : "A", (long long)h->producer_id);
		return;
	}
	/* times are those of the offset, whatever was rewritten */
	if ((h->attributes & BATCH_APPEND_TIME) == 0)
		assert_int_equal(r->timestamp, 1000 + r->offset);
	if (r->timestamp > *ts)
		*ts = r->timestamp;
	header_iter_init(&it, r);
	assert_int_equal(header_iter_next(&it, &header), 1);
	assert_int_equal(header.value_len, PAD);
	buf_printf(out, " %lld:%.*s", (long long)r->offset,
	    r->key_len < 0 ? 1 : (int)r->key_len,
	    r->key_len < 0 ? "-" : (const char *)r->key);
	if (r->value_len >= 0)
		buf_printf(out, "=%.*s", (int)r->value_len,
		    (const char *)r->value);
}

static void
tell_batch(struct bench *b, struct buf *out, const struct batch_header *h,
    const uint8_t *p)
{
	struct record_iter it;
	struct kerr e = KERR_INIT;
	struct record r;
	int64_t ts = -1;
	struct buf raw;
	int rc;

	assert_true(batch_crc_ok(p, h));
	assert_int_equal(h->leader_epoch, 3);
	buf_init(&raw, 0);
	if (record_iter_init(&it, p, h, b->codecs, &raw, 1 << 20, &e) < 0)
		fail_msg("%s", e.msg);
	buf_printf(out, "%s[%lld-%lld", out->len > 0 ? " " : "",
	    (long long)h->base_offset, (long long)batch_last_offset(h));
	if (batch_codec(h) != CODEC_NONE)
		buf_putc(out, codec_name(batch_codec(h))[0]);
	if ((h->attributes & BATCH_DELETE_HORIZON) != 0)
		buf_putc(out, 'h');
	if ((h->attributes & BATCH_APPEND_TIME) != 0)
		buf_putc(out, 'L');
	while ((rc = record_iter_next(&it, &r)) > 0)
		tell_record(out, h, &r, &ts);
	assert_int_equal(rc, 0);
	if (h->count > 0 && !batch_is_control(h))
		assert_int_equal(h->max_timestamp, ts);
	buf_putc(out, ']');
	buf_release(&raw);
}

/* The log as its readers see it, in a string to be freed. */
static char *
tell(struct bench *b)
{
	int64_t at = log_start(b->l), end = log_end(b->l), n;
	struct batch_header h;
	struct kerr e = KERR_INIT;
	struct buf in, out;

	buf_init(&in, 0);
	buf_init(&out, 0);
	while (at < end) {
		buf_clear(&in);
		n = log_read_buf(b->l, at, 1 << 20, end, true, &in, &e);
		if (n < 0)
			fail_msg("%s", e.msg);
		if (n == 0)
			break;
		for (size_t i = 0; i < in.len; i += batch_size(&h)) {
			assert_int_equal(batch_parse(in.p + i, in.len - i, &h,
			    &e), 0);
			tell_batch(b, &out, &h, in.p + i);
			at = batch_last_offset(&h) + 1;
		}
	}
	buf_release(&in);
	buf_putc(&out, '\0');
	return (char *)buf_detach(&out, &(size_t){ 0 });
}

static void
check(struct bench *b, const char *what, const char *want)
{
	char *is = tell(b);

	if (strcmp(is, want) != 0)
		fail_msg("%s: is\n%s\nshould be\n%s", what, is, want);
	free(is);
}

/* A reopening, whether after a clean stop or not, finds the same. */
static void
reopen(struct bench *b, bool stop)
{
	const struct log_known k = { .clean = stop,
	    .recovery_point = log_checkpoint(b->l, NULL) };
	int64_t end = log_end(b->l), size = log_size(b->l);

	if (stop)
		must_close(b->l);
	else
		log_abandon(b->l);
	b->l = must_open(sys_fast(), b->dir, &b->config, &k, NULL);
	assert_int_equal(log_end(b->l), end);
	assert_int_equal(log_size(b->l), size);
}

struct row {
	const char	*what;
	const char	*log;
	const char	*once;		/* after a pass at NOW */
	const char	*later;		/* after another, past the delete
					   horizons of that; NULL: the same */
	const char	*last;		/* after a third, again */
};

static const struct row rows[] = {
	{ "the last of each key", "a=1 b=1 a=2 c=1 / x=1",
	    "[1-1 1:b=1] [2-2 2:a=2] [3-3 3:c=1] [4-4 4:x=1]", NULL },
	{ "nothing to do", "a=1 b=1 / x=1",
	    "[0-0 0:a=1] [1-1 1:b=1] [2-2 2:x=1]", NULL },
	{ "the active segment counts neither way", "a=1 / a=2",
	    "[0-0 0:a=1] [1-1 1:a=2]", NULL },
	{ "batches lose records", "a=1,b=1,c=1 b=2 / x=1",
	    "[0-2 0:a=1 2:c=1] [3-3 3:b=2] [4-4 4:x=1]", NULL },
	{ "and keep their ends", "a=1,b=1,c=1 a=2,c=2 / x=1",
	    "[0-2 1:b=1] [3-4 3:a=2 4:c=2] [5-5 5:x=1]", NULL },
	{ "across segments, which become one", "a=1 b=1 / a=2 / c=1 / x=1",
	    "[1-1 1:b=1] [2-2 2:a=2] [3-3 3:c=1] [4-4 4:x=1]", NULL },
	{ "gzip", "g:a=1,b=1,c=1 b=2 / x=1",
	    "[0-2g 0:a=1 2:c=1] [3-3 3:b=2] [4-4 4:x=1]", NULL },
	{ "snappy", "s:a=1,b=1,c=1 b=2 / x=1",
	    "[0-2s 0:a=1 2:c=1] [3-3 3:b=2] [4-4 4:x=1]", NULL },
	{ "lz4", "l:a=1,b=1,c=1 b=2 / x=1",
	    "[0-2l 0:a=1 2:c=1] [3-3 3:b=2] [4-4 4:x=1]", NULL },
	{ "zstd", "z:a=1,b=1,c=1 b=2 / x=1",
	    "[0-2z 0:a=1 2:c=1] [3-3 3:b=2] [4-4 4:x=1]", NULL },
	{ "LogAppendTime stays", "L:a=1,b=1,c L:b=2 / x=1",
	    "[0-2hL 0:a=1 2:c] [3-3L 3:b=2] [4-4 4:x=1]",
	    "[0-2hL 0:a=1] [3-3L 3:b=2] [4-4 4:x=1]" },
	{ "a tombstone gets a horizon, then goes", "a=1 a b=1 / x=1",
	    "[1-1h 1:a] [2-2 2:b=1] [3-3 3:x=1]",
	    "[2-2 2:b=1] [3-3 3:x=1]" },
	{ "a compressed one", "a=1 z:c=1,c=2,a b=1 / x=1",
	    "[1-3zh 2:c=2 3:a] [4-4 4:b=1] [5-5 5:x=1]",
	    "[1-3zh 2:c=2] [4-4 4:b=1] [5-5 5:x=1]" },
	{ "a tombstone that was overwritten", "a a=1 / x=1",
	    "[1-1 1:a=1] [2-2 2:x=1]", NULL },
	{ "records without a key go", "-=1 a=1,-=2 b=1 / x=1",
	    "[1-2 1:a=1] [3-3 3:b=1] [4-4 4:x=1]", NULL },
	{ "the last batch of the segment stays, empty", "b=1 -=1 / x=1",
	    "[0-0 0:b=1] [1-1] [2-2 2:x=1]", NULL },
	{ "and is no longer needed inside", "a=1 / b=1 -=1 / c=1 / x=1",
	    "[0-0 0:a=1] [1-1 1:b=1] [3-3 3:c=1] [4-4 4:x=1]", NULL },
	{ "the last batch of a producer stays, empty", "p7:a=1 p7:b=1 p7:b=2 "
	    "b=3 a=2 / x=1",
	    "[2-2] [3-3 3:b=3] [4-4 4:a=2] [5-5 5:x=1]", NULL },
	{ "a producer's older ones do not", "p7:a=1 b=1 / p7:a=2",
	    "[0-0 0:a=1] [1-1 1:b=1] [2-2 2:a=2]", NULL },
	{ "a committed transaction", "t7:a=1 t7:b=1 C7 a=2 t7:b=2 C7 c=1 / x=1",
	    "[2-2 C7] [3-3 3:a=2] [4-4 4:b=2] [5-5 C7] [6-6 6:c=1] "
	    "[7-7 7:x=1]",
	    "[2-2h C7] [3-3 3:a=2] [4-4 4:b=2] [5-5 C7] [6-6 6:c=1] "
	    "[7-7 7:x=1]",
	    "[3-3 3:a=2] [4-4 4:b=2] [5-5 C7] [6-6 6:c=1] [7-7 7:x=1]" },
	{ "an aborted one", "a=1 t7:a=2 t7:b=1 A7 c=1 p7:d=1 / x=1",
	    "[0-0 0:a=1] [3-3 A7] [4-4 4:c=1] [5-5 5:d=1] [6-6 6:x=1]",
	    "[0-0 0:a=1] [3-3h A7] [4-4 4:c=1] [5-5 5:d=1] [6-6 6:x=1]" },
	{ "a committed one after it is not taken for it",
	    "t7:a=1 t7:b=1 A7 t7:c=1 t7:d=1 C7 e=1 / x=1",
	    "[2-2 A7] [3-3 3:c=1] [4-4 4:d=1] [5-5 C7] [6-6 6:e=1] "
	    "[7-7 7:x=1]",
	    "[2-2h A7] [3-3 3:c=1] [4-4 4:d=1] [5-5 C7] [6-6 6:e=1] "
	    "[7-7 7:x=1]",
	    "[3-3 3:c=1] [4-4 4:d=1] [5-5 C7] [6-6 6:e=1] [7-7 7:x=1]" },
	{ "two at a time", "t7:a=1 t8:a=2 t7:b=1 A7 t8:c=1 C8 d=1 / x=1",
	    "[1-1 1:a=2] [2-2] [3-3 A7] [4-4 4:c=1] [5-5 C8] [6-6 6:d=1] "
	    "[7-7 7:x=1]", NULL },
	{ "the marker lies past what is cleaned", "a=1 t7:a=2 b=1 / A7 x=1",
	    "[0-0 0:a=1] [1-1] [2-2 2:b=1] [3-3 A7] [4-4 4:x=1]", NULL },
	{ "the producer's last batch is an aborted one",
	    "a=1 t7:a=2 t7:b=1 A7 c=1 / x=1",
	    "[0-0 0:a=1] [2-2] [3-3 A7] [4-4 4:c=1] [5-5 5:x=1]", NULL },
};

static void
test_rows(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct bench *b = bench_new();

		fill(b, row->log);
		clean(b, NOW);
		check(b, row->what, row->once);
		assert_int_equal(b->r.dirty, log_end(b->l) -
		    (strcmp(row->what, "the marker lies past what is cleaned")
		    == 0 ? 2 : 1));
		reopen(b, i % 2 == 0);
		check(b, "reopened", row->once);
		/* too early: nothing more happens */
		fill(b, "/ y=1 /");
		clean(b, NOW + RETENTION - 1);
		bench_free(b);

		b = bench_new();
		fill(b, row->log);
		clean(b, NOW);
		b->dirty = 0;
		clean(b, NOW + RETENTION + 1);
		check(b, row->what, row->later != NULL ? row->later :
		    row->once);
		reopen(b, i % 2 != 0);
		check(b, "reopened", row->later != NULL ? row->later :
		    row->once);
		b->dirty = 0;
		clean(b, NOW + 2 * RETENTION + 2);
		if (row->last != NULL)
			check(b, row->what, row->last);
		bench_free(b);
	}
}

static int
files(struct bench *b, const char *pattern)
{
	char *cmd = xasprintf("ls %s | grep -c '%s'", b->dir, pattern);
	FILE *f = popen(cmd, "r");
	int n = -1;

	assert_int_equal(fscanf(f, "%d", &n), 1);
	pclose(f);
	free(cmd);
	return n;
}

/* A map of three keys: pass by pass, the same end. */
static void
test_small_map(void **state)
{
	struct bench *b = bench_new();
	int passes = 0;

	fill(b, "a=1,b=1 c=1,d=1,e=1 f=1 / a=2,b=2,g=1 / h=1 c=2 a=3 / x=1");
	while (b->dirty < 12) {
		struct kerr e = KERR_INIT;
		int64_t before = b->dirty;

		if (try_clean(b, NOW, 4 * (int64_t)sizeof(struct clean_slot),
		    &e) != 0)
			fail_msg("%s", e.msg);
		assert_true(b->dirty > before);
		passes++;
	}
	assert_true(passes > 2);
	check(b, "small map", "[2-4 3:d=1 4:e=1] [5-5 5:f=1] "
	    "[6-8 7:b=2 8:g=1] [9-9 9:h=1] [10-10 10:c=2] [11-11 11:a=3] "
	    "[12-12 12:x=1]");
	bench_free(b);
}

/* Nothing of the first segments is left; readers step over them. */
static void
test_empty_segments(void **state)
{
	struct bench *b = bench_new();
	struct kerr e = KERR_INIT;
	struct log_when w;

	b->config.segment_bytes = 300;	/* each for itself */
	fill(b, "a=1 / a=2 / b=1 / a=3 / b=2 / x=1");
	log_set_config(b->l, &b->config);
	for (int i = 0; i < 3; i++) {
		clean(b, NOW);
		check(b, "empty segments", "[3-3 3:a=3] [4-4 4:b=2] "
		    "[5-5 5:x=1]");
		assert_int_equal(files(b, "log$"), i == 0 ? 6 : 3);
		assert_int_equal(log_find_time(b->l, 1000, 6, &w, &e), 0);
		assert_int_equal(w.offset, 3);
		reopen(b, i == 0);
		b->dirty = 0;
	}
	/* the last batch of the pass stays, and its time counts for nothing */
	fill(b, "/ c=1 -=1 /");
	clean(b, NOW);
	assert_int_equal(log_find_max_time(b->l, &w, &e), 0);
	assert_int_equal(w.offset, 6);
	bench_free(b);
}

static void
test_look(void **state)
{
	struct bench *b = bench_new();
	struct log_clean_limits all = { .dirty = -1, .stable = 100,
	    .now_ms = 1006, .max_lag_ms = INT64_MAX }, c;
	struct log_dirt d;

	/* offsets 0 and 1, 2 and 3, 4 and 5, 6; times 1000 and on */
	fill(b, "a=1 b=1 / a=2 b=2 / c=1 d=1 /");
	d = look(b, &all);
	assert_int_equal(d.dirty, 0);
	assert_int_equal(d.upto, 6);
	assert_int_equal(d.clean_bytes, 0);
	assert_int_equal(d.dirty_bytes, log_size(b->l));
	assert_false(d.overdue);
	c = all, c.dirty = 2, c.stable = 5;
	d = look(b, &c);
	assert_int_equal(d.dirty, 2);
	assert_int_equal(d.upto, 4);
	assert_true(d.clean_bytes > 0 && d.dirty_bytes > 0);
	/* a checkpoint from another life */
	c = all, c.dirty = 1000;
	assert_int_equal(look(b, &c).dirty, 0);
	c = all, c.min_lag_ms = 2;	/* 1004 and 1005: the latter is young */
	assert_int_equal(look(b, &c).upto, 4);
	c.min_lag_ms = 1;
	assert_int_equal(look(b, &c).upto, 6);
	c = all, c.max_lag_ms = 5, c.dirty = 2;	/* its first is of 1002 */
	assert_false(look(b, &c).overdue);
	c.max_lag_ms = 3;
	assert_true(look(b, &c).overdue);
	c = all;
	assert_int_equal(log_set_start(b->l, 3, NULL), 0);
	assert_int_equal(look(b, &c).dirty, 3);
	bench_free(b);
}

static void
test_grouping(void **state)
{
	struct bench *b = bench_new();
	static const char *const what = "groups";

	fill(b, "a=1 a=2 / b=1 / c=1 / d=1 / x=1");
	b->config.segment_bytes = (int32_t)log_size(b->l) / 2;
	log_set_config(b->l, &b->config);
	clean(b, NOW);
	assert_int_equal(files(b, "log$"), 3);
	b->config.segment_bytes = 1 << 20;
	log_set_config(b->l, &b->config);
	b->dirty = 0;
	clean(b, NOW);
	assert_int_equal(files(b, "log$"), 2);
	assert_int_equal(files(b, "snapshot$"), 1);
	assert_int_equal(files(b, "deleted\\|cleaned\\|swap"), 0);
	check(b, what, "[1-1 1:a=2] [2-2 2:b=1] [3-3 3:c=1] [4-4 4:d=1] "
	    "[5-5 5:x=1]");
	bench_free(b);
}

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
	reopen(b, true);
	bench_free(b);
}

static void
test_map(void **state)
{
	struct clean_map m;
	char key[16];
	int n;

	assert_int_equal(clean_map_init(&m, sys_fast(), 100 *
	    sizeof(struct clean_slot), 0.9, 1000), 0);
	for (n = 0; n < 200; n++) {
		snprintf(key, sizeof(key), "%d", n);
		if (!clean_map_put(&m, clean_map_digest(&m, key,
		    strlen(key)), n))
			break;
	}
	assert_int_equal(n, 90);
	for (int i = 0; i < 200; i++) {
		struct digest128 d;

		snprintf(key, sizeof(key), "%d", i);
		d = clean_map_digest(&m, key, strlen(key));
		assert_int_equal(clean_map_get(&m, d), i < n ? i : -1);
		/* full for new keys only */
		assert_int_equal(clean_map_put(&m, d, i), i < n);
	}
	clean_map_release(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_small_map),
		cmocka_unit_test(test_empty_segments),
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_grouping),
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_txnindex),
		cmocka_unit_test(test_crashes),
		cmocka_unit_test(test_open_joint),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_map),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
