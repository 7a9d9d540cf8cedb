/* test_wire_frame.c: frames, chunks, error table, ids, metadata records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "wire/codec.h"
#include "wire/frame.h"
#include "wire/kerror.h"
#include "wire/meta.h"
#include "wire/msg_api_versions.h"
#include "wire/msg_metadata.h"
#include "wire/uuid.h"

static struct kerr err;

static void
frame_sizes(void **state)
{
	assert_int_equal(frame_size("\0\0\0", 3, 100, &err), 0);
	assert_int_equal(frame_size("\0\0\0\x05", 4, 100, &err), 5);
	assert_int_equal(frame_size("\0\0\0\x64", 4, 100, &err), 100);
	assert_int_equal(frame_size("\0\0\0\x65", 4, 100, &err), KE_RANGE);
	assert_int_equal(frame_size("\0\0\0\0", 4, 100, &err), KE_PROTO);
	assert_int_equal(frame_size("\xff\xff\xff\xff", 4, 100, &err),
	    KE_PROTO);
	assert_int_equal(frame_size("GET / HTTP/1.1", 14, 1 << 20, &err),
	    KE_RANGE);
}

static void
request_header(void **state)
{
	struct metadata_request req;
	struct frame_header h;
	struct chunks c = { 0 };
	struct buf b = { 0 };
	struct rd r;

	kmsg_defaults(&metadata_request_msg, &req);
	assert_int_equal(frame_put_request(&c, kapi_get(API_METADATA), 9, 77,
	    kstr("me"), &req, &err), 0);
	assert_int_equal(chunks_flatten(&c, &b), 0);
	assert_int_equal(frame_size(b.p, b.len, 1000, &err), b.len - 4);
	rd_init(&r, b.p + 4, b.len - 4);
	assert_int_equal(frame_read_request(&r, &h, &err), 0);
	assert_int_equal(h.api_key, API_METADATA);
	assert_int_equal(h.api_version, 9);
	assert_int_equal(h.correlation_id, 77);
	assert_true(kstr_eq(h.client_id, kstr("me")));
	assert_int_equal(rd_left(&r),
	    kmsg_size(&metadata_request_msg, 9, &req));
	/* Cut short anywhere it is refused. */
	for (size_t n = 0; n < 13; n++) {
		rd_init(&r, b.p + 4, n);
		assert_int_equal(frame_read_request(&r, &h, &err), KE_PROTO);
	}
	put_be16(b.p + 4, 999);
	rd_init(&r, b.p + 4, b.len - 4);
	assert_int_equal(frame_read_request(&r, &h, &err), KE_UNSUPPORTED);
	assert_int_equal(h.api_key, 999);
	assert_int_equal(h.correlation_id, 77);
	buf_release(&b);
	chunks_release(&c);
}

/* Unknown versions of ApiVersions have headers that can still be read. */
static void
api_versions_header(void **state)
{
	static const uint8_t v9[] = { 0, 18, 0, 9, 0, 0, 0, 1, 0xff, 0xff, 0,
	    1, 2, 3 };
	const struct kapi *api = kapi_get(API_VERSIONS);
	struct api_versions_response rsp;
	struct frame_header h;
	struct chunks c = { 0 };
	struct buf b = { 0 };
	struct rd r;
	int32_t id;

	rd_init(&r, v9, sizeof(v9));
	assert_int_equal(frame_read_request(&r, &h, &err), 0);
	assert_false(kapi_has(api, h.api_version));
	assert_int_equal(h.client_id.len, -1);
	assert_int_equal(rd_left(&r), 3);

	kmsg_defaults(&api_versions_response_msg, &rsp);
	for (int16_t v = 0; v <= api->max; v++) {
		chunks_clear(&c);
		buf_clear(&b);
		assert_int_equal(frame_put_response(&c, api, v, 5, &rsp, &err),
		    0);
		assert_int_equal(chunks_flatten(&c, &b), 0);
		rd_init(&r, b.p + 4, b.len - 4);
		assert_int_equal(frame_read_response(&r, api, v, &id, &err),
		    0);
		assert_int_equal(id, 5);
		assert_int_equal(b.len, 8 +
		    kmsg_size(&api_versions_response_msg, v, &rsp));
	}
	buf_release(&b);
	chunks_release(&c);
}

static int dropped;

