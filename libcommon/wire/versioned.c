/* versioned.c: see versioned.h. */
#include "wire/versioned.h"

#include "wire/codec.h"

int
versioned_put(struct buf *out, const struct kmessage *msg, int16_t version,
    const void *in)
{
	size_t before = out->len;
	int rc;

	buf_put_i16(out, version);
	rc = kmsg_encode_buf(msg, version, in, out, NULL);
	if (rc < 0)
		out->len = before;
	return rc;
}

static int
read_version(const struct kmessage *msg, struct rd *r, int16_t *version,
    struct kerr *e)
{
	*version = rd_i16(r);
	return r->err == 0 && *version >= 0 ? 0 :
	    kerr_set(e, KE_PROTO, "%s: no version", msg->name);
}

int
versioned_get(const struct kmessage *msg, const void *p, size_t n,
    struct arena *a, void *out, struct kerr *e)
{
	struct rd r;
	int16_t version;
	int rc;

	rd_init(&r, p, n);
	rc = read_version(msg, &r, &version, e);
	return rc != 0 ? rc : kmsg_decode(msg, version, &r, a, out, e);
}

int
versioned_get_lenient(const struct kmessage *msg, struct kbytes bytes,
    struct arena *a, void *out, struct kerr *e)
{
	struct rd r;
	int16_t version;
	int rc;

	rd_init(&r, bytes.p, bytes.len > 0 ? (size_t)bytes.len : 0);
	rc = read_version(msg, &r, &version, e);
	if (rc != 0)
		return rc;
	return kmsg_decode(msg, version > msg->max ? msg->max : version, &r, a,
	    out, e);
}
