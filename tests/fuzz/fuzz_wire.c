/*
 * fuzz_wire.c: every message table and the frame headers. The first two bytes
 * pick the message (request, response, metadata record or control record, then
 * its key), the third its version, the rest is the body. What decodes must
 * encode, measure and decode again to the same bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/codec.h"
#include "wire/frame.h"
#include "wire/meta.h"
#include "wire/msg_control.h"

#define ARENA_MAX	(1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
again(const struct kmessage *m, int16_t version, const void *body)
{
	void *other = calloc(1, m->size);
	struct kerr e = KERR_INIT;
	struct buf first = { 0 }, second = { 0 };
	struct arena a;
	struct rd r;

	arena_init(&a, 0);
	must(kmsg_encode_buf(m, version, body, &first, &e) == 0);
	must(kmsg_size(m, version, body) == (int64_t)first.len);
	rd_init(&r, first.p, first.len);
	must(kmsg_decode(m, version, &r, &a, other, &e) == 0);
	must(rd_left(&r) == 0);
	must(kmsg_encode_buf(m, version, other, &second, &e) == 0);
	must(first.len == second.len && (first.len == 0 ||
	    memcmp(first.p, second.p, first.len) == 0));
	buf_clear(&first);
	kmsg_print(m, version, body, &first);
	buf_release(&first);
	buf_release(&second);
	arena_release(&a);
	free(other);
}

static const struct kmessage *
pick(uint8_t kind, uint8_t key)
{
	static const struct kmessage *const control[] = {
		&leader_change_message_msg, &snapshot_header_record_msg,
		&snapshot_footer_record_msg, &kraft_version_record_msg,
		&voters_record_msg
	};
	const struct kapi *api = kapi_get(key);

	switch (kind % 4) {
	case 0:
		return api != NULL ? api->req : NULL;
	case 1:
		return api != NULL ? api->rsp : NULL;
	case 2:
		return meta_get(key);
	default:
		return control[key % 5];
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct kmessage *m;
	struct frame_header h;
	struct kerr e = KERR_INIT;
	struct arena a;
	struct rd r;
	int16_t version, type;
	void *body;

	rd_init(&r, data, size);
	frame_read_request(&r, &h, &e);
	frame_size(data, size, 1 << 20, &e);
	rd_init(&r, data, size);
	meta_read_frame(&r, &type, &version, &e);

	if (size < 3 || (m = pick(data[0], data[1])) == NULL)
		return 0;
	version = (int16_t)(m->min + data[2] % (m->max - m->min + 1));
	body = calloc(1, m->size);
	arena_init(&a, ARENA_MAX);
	rd_init(&r, data + 3, size - 3);
	if (kmsg_decode(m, version, &r, &a, body, &e) == 0)
		again(m, version, body);
	arena_release(&a);
	free(body);
	return 0;
}
