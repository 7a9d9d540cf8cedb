/*
 * clean_util.h: what the tests of compaction share: a log described in a line,
 * as is what is left of it.
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
#ifndef TESTS_CLEAN_UTIL_H
#define TESTS_CLEAN_UTIL_H

#include "store_util.h"

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

static inline struct bench *
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

static inline void
bench_free(struct bench *b)
{
	must_close(b->l);
	codecs_free(b->codecs);
	free(b->dir);
	tmp_remove(b->tmp);
	free(b);
}

static inline struct builder_opts
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

static inline void
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

static inline void
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

static inline void
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

static inline void
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

static inline struct log_dirt
look(struct bench *b, const struct log_clean_limits *want)
{
	struct kerr e = KERR_INIT;
	struct log_dirt d;

	if (log_clean_look(b->l, want, &d, &e) != 0)
		fail_msg("%s", e.msg);
	return d;
}

/* One pass over all that may be cleaned. */
static inline int
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

static inline void
clean(struct bench *b, int64_t now)
{
	struct kerr e = KERR_INIT;

	if (try_clean(b, now, 1 << 16, &e) != 0)
		fail_msg("%s", e.msg);
}

static inline void
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

static inline void
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
static inline char *
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

static inline void
check(struct bench *b, const char *what, const char *want)
{
	char *is = tell(b);

	if (strcmp(is, want) != 0)
		fail_msg("%s: is\n%s\nshould be\n%s", what, is, want);
	free(is);
}

/* A reopening, whether after a clean stop or not, finds the same. */
static inline void
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

static inline int
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

#endif
