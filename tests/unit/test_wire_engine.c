/* test_wire_engine.c: the corners of the codec, on a message made for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "wire/codec.h"
#include "wire/msg_consumer_protocol.h"
#include "wire/msg_fetch.h"
#include "wire/msg_metadata.h"
#include "wire/msg_produce.h"
#include "wire/versioned.h"

struct demo_inner {
	int16_t		x;
	struct kstr	s;
};

struct demo {
	int32_t			 n;
	struct demo_inner	*opt;
	KARRAY(struct demo_inner) list;
	bool			 late;		/* v1+ */
	struct kstr		 t0;		/* tag 0 */
	struct demo_inner	 t2;		/* tag 2 */
	double			 f;
};

#define T struct demo_inner
static const struct kfield demo_inner_fields[] = {
	FIELD(x, I16, 0, LATEST, NOTNULL, 7),
	FIELD(s, STR, 0, LATEST, NULL_FROM(1), 0),
	FIELD_END
};
#undef T

#define T struct demo
static const struct kfield demo_fields[] = {
	FIELD(n, I32, 0, LATEST, NOTNULL, -1),
	OPTION(opt, demo_inner, 0, LATEST, NULL_FROM(1), DNULL),
	STRUCTS(list, demo_inner, 0, LATEST, NULL_FROM(1), 0),
	FIELD(late, BOOL, 1, LATEST, NOTNULL, true),
	FIELD(f, F64, 2, LATEST, NOTNULL, 3),
	FIELD(t0, STR, 2, LATEST, NULL_FROM(2), DNULL, TAG(0)),
	STRUCT(t2, demo_inner, 2, LATEST, TAG(2)),
	FIELD_END
};
#undef T

static MESSAGE(demo, "Demo", -1, 0, 2, 2);

static struct kerr err;
static struct arena arena;

static int
setup(void **state)
{
	kerr_clear(&err);
	arena_init(&arena, 1 << 20);
	return 0;
}

static int
teardown(void **state)
{
	arena_release(&arena);
	return 0;
}

static int
decode(const struct kmessage *m, int16_t v, const void *p, size_t n, void *out)
{
	struct rd r;

	rd_init(&r, p, n);
	return kmsg_decode(m, v, &r, &arena, out, &err);
}

#define BYTES(...)	((const uint8_t[]){ __VA_ARGS__ }), \
	sizeof((const uint8_t[]){ __VA_ARGS__ })

static void
assert_bytes(const struct buf *b, const void *p, size_t n)
{
	assert_int_equal(b->len, n);
	assert_memory_equal(b->p, p, n);
}

static void
defaults(void **state)
{
	struct demo d;

	kmsg_defaults(&demo_msg, &d);
	assert_int_equal(d.n, -1);
	assert_null(d.opt);
	assert_int_equal(d.list.n, 0);
	assert_true(d.late);
	assert_int_equal(d.t0.len, -1);
	assert_int_equal(d.t2.x, 7);
	assert_true(d.f > 2.9 && d.f < 3.1);

	struct fetch_response_partition part;

	KDEFAULTS(fetch_response_partition, &part);
	assert_int_equal(part.diverging_epoch.epoch, -1);
	assert_int_equal(part.records.len, -1);
	assert_int_equal(part.aborted_transactions.n, 0);
}

static void
old_encoding(void **state)
{
	struct demo_inner in = { 1, kstr("ab") };
	struct demo d = { .n = 5, .opt = &in, .list = { &in, 1 } }, back;
	struct buf b = { 0 };

	assert_int_equal(kmsg_encode_buf(&demo_msg, 0, &d, &b, &err), 0);
	assert_bytes(&b, BYTES(0, 0, 0, 5, 1, 0, 1, 0, 2, 'a', 'b',
	    0, 0, 0, 1, 0, 1, 0, 2, 'a', 'b'));
	assert_int_equal(kmsg_size(&demo_msg, 0, &d), b.len);
	assert_int_equal(decode(&demo_msg, 0, b.p, b.len, &back), 0);
	assert_true(back.late);
	assert_int_equal(back.opt->x, 1);
	assert_true(kstr_eq(back.list.v[0].s, kstr("ab")));
	buf_release(&b);
}

