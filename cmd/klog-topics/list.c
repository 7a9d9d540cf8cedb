/*
 * list.c: looking: list, describe, and the loading that others start from.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/admin.h"
#include "topics.h"
#include "wire/kerror.h"
#include "wire/uuid.h"

static int
by_name(const void *a, const void *b)
{
	const struct metadata_response_topic *const *x = a, *const *y = b;

	return kstr_cmp((*x)->name, (*y)->name);
}

static int
by_index(const void *a, const void *b)
{
	const struct metadata_response_partition *x = a, *y = b;

	return (x->partition_index > y->partition_index) -
	    (x->partition_index < y->partition_index);
}

/* A partition without a leader is told by its row; the rest is the topic's. */
static void
take_topic(struct topics *t, struct listing *l,
    struct metadata_response_topic *topic, enum exit_class *status)
{
	if (topic->name.len < 0)
		return;
	if (topic->error_code != 0 &&
	    topic->error_code != ERR_LEADER_NOT_AVAILABLE) {
		if (t->if_exists &&
		    topic->error_code == ERR_UNKNOWN_TOPIC_OR_PARTITION)
			return;
		*status = exit_worse(*status, topics_failed(topic->name,
		    topic->error_code, KSTR_NULL));
		return;
	}
	if (topic->is_internal && !t->all && t->nnames == 0)
		return;
	if (topic->partitions.n > 0)
		qsort(topic->partitions.v, (size_t)topic->partitions.n,
		    sizeof(topic->partitions.v[0]), by_index);
	l->v[l->n++] = topic;
}

int
topics_load(struct topics *t, struct listing *l, enum exit_class *status,
    struct kerr *e)
{
	int error, i;

	memset(l, 0, sizeof(*l));
	error = admin_metadata(t->cluster, t->names,
	    t->nnames > 0 ? t->nnames : -1, &l->reply, e);
	if (error != 0)
		return error;
	l->msg = l->reply->msg;
	l->v = xcalloc((size_t)l->msg->topics.n + 1, sizeof(l->v[0]));
	for (i = 0; i < l->msg->topics.n; i++)
		take_topic(t, l, &l->msg->topics.v[i], status);
	qsort(l->v, (size_t)l->n, sizeof(l->v[0]), by_name);
	return 0;
}

void
topics_release(struct listing *l)
{
	free(l->v);
	if (l->reply != NULL)
		reply_free(l->reply);
}

static struct cell
text(struct kstr s)
{
	return cell_text(s.p, s.len);
}

enum exit_class
topics_list(struct topics *t)
{
	static const char *const columns[] = { "topic", "partitions",
	    "replicas", "internal", NULL };
	enum exit_class status = EXIT_DONE;
	struct kerr e = KERR_INIT;
	struct listing l;
	struct output o;
	int i;

	if (topics_load(t, &l, &status, &e) != 0)
		return exit_report(&e, NULL);
	output_open(&o, t->form, stdout, columns);
	for (i = 0; i < l.n; i++)
		output_row(&o, (struct cell[]){ text(l.v[i]->name),
		    CELL_N(l.v[i]->partitions.n),
		    CELL_N(l.v[i]->partitions.n > 0 ?
		    l.v[i]->partitions.v[0].replica_nodes.n : 0),
		    CELL_YES(l.v[i]->is_internal) });
	output_close(&o);
	topics_release(&l);
	return status;
}

/* The partitions of one topic, with filters those that are ill: how many. */
static int
describe_topic(struct output *o, const struct metadata_response_topic *topic,
    const struct health *h, int index)
{
	const struct metadata_response_partition *p;
	char id[KUUID_TEXT];
	int i, n = 0;

	kuuid_format(&topic->topic_id, id);
	for (i = 0; i < topic->partitions.n; i++) {
		p = &topic->partitions.v[i];
		if (health_wanted(h->t) && !health_is_ill(h, index, p))
			continue;
		n++;
		output_row(o, (struct cell[]){ text(topic->name),
		    CELL_N(p->partition_index),
		    p->leader_id >= 0 ? CELL_N(p->leader_id) : CELL_NONE,
		    p->leader_epoch >= 0 ? CELL_N(p->leader_epoch) : CELL_NONE,
		    CELL_LIST(p->replica_nodes.v, p->replica_nodes.n),
		    CELL_LIST(p->isr_nodes.v, p->isr_nodes.n),
		    CELL_LIST(p->offline_replicas.v, p->offline_replicas.n),
		    kuuid_none(&topic->topic_id) ? CELL_NONE : CELL_STR(id) });
	}
	return n;
}

enum exit_class
topics_describe(struct topics *t)
{
	static const char *const columns[] = { "topic", "partition", "leader",
	    "epoch", "replicas", "isr", "offline", "topic_id", NULL };
	enum exit_class status = EXIT_DONE;
	struct kerr e = KERR_INIT;
	struct listing l;
	struct health h;
	struct output o;
	int i, n = 0;

	if (topics_load(t, &l, &status, &e) != 0)
		return exit_report(&e, NULL);
	if (health_init(&h, t, &l, &status, &e) != 0) {
		topics_release(&l);
		return exit_report(&e, NULL);
	}
	output_open(&o, t->form, stdout, columns);
	for (i = 0; i < l.n; i++)
		n += describe_topic(&o, l.v[i], &h, i);
	output_close(&o);
	if (n > 0 && health_wanted(t))
		status = exit_worse(status, EXIT_NO);
	health_release(&h);
	topics_release(&l);
	return status;
}

enum exit_class
topics_failed(struct kstr name, int16_t error, struct kstr text_)
{
	struct kerr e = KERR_INIT;

	kerror_set(&e, error, text_);
	return exit_report(&e, "%.*s", (int)name.len, name.p);
}
