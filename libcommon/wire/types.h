/*
 * types.h: the C types of message fields.
 *
 * A decoded message borrows from its frame: strings and bytes point into it
 * and are not NUL-terminated; arrays lie in the arena given to the decoder.
 * Frame and arena go together.
 */
#ifndef KLOG_WIRE_TYPES_H
#define KLOG_WIRE_TYPES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

/* A string; len -1 is null (p NULL), 0 is empty. */
struct kstr {
	const char	*p;
	int32_t		 len;
};

/* Opaque bytes; len -1 is null. */
struct kbytes {
	const uint8_t	*p;
	int32_t		 len;
};

/* What keeps borrowed bytes or a file alive until they have left; the embedding
 * struct gives its reference up in drop(). Called once, on any thread. */
struct khold {
	void	(*drop)(struct khold *);
};

/* Record batches, back to back. Decoded: p borrows from the frame. To be
 * encoded: either p (borrowed) or, where p is NULL and fd >= 0, the counted
 * range [off, off+len) of a file. A null set has len -1. */
struct krecords {
	const uint8_t	*p;
	int64_t		 len;
	off_t		 off;
	int		 fd;
	struct khold	*hold;	/* what keeps p or fd alive; NULL: nothing */
};

/* 16 bytes big-endian; all zero = none. */
struct kuuid {
	uint8_t	b[16];
};

/* An array of T; n -1 is null. Every such array has the shape of karray. */
#define KARRAY(T)	struct { T *v; int32_t n; }

struct karray {
	void	*v;
	int32_t	 n;
};

#define KSTR_NULL	((struct kstr){ NULL, -1 })
#define KBYTES_NULL	((struct kbytes){ NULL, -1 })

/* Borrows a C string (NULL becomes null). */
static inline struct kstr
kstr(const char *s)
{
	return (struct kstr){ s, s != NULL ? (int32_t)strlen(s) : -1 };
}

static inline bool
kstr_eq(struct kstr a, struct kstr b)
{
	return a.len == b.len &&
	    (a.len <= 0 || memcmp(a.p, b.p, (size_t)a.len) == 0);
}

/* By their bytes; a prefix comes first, null is as empty. */
static inline int
kstr_cmp(struct kstr a, struct kstr b)
{
	int32_t n = a.len < b.len ? a.len : b.len;
	int c = n > 0 ? memcmp(a.p, b.p, (size_t)n) : 0;

	return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

static inline bool
kuuid_eq(const struct kuuid *a, const struct kuuid *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static inline bool
kuuid_none(const struct kuuid *u)
{
	static const struct kuuid zero;

	return kuuid_eq(u, &zero);
}

#endif