static void
flexible_encoding(void **state)
{
	struct demo d, back;
	struct buf b = { 0 };

	kmsg_defaults(&demo_msg, &d);
	d.n = 1;
	assert_int_equal(kmsg_encode_buf(&demo_msg, 2, &d, &b, &err), 0);
	/* Tagged fields at their default stay out. */
	assert_bytes(&b, BYTES(0, 0, 0, 1, 0xff, 1, 1,
	    0x40, 8, 0, 0, 0, 0, 0, 0, 0));
	buf_clear(&b);
	d.t0 = kstr("z");
	d.t2.s = KSTR_NULL;
	assert_int_equal(kmsg_encode_buf(&demo_msg, 2, &d, &b, &err), 0);
	assert_bytes(&b, BYTES(0, 0, 0, 1, 0xff, 1, 1,
	    0x40, 8, 0, 0, 0, 0, 0, 0, 2, 0, 2, 2, 'z', 2, 4, 0, 7, 0, 0));
	assert_int_equal(kmsg_size(&demo_msg, 2, &d), b.len);
	assert_int_equal(decode(&demo_msg, 2, b.p, b.len, &back), 0);
	assert_true(kstr_eq(back.t0, kstr("z")));
	assert_int_equal(back.t2.s.len, -1);
	buf_release(&b);
}

#define HEAD2	0, 0, 0, 1, 0xff, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0

static void
unknown_tags_are_skipped(void **state)
{
	struct demo d;

	assert_int_equal(decode(&demo_msg, 2, BYTES(HEAD2, 3, 1, 2, 9, 9,
	    2, 4, 0, 8, 2 - 1, 0, 0x90, 0x4e, 0), &d), 0);
	assert_int_equal(d.t2.x, 8);
	assert_int_equal(d.t0.len, -1);
}

static void
bad_tags_are_refused(void **state)
{
	struct demo d;

	/* The field is longer than its tag says. */
	assert_int_equal(decode(&demo_msg, 2, BYTES(HEAD2, 1, 0, 1, 2, 'z'),
	    &d), KE_PROTO);
	/* The tag is longer than the frame. */
	assert_int_equal(decode(&demo_msg, 2, BYTES(HEAD2, 1, 9, 5, 2), &d),
	    KE_PROTO);
	assert_int_equal(decode(&demo_msg, 2, BYTES(HEAD2, 2, 9, 1, 2), &d),
	    KE_PROTO);
	assert_int_equal(decode(&demo_msg, 2, BYTES(HEAD2, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1), &d), KE_PROTO);
}

/* As Kafka does: shorter than its tag says is fine, the rest is passed over. */
static void
rest_of_a_tag_is_passed_over(void **state)
{
	struct demo d;

	assert_int_equal(decode(&demo_msg, 2, BYTES(HEAD2, 2,
	    0, 4, 2, 'z', 1, 1, 5, 1, 1), &d), 0);
	assert_true(kstr_eq(d.t0, kstr("z")));
}

static void
bytes_after_the_body_stay(void **state)
{
	struct demo d;
	struct rd r;

	rd_init(&r, BYTES(HEAD2, 0, 'x', 'y'));
	assert_int_equal(kmsg_decode(&demo_msg, 2, &r, &arena, &d, &err), 0);
	assert_int_equal(rd_left(&r), 2);
}

static void
nulls(void **state)
{
	struct demo_inner in = { 1, KSTR_NULL };
	struct demo d = { .opt = &in };
	struct buf b = { 0 };

	assert_int_equal(kmsg_encode_buf(&demo_msg, 0, &d, &b, &err), KE_DATA);
	assert_string_equal(err.msg, "Demo v0: opt: s: null");
	d.opt = NULL;
	assert_int_equal(kmsg_encode_buf(&demo_msg, 0, &d, &b, &err), KE_DATA);
	d.list.n = -1;
	assert_int_equal(kmsg_encode_buf(&demo_msg, 1, &d, &b, &err), 0);
	buf_release(&b);
	/* A null where there is none; any negative length is null. */
	assert_int_equal(decode(&demo_msg, 0, BYTES(0, 0, 0, 0, 0xff), &d),
	    KE_PROTO);
	assert_int_equal(decode(&demo_msg, 0, BYTES(0, 0, 0, 0, 1, 0, 0,
	    0xff, 0xff), &d), KE_PROTO);
	assert_string_equal(err.msg, "Demo v0: opt: s: null");
	assert_int_equal(decode(&demo_msg, 1, BYTES(0, 0, 0, 0, 0x80,
	    0xff, 0xff, 0xff, 0xf0, 5), &d), 0);
	assert_int_equal(d.list.n, -1);
	assert_null(d.opt);
}

