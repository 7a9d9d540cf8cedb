/*
 * decode.c: see codec.h.
 *
 * As lenient as Kafka: any negative length is null, any byte but 0 is true,
 * bytes after the body and unknown tags are passed over.
 */
#include <string.h>

#include "wire/codec.h"
#include "wire/engine.h"

/* Arrays that take more memory than this are checked against the least size of
 * their elements on the wire first. */
#define ARRAY_UNCHECKED	4096

struct dec {
	struct rd	*r;
	struct arena	*a;
	struct kerr	*e;
	int16_t		 version;
	bool		 flex;
};

static int decode_struct(struct dec *d, const struct kfield *rows, void *out);

static int
malformed(struct dec *d, const char *what)
{
	return kerr_set(d->e, KE_PROTO, "%s", what);
}

/* The least that an element can take. */
static size_t
min_size(const struct dec *d, enum kkind kind, const struct kfield *rows)
{
	size_t n = d->flex ? 1 : 0;

	switch (kind) {
	case K_BOOL:
	case K_I8:
	case K_OPTION:
	case K_END:
		return 1;
	case K_I16:
	case K_U16:
		return 2;
	case K_I32:
		return 4;
	case K_I64:
	case K_F64:
		return 8;
	case K_UUID:
		return 16;
	case K_STR:
		return d->flex ? 1 : 2;
	case K_BYTES:
	case K_RECORDS:
	case K_ARRAY:
		return d->flex ? 1 : 4;
	case K_STRUCT:
		break;
	}
	for (; rows->kind != K_END && rows->tag1 == 0; rows++)
		if (field_in(rows, d->version))
			n += min_size(d, (enum kkind)rows->kind, rows->child);
	return n != 0 ? n : 1;
}

/* Reads the length of a string (wide false), bytes or an array: -1 for null, and
 * never more than the bytes that are left. */
static int
read_len(struct dec *d, bool wide, bool nullable, int64_t *len)
{
	struct rd *r = d->r;

	if (d->flex)
		*len = (int64_t)rd_uvarint(r) - 1;
	else
		*len = wide ? rd_i32(r) : rd_i16(r);
	if (r->err != 0)
		return malformed(d, "cut short");
	if (*len < 0) {
		*len = -1;
		return nullable ? 0 : malformed(d, "null");
	}
	if ((uint64_t)*len > rd_left(r) || *len > INT32_MAX)
		return malformed(d, "longer than its frame");
	return 0;
}

static int
decode_str(struct dec *d, bool nullable, struct kstr *s)
{
	int64_t len;
	int ret;

	if ((ret = read_len(d, false, nullable, &len)) != 0)
		return ret;
	if (len > INT16_MAX)
		return malformed(d, "string over 32767 bytes");
	s->len = (int32_t)len;
	s->p = len < 0 ? NULL : (const char *)rd_bytes(d->r, (size_t)len);
	return 0;
}

static int
decode_bytes(struct dec *d, bool nullable, struct kbytes *b)
{
	int64_t len;
	int ret;

	if ((ret = read_len(d, true, nullable, &len)) != 0)
		return ret;
	b->len = (int32_t)len;
	b->p = len < 0 ? NULL : rd_bytes(d->r, (size_t)len);
	return 0;
}

static int
decode_records(struct dec *d, bool nullable, struct krecords *k)
{
	struct kbytes b;
	int ret;

	if ((ret = decode_bytes(d, nullable, &b)) != 0)
		return ret;
	*k = (struct krecords){ .p = b.p, .len = b.len, .fd = -1 };
	return 0;
}

static int
decode_plain(struct dec *d, enum kkind kind, bool nullable, void *m)
{
	struct rd *r = d->r;
	const uint8_t *p;
	uint64_t bits;

	switch (kind) {
	case K_BOOL:
		*(bool *)m = rd_i8(r) != 0;
		break;
	case K_I8:
		*(int8_t *)m = rd_i8(r);
		break;
	case K_I16:
	case K_U16:
		*(int16_t *)m = rd_i16(r);
		break;
	case K_I32:
		*(int32_t *)m = rd_i32(r);
		break;
	case K_I64:
		*(int64_t *)m = rd_i64(r);
		break;
	case K_F64:
		bits = (uint64_t)rd_i64(r);
		memcpy(m, &bits, sizeof(bits));
		break;
	case K_UUID:
		if ((p = rd_bytes(r, sizeof(struct kuuid))) != NULL)
			memcpy(m, p, sizeof(struct kuuid));
		break;
	case K_STR:
		return decode_str(d, nullable, m);
	case K_BYTES:
		return decode_bytes(d, nullable, m);
	case K_RECORDS:
		return decode_records(d, nullable, m);
	case K_END:
	case K_STRUCT:
	case K_OPTION:
	case K_ARRAY:
		break;
	}
	return r->err != 0 ? malformed(d, "cut short") : 0;
}

