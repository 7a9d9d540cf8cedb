/*
 * log_rest.c: what a log holds while it is busy, and gives back when it is not.
 * Ten thousand partitions that were written to once cost what is kept here.
 */
#include "store/log.h"

#include <stdlib.h>

#include "store/log_impl.h"

static int
rest_active(struct log *l, struct segment *g, struct kerr *e)
{
	int rc;

	segment_ref(g);
	rc = segment_rest_indexes(g, &l->lock, e);
	segment_unref(g);
	return rc;
}

int
log_rest(struct log *l, struct kerr *e)
{
	struct segment *g = log_active(l);
	int rc;

	if ((rc = log_usable(l, e)) != 0)
		return rc;
	if (g != NULL && (rc = rest_active(l, g, e)) != 0)
		return log_fail(l, rc, e);
	pthread_mutex_lock(&l->lock);
	free(l->recent);
	l->recent = NULL;
	l->n_recent = l->cap_recent = 0;
	/* the lock keeps them from being dropped meanwhile */
	for (int i = 0; i < l->n_segs; i++)
		segment_rest(l->segs[i], 0);
	pthread_mutex_unlock(&l->lock);
	return 0;
}