static void
counts_are_bounded(void **state)
{
	struct demo d;
	uint8_t *big = calloc(1, 100000);

	/* More elements than bytes, and than bytes would hold. */
	assert_int_equal(decode(&demo_msg, 1, BYTES(0, 0, 0, 0, 0xff,
	    0x7f, 0xff, 0xff, 0xff, 1), &d), KE_PROTO);
	assert_int_equal(arena.used, 0);
	big[4] = 0xff;
	big[6] = 1;			/* 65536 elements, 99991 bytes */
	assert_int_equal(decode(&demo_msg, 1, big, 100000, &d), KE_PROTO);
	assert_int_equal(arena.used, 0);
	/* They would fit the frame, not the arena. */
	arena.max = 16 * 1024;
	big[6] = 0;
	big[7] = 0x40;
	assert_int_equal(decode(&demo_msg, 1, big, 100000, &d), KE_RANGE);
	free(big);
}

static void
long_strings_are_refused(void **state)
{
	struct demo d;
	struct buf b = { 0 };
	char *s = calloc(1, 40000);

	kmsg_defaults(&demo_msg, &d);
	d.t0 = (struct kstr){ s, 40000 };
	assert_int_equal(kmsg_encode_buf(&demo_msg, 2, &d, &b, &err),
	    KE_RANGE);
	assert_string_equal(err.msg, "Demo v2: t0: longer than 32767");
	buf_release(&b);
	free(s);
}

static void
versions_outside_are_refused(void **state)
{
	struct demo d = { 0 };
	struct chunks c = { 0 };

	assert_int_equal(decode(&demo_msg, 3, BYTES(0), &d), KE_UNSUPPORTED);
	assert_int_equal(decode(&demo_msg, -1, BYTES(0), &d), KE_UNSUPPORTED);
	assert_int_equal(kmsg_encode(&demo_msg, 3, &d, &c, &err),
	    KE_UNSUPPORTED);
	chunks_release(&c);
}

static void
prints(void **state)
{
	struct demo_inner in = { -2, { "a\"\n\xff", 4 } };
	struct demo d = { .n = 1, .opt = &in, .t0 = KSTR_NULL,
	    .t2 = { 8, kstr("\xc3\xa9") } };
	struct buf b = { 0 };

	kmsg_print(&demo_msg, 2, &d, &b);
	buf_putc(&b, 0);
	assert_string_equal((char *)b.p, "{\"n\":1,\"opt\":{\"x\":-2,"
	    "\"s\":\"a\\\"\\u000a\\ufffd\"},\"list\":[],"
	    "\"late\":false,\"f\":0,\"t2\":{\"x\":8,\"s\":\"\xc3\xa9\"}}");
	buf_release(&b);
}

static int dropped;

static void
drop(struct khold *h)
{
	dropped++;
}

/* Records cross without a copy: borrowed, or as a range of a file. */
static void
records_are_not_copied(void **state)
{
	struct khold hold = { drop };
	struct fetch_response_partition parts[3];
	struct fetch_response_topic topic;
	struct fetch_response rsp;
	struct chunks c = { 0 };
	struct iovec iov[8];
	struct buf b = { 0 };
	FILE *f = tmpfile();
	static const uint8_t mem[] = "in memory";

	fputs("--in a file--", f);
	fflush(f);
	kmsg_defaults(&fetch_response_msg, &rsp);
	memset(&topic, 0, sizeof(topic));
	for (int i = 0; i < 3; i++)
		KDEFAULTS(fetch_response_partition, &parts[i]);
	parts[0].records = (struct krecords){ .fd = fileno(f), .off = 2,
	    .len = 9, .hold = &hold };
	parts[1].records = (struct krecords){ .p = mem, .len = 9, .fd = -1,
	    .hold = &hold };
	topic.topic = kstr("t");
	topic.partitions.v = parts;
	topic.partitions.n = 3;
	rsp.responses.v = &topic;
	rsp.responses.n = 1;
	assert_int_equal(kmsg_encode(&fetch_response_msg, 12, &rsp, &c, &err),
	    0);
	assert_int_equal(c.n, 5);
	assert_int_equal(c.v[1].kind, CHUNK_FILE);
	assert_ptr_equal(c.v[3].p, mem);
	assert_int_equal(kmsg_size(&fetch_response_msg, 12, &rsp), c.len);
	assert_int_equal(chunks_iov(&c, iov, 8), 1);
	assert_int_equal(chunks_flatten(&c, &b), 0);
	assert_int_equal(decode(&fetch_response_msg, 12, b.p, b.len, &rsp), 0);
	assert_memory_equal(rsp.responses.v[0].partitions.v[0].records.p,
	    "in a file", 9);
	assert_int_equal(rsp.responses.v[0].partitions.v[2].records.len, -1);
	assert_int_equal(dropped, 0);
	chunks_release(&c);
	assert_int_equal(dropped, 2);
	buf_release(&b);
	fclose(f);
}

