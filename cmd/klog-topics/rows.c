/*
 * rows.c: the partitions that offsets and trim are about: those of the topics
 * named, narrowed by -p, by TOPIC:LIST and by the partitions that -o names.
 */
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "base/xalloc.h"
#include "topics.h"

/* Partitions of one topic, as they are listed. */
struct listed {
	int32_t	*v;
	int	 n;
};

static void
add_listed(void *arg, int32_t partition)
{
	struct listed *l = arg;

	l->v = xreallocarray(l->v, (size_t)l->n + 1, sizeof(l->v[0]));
	l->v[l->n++] = partition;
}

static bool
is_listed(const struct listed *l, int32_t partition)
{
	for (int i = 0; i < l->n; i++)
		if (l->v[i] == partition)
			return true;
	return l->n == 0;
}

/* Partitions named that the topic does not have. */
static void
check_listed(struct rows *r, const struct listed *l, const char *name,
    int32_t n)
{
	for (int i = 0; i < l->n; i++) {
		if (l->v[i] < n)
			continue;
		warn_line("%s[%d]: no such partition, there are %d", name,
		    (int)l->v[i], (int)n);
		r->status = exit_worse(r->status, EXIT_MISSING);
	}
}

/* What TOPIC:LIST says of a topic, else -p, else NULL. */
static const char *
list_of(const struct topics *t, const char *name)
{
	for (int i = 0; i < t->nnames && t->lists != NULL; i++)
		if (t->lists[i] != NULL && strcmp(t->names[i], name) == 0)
			return t->lists[i];
	return t->which;
}

static int
add_topic(struct rows *r, const struct metadata_response_topic *topic,
    const char *name, struct kerr *e)
{
	const char *text = list_of(r->t, name);
	struct listed l = { NULL, 0 };

	if (text != NULL && spec_partitions(text, add_listed, &l, e) != 0) {
		free(l.v);
		return e->code;
	}
	check_listed(r, &l, name, topic->partitions.n);
	r->v = xreallocarray(r->v, (size_t)(r->n + topic->partitions.n) + 1,
	    sizeof(r->v[0]));
	for (int i = 0; i < topic->partitions.n; i++) {
		int32_t p = topic->partitions.v[i].partition_index;

		if (is_listed(&l, p) && where_named(&r->sp, p))
			where_init(&r->v[r->n++], name, p);
	}
	free(l.v);
	return 0;
}

static int
parse_specs(struct rows *r, struct kerr *e)
{
	const struct topics *t = r->t;
	int64_t now = sys_now_ms(sys_real());
	int error = 0;

	for (int i = 0; i < t->spec.n && error == 0; i++)
		error = spec_parse(&r->sp, t->spec.v[i], now, t->utc, e);
	if (error != 0)
		return kerr_wrap(e, "option '--offset'");
	if (t->one_end && spec_bounded(&r->sp))
		return kerr_set(e, KE_USAGE, "option '--offset': a range, "
		    "where one position is asked for");
	for (size_t k = 0; k <= r->sp.nparts; k++) {
		const struct spec_range *range = k == 0 ? &r->sp.all :
		    &r->sp.part[k - 1].range;

		if (range->from.kind == SPEC_STORED ||
		    range->to.kind == SPEC_STORED)
			return kerr_set(e, KE_USAGE, "option '--offset': "
			    "'stored' belongs to a group: see klog-groups");
	}
	return 0;
}

static int
load(struct rows *r, struct kerr *e)
{
	struct listing l;
	int error;

	if (parse_specs(r, e) != 0 ||
	    topics_load(r->t, &l, &r->status, e) != 0)
		return e->code;
	r->name = xcalloc((size_t)l.n + 1, sizeof(r->name[0]));
	for (error = 0; r->nnames < l.n && error == 0; r->nnames++) {
		const struct metadata_response_topic *topic = l.v[r->nnames];
		char *name = xstrndup(topic->name.p, (size_t)topic->name.len);

		r->name[r->nnames] = name;
		error = add_topic(r, topic, name, e);
	}
	topics_release(&l);
	return error;
}

int
rows_load(struct rows *r, struct topics *t)
{
	struct kerr e = KERR_INIT;

	memset(r, 0, sizeof(*r));
	r->t = t;
	if (load(r, &e) == 0)
		return 0;
	r->status = exit_report(&e, NULL);
	return -1;
}

bool
rows_failed(struct rows *r, const struct where *w)
{
	if (w->err.code == 0)
		return false;
	r->status = exit_worse(r->status, exit_report(&w->err, "%s[%d]",
	    w->topic, (int)w->partition));
	return true;
}

enum exit_class
rows_release(struct rows *r)
{
	while (r->nnames > 0)
		free(r->name[--r->nnames]);
	free(r->name);
	free(r->v);
	spec_release(&r->sp);
	return r->status;
}