static int
alloc_array(struct dec *d, const struct kfield *f, int64_t n, struct karray *a)
{
	size_t want = (size_t)n * f->size, least;

	a->n = (int32_t)n;
	a->v = NULL;
	if (n <= 0)
		return 0;
	if (want > ARRAY_UNCHECKED) {
		least = min_size(d, (enum kkind)f->elem, f->child);
		if ((uint64_t)n > rd_left(d->r) / least)
			return malformed(d, "longer than its frame");
	}
	if ((a->v = arena_alloc(d->a, want)) == NULL)
		return kerr_set(d->e, KE_RANGE, "%lld elements are too many",
		    (long long)n);
	return 0;
}

static int
decode_array(struct dec *d, const struct kfield *f, bool nullable,
    struct karray *a)
{
	int64_t n;
	char *p;
	int ret;

	if ((ret = read_len(d, true, nullable, &n)) != 0 ||
	    (ret = alloc_array(d, f, n, a)) != 0)
		return ret;
	p = a->v;
	for (int64_t i = 0; i < n && ret == 0; i++, p += f->size)
		ret = f->elem == K_STRUCT ? decode_struct(d, f->child, p) :
		    decode_plain(d, (enum kkind)f->elem, false, p);
	return ret;
}

static int
decode_option(struct dec *d, const struct kfield *f, bool nullable, void **m)
{
	int8_t there = rd_i8(d->r);

	*m = NULL;
	if (d->r->err != 0)
		return malformed(d, "cut short");
	if (there < 0)
		return nullable ? 0 : malformed(d, "null");
	if ((*m = arena_alloc(d->a, f->size)) == NULL)
		return kerr_set(d->e, KE_RANGE, "out of room");
	return decode_struct(d, f->child, *m);
}

static int
decode_field(struct dec *d, const struct kfield *f, void *m)
{
	bool nullable = field_nullable(f, d->version);
	int ret;

	switch ((enum kkind)f->kind) {
	case K_STRUCT:
		ret = decode_struct(d, f->child, m);
		break;
	case K_OPTION:
		ret = decode_option(d, f, nullable, m);
		break;
	case K_ARRAY:
		ret = decode_array(d, f, nullable, m);
		break;
	default:
		ret = decode_plain(d, (enum kkind)f->kind, nullable, m);
		break;
	}
	if (ret != 0)
		kerr_wrap(d->e, "%s", f->name);
	return ret;
}

static const struct kfield *
find_tag(const struct kfield *f, uint64_t tag, int16_t version)
{
	for (; f->kind != K_END; f++)
		if ((uint64_t)f->tag1 == tag + 1 && field_in(f, version))
			return f;
	return NULL;
}

/* One tagged field, which must not reach past its own size. */
static int
decode_tag(struct dec *d, const struct kfield *rows, void *out)
{
	struct rd *r = d->r;
	uint64_t tag = rd_uvarint(r), size = rd_uvarint(r);
	const struct kfield *f;
	const uint8_t *end = r->end;
	int ret = 0;

	if (r->err != 0 || size > rd_left(r) || tag > UINT32_MAX)
		return malformed(d, "bad tagged field");
	if ((f = find_tag(rows, tag, d->version)) == NULL) {
		rd_bytes(r, size);
		return 0;
	}
	r->end = r->p + size;
	ret = decode_field(d, f, member(f, out));
	r->p = r->end;
	r->end = end;
	return ret;
}

static int
decode_struct(struct dec *d, const struct kfield *rows, void *out)
{
	const struct kfield *f, *tagged;
	uint64_t n;
	int ret;

	for (f = rows; f->kind != K_END && f->tag1 == 0; f++) {
		if (!field_in(f, d->version))
			field_default(f, member(f, out));
		else if ((ret = decode_field(d, f, member(f, out))) != 0)
			return ret;
	}
	for (tagged = f; f->kind != K_END; f++)
		field_default(f, member(f, out));
	if (!d->flex)
		return 0;
	n = rd_uvarint(d->r);
	if (d->r->err != 0)
		return malformed(d, "cut short");
	for (; n > 0; n--)
		if ((ret = decode_tag(d, tagged, out)) != 0)
			return ret;
	return 0;
}

int
kmsg_decode(const struct kmessage *msg, int16_t version, struct rd *r,
    struct arena *a, void *out, struct kerr *e)
{
	struct dec d = { .r = r, .a = a, .e = e, .version = version,
	    .flex = version >= msg->flex };
	int ret;

	if ((ret = check_version(msg, version, e)) != 0)
		return ret;
	if ((ret = decode_struct(&d, msg->fields, out)) != 0)
		kerr_wrap(e, "%s v%d", msg->name, version);
	return ret;
}
