/* survey.c: what both clusters have (mirror.h). */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/admin.h"
#include "mirror.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_metadata.h"
#include "wire/msg_offset_for_leader_epoch.h"

static int
by_source(const void *a, const void *b)
{
	return strcmp(((const struct pair *)a)->source,
	    ((const struct pair *)b)->source);
}

static void
pair_release(struct pair *p)
{
	for (int32_t i = 0; i < p->n; i++) {
		omap_release(&p->part[i].map);
		free(p->part[i].bases);
	}
	free(p->part);
	free(p->source);
	free(p->target);
}

void
mirror_forget(struct mirror *m)
{
	for (int i = 0; i < m->n_pairs; i++)
		pair_release(&m->pair[i]);
	free(m->pair);
	m->pair = m->reported = NULL;
	m->n_pairs = 0;
	m->loaded = false;
	while (m->n_links > 0)
		free(m->links[--m->n_links]);
	free(m->links);
	m->links = NULL;
}

/* Parts point back at their pair, which moves when there are more. */
static void
relink(struct mirror *m)
{
	qsort(m->pair, (size_t)m->n_pairs, sizeof(*m->pair), by_source);
	for (int i = 0; i < m->n_pairs; i++)
		for (int32_t k = 0; k < m->pair[i].n; k++)
			m->pair[i].part[k].pair = &m->pair[i];
	m->reported = NULL;
}

void
mirror_drop(struct mirror *m, int at)
{
	pair_release(&m->pair[at]);
	memmove(&m->pair[at], &m->pair[at + 1],
	    (size_t)(--m->n_pairs - at) * sizeof(m->pair[0]));
	relink(m);
}

static struct pair *
find_pair(struct mirror *m, const char *source)
{
	struct pair key = { .source = (char *)(uintptr_t)source };

	if (m->n_pairs == 0)
		return NULL;
	return bsearch(&key, m->pair, (size_t)m->n_pairs, sizeof(key),
	    by_source);
}

struct part *
mirror_part(struct mirror *m, struct kstr source, struct kstr target,
    int32_t partition)
{
	char *name = xstrndup(source.p, (size_t)source.len);
	struct pair *p = find_pair(m, name);

	free(name);
	if (p == NULL || partition >= p->n ||
	    !kstr_eq(kstr(p->target), target))
		return NULL;
	return &p->part[partition];
}

struct part *
mirror_part_of_source(struct mirror *m, const char *source, int32_t partition)
{
	struct pair *p = find_pair(m, source);

	return p != NULL && partition >= 0 && partition < p->n ?
	    &p->part[partition] : NULL;
}

static void
grow(struct pair *p, int32_t n)
{
	if (n <= p->n)
		return;
	p->part = xreallocarray(p->part, (size_t)n, sizeof(*p->part));
	for (; p->n < n; p->n++)
		p->part[p->n] = (struct part){ .index = p->n, .epoch = -1,
		    .epoch_now = -1, .tgt_next = -1, .slot = -1, .src_put = -1,
		    .begin = OFFSET_UNKNOWN };
}

static bool
is_left_out(const struct mirror *m, const char *name)
{
	for (int i = 0; i < m->n_left_out; i++)
		if (strcmp(m->left_out[i], name) == 0)
			return true;
	return false;
}

static void
note_link(struct mirror *m, const char *name)
{
	for (int i = 0; i < m->n_links; i++)
		if (strcmp(m->links[i], name) == 0)
			return;
	m->links = xreallocarray(m->links, (size_t)m->n_links + 1,
	    sizeof(char *));
	m->links[m->n_links++] = xstrdup(name);
}

static int
add_topic(struct mirror *m, const struct metadata_response_topic *t,
    struct kerr *e)
{
	char *name = xstrndup(t->name.p, (size_t)t->name.len);
	char *target = names_target(m->names, name);
	struct pair *p = target != NULL ? find_pair(m, name) : NULL;
	int rc = 0;

	if (strncmp(name, STATE_TOPIC, sizeof(STATE_TOPIC) - 1) == 0)
		note_link(m, name);
	if (target == NULL || is_left_out(m, name))
		goto out;
	if (t->error_code != 0) {
		rc = kerr_kafka(e, t->error_code, "%s: %s", name,
		    kerror_name(t->error_code));
		goto out;
	}
	if (p != NULL && t->partitions.n < p->n) {	/* made anew */
		mirror_drop(m, (int)(p - m->pair));
		p = NULL;
	}
	if (p == NULL) {
		m->pair = xreallocarray(m->pair, (size_t)m->n_pairs + 1,
		    sizeof(*m->pair));
		p = &m->pair[m->n_pairs++];
		*p = (struct pair){ .source = name, .target = target };
		name = target = NULL;
		m->loaded = false;	/* it may have been here before */
	}
	p->seen = true;
	p->id = t->topic_id;
	grow(p, t->partitions.n);
	relink(m);
out:
	free(name);
	free(target);
	return rc;
}

