/*
 * engine.h: what the verbs of codec.h share. Nobody else includes it.
 */
#ifndef KLOG_WIRE_ENGINE_H
#define KLOG_WIRE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/field.h"

/* Bytes of the kinds that always take the same; 0 of the others. */
static inline size_t
fixed_size(enum kkind kind)
{
	static const uint8_t size[] = {
		[K_BOOL] = 1, [K_I8] = 1, [K_I16] = 2, [K_U16] = 2,
		[K_I32] = 4, [K_I64] = 8, [K_F64] = 8, [K_UUID] = 16,
		[K_ARRAY] = 0
	};

	return size[kind];
}

static inline bool
field_in(const struct kfield *f, int16_t version)
{
	return version >= f->since && version <= f->until;
}

static inline bool
field_nullable(const struct kfield *f, int16_t version)
{
	return version >= f->null;
}

static inline void *
member(const struct kfield *f, void *base)
{
	return (char *)base + f->off;
}

static inline const void *
cmember(const struct kfield *f, const void *base)
{
	return (const char *)base + f->off;
}

/* The i-th element of an array field. */
static inline const void *
element(const struct kfield *f, const struct karray *a, int32_t i)
{
	return (const char *)a->v + (size_t)i * f->size;
}

static inline int
check_version(const struct kmessage *msg, int16_t version, struct kerr *e)
{
	if (version >= msg->min && version <= msg->max)
		return 0;
	return kerr_set(e, KE_UNSUPPORTED, "%s: version %d", msg->name,
	    version);
}

/* Sets one member to the default of its row. */
void field_default(const struct kfield *f, void *m);
/* Whether it holds that: tagged fields that do are not sent. */
bool field_is_default(const struct kfield *f, const void *m);
/* Bytes of one member on the wire, without tag and size. */
int64_t field_size(const struct kfield *f, int16_t version, bool flex,
    const void *m);

#endif
