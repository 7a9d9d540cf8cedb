/* plan.c: see plan.h. */
#include "plan.h"

static struct plan
copy(const struct facts *f, int64_t from)
{
	struct plan p = { .from = from, .to = f->end };

	p.verdict = from < f->end ? PLAN_COPY :
	    f->known && from == f->src_next ? PLAN_NOTHING : PLAN_NOTE;
	if (p.to < from)
		p.to = from;
	return p;
}

static struct plan
anew(const struct facts *f)
{
	struct plan p = copy(f, f->log_start);

	if (p.verdict == PLAN_NOTHING)
		p.verdict = PLAN_NOTE;
	p.anew = true;
	return p;
}

static bool
is_another_topic(const struct facts *f)
{
	return f->other_cluster || (!kuuid_none(&f->old_id) &&
	    !kuuid_none(&f->id) && !kuuid_eq(&f->old_id, &f->id));
}

/* What is wrong, if anything; the worst first. */
static enum verdict
trouble(const struct facts *f)
{
	if (is_another_topic(f))
		return PLAN_RECREATED;
	if (f->end < f->src_next || (f->epoch_end != OFFSET_UNKNOWN &&
	    f->epoch_end < f->src_next))
		return PLAN_TRUNCATED;
	if (f->tgt_next >= 0 && f->tgt_end < f->tgt_next)
		return PLAN_TARGET_LOST;
	if (f->log_start > f->src_next)
		return PLAN_GAP;
	return PLAN_NOTHING;
}

bool
plan_is_trouble(const struct plan *p)
{
	return p->verdict >= PLAN_GAP;
}

struct plan
plan_partition(const struct facts *f, const struct plan_rules *rules)
{
	struct plan p = { .verdict = PLAN_NOTHING };

	if (!f->known)
		return copy(f, f->begin == OFFSET_UNKNOWN ||
		    f->begin < f->log_start ? f->log_start : f->begin);
	p.verdict = trouble(f);
	switch (p.verdict) {
	case PLAN_GAP:
		p.lost_from = f->src_next;
		p.lost_to = f->log_start;
		if (rules->skip_gap)
			return copy(f, f->log_start);
		return p;
	case PLAN_TRUNCATED:
		p.lost_from = f->epoch_end != OFFSET_UNKNOWN &&
		    f->epoch_end < f->end ? f->epoch_end : f->end;
		p.lost_to = f->src_next;
		return rules->restart ? anew(f) : p;
	case PLAN_RECREATED:
	case PLAN_TARGET_LOST:
		return rules->restart ? anew(f) : p;
	default:
		return copy(f, f->src_next);
	}
}