/* What was deleted in the source stays in the target. */
static void
drop_gone(struct mirror *m)
{
	for (int i = m->n_pairs; i-- > 0;) {
		struct pair *p = &m->pair[i];

		if (p->seen) {
			p->seen = false;
			continue;
		}
		if (!m->o->common.quiet)
			warn_line("%s: is no longer in the source: '%s' stays "
			    "as it is", p->source, p->target);
		mirror_drop(m, i);
	}
}

/* Two topics in one would have one map too few. */
static int
check_targets(const struct mirror *m, struct kerr *e)
{
	for (int i = 0; i < m->n_pairs; i++)
		for (int k = 0; k < i; k++)
			if (strcmp(m->pair[i].target, m->pair[k].target) == 0)
				return kerr_set(e, KE_USAGE, "'%s' and '%s' "
				    "would both be '%s'", m->pair[k].source,
				    m->pair[i].source, m->pair[i].target);
	return 0;
}

static int
check_literals(struct mirror *m, struct kerr *e)
{
	const char *name;

	for (int i = 0; (name = names_literal(m->names, i)) != NULL; i++)
		if (find_pair(m, name) == NULL && !is_left_out(m, name))
			return kerr_kafka(e, ERR_UNKNOWN_TOPIC_OR_PARTITION,
			    "%s: no such topic in the source", name);
	return 0;
}

/* An entry a part; v is the caller's. */
static struct admin_offset *
ask_offsets(struct mirror *m, bool of_target, int64_t at, size_t *n)
{
	struct admin_offset *v;
	size_t k = 0;

	for (int i = 0; i < m->n_pairs; i++)
		k += (size_t)m->pair[i].n;
	v = xcalloc(k + 1, sizeof(*v));
	*n = 0;
	for (int i = 0; i < m->n_pairs; i++)
		for (int32_t j = 0; j < m->pair[i].n; j++) {
			if (of_target && j >= m->pair[i].tgt_n)
				continue;
			v[(*n)++] = (struct admin_offset){ .topic = of_target ?
			    m->pair[i].target : m->pair[i].source,
			    .partition = j, .at = at };
		}
	return v;
}

static int
list_starts_and_ends(struct mirror *m, struct kerr *e)
{
	struct admin_offset *v, *w = NULL;
	size_t n, k = 0;
	int rc;

	v = ask_offsets(m, false, OFFSET_EARLIEST, &n);
	rc = n == 0 ? 0 : admin_list_offsets(m->src.c, v, n, 0, 0, e);
	if (rc == 0 && n > 0) {
		w = ask_offsets(m, false, OFFSET_LATEST, &n);
		rc = admin_list_offsets(m->src.c, w, n, 1, 0, e);
	}
	for (int i = 0; rc == 0 && i < m->n_pairs; i++)
		for (int32_t j = 0; j < m->pair[i].n; j++, k++) {
			m->pair[i].part[j].log_start = v[k].offset;
			m->pair[i].part[j].end = w[k].offset;
		}
	free(v);
	free(w);
	return rc;
}

/* Of one topic's parts, those that a broker leads and whose last epoch is
 * known. */
static int
fill_epochs(struct mirror *m, const struct pair *pair, int32_t broker,
    struct offset_for_leader_epoch_request_partition *p)
{
	int n = 0;

	for (int32_t j = 0; j < pair->n; j++)
		if (pair->part[j].epoch >= 0 &&
		    cluster_leader(m->src.c, pair->source, j) == broker)
			p[n++] = (struct offset_for_leader_epoch_request_partition){
			    j, -1, pair->part[j].epoch };
	return n;
}

static void
take_epochs(struct mirror *m, const struct offset_for_leader_epoch_response *r)
{
	for (int i = 0; i < r->topics.n; i++) {
		char *name = xstrndup(r->topics.v[i].topic.p,
		    (size_t)r->topics.v[i].topic.len);
		struct pair *pair = find_pair(m, name);

		free(name);
		for (int k = 0; pair != NULL && k < r->topics.v[i].partitions.n;
		    k++) {
			const struct offset_for_leader_epoch_response_partition
			    *a = &r->topics.v[i].partitions.v[k];

			if (a->error_code == 0 && a->leader_epoch >= 0 &&
			    a->partition >= 0 && a->partition < pair->n)
				pair->part[a->partition].epoch_end =
				    a->end_offset;
		}
	}
}

