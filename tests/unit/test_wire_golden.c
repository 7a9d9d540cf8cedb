/*
 * test_wire_golden.c: bytes of real clients, of Apache Kafka 3.9.1 and of its
 * own message classes: decoded and encoded again they must be the same.
 *
 * tests/data/wire_golden.txt has one line a message, in one of three forms:
 *
 *	req|rsp KEY VERSION CLIENT HEX	a frame without its size
 *	body NAME VERSION HEX		a body alone
 *	meta HEX			the value of a metadata record
 *
 * WIRE_GOLDEN in the environment names another file to go through as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/wire_all.h"
#include "wire/codec.h"
#include "wire/frame.h"
#include "wire/meta.h"

static const struct kmessage *
by_name(const char *name)
{
	const struct kmessage *all[WIRE_ALL_MAX];
	size_t n = wire_all(all);

	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	fail_msg("no message %s", name);
	return NULL;
}

static void
unhex(const char *s, struct buf *b)
{
	unsigned int c;

	for (; s[0] != '\0' && s[0] != '\n'; s += 2) {
		if (sscanf(s, "%2x", &c) != 1)
			fail_msg("bad hex");
		buf_putc(b, (int)c);
	}
}

/* Decodes what is left of r; the caller frees the struct. */
static void *
decode(const struct kmessage *m, int16_t v, struct rd *r, struct arena *a)
{
	void *body = calloc(1, m->size);
	struct kerr e = KERR_INIT;

	if (kmsg_decode(m, v, r, a, body, &e) != 0)
		fail_msg("%s", e.msg);
	if (rd_left(r) != 0)
		fail_msg("%s v%d: %zu bytes left", m->name, v, rd_left(r));
	return body;
}

static void
same(const struct kmessage *m, int16_t v, const struct buf *want,
    const uint8_t *p, size_t n)
{
	if (n != want->len || (n != 0 && memcmp(p, want->p, n) != 0))
		fail_msg("%s v%d: other bytes", m->name, v);
}

static void
check_body(const struct kmessage *m, int16_t v, const struct buf *in,
    struct arena *a)
{
	struct buf out = { 0 };
	struct kerr e = KERR_INIT;
	struct rd r;
	void *body;

	rd_init(&r, in->p, in->len);
	body = decode(m, v, &r, a);
	if (kmsg_encode_buf(m, v, body, &out, &e) != 0)
		fail_msg("%s", e.msg);
	same(m, v, in, out.p, out.len);
	assert_int_equal(kmsg_size(m, v, body), in->len);
	buf_release(&out);
	free(body);
}

static void
check_meta(const struct buf *in, struct arena *a)
{
	struct buf out = { 0 };
	struct kerr e = KERR_INIT;
	const struct kmessage *m;
	int16_t type, version;
	struct rd r;
	void *body;

	rd_init(&r, in->p, in->len);
	if (meta_read_frame(&r, &type, &version, &e) != 0)
		fail_msg("%s", e.msg);
	if ((m = meta_get(type)) == NULL)
		fail_msg("no metadata record %d", type);
	body = decode(m, version, &r, a);
	if (meta_encode(m, version, body, &out, &e) != 0)
		fail_msg("%s", e.msg);
	same(m, version, in, out.p, out.len);
	buf_release(&out);
	free(body);
}

static void
check_frame(bool request, const struct kapi *api, int16_t v,
    const struct buf *in, struct arena *a)
{
	struct frame_header h = { 0 };
	struct chunks c = { 0 };
	struct buf out = { 0 };
	struct kerr e = KERR_INIT;
	struct rd r;
	void *body;
	int ret;

	rd_init(&r, in->p, in->len);
	ret = request ? frame_read_request(&r, &h, &e) :
	    frame_read_response(&r, api, v, &h.correlation_id, &e);
	if (ret != 0)
		fail_msg("%s", e.msg);
	assert_true(!request || (h.api_key == api->key && h.api_version == v));
	body = decode(request ? api->req : api->rsp, v, &r, a);
	ret = request ? frame_put_request(&c, api, v, h.correlation_id,
	    h.client_id, body, &e) :
	    frame_put_response(&c, api, v, h.correlation_id, body, &e);
	if (ret != 0)
		fail_msg("%s", e.msg);
	assert_int_equal(chunks_flatten(&c, &out), 0);
	assert_int_equal(be32(out.p), in->len);
	same(request ? api->req : api->rsp, v, in, out.p + 4, out.len - 4);
	buf_release(&out);
	chunks_release(&c);
	free(body);
}

static void
check_line(char *line)
{
	char kind[8], name[64], client[64];
	struct buf in = { 0 };
	struct arena a;
	int key, v, at = 0;

	arena_init(&a, 16 << 20);
	if (sscanf(line, "body %63s %d %n", name, &v, &at) == 2 && at > 0) {
		unhex(line + at, &in);
		if (v >= by_name(name)->min)
			check_body(by_name(name), (int16_t)v, &in, &a);
	} else if (sscanf(line, "meta %n", &at) == 0 && at > 0) {
		unhex(line + at, &in);
		check_meta(&in, &a);
	} else if (sscanf(line, "%7s %d %d %63s %n", kind, &key, &v, client,
	    &at) == 4) {
		unhex(line + at, &in);
		check_frame(strcmp(kind, "req") == 0, kapi_get((int16_t)key),
		    (int16_t)v, &in, &a);
	} else {
		fail_msg("bad line: %.60s", line);
	}
	arena_release(&a);
	buf_release(&in);
}

static size_t
check_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0, count = 0;

	if (f == NULL)
		fail_msg("%s: cannot be read", path);
	while (getline(&line, &cap, f) > 0) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		check_line(line);
		count++;
	}
	free(line);
	fclose(f);
	return count;
}

static void
the_same_bytes_again(void **state)
{
	const char *more = getenv("WIRE_GOLDEN");

	assert_true(check_file("tests/data/wire_golden.txt") > 100);
	if (more != NULL)
		assert_true(check_file(more) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_bytes_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
