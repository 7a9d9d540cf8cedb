/* test_mirror_recode.c: batches that klog-mirror passes on as they are, and
 * those that it has to write anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/klog-mirror/mirror.h"
#include "record/builder.h"
#include "record/iter.h"

#define BASE	1000
#define N	6

static uint8_t mem[8192];

/* N records k0:v0 .. from offset BASE on, times 50000, 50001, ..; the second
 * has a header, and another of that name where there is a value for it. */
static struct consumer_batch
make_with(enum codec codec, const char *name, const char *origin)
{
	struct consumer_batch b = { .p = mem, .from = 0, .to = INT64_MAX };
	struct builder_opts o = BUILDER_OPTS;
	struct codecs *codecs = codecs_new();
	struct record_header h[2] = { { (const uint8_t *)"h",
	    (const uint8_t *)"x", 1, 1 } };
	struct builder made;
	struct buf scratch;
	char key[8], value[64];
	ssize_t n;

	buf_init(&scratch, 0);
	builder_init(&made, mem, sizeof(mem));
	if (origin != NULL)
		h[1] = (struct record_header){ (const uint8_t *)name,
		    (const uint8_t *)origin, (int32_t)strlen(name),
		    (int32_t)strlen(origin) };
	for (int i = 0; i < N; i++) {
		int klen = snprintf(key, sizeof(key), "k%d", i);
		int vlen = snprintf(value, sizeof(value), "v%d%s", i,
		    codec == CODEC_NONE ? "" : " vvvvvvvvvvvvvvvvvvvvvvvvvvv");
		struct record_input r = { 50000 + i, key, value, klen, vlen,
		    h, i != 1 ? 0 : origin != NULL ? 2 : 1 };

		assert_int_equal(builder_add(&made, &r), 0);
	}
	o.codec = codec;
	o.base_offset = BASE;
	o.leader_epoch = 3;
	n = builder_finish(&made, &o, codecs, &scratch, NULL);
	assert_int_equal(batch_parse(mem, (size_t)n, &b.header, NULL), 0);
	assert_int_equal(batch_codec(&b.header), codec);
	buf_release(&scratch);
	codecs_free(codecs);
	return b;
}

static struct consumer_batch
make(enum codec codec, const char *origin)
{
	return make_with(codec, "klog-origin", origin);
}

/* Gives the i-th record another offset: all numbers are of one byte. */
static void
move_record(struct consumer_batch *b, int at, int delta)
{
	uint8_t *p = mem + BATCH_HEADER;

	for (int i = 0; i < at; i++)
		p += 1 + p[0] / 2;
	assert_int_equal(p[3], 2 * at);
	p[3] = (uint8_t)(2 * delta);
	if (at == N - 1) {
		b->header.last_offset_delta = delta;
		batch_header_put(mem, &b->header);
	}
}

/* The records that came out are those of the list, as they were. */
static void
expect(const struct recoded *r, const struct consumer_batch *b,
    const int *list, int n)
{
	struct codecs *codecs = codecs_new();
	struct batch_header h;
	struct record_iter it;
	struct record rec;
	struct buf scratch;
	char key[8];

	buf_init(&scratch, 0);
	assert_non_null(r->p);
	assert_int_equal(batch_parse(r->p, r->n, &h, NULL), 0);
	assert_int_equal(h.count, n);
	assert_int_equal(h.last_offset_delta, n - 1);
	assert_int_equal(batch_codec(&h), batch_codec(&b->header));
	assert_int_equal(record_iter_init(&it, r->p, &h, codecs, &scratch,
	    1 << 20, NULL), 0);
	for (int i = 0; i < n; i++) {
		assert_int_equal(record_iter_next(&it, &rec), 1);
		snprintf(key, sizeof(key), "k%d", list[i]);
		assert_int_equal(rec.key_len, 2);
		assert_memory_equal(rec.key, key, 2);
		assert_int_equal(rec.value[0], 'v');
		if (!(b->header.attributes & BATCH_APPEND_TIME))
			assert_int_equal(rec.timestamp, 50000 + list[i]);
	}
	buf_release(&scratch);
	codecs_free(codecs);
}

static int
offset(const struct recoded *r, int i)
{
	return (int)r->first + (r->offsets != NULL ? (int)r->offsets[i] : i);
}

