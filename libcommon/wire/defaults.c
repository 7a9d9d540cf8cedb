/* defaults.c: see codec.h; also what tagged fields are compared with. */
#include <string.h>

#include "wire/codec.h"
#include "wire/engine.h"

void
field_default(const struct kfield *f, void *m)
{
	int64_t d = f->dflt;

	switch ((enum kkind)f->kind) {
	case K_END:
		break;
	case K_BOOL:
		*(bool *)m = d != 0;
		break;
	case K_I8:
		*(int8_t *)m = (int8_t)d;
		break;
	case K_I16:
	case K_U16:
		*(int16_t *)m = (int16_t)d;
		break;
	case K_I32:
		*(int32_t *)m = (int32_t)d;
		break;
	case K_I64:
		*(int64_t *)m = d;
		break;
	case K_F64:
		*(double *)m = (double)d;
		break;
	case K_STR:
		*(struct kstr *)m = (struct kstr){ NULL, (int32_t)d };
		break;
	case K_BYTES:
		*(struct kbytes *)m = (struct kbytes){ NULL, (int32_t)d };
		break;
	case K_RECORDS:
		*(struct krecords *)m = (struct krecords){ .len = d, .fd = -1 };
		break;
	case K_UUID:
		memset(m, 0, sizeof(struct kuuid));
		break;
	case K_STRUCT:
		kfields_defaults(f->child, m);
		break;
	case K_OPTION:
		*(void **)m = NULL;
		break;
	case K_ARRAY:
		*(struct karray *)m = (struct karray){ NULL, (int32_t)d };
		break;
	}
}

static bool
all_default(const struct kfield *rows, const void *base)
{
	for (const struct kfield *f = rows; f->kind != K_END; f++)
		if (!field_is_default(f, cmember(f, base)))
			return false;
	return true;
}

bool
field_is_default(const struct kfield *f, const void *m)
{
	int64_t d = f->dflt;

	switch ((enum kkind)f->kind) {
	case K_END:
		break;
	case K_BOOL:
		return *(const bool *)m == (d != 0);
	case K_I8:
		return *(const int8_t *)m == d;
	case K_I16:
		return *(const int16_t *)m == d;
	case K_U16:
		return *(const uint16_t *)m == d;
	case K_I32:
		return *(const int32_t *)m == d;
	case K_I64:
		return *(const int64_t *)m == d;
	case K_F64:
		return *(const double *)m == (double)d;
	case K_STR:
		return ((const struct kstr *)m)->len == d;
	case K_BYTES:
		return ((const struct kbytes *)m)->len == d;
	case K_RECORDS:
		return ((const struct krecords *)m)->len == d;
	case K_UUID:
		return kuuid_none(m);
	case K_STRUCT:
		return all_default(f->child, m);
	case K_OPTION:
		return d == DNULL && *(const void *const *)m == NULL;
	case K_ARRAY:
		return ((const struct karray *)m)->n == d;
	}
	return true;
}

void
kfields_defaults(const struct kfield *rows, void *out)
{
	for (const struct kfield *f = rows; f->kind != K_END; f++)
		field_default(f, member(f, out));
}

void
kmsg_defaults(const struct kmessage *msg, void *out)
{
	memset(out, 0, msg->size);
	kfields_defaults(msg->fields, out);
}
