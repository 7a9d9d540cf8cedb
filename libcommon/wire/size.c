/* size.c: see codec.h. */
#include "base/varint.h"
#include "wire/codec.h"
#include "wire/engine.h"

static int64_t struct_size(const struct kfield *rows, int16_t version,
    bool flex, const void *base);

/* The length field of a string, bytes or an array; old is its width where the
 * version is not flexible. */
static int64_t
len_size(int64_t len, bool flex, int old)
{
	return flex ? (int64_t)uvarint_size((uint64_t)(len + 1)) : old;
}

static int64_t
blob_size(int64_t len, bool flex, int old)
{
	return len_size(len, flex, old) + (len > 0 ? len : 0);
}

static int64_t
plain_size(enum kkind kind, bool flex, const void *m)
{
	switch (kind) {
	case K_STR:
		return blob_size(((const struct kstr *)m)->len, flex, 2);
	case K_BYTES:
		return blob_size(((const struct kbytes *)m)->len, flex, 4);
	case K_RECORDS:
		return blob_size(((const struct krecords *)m)->len, flex, 4);
	default:
		return (int64_t)fixed_size(kind);
	}
}

static int64_t
array_size(const struct kfield *f, int16_t version, bool flex,
    const struct karray *a)
{
	int64_t n = len_size(a->n, flex, 4);

	for (int32_t i = 0; i < a->n; i++) {
		const void *p = element(f, a, i);

		n += f->elem == K_STRUCT ?
		    struct_size(f->child, version, flex, p) :
		    plain_size((enum kkind)f->elem, flex, p);
	}
	return n;
}

int64_t
field_size(const struct kfield *f, int16_t version, bool flex, const void *m)
{
	const void *opt;

	switch ((enum kkind)f->kind) {
	case K_STRUCT:
		return struct_size(f->child, version, flex, m);
	case K_OPTION:
		opt = *(const void *const *)m;
		return 1 + (opt != NULL ?
		    struct_size(f->child, version, flex, opt) : 0);
	case K_ARRAY:
		return array_size(f, version, flex, m);
	default:
		return plain_size((enum kkind)f->kind, flex, m);
	}
}

static int64_t
struct_size(const struct kfield *rows, int16_t version, bool flex,
    const void *base)
{
	const struct kfield *f;
	uint64_t ntags = 0;
	int64_t n = 0, one;

	for (f = rows; f->kind != K_END && f->tag1 == 0; f++)
		if (field_in(f, version))
			n += field_size(f, version, flex, cmember(f, base));
	if (!flex)
		return n;
	for (; f->kind != K_END; f++) {
		if (!field_in(f, version) ||
		    field_is_default(f, cmember(f, base)))
			continue;
		one = field_size(f, version, flex, cmember(f, base));
		n += (int64_t)uvarint_size((uint64_t)f->tag1 - 1) +
		    (int64_t)uvarint_size((uint64_t)one) + one;
		ntags++;
	}
	return n + (int64_t)uvarint_size(ntags);
}

int64_t
kmsg_size(const struct kmessage *msg, int16_t version, const void *in)
{
	return struct_size(msg->fields, version, version >= msg->flex, in);
}