static void
as_it_came(void **state)
{
	static const enum codec codecs[] = { CODEC_NONE, CODEC_GZIP,
	    CODEC_SNAPPY, CODEC_LZ4, CODEC_ZSTD };
	struct recoder *rc = recoder_new(NULL, NULL, NULL);
	struct recoded r;

	for (int i = 0; i < 5; i++) {
		struct consumer_batch b = make(codecs[i], NULL);

		assert_int_equal(recode(rc, &b, &r, NULL), 0);
		assert_ptr_equal(r.p, mem);
		assert_int_equal(r.n, batch_size(&b.header));
		assert_int_equal(r.first, BASE);
		assert_null(r.offsets);
	}
	recoder_free(rc);
}

static void
holes(void **state)
{
	static const int all[] = { 0, 1, 2, 3, 4, 5 };
	struct recoder *rc = recoder_new(NULL, NULL, NULL);
	struct consumer_batch b = make(CODEC_NONE, NULL);
	struct recoded r;

	for (int i = 1; i < N; i++)
		move_record(&b, i, i + (i >= 3 ? 10 : 2));
	assert_int_equal(recode(rc, &b, &r, NULL), 0);
	assert_ptr_not_equal(r.p, mem);
	expect(&r, &b, all, N);
	assert_int_equal(offset(&r, 0), BASE);
	assert_int_equal(offset(&r, 1), BASE + 3);
	assert_int_equal(offset(&r, 2), BASE + 4);
	assert_int_equal(offset(&r, 3), BASE + 13);
	assert_int_equal(offset(&r, 5), BASE + 15);
	recoder_free(rc);
}

static void
cut(void **state)
{
	static const int middle[] = { 2, 3 };
	struct recoder *rc = recoder_new(NULL, NULL, NULL);
	struct consumer_batch b = make(CODEC_LZ4, NULL);
	struct recoded r;

	b.from = BASE + 2;
	b.to = BASE + 4;
	assert_int_equal(recode(rc, &b, &r, NULL), 0);
	assert_int_equal(offset(&r, 0), BASE + 2);
	assert_int_equal(offset(&r, 1), BASE + 3);
	expect(&r, &b, middle, 2);
	b = make(CODEC_LZ4, NULL);
	b.from = BASE + N;
	assert_int_equal(recode(rc, &b, &r, NULL), 0);
	assert_null(r.p);
	recoder_free(rc);
}

/* The broker's time is every record's: their own is not what was shown. */
static void
append_time(void **state)
{
	static const int all[] = { 0, 1, 2, 3, 4, 5 };
	struct recoder *rc = recoder_new(NULL, NULL, NULL);
	struct consumer_batch b = make(CODEC_NONE, NULL);
	struct batch_header h;
	struct recoded r;

	batch_set_time(mem, &b.header, true, 77777);
	assert_int_equal(recode(rc, &b, &r, NULL), 0);
	expect(&r, &b, all, N);
	assert_int_equal(batch_parse(r.p, r.n, &h, NULL), 0);
	assert_int_equal(h.attributes & BATCH_APPEND_TIME, 0);
	assert_int_equal(h.base_timestamp, 77777);
	assert_int_equal(h.max_timestamp, 77777);
	recoder_free(rc);
}

