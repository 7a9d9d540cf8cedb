/*
 * encode.c: see codec.h.
 *
 * All but records is gathered in one buffer: the list's own, or the caller's.
 */
#include <string.h>

#include "base/varint.h"
#include "wire/codec.h"
#include "wire/engine.h"

struct enc {
	struct buf	*b;
	struct chunks	*c;	/* NULL: plain memory, records copied */
	size_t		 mark;	/* b from here on is not in c yet */
	struct kerr	*e;
	int16_t		 version;
	bool		 flex;
};

static int encode_struct(struct enc *n, const struct kfield *rows,
    const void *base);

/* Room for n more bytes; the call is for when the buffer has to grow. */
static inline uint8_t *
room(struct buf *b, size_t n)
{
	if (b->err == 0 && b->cap - b->len >= n)
		return b->p + b->len;
	return buf_reserve(b, n);
}

static void
put_uvarint(struct buf *b, uint64_t v)
{
	uint8_t *p = room(b, 10);

	if (p != NULL)
		b->len += uvarint_put(p, v);
}

static int
put_len(struct enc *n, int64_t len, bool wide, bool nullable)
{
	int64_t max = wide ? INT32_MAX : INT16_MAX;

	if (len < 0 && !nullable)
		return kerr_set(n->e, KE_DATA, "null");
	if (len > max)
		return kerr_set(n->e, KE_RANGE, "longer than %lld",
		    (long long)max);
	if (len < 0)
		len = -1;
	if (n->flex)
		put_uvarint(n->b, (uint64_t)(len + 1));
	else if (wide)
		buf_put_i32(n->b, (int32_t)len);
	else
		buf_put_i16(n->b, (int16_t)len);
	return 0;
}

static int
encode_blob(struct enc *n, const void *p, int32_t len, bool wide,
    bool nullable)
{
	int ret;

	if ((ret = put_len(n, len, wide, nullable)) == 0 && len > 0)
		buf_put(n->b, p, (size_t)len);
	return ret;
}

static int
encode_records(struct enc *n, const struct krecords *k, bool nullable)
{
	int ret;

	if ((ret = put_len(n, k->len, true, nullable)) != 0)
		return ret;
	if (n->c == NULL) {
		if (k->len > 0 && k->p == NULL)
			return kerr_set(n->e, KE_UNSUPPORTED, "in a file");
		if (k->len > 0)
			buf_put(n->b, k->p, (size_t)k->len);
		return 0;
	}
	chunks_own(n->c, n->mark);
	if (k->p != NULL || k->len <= 0)
		chunks_slice(n->c, k->p, k->len > 0 ? (size_t)k->len : 0,
		    k->hold);
	else
		chunks_file_range(n->c, k->fd, k->off, (size_t)k->len,
		    k->hold);
	n->mark = n->b->len;
	return 0;
}

static void
encode_fixed(struct enc *n, enum kkind kind, const void *m)
{
	size_t size = fixed_size(kind);
	uint8_t *p = room(n->b, size);
	uint64_t bits;

	if (p == NULL)
		return;
	switch (kind) {
	case K_BOOL:
		*p = *(const bool *)m;
		break;
	case K_I8:
		*p = *(const uint8_t *)m;
		break;
	case K_I16:
	case K_U16:
		put_be16(p, *(const uint16_t *)m);
		break;
	case K_I32:
		put_be32(p, *(const uint32_t *)m);
		break;
	case K_I64:
		put_be64(p, *(const uint64_t *)m);
		break;
	case K_F64:
		memcpy(&bits, m, sizeof(bits));
		put_be64(p, bits);
		break;
	default:
		memcpy(p, m, size);
		break;
	}
	n->b->len += size;
}

static int
encode_plain(struct enc *n, enum kkind kind, bool nullable, const void *m)
{
	const struct kstr *s = m;
	const struct kbytes *y = m;

	switch (kind) {
	case K_STR:
		return encode_blob(n, s->p, s->len, false, nullable);
	case K_BYTES:
		return encode_blob(n, y->p, y->len, true, nullable);
	case K_RECORDS:
		return encode_records(n, m, nullable);
	default:
		encode_fixed(n, kind, m);
		return 0;
	}
}

