/*
 * groups.c: --sync-groups (mirror.h): what groups have committed in the source,
 * translated and committed in the target.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/groups.h"
#include "mirror.h"

/* Where a reader that goes on at src in the source goes on in the target; -1:
 * not to be told yet. What follows the last record copied in the target is the
 * marker of its transaction, or nothing: who has read all stands behind it. */
static int64_t
translate(const struct mirror *m, const struct part *pt, int64_t src)
{
	int64_t at;

	if (!pt->known || src > pt->src_next || plan_is_trouble(&pt->plan))
		return -1;
	at = omap_find(&pt->map, src);
	if (at >= 0)
		return at;
	if (pt->tgt_next < 0)
		return pt->tgt_end >= 0 ? pt->tgt_end : -1;
	return m->txn_id != NULL && pt->tgt_end == pt->tgt_next + 1 ?
	    pt->tgt_end : pt->tgt_next;
}

/* Mirrors' own groups count offsets of the cluster that they are in. */
static bool
is_meant(const struct mirror *m, const char *group)
{
	return strncmp(group, OWN_GROUP, sizeof(OWN_GROUP) - 1) != 0 &&
	    names_group(m->names, group);
}

/* The groups of the source that are meant, with their offsets. */
static int
list_source(struct mirror *m, struct groups *g, struct kerr *e)
{
	struct groups all;
	int rc;

	groups_init(&all, m->src.c, cluster_conf(m->src.c)->request_ms);
	rc = groups_list_all(&all, e);
	for (int i = 0; rc == 0 && i < all.n; i++)
		if (is_meant(m, all.v[i].name))
			groups_add(g, all.v[i].name);
	groups_release(&all);
	if (rc == 0 && g->n > 0)
		groups_fetch(g);
	return rc;
}

/* What the group has there already for a partition; -1: nothing. */
static int64_t
offset_of(const struct group *q, const char *topic, int32_t partition)
{
	for (int i = 0; i < q->n_offsets; i++)
		if (q->offset[i].partition == partition &&
		    strcmp(q->offset[i].topic, topic) == 0)
			return q->offset[i].offset;
	return -1;
}

/* Translated offsets that lie above what the group has in the target. */
static int
choose(struct mirror *m, const struct group *src, const struct group *tgt,
    struct group_offset *out)
{
	const struct group_offset *o;
	struct part *pt;
	int64_t at;
	int n = 0;

	for (int i = 0; i < src->n_offsets; i++) {
		o = &src->offset[i];
		pt = mirror_part_of_source(m, o->topic, o->partition);
		if (pt == NULL || o->offset < 0)
			continue;
		at = translate(m, pt, o->offset);
		if (at <= offset_of(tgt, pt->pair->target, pt->index))
			continue;
		out[n++] = (struct group_offset){ .topic = pt->pair->target,
		    .partition = pt->index, .offset = at, .leader_epoch = -1,
		    .metadata = o->metadata };
	}
	return n;
}

static int
sync_one(struct mirror *m, const struct group *src, struct groups *g,
    struct group *tgt, struct kerr *e)
{
	struct group_offset *v;
	int n;

	if (src->err.code != 0 || tgt->err.code != 0) {
		*e = src->err.code != 0 ? src->err : tgt->err;
		return kerr_wrap(e, "group %s", src->name);
	}
	v = xcalloc((size_t)src->n_offsets + 1, sizeof(*v));
	n = choose(m, src, tgt, v);
	if (n > 0 && group_is_active(tgt))
		m->groups_active++;
	else if (n > 0) {
		groups_commit(g, tgt, v, n);
		m->groups_synced++;
	}
	for (int i = 0; i < n && e->code == 0; i++)
		if (v[i].err != NULL && v[i].err->code != 0) {
			*e = *v[i].err;
			kerr_wrap(e, "group %s: %s[%d]", src->name,
			    v[i].topic, (int)v[i].partition);
		}
	if (e->code == 0 && tgt->err.code != 0) {
		*e = tgt->err;
		kerr_wrap(e, "group %s", src->name);
	}
	free(v);
	return e->code;
}

int
groups_sync(struct mirror *m, struct kerr *e)
{
	struct groups src, tgt;
	int rc;

	m->groups_active = 0;
	/* ends that include what was just committed */
	if (survey_target(m, e) != 0)
		return kerr_wrap(e, "target");
	groups_init(&src, m->src.c, cluster_conf(m->src.c)->request_ms);
	groups_init(&tgt, m->tgt.c, cluster_conf(m->tgt.c)->request_ms);
	rc = list_source(m, &src, e);
	for (int i = 0; i < src.n; i++)
		groups_add(&tgt, src.v[i].name);
	if (rc == 0 && src.n > 0) {
		groups_describe(&tgt);
		groups_fetch(&tgt);
	}
	for (int i = 0; rc == 0 && i < src.n; i++)
		rc = sync_one(m, &src.v[i], &tgt, &tgt.v[i], e);
	groups_release(&src);
	groups_release(&tgt);
	if (m->groups_active > 0 && !m->o->common.quiet &&
	    m->groups_told != m->groups_active)
		warn_line("%d group%s with members in the target left alone",
		    m->groups_active, m->groups_active == 1 ? "" : "s");
	m->groups_told = m->groups_active;
	return rc;
}