static void
drop(struct khold *h)
{
	dropped++;
}

static void
chunks_go_out_in_order(void **state)
{
	struct khold hold = { drop };
	struct chunks c = { 0 };
	struct iovec iov[4];

	assert_true(chunks_empty(&c));
	assert_null(chunks_file(&c));
	chunks_put(&c, "abc", 3);
	chunks_put(&c, "def", 3);
	chunks_slice(&c, "ghi", 3, &hold);
	chunks_file_range(&c, 0, 100, 50, &hold);
	chunks_file_range(&c, 0, 100, 0, &hold);
	chunks_put(&c, "jkl", 3);
	assert_int_equal(c.len, 62);
	assert_int_equal(chunks_iov(&c, iov, 4), 2);
	assert_int_equal(iov[0].iov_len, 6);
	assert_int_equal(chunks_iov(&c, iov, 1), 1);
	chunks_consume(&c, 7);
	assert_int_equal(chunks_iov(&c, iov, 4), 1);
	assert_memory_equal(iov[0].iov_base, "hi", 2);
	assert_int_equal(dropped, 0);
	chunks_consume(&c, 2);
	assert_int_equal(dropped, 1);
	assert_int_equal(chunks_iov(&c, iov, 4), 0);
	assert_int_equal(chunks_file(&c)->off, 100);
	chunks_consume(&c, 20);
	assert_int_equal(chunks_file(&c)->off, 120);
	assert_int_equal(chunks_file(&c)->len, 30);
	chunks_consume(&c, 31);
	assert_int_equal(dropped, 3);
	chunks_consume(&c, 2);
	assert_true(chunks_empty(&c));
	assert_int_equal(c.own.len, 0);
	chunks_slice(&c, "x", 1, &hold);
	chunks_release(&c);
	assert_int_equal(dropped, 4);
	/* A hold without bytes is in nobody's way. */
	chunks_slice(&c, NULL, 0, &hold);
	chunks_file_range(&c, 0, 5, 6, NULL);
	assert_int_equal(chunks_iov(&c, iov, 4), 0);
	assert_int_equal(chunks_file(&c)->off, 5);
	chunks_consume(&c, 6);
	assert_int_equal(dropped, 5);
	chunks_release(&c);
}

static void
chunks_are_cut(void **state)
{
	struct khold hold = { drop };
	struct chunks c = { 0 };

	dropped = 0;
	chunks_put(&c, "abcdef", 6);
	chunks_slice(&c, "ghi", 3, &hold);
	chunks_put(&c, "jkl", 3);
	chunks_slice(&c, "", 0, &hold);
	chunks_truncate(&c, 4);
	assert_int_equal(c.len, 4);
	assert_int_equal(c.own.len, 4);
	assert_int_equal(c.n, 1);
	assert_int_equal(dropped, 0);
	chunks_truncate(&c, 0);
	assert_int_equal(c.n, 0);
	chunks_release(&c);
}

static void
a_short_file_is_seen(void **state)
{
	struct chunks c = { 0 };
	struct buf b = { 0 };
	FILE *f = tmpfile();

	fputs("abc", f);
	fflush(f);
	chunks_file_range(&c, fileno(f), 1, 3, NULL);
	assert_int_equal(chunks_flatten(&c, &b), KE_EOF);
	chunks_release(&c);
	chunks_file_range(&c, -1, 0, 3, NULL);
	assert_int_equal(chunks_flatten(&c, &b), KE_SYS);
	chunks_release(&c);
	buf_release(&b);
	fclose(f);
}

