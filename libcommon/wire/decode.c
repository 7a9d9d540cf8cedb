/*
 * decode.c: see codec.h.
 *
 * As lenient as Kafka: any negative length is null, any byte but 0 is true,
 * bytes after the body and unknown tags are passed over.
 */
#include <string.h>

#include "base/varint.h"
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

/* The next n bytes, or NULL; every caller gives up at once, so that there is no
 * need of rd's sticky error, nor of a call for each of its numbers. */
static inline const uint8_t *
take(struct dec *d, size_t n)
{
	const uint8_t *p = d->r->p;

	if ((size_t)(d->r->end - p) < n)
		return NULL;
	d->r->p += n;
	return p;
}

/* The least that an element can take. */
static size_t
min_size(const struct dec *d, enum kkind kind, const struct kfield *rows)
{
	size_t n = d->flex ? 1 : 0;

	switch (kind) {
	case K_OPTION:
		return 1;
	case K_STR:
		return d->flex ? 1 : 2;
	case K_BYTES:
	case K_RECORDS:
	case K_ARRAY:
		return d->flex ? 1 : 4;
	case K_STRUCT:
		break;
	default:
		return fixed_size(kind);
	}
	for (; rows->kind != K_END && rows->tag1 == 0; rows++)
		if (field_in(rows, d->version))
			n += min_size(d, (enum kkind)rows->kind, rows->child);
	return n != 0 ? n : 1;
}

/* Reads the length of a string (wide false), bytes or an array: -1 for null,
 * and never more than the bytes that are left. */
static int
read_len(struct dec *d, bool wide, bool nullable, int64_t *len)
{
	const uint8_t *p;
	uint32_t n;
	size_t used;

	if (d->flex) {
		used = uvarint32_get(d->r->p, d->r->end, &n);
		if (used == 0)
			return malformed(d, "bad length");
		d->r->p += used;
		*len = (int64_t)n - 1;
	} else {
		if ((p = take(d, wide ? 4 : 2)) == NULL)
			return malformed(d, "cut short");
		*len = wide ? (int32_t)be32(p) : (int16_t)be16(p);
	}
	if (*len < 0) {
		*len = -1;
		return nullable ? 0 : malformed(d, "null");
	}
	if (*len > d->r->end - d->r->p || *len > INT32_MAX)
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
	s->p = len < 0 ? NULL : (const char *)take(d, (size_t)len);
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
	b->p = len < 0 ? NULL : take(d, (size_t)len);
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
decode_fixed(struct dec *d, enum kkind kind, void *m)
{
	const uint8_t *p = take(d, fixed_size(kind));
	uint64_t bits;

	if (p == NULL)
		return malformed(d, "cut short");
	switch (kind) {
	case K_BOOL:
		*(bool *)m = *p != 0;
		break;
	case K_I8:
		*(int8_t *)m = (int8_t)*p;
		break;
	case K_I16:
	case K_U16:
		*(uint16_t *)m = be16(p);
		break;
	case K_I32:
		*(int32_t *)m = (int32_t)be32(p);
		break;
	case K_I64:
		*(int64_t *)m = (int64_t)be64(p);
		break;
	case K_F64:
		bits = be64(p);
		memcpy(m, &bits, sizeof(bits));
		break;
	default:
		memcpy(m, p, sizeof(struct kuuid));
		break;
	}
	return 0;
}

static int
decode_plain(struct dec *d, enum kkind kind, bool nullable, void *m)
{
	switch (kind) {
	case K_STR:
		return decode_str(d, nullable, m);
	case K_BYTES:
		return decode_bytes(d, nullable, m);
	case K_RECORDS:
		return decode_records(d, nullable, m);
	default:
		return decode_fixed(d, kind, m);
	}
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
	const uint8_t *there = take(d, 1);

	*m = NULL;
	if (there == NULL)
		return malformed(d, "cut short");
	if ((int8_t)*there < (f->tag1 != 0))
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
	size_t used;
	uint32_t n;
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
	if ((used = uvarint32_get(d->r->p, d->r->end, &n)) == 0)
		return malformed(d, "cut short");
	d->r->p += used;
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
	ret = r->err != 0 ? malformed(&d, "cut short") :
	    decode_struct(&d, msg->fields, out);
	if (ret != 0)
		kerr_wrap(e, "%s v%d", msg->name, version);
	return ret;
}