static int
encode_array(struct enc *n, const struct kfield *f, bool nullable,
    const struct karray *a)
{
	int ret = put_len(n, a->n, true, nullable);

	for (int32_t i = 0; i < a->n && ret == 0; i++)
		ret = f->elem == K_STRUCT ?
		    encode_struct(n, f->child, element(f, a, i)) :
		    encode_plain(n, (enum kkind)f->elem, false,
		    element(f, a, i));
	return ret;
}

static int
encode_option(struct enc *n, const struct kfield *f, bool nullable,
    const void *opt)
{
	if (opt == NULL && !nullable)
		return kerr_set(n->e, KE_DATA, "null");
	buf_put_i8(n->b, opt != NULL ? 1 : f->tag1 != 0 ? 0 : -1);
	return opt != NULL ? encode_struct(n, f->child, opt) : 0;
}

static int
encode_field(struct enc *n, const struct kfield *f, const void *m)
{
	bool nullable = field_nullable(f, n->version);
	int ret;

	switch ((enum kkind)f->kind) {
	case K_STRUCT:
		ret = encode_struct(n, f->child, m);
		break;
	case K_OPTION:
		ret = encode_option(n, f, nullable, *(const void *const *)m);
		break;
	case K_ARRAY:
		ret = encode_array(n, f, nullable, m);
		break;
	default:
		ret = encode_plain(n, (enum kkind)f->kind, nullable, m);
		break;
	}
	if (ret != 0)
		kerr_wrap(n->e, "%s", f->name);
	return ret;
}

static bool
tag_is_sent(const struct enc *n, const struct kfield *f, const void *base)
{
	return field_in(f, n->version) &&
	    !field_is_default(f, cmember(f, base));
}

static int
encode_tags(struct enc *n, const struct kfield *tagged, const void *base)
{
	const struct kfield *f;
	uint64_t count = 0;
	int ret = 0;

	for (f = tagged; f->kind != K_END; f++)
		count += tag_is_sent(n, f, base);
	put_uvarint(n->b, count);
	for (f = tagged; count > 0 && f->kind != K_END && ret == 0; f++) {
		if (!tag_is_sent(n, f, base))
			continue;
		put_uvarint(n->b, (uint64_t)f->tag1 - 1);
		put_uvarint(n->b, (uint64_t)field_size(f, n->version,
		    n->flex, cmember(f, base)));
		ret = encode_field(n, f, cmember(f, base));
	}
	return ret;
}

static int
encode_struct(struct enc *n, const struct kfield *rows, const void *base)
{
	const struct kfield *f;
	int ret;

	for (f = rows; f->kind != K_END && f->tag1 == 0; f++)
		if (field_in(f, n->version) &&
		    (ret = encode_field(n, f, cmember(f, base))) != 0)
			return ret;
	return n->flex ? encode_tags(n, f, base) : 0;
}

static int
encode(struct enc *n, const struct kmessage *msg, const void *in)
{
	int ret;

	if ((ret = check_version(msg, n->version, n->e)) != 0)
		return ret;
	n->flex = n->version >= msg->flex;
	ret = encode_struct(n, msg->fields, in);
	if (ret == 0 && n->b->err != 0)
		ret = kerr_set(n->e, n->b->err, "%s", kerr_text(n->b->err));
	if (ret != 0)
		kerr_wrap(n->e, "%s v%d", msg->name, n->version);
	return ret;
}

int
kmsg_encode(const struct kmessage *msg, int16_t version, const void *in,
    struct chunks *out, struct kerr *e)
{
	struct enc n = { .b = &out->own, .c = out, .mark = out->own.len,
	    .version = version, .e = e };
	uint64_t before = out->len;
	int ret = encode(&n, msg, in);

	chunks_own(out, n.mark);
	if (ret != 0)
		chunks_truncate(out, before);
	return ret;
}

int
kmsg_encode_buf(const struct kmessage *msg, int16_t version, const void *in,
    struct buf *out, struct kerr *e)
{
	struct enc n = { .b = out, .version = version, .e = e };

	return encode(&n, msg, in);
}
