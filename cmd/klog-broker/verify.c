/* verify.c: see verify.h. */
#include "verify.h"

#include <stdlib.h>
#include <uthash.h>

#include "base/xalloc.h"

struct verify {
	int64_t		producer_id;
	uint64_t	number;
	int64_t		since_ms;
	int32_t		lowest;		/* sequence, of that epoch */
	int16_t		epoch;
	UT_hash_handle	hh;
};

static struct verify *
find(const struct verifying *vs, int64_t id)
{
	struct verify *v;

	HASH_FIND(hh, vs->byid, &id, sizeof(id), v);
	return v;
}

static void
drop(struct verifying *vs, struct verify *v)
{
	HASH_DEL(vs->byid, v);
	free(v);
}

uint64_t
verify_begin(struct verifying *vs, int64_t id, int16_t epoch,
    int32_t sequence, int64_t now_ms)
{
	struct verify *v = find(vs, id);

	if (v == NULL) {
		v = xcalloc(1, sizeof(*v));
		v->producer_id = id;
		v->number = ++vs->last;
		v->since_ms = now_ms;
		v->lowest = sequence;
		v->epoch = epoch;
		HASH_ADD(hh, vs->byid, producer_id, sizeof(v->producer_id), v);
	} else if (epoch > v->epoch ||
	    (epoch == v->epoch && sequence < v->lowest)) {
		v->epoch = epoch;
		v->lowest = sequence;
	}
	return v->number;
}

bool
verify_holds(const struct verifying *vs, int64_t id, uint64_t number)
{
	const struct verify *v = find(vs, id);

	return v != NULL && v->number == number;
}

bool
verify_in_order(const struct verifying *vs, int64_t id, int32_t sequence)
{
	const struct verify *v = find(vs, id);

	return v == NULL || sequence <= v->lowest;
}

void
verify_end(struct verifying *vs, int64_t id)
{
	struct verify *v = find(vs, id);

	if (v != NULL)
		drop(vs, v);
}

void
verify_expire(struct verifying *vs, int64_t before_ms)
{
	struct verify *v, *next;

	HASH_ITER(hh, vs->byid, v, next)
		if (v->since_ms < before_ms)
			drop(vs, v);
}

void
verify_release(struct verifying *vs)
{
	verify_expire(vs, INT64_MAX);
}
