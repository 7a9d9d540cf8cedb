/* log_roll.c: new directories and new segments. */
#include "store/log.h"

#include <errno.h>

#include "store/checkpoint.h"
#include "store/log_impl.h"

int
log_make_dir(struct log *l, struct kerr *e)
{
	int rc;

	if (l->made)
		return 0;
	if (l->sys->mkdir(l->sys, l->dir, 0755) != 0 && errno != EEXIST)
		return kerr_sys(e, "making the directory");
	if (!kuuid_none(&l->topic_id) && (rc = partition_metadata_save(l->sys,
	    l->dir, &l->topic_id, e)) != 0)
		return rc;
	l->made = true;
	return 0;
}

int64_t
log_jitter(const struct log *l)
{
	int64_t most = l->config.segment_jitter_ms < l->config.segment_ms ?
	    l->config.segment_jitter_ms : l->config.segment_ms;
	uint32_t r;

	if (most <= 0)
		return 0;
	l->sys->random(l->sys, &r, sizeof(r));
	return (int64_t)(r >> 1) % most;
}

int
log_start_segment(struct log *l, int64_t base, struct kerr *e)
{
	struct segment *g;
	int rc;

	if ((rc = log_make_dir(l, e)) != 0)
		return rc;
	g = segment_new(l->sys, l->dir, base, true);
	if ((rc = segment_fd(g, true, e)) < 0) {
		segment_close(g);
		return rc;
	}
	g->has_max = true;
	g->made_ms = sys_now_ms(l->sys);
	g->jitter_ms = log_jitter(l);
	log_push_segment(l, g);
	segment_unpin(g);
	pthread_mutex_lock(&l->lock);
	l->names++;
	pthread_mutex_unlock(&l->lock);
	l->touched = true;
	return 0;
}

int
log_finish_active(struct log *l, struct kerr *e)
{
	struct segment *g = log_active(l);
	int rc;

	if (g == NULL)
		return 0;
	segment_ref(g);
	rc = segment_finish(g, &l->lock, e);
	segment_unref(g);
	return rc;
}

int
log_roll_at(struct log *l, int64_t base, struct kerr *e)
{
	struct segment *g = log_active(l);
	int rc;

	if ((rc = log_finish_active(l, e)) != 0)
		return rc;
	if (g != NULL && (rc = log_snapshot(l, e)) != 0)
		return rc;
	return log_start_segment(l, base, e);
}

int
log_roll(struct log *l, struct kerr *e)
{
	struct segment *g = log_active(l);
	int rc;

	if ((rc = log_usable(l, e)) != 0)
		return rc;
	if (g == NULL || g->size == 0)
		return 0;
	if ((rc = log_roll_at(l, l->end, e)) != 0)
		log_fail(l, rc, e);
	return rc;
}