static int
ask_epochs(struct mirror *m, int32_t broker, struct kerr *e)
{
	struct offset_for_leader_epoch_request req;
	struct offset_for_leader_epoch_request_topic *t;
	struct offset_for_leader_epoch_request_partition *p;
	struct reply *r;
	int n = 0, rc = 0;

	for (int i = 0; i < m->n_pairs; i++)
		n += m->pair[i].n;
	t = xcalloc((size_t)m->n_pairs + 1, sizeof(*t));
	p = xcalloc((size_t)n + 1, sizeof(*p));
	kmsg_defaults(&offset_for_leader_epoch_request_msg, &req);
	req.replica_id = -1;
	req.topics.v = t;
	n = 0;
	for (int i = 0; i < m->n_pairs; i++) {
		int k = fill_epochs(m, &m->pair[i], broker, &p[n]);

		if (k == 0)
			continue;
		t[req.topics.n].topic = kstr(m->pair[i].source);
		t[req.topics.n].partitions.v = &p[n];
		t[req.topics.n++].partitions.n = k;
		n += k;
	}
	if (n > 0)
		rc = cluster_call(m->src.c, broker,
		    API_OFFSET_FOR_LEADER_EPOCH, &req, NULL, &r, e);
	if (n > 0 && rc == 0) {
		take_epochs(m, r->msg);
		reply_free(r);
	}
	free(p);
	free(t);
	return rc;
}

/* Where the epoch of the last record copied ends: sooner than it, where an
 * unclean election took records back. A broker too old to say does not. */
static int
list_epochs(struct mirror *m, struct kerr *e)
{
	const struct cluster_broker *b;
	int n = cluster_brokers(m->src.c, &b), rc = 0;
	int32_t *id = xcalloc((size_t)n + 1, sizeof(*id));

	for (int i = 0; i < n; i++)
		id[i] = b[i].id;
	for (int i = 0; i < n && rc == 0; i++) {
		rc = ask_epochs(m, id[i], e);
		if (rc == KE_UNSUPPORTED) {
			kerr_clear(e);
			rc = 0;
		}
	}
	free(id);
	return rc;
}

int
survey_source(struct mirror *m, struct kerr *e)
{
	const struct metadata_response *rsp;
	struct reply *r;
	int rc;

	if (admin_metadata(m->src.c, NULL, -1, &r, e) != 0)
		return e->code;
	rsp = r->msg;
	rc = 0;
	for (int i = 0; i < rsp->topics.n && rc == 0; i++)
		rc = add_topic(m, &rsp->topics.v[i], e);
	reply_free(r);
	if (rc == 0)
		drop_gone(m);
	if (rc != 0 || check_literals(m, e) != 0 || check_targets(m, e) != 0 ||
	    list_starts_and_ends(m, e) != 0)
		return e->code;
	return 0;
}

static int
ask_target_ends(struct mirror *m, struct kerr *e)
{
	struct admin_offset *v;
	size_t n, k = 0;
	int rc;

	v = ask_offsets(m, true, OFFSET_LATEST, &n);
	rc = n == 0 ? 0 : admin_list_offsets(m->tgt.c, v, n, 1, 0, e);
	for (int i = 0; rc == 0 && i < m->n_pairs; i++)
		for (int32_t j = 0; j < m->pair[i].n; j++)
			m->pair[i].part[j].tgt_end = j < m->pair[i].tgt_n ?
			    v[k++].offset : OFFSET_UNKNOWN;
	free(v);
	return rc;
}

/* How many partitions the target has. Only what it says is not there is not. */
static int
count_target(struct pair *p, const struct metadata_response *rsp,
    struct kerr *e)
{
	p->tgt_n = 0;
	for (int i = 0; i < rsp->topics.n; i++) {
		const struct metadata_response_topic *t = &rsp->topics.v[i];

		if (!kstr_eq(kstr(p->target), t->name))
			continue;
		switch (t->error_code) {
		case 0:
			p->tgt_n = t->partitions.n;
			break;
		case ERR_UNKNOWN_TOPIC_OR_PARTITION:
		case ERR_INVALID_TOPIC_EXCEPTION:	/* nor can be */
			break;
		default:
			return kerr_kafka(e, t->error_code, "%s: %s",
			    p->target, kerror_name(t->error_code));
		}
	}
	return 0;
}

int
survey_target(struct mirror *m, struct kerr *e)
{
	const struct metadata_response *rsp;
	const char **names;
	struct reply *r;
	int rc;

	for (int i = 0; i < m->n_pairs; i++)
		for (int32_t j = 0; j < m->pair[i].n; j++)
			m->pair[i].part[j].epoch_end = OFFSET_UNKNOWN;
	if (m->n_pairs == 0)
		return 0;
	names = xcalloc((size_t)m->n_pairs, sizeof(*names));
	for (int i = 0; i < m->n_pairs; i++)
		names[i] = m->pair[i].target;
	rc = admin_metadata(m->tgt.c, names, m->n_pairs, &r, e);
	free(names);
	if (rc != 0)
		return rc;
	rsp = r->msg;
	for (int i = 0; i < m->n_pairs && rc == 0; i++)
		rc = count_target(&m->pair[i], rsp, e);
	reply_free(r);
	if (rc != 0 || ask_target_ends(m, e) != 0 || list_epochs(m, e) != 0)
		return e->code;
	return 0;
}
