/*
 * circle.c: records that would go round for ever (mirror.h): a topic into
 * itself, and a topic of the source that a mirror from the target feeds. What
 * the latter are is written in the source, in the topics of its links, before
 * they are made there; where others had made them, in the transaction that
 * brings their first records. Who sees a topic, or those, looks there.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "mirror.h"

static int
check_itself(const struct mirror *m, struct kerr *e)
{
	const char *from = cluster_id(m->src.c), *to = cluster_id(m->tgt.c);

	if (from == NULL || to == NULL || strcmp(from, to) != 0)
		return 0;
	for (int i = 0; i < m->n_pairs; i++)
		if (strcmp(m->pair[i].source, m->pair[i].target) == 0)
			return kerr_set(e, KE_USAGE, "'%s' would be copied "
			    "into itself: --prefix, or SOURCE=TARGET in "
			    "--topics", m->pair[i].source);
	return 0;
}

/* The id of the cluster that a record says the topic of its key comes from;
 * null where it says nothing of that kind. */
static struct kstr
origin_of(const struct record *rec, enum state_kind kind)
{
	const size_t n = (size_t)rec->value_len;
	struct state_position at;
	struct state_made made;

	if (kind == STATE_POSITION && state_get_position(rec->value, n, &at,
	    NULL) == 0)
		return at.cluster;
	if (kind == STATE_MADE && state_get_made(rec->value, n, &made,
	    NULL) == 0)
		return made.cluster;
	return KSTR_NULL;
}

/* What a link to the source remembers of a topic: does it come from the
 * target? */
static int
take_record(void *arg, const struct record *rec, struct kerr *e)
{
	struct mirror *m = arg;
	const char *id = cluster_id(m->tgt.c);
	enum state_kind kind;
	struct state_key k;

	if (rec->key == NULL || rec->value == NULL || state_get_key(rec->key,
	    (size_t)rec->key_len, &kind, &k, NULL) != 0 ||
	    !kstr_eq(origin_of(rec, kind), kstr(id)))
		return 0;
	for (int i = 0; i < m->n_pairs; i++) {
		struct pair *p = &m->pair[i];

		if (!kstr_eq(kstr(p->source), k.target))
			continue;
		if (kstr_eq(kstr(p->target), k.topic) || m->o->prefix != NULL)
			p->from_target = true;
	}
	return 0;
}

/* Whether the pair has got its first records since the last look. */
static bool
is_fresh(const struct pair *p)
{
	for (int32_t k = 0; k < p->n && !p->checked; k++)
		if (p->part[k].end > p->part[k].log_start)
			return true;
	return false;
}

static bool
any_fresh(const struct mirror *m)
{
	for (int i = 0; i < m->n_pairs; i++)
		if (is_fresh(&m->pair[i]))
			return true;
	return false;
}

static void
leave_out(struct mirror *m, int at)
{
	m->left_out = xreallocarray(m->left_out, (size_t)m->n_left_out + 1,
	    sizeof(char *));
	m->left_out[m->n_left_out++] = xstrdup(m->pair[at].source);
	mirror_drop(m, at);
}

int
circle_check(struct mirror *m, struct kerr *e)
{
	const struct opts *o = m->o;
	const char *from = cluster_id(m->src.c), *to = cluster_id(m->tgt.c);

	if (check_itself(m, e) != 0)
		return e->code;
	if ((m->loaded && !any_fresh(m)) || o->identity ||
	    o->start_from != NULL || to == NULL || (o->prefix == NULL &&
	    from != NULL && strcmp(from, to) == 0))
		return 0;
	for (int i = 0; i < m->n_links; i++)
		if (store_scan(&m->src, m->links[i], take_record, m, e) != 0)
			return e->code;
	for (int i = m->n_pairs; i-- > 0;) {
		m->pair[i].checked |= is_fresh(&m->pair[i]);
		if (!m->pair[i].from_target)
			continue;
		if (o->prefix == NULL)
			return kerr_set(e, KE_EXISTS, "'%s' comes from the "
			    "target: it would go round for ever without "
			    "--identity in both directions, or --prefix",
			    m->pair[i].source);
		leave_out(m, i);
	}
	return 0;
}