/* A failure leaves the list as it was, and the holds where they were. */
static void
failure_takes_back(void **state)
{
	struct khold hold = { drop };
	struct produce_request_partition parts[2] = {
		{ 0, { (const uint8_t *)"abc", 3, 0, -1, &hold } },
		{ 1, { (const uint8_t *)"", 0, 0, -1, &hold } },
	};
	struct produce_request_topic topics[2] = {
		{ kstr("t"), { parts, 2 } }, { KSTR_NULL, { parts, 0 } },
	};
	struct produce_request req = { .topic_data = { topics, 2 } };
	struct chunks c = { 0 };

	dropped = 0;
	chunks_put(&c, "before", 6);
	assert_int_equal(kmsg_encode(&produce_request_msg, 9, &req, &c, &err),
	    KE_DATA);
	assert_int_equal(c.len, 6);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.own.len, 6);
	chunks_release(&c);
	assert_int_equal(dropped, 0);
}

/* A body behind its version, also one that is newer than what is known. */
static void
behind_a_version(void **state)
{
	struct consumer_protocol_assignment in, out;
	const struct kmessage *msg = &consumer_protocol_assignment_msg;
	struct kerr e = KERR_INIT;
	struct buf b = { 0 };
	struct arena mem;

	arena_init(&mem, 0);
	kmsg_defaults(msg, &in);
	in.user_data = (struct kbytes){ (const uint8_t *)"x", 1 };
	assert_int_equal(versioned_put(&b, msg, 1, &in), 0);
	assert_int_equal(b.len, 2 + 4 + 4 + 1);
	assert_int_equal(versioned_get(msg, b.p, b.len, &mem, &out, &e), 0);
	assert_int_equal(out.user_data.len, 1);
	b.p[0] = 0x7f;		/* version 32513, and something more */
	buf_put(&b, "abc", 3);
	assert_int_equal(versioned_get(msg, b.p, b.len, &mem, &out, &e),
	    KE_UNSUPPORTED);
	assert_int_equal(versioned_get_lenient(msg, (struct kbytes){ b.p,
	    (int32_t)b.len }, &mem, &out, &e), 0);
	assert_int_equal(out.user_data.len, 1);
	for (int32_t n = -1; n < 2 + 4 + 4 + 1; n++)
		assert_int_equal(versioned_get_lenient(msg,
		    (struct kbytes){ b.p, n }, &mem, &out, &e), KE_PROTO);
	b.p[0] = 0x80;
	assert_int_equal(versioned_get(msg, b.p, b.len, &mem, &out, &e),
	    KE_PROTO);
	/* what cannot be encoded leaves nothing behind */
	buf_clear(&b);
	in.assigned_partitions.n = -1;
	assert_int_equal(versioned_put(&b, msg, 1, &in), KE_DATA);
	assert_int_equal(b.len, 0);
	buf_release(&b);
	arena_release(&mem);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults),
		TEST(old_encoding),
		TEST(flexible_encoding),
		TEST(unknown_tags_are_skipped),
		TEST(bad_tags_are_refused),
		TEST(rest_of_a_tag_is_passed_over),
		TEST(bytes_after_the_body_stay),
		TEST(nulls),
		TEST(counts_are_bounded),
		TEST(long_strings_are_refused),
		TEST(versions_outside_are_refused),
		TEST(prints),
		TEST(records_are_not_copied),
		TEST(failure_takes_back),
		TEST(behind_a_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
