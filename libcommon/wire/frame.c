/* frame.c: see frame.h. */
#include "wire/frame.h"

#include "wire/codec.h"

int64_t
frame_size(const void *p, size_t n, int32_t max, struct kerr *e)
{
	int32_t size;

	if (n < FRAME_SIZE_LEN)
		return 0;
	size = (int32_t)be32(p);
	if (size <= 0)
		return kerr_set(e, KE_PROTO, "frame of %d bytes", size);
	if (size > max)
		return kerr_set(e, KE_RANGE,
		    "frame of %d bytes, more than %d", size, max);
	return size;
}

static void
skip_tags(struct rd *r)
{
	uint64_t n = rd_uvarint(r), size;

	for (; n > 0 && r->err == 0; n--) {
		rd_uvarint(r);
		size = rd_uvarint(r);
		rd_bytes(r, size);
	}
}

static bool
response_has_tags(const struct kapi *api, int16_t version)
{
	return version >= api->flex && api->key != API_VERSIONS;
}

int
frame_read_request(struct rd *r, struct frame_header *h, struct kerr *e)
{
	const struct kapi *api;
	int16_t len;

	h->api_key = rd_i16(r);
	h->api_version = rd_i16(r);
	h->correlation_id = rd_i32(r);
	h->client_id = KSTR_NULL;
	if (r->err != 0)
		return kerr_set(e, KE_PROTO, "request header: cut short");
	if ((api = kapi_get(h->api_key)) == NULL)
		return kerr_set(e, KE_UNSUPPORTED, "API key %d", h->api_key);
	/* Two bytes of length even in the flexible header (KIP-482), so that
	 * a broker can read it whatever the version. */
	len = rd_i16(r);
	if (len >= 0) {
		h->client_id.len = len;
		h->client_id.p = (const char *)rd_bytes(r, (size_t)len);
	}
	if (h->api_version >= api->flex)
		skip_tags(r);
	if (r->err != 0)
		return kerr_set(e, KE_PROTO, "request header: cut short");
	return 0;
}

int
frame_read_response(struct rd *r, const struct kapi *api, int16_t version,
    int32_t *correlation_id, struct kerr *e)
{
	*correlation_id = rd_i32(r);
	if (response_has_tags(api, version))
		skip_tags(r);
	if (r->err != 0)
		return kerr_set(e, KE_PROTO, "response header: cut short");
	return 0;
}

/* Appends the body behind the header that lies in out->own from `from` on, and
 * sets the size in front. */
static int
put_body(struct chunks *out, size_t from, const struct kmessage *msg,
    int16_t version, const void *body, struct kerr *e)
{
	uint64_t before = out->len;
	int ret;

	chunks_own(out, from);
	ret = kmsg_encode(msg, version, body, out, e);
	if (ret == 0 && out->len - before - FRAME_SIZE_LEN > INT32_MAX)
		ret = kerr_set(e, KE_RANGE, "%s v%d: frame over 2 GiB",
		    msg->name, version);
	if (ret == 0)
		buf_patch_i32(&out->own, from,
		    (int32_t)(out->len - before - FRAME_SIZE_LEN));
	else
		chunks_truncate(out, before);
	return ret;
}

int
frame_put_request(struct chunks *out, const struct kapi *api, int16_t version,
    int32_t correlation_id, struct kstr client_id, const void *body,
    struct kerr *e)
{
	size_t from = out->own.len;
	struct buf *b = &out->own;

	if (client_id.len > INT16_MAX)
		return kerr_set(e, KE_RANGE, "client id of %d bytes",
		    client_id.len);
	buf_put_i32(b, 0);
	buf_put_i16(b, api->key);
	buf_put_i16(b, version);
	buf_put_i32(b, correlation_id);
	buf_put_i16(b, (int16_t)client_id.len);
	if (client_id.len > 0)
		buf_put(b, client_id.p, (size_t)client_id.len);
	if (version >= api->flex)
		buf_put_uvarint(b, 0);
	return put_body(out, from, api->req, version, body, e);
}

int
frame_put_response(struct chunks *out, const struct kapi *api, int16_t version,
    int32_t correlation_id, const void *body, struct kerr *e)
{
	size_t from = out->own.len;
	struct buf *b = &out->own;

	buf_put_i32(b, 0);
	buf_put_i32(b, correlation_id);
	if (response_has_tags(api, version))
		buf_put_uvarint(b, 0);
	return put_body(out, from, api->rsp, version, body, e);
}