static void
errors_have_names(void **state)
{
	struct kerr e = KERR_INIT;

	assert_string_equal(kerror_name(6), "NOT_LEADER_OR_FOLLOWER");
	assert_true(kerror_retriable(ERR_NOT_LEADER_OR_FOLLOWER));
	assert_false(kerror_retriable(ERR_MESSAGE_TOO_LARGE));
	assert_int_equal(ERR_UNKNOWN_TOPIC_ID, 100);
	assert_string_equal(kerror_name(-1), "UNKNOWN_SERVER_ERROR");
	assert_string_equal(kerror_name(0), "NONE");
	assert_string_equal(kerror_text(0), "");
	assert_string_equal(kerror_name(127), "VOTER_NOT_FOUND");
	assert_string_equal(kerror_name(128), "UNKNOWN_SERVER_ERROR");
	assert_string_equal(kerror_name(INT16_MAX), "UNKNOWN_SERVER_ERROR");
	assert_string_equal(kerror_name(INT16_MIN), "UNKNOWN_SERVER_ERROR");
	for (int16_t i = -1; i <= 127; i++)
		assert_int_equal(kerror_by_name(kerror_name(i)), i);
	assert_int_equal(kerror_by_name("nonsense"), INT16_MIN);
	assert_int_equal(kerror_set(&e, ERR_TOPIC_ALREADY_EXISTS,
	    kstr("it is there")), KE_BROKER);
	assert_int_equal(e.kafka, ERR_TOPIC_ALREADY_EXISTS);
	assert_string_equal(e.msg, "TOPIC_ALREADY_EXISTS: it is there");
	kerror_set(&e, ERR_NOT_COORDINATOR, KSTR_NULL);
	assert_non_null(strstr(e.msg, kerror_text(ERR_NOT_COORDINATOR)));
	kerror_set(&e, ERR_NOT_COORDINATOR, kstr(""));
	assert_string_not_equal(e.msg, "NOT_COORDINATOR: ");
}

static void
ids_as_text(void **state)
{
	struct kuuid u, v;
	char s[KUUID_TEXT];
	uint8_t raw[16];

	memset(&u, 0, sizeof(u));
	assert_string_equal(kuuid_format(&u, s), "AAAAAAAAAAAAAAAAAAAAAA");
	u.b[15] = 1;
	assert_string_equal(kuuid_format(&u, s), "AAAAAAAAAAAAAAAAAAAAAQ");
	assert_int_equal(kuuid_parse("MkU3OEVBNTcwNTJENDM2Qg", 22, &u), 0);
	assert_memory_equal(u.b, "2E78EA57052D436B", 16);
	assert_int_equal(kuuid_parse("MkU3OEVBNTcwNTJENDM2Q", 21, &u), -1);
	assert_int_equal(kuuid_parse("MkU3OEVBNTcwNTJENDM2Q=", 22, &u), -1);
	assert_int_equal(kuuid_parse("MkU3OEVBNTcwNTJENDM2Qh", 22, &u), -1);
	for (int i = 0; i < 256; i++) {
		memset(raw, i, sizeof(raw));
		kuuid_make(raw, &u);
		assert_int_not_equal(kuuid_format(&u, s)[0], '-');
		assert_int_equal(kuuid_parse(s, 22, &v), 0);
		assert_true(kuuid_eq(&u, &v));
		assert_int_equal(u.b[6] >> 4, 4);
		assert_int_equal(u.b[8] >> 6, 2);
	}
}

static void
metadata_records(void **state)
{
	struct feature_level_record rec = { kstr("metadata.version"), 21 },
	    back;
	struct arena a;
	struct buf b = { 0 };
	struct rd r;
	int16_t type, version;

	arena_init(&a, 1000);
	assert_int_equal(meta_encode(&feature_level_record_msg, 0, &rec, &b,
	    &err), 0);
	assert_int_equal(b.len, 23);
	assert_memory_equal(b.p, "\1\14\0\21metadata.version\0\25\0", 23);
	rd_init(&r, b.p, b.len);
	assert_int_equal(meta_read_frame(&r, &type, &version, &err), 0);
	assert_ptr_equal(meta_get(type), &feature_level_record_msg);
	assert_int_equal(kmsg_decode(meta_get(type), version, &r, &a, &back,
	    &err), 0);
	assert_int_equal(back.feature_level, 21);
	assert_null(meta_get(6));
	rd_init(&r, "\2\0\0", 3);
	assert_int_equal(meta_read_frame(&r, &type, &version, &err),
	    KE_UNSUPPORTED);
	rd_init(&r, "\1\0", 2);
	assert_int_equal(meta_read_frame(&r, &type, &version, &err), KE_PROTO);
	buf_release(&b);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_sizes),
		cmocka_unit_test(request_header),
		cmocka_unit_test(api_versions_header),
		cmocka_unit_test(chunks_go_out_in_order),
		cmocka_unit_test(chunks_are_cut),
		cmocka_unit_test(a_short_file_is_seen),
		cmocka_unit_test(errors_have_names),
		cmocka_unit_test(ids_as_text),
		cmocka_unit_test(metadata_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
