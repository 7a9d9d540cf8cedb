/* records.c: decided metadata records, encoded. */
#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "records.h"
#include "wire/meta.h"

void
records_release(struct records *rs)
{
	buf_release(&rs->bytes);
	free(rs->v);
	*rs = (struct records){ 0 };
}

void
records_put(struct records *rs, const struct kmessage *msg, int16_t version,
    const void *record)
{
	size_t off = rs->bytes.len;
	int rc = meta_encode(msg, version, record, &rs->bytes, NULL);

	assert(rc >= 0);
	if (rs->n == rs->cap) {
		rs->cap = rs->cap == 0 ? 8 : 2 * rs->cap;
		rs->v = xreallocarray(rs->v, (size_t)rs->cap, sizeof(*rs->v));
	}
	rs->v[rs->n].off = off;
	rs->v[rs->n].len = rs->bytes.len - off;
	rs->n++;
}