static void
filter(void **state)
{
	static const int odd[] = { 1, 3, 5 };
	const char *rule[] = { "k:[135]$" };
	struct opt_list list = { rule, 1 };
	struct consumer_batch b = make(CODEC_ZSTD, NULL);
	struct recoder *rc;
	struct grep *g;
	struct recoded r;

	assert_int_equal(grep_compile(&g, &list, NULL), 0);
	rc = recoder_new(NULL, NULL, g);
	assert_int_equal(recode(rc, &b, &r, NULL), 0);
	expect(&r, &b, odd, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(offset(&r, i), BASE + odd[i]);
	recoder_free(rc);
	grep_free(g);
}

/* Header i of the n-th record that came out, or "". */
static void
header_is(const struct recoded *r, int n, int i, const char *name,
    const char *value)
{
	struct batch_header h;
	struct record_iter it;
	struct record_header rh = { 0 };
	struct header_iter hi;
	struct record rec;

	batch_parse(r->p, r->n, &h, NULL);
	record_iter_init(&it, r->p, &h, NULL, NULL, 0, NULL);
	for (int k = 0; k <= n; k++)
		assert_int_equal(record_iter_next(&it, &rec), 1);
	header_iter_init(&hi, &rec);
	for (int k = 0; k <= i; k++)
		assert_int_equal(header_iter_next(&hi, &rh), 1);
	assert_int_equal(header_iter_next(&hi, &(struct record_header){ 0 }),
	    0);
	assert_int_equal(rh.name_len, strlen(name));
	assert_memory_equal(rh.name, name, strlen(name));
	assert_int_equal(rh.value_len, strlen(value));
	assert_memory_equal(rh.value, value, strlen(value));
}

static void
origin(void **state)
{
	static const int all[] = { 0, 1, 2, 3, 4, 5 };
	static const int others[] = { 0, 2, 3, 4, 5 };
	struct recoder *rc = recoder_new("source", "target", NULL);
	struct consumer_batch b = make(CODEC_NONE, NULL);
	struct recoded r;

	assert_int_equal(recode(rc, &b, &r, NULL), 0);
	expect(&r, &b, all, N);
	header_is(&r, 0, 0, "klog-origin", "source");
	header_is(&r, 1, 1, "klog-origin", "source");
	/* from a third cluster: it keeps that */
	b = make(CODEC_NONE, "third");
	assert_int_equal(recode(rc, &b, &r, NULL), 0);
	expect(&r, &b, all, N);
	header_is(&r, 1, 1, "klog-origin", "third");
	/* from the target: it does not go back */
	b = make(CODEC_NONE, "target");
	assert_int_equal(recode(rc, &b, &r, NULL), 0);
	expect(&r, &b, others, 5);
	assert_int_equal(offset(&r, 1), BASE + 2);
	/* the same by Replicator, from another cluster and from the target */
	b = make_with(CODEC_NONE, "__replicator_id", "\001third\002orders");
	assert_int_equal(recode(rc, &b, &r, NULL), 0);
	expect(&r, &b, all, N);
	header_is(&r, 1, 2, "klog-origin", "source");
	b = make_with(CODEC_NONE, "__replicator_id", "\001target\002orders");
	assert_int_equal(recode(rc, &b, &r, NULL), 0);
	expect(&r, &b, others, 5);
	recoder_free(rc);
}

/* Notes what it is called with: "i:key:value:time+headers ". */
static int
note(void *arg, int32_t i, const struct record_input *in, struct kerr *e)
{
	buf_printf(arg, "%d:%.*s:%.2s:%lld+%d ", (int)i, (int)in->key_len,
	    (const char *)in->key, (const char *)in->value,
	    (long long)in->timestamp, (int)in->n_headers);
	return 0;
}

static int
small(struct recoder *rc, const struct consumer_batch *b, struct buf *out)
{
	struct recoded r;
	int rv;

	buf_clear(out);
	assert_int_equal(recode(rc, b, &r, NULL), 0);
	rv = recode_small(rc, &r, note, out, NULL);
	buf_putc(out, '\0');
	return rv;
}

/* Small ones are taken apart; others stay whole, and nobody is called. */
static void
small_batches(void **state)
{
	struct recoder *rc = recoder_new(NULL, NULL, NULL);
	struct consumer_batch b;
	struct buf out;

	buf_init(&out, 0);
	for (int codec = CODEC_NONE; codec < CODEC_MAX; codec++) {
		b = make((enum codec)codec, NULL);
		assert_int_equal(small(rc, &b, &out), 0);
		assert_string_equal((char *)out.p, "0:k0:v0:50000+0 "
		    "1:k1:v1:50001+1 2:k2:v2:50002+0 3:k3:v3:50003+0 "
		    "4:k4:v4:50004+0 5:k5:v5:50005+0 ");
	}
	b = make(CODEC_NONE, NULL);	/* a time from before 1970 */
	b.header.base_timestamp = -3;
	batch_header_put(mem, &b.header);
	assert_int_equal(small(rc, &b, &out), 1);
	assert_string_equal((char *)out.p, "");
	b = make(CODEC_NONE, NULL);	/* malformed: the target's to refuse */
	mem[BATCH_HEADER] = 0xfe;
	mem[BATCH_HEADER + 1] = 0xff;
	assert_int_equal(small(rc, &b, &out), 1);
	assert_string_equal((char *)out.p, "");
	buf_release(&out);
	recoder_free(rc);
}

static void
malformed(void **state)
{
	struct recoder *rc = recoder_new("a", "b", NULL);
	struct consumer_batch b = make(CODEC_NONE, NULL);
	struct kerr e = KERR_INIT;
	struct recoded r;

	mem[BATCH_HEADER] = 0xfe;		/* longer than the batch */
	mem[BATCH_HEADER + 1] = 0xff;
	assert_int_equal(recode(rc, &b, &r, &e), KE_DATA);
	recoder_free(rc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_it_came),
		cmocka_unit_test(holes),
		cmocka_unit_test(cut),
		cmocka_unit_test(append_time),
		cmocka_unit_test(filter),
		cmocka_unit_test(origin),
		cmocka_unit_test(small_batches),
		cmocka_unit_test(malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
