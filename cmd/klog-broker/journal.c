/*
 * journal.c: records that are put into an internal topic, and who waits for
 * them; journal_write.c brings them there.
 */
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "broker.h"
#include "control.h"
#include "journal_impl.h"
#include "wire/kerror.h"

#define BATCH_FIRST	512		/* a batch's memory, growing */
#define RECORD_MAX	(1 << 30)	/* bytes of a value; none is written */
#define BATCH_MAX	(512 << 10)	/* from here on a new batch begins */

static struct journal_part *
part_new(struct journal *j, int32_t index)
{
	struct journal_part *jp = xcalloc(1, sizeof(*jp));

	jp->journal = j;
	jp->index = index;
	jp->error = ERR_NOT_COORDINATOR;
	STAILQ_INIT(&jp->flying);
	TAILQ_INIT(&jp->waits);
	TAILQ_INIT(&jp->loads);
	return jp;
}

struct journal *
journal_new(struct broker *b, const struct journal_topic *t,
    const struct journal_ops *ops, void *arg)
{
	struct journal *j = xcalloc(1, sizeof(*j));

	j->broker = b;
	j->topic = *t;
	j->ops = ops;
	j->arg = arg;
	TAILQ_INIT(&j->needs);
	j->work.run = journal_close_open;
	j->write.run = journal_write_here;
	j->written.run = journal_written;
	STAILQ_INIT(&j->closed);
	return j;
}

static void
batch_free(struct journal_batch *jb)
{
	jb->part->journal->n_batches--;
	partition_unref(jb->partition);
	free(jb->mem);
	free(jb);
}

static void
batches_free(struct journal_batches *list)
{
	struct journal_batch *jb;

	while ((jb = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, link);
		batch_free(jb);
	}
}

static void
part_free(struct journal_part *jp)
{
	if (jp->open != NULL)
		batch_free(jp->open);
	batches_free(&jp->flying);
	partition_unref(jp->source);
	buf_release(&jp->bytes);
	partition_unref(jp->partition);
	free(jp);
}

void
journal_free(struct journal *j)
{
	batches_free(&j->closed);
	for (int32_t i = 0; i < j->n; i++)
		part_free(j->parts[i]);
	free(j->writing);
	free(j->parts);
	free(j);
}

/* Ends those whose number is reached; how many. */
int64_t
journal_settle(struct journal_waits *list, int64_t seq, int16_t error)
{
	struct journal_waits due = TAILQ_HEAD_INITIALIZER(due);
	struct journal_wait *w;
	int64_t n = 0;

	while ((w = TAILQ_FIRST(list)) != NULL && w->seq <= seq) {
		TAILQ_REMOVE(list, w, link);
		TAILQ_INSERT_TAIL(&due, w, link);
	}
	for (; (w = TAILQ_FIRST(&due)) != NULL; n++) {
		TAILQ_REMOVE(&due, w, link);
		w->done(w, error);
	}
	return n;
}

void
journal_batch_drop(struct journal_batch *jb, int16_t error)
{
	journal_settle(&jb->answers, INT64_MAX, error);
	batch_free(jb);
}

static void
drop_closed(struct journal_part *jp)
{
	struct journal_batches kept = STAILQ_HEAD_INITIALIZER(kept);
	struct journal_batch *jb;

	while ((jb = STAILQ_FIRST(&jp->journal->closed)) != NULL) {
		STAILQ_REMOVE_HEAD(&jp->journal->closed, link);
		if (jb->part == jp)
			journal_batch_drop(jb, jp->error);
		else
			STAILQ_INSERT_TAIL(&kept, jb, link);
	}
	STAILQ_CONCAT(&jp->journal->closed, &kept);
}

/* What comes back of batches that were under way belongs to an earlier term
 * from now on. */
void
journal_lose(struct journal_part *jp, int16_t error)
{
	bool was_ready = jp->state == JOURNAL_READY;

	jp->state = JOURNAL_AWAY;
	jp->error = error;
	jp->term++;
	if (jp->open != NULL)
		journal_batch_drop(jp->open, error);
	jp->open = NULL;
	drop_closed(jp);
	jp->durable = jp->seq;
	jp->journal->n_waits -= journal_settle(&jp->waits, INT64_MAX, error);
	journal_settle(&jp->loads, INT64_MAX, error);
	if (was_ready)
		jp->journal->ops->lost(jp->journal->arg, jp->index);
}

static void
open_batch(struct journal_part *jp, const struct journal_record *r)
{
	struct journal_batch *jb = xcalloc(1, sizeof(*jb));

	jb->part = jp;
	jb->term = jp->term;
	jb->seq = ++jp->seq;
	jb->producer_id = r->producer_id;
	jb->producer_epoch = r->producer_epoch;
	jb->partition = partition_ref(jp->partition);
	jp->journal->n_batches++;
	TAILQ_INIT(&jb->answers);
	jb->mem = xmalloc(BATCH_FIRST);
	builder_init(&jb->builder, jb->mem, BATCH_FIRST);
	jp->open = jb;
	loop_defer(control_loop(jp->journal->broker), &jp->journal->work);
}

static void
grow(struct journal_batch *jb)
{
	size_t cap = 2 * jb->builder.cap;

	jb->mem = xrealloc(jb->mem, cap);
	jb->builder.mem = jb->mem;
	jb->builder.cap = cap;
}

void
journal_put(struct journal *j, int32_t partition,
    const struct journal_record *r)
{
	struct journal_part *jp = j->parts[partition];
	struct record_input in = {
		.timestamp = r->timestamp,
		.key = r->key,
		.key_len = (int32_t)r->key_len,
		.value = r->value,
		.value_len = r->value != NULL ? (int32_t)r->value_len : -1,
	};
	bool too_large = r->value != NULL && r->value_len > RECORD_MAX;

	if (too_large) {
		in.value = NULL;
		in.value_len = -1;
	}
	assert(jp->state == JOURNAL_READY);
	if (jp->open != NULL && (jp->open->producer_id != r->producer_id ||
	    jp->open->producer_epoch != r->producer_epoch ||
	    jp->open->builder.len > BATCH_MAX))
		journal_close_batch(jp, true);
	if (jp->open == NULL)
		open_batch(jp, r);
	while (builder_add(&jp->open->builder, &in) != 0)
		grow(jp->open);
	/* its lengths could not tell: refused like what is over a segment */
	if (too_large)
		jp->open->error = ERR_RECORD_LIST_TOO_LARGE;
}

void
journal_wait(struct journal *j, int32_t partition, struct journal_wait *w)
{
	/* the topic may not be there yet, or no more */
	struct journal_part *jp = partition < j->n ? j->parts[partition] :
	    NULL;

	w->seq = jp != NULL ? jp->seq : 0;
	if (jp == NULL)
		w->done(w, ERR_NOT_COORDINATOR);
	else if (jp->state != JOURNAL_READY)
		w->done(w, jp->error);
	else if (jp->durable >= jp->seq)
		w->done(w, ERR_NONE);
	else {
		TAILQ_INSERT_TAIL(&jp->waits, w, link);
		j->n_waits++;
		atomic_store(&j->hurry, true);
		/* what it waits for may be over already */
		if (jp->open == NULL)
			loop_wake(control_loop(j->broker));
	}
}

void
journal_answer(struct journal *j, int32_t partition, struct request *r,
    struct journal_wait *w)
{
	struct journal_part *jp = j->parts[partition];

	if (jp->open == NULL) {
		journal_wait(j, partition, w);
		return;
	}
	w->seq = jp->seq;
	w->r = r;
	w->home.run = journal_answer_home;
	TAILQ_INSERT_TAIL(&jp->open->answers, w, link);
	jp->open->n_answers++;
}

void
journal_ready(struct journal *j, int32_t partition, struct journal_wait *w)
{
	struct journal_part *jp = partition < j->n ? j->parts[partition] :
	    NULL;

	w->seq = 0;
	if (jp != NULL && jp->state == JOURNAL_LOADING)
		TAILQ_INSERT_TAIL(&jp->loads, w, link);
	else
		w->done(w, jp == NULL ? ERR_NOT_COORDINATOR :
		    jp->state == JOURNAL_READY ? ERR_NONE : jp->error);
}

int32_t
journal_epoch(const struct journal *j, int32_t partition)
{
	return j->parts[partition]->epoch;
}

bool
journal_loading(const struct journal *j)
{
	for (int32_t i = 0; i < j->n; i++)
		if (j->parts[i]->state == JOURNAL_LOADING)
			return true;
	return false;
}

/* One partition as the metadata has it now. */
static void
follow(struct journal *j, int32_t i, const struct image_partition *ip)
{
	struct journal_part *jp = j->parts[i];
	bool here = ip->local != NULL && ip->leader == j->broker->node_id;

	if (here && jp->partition == ip->local &&
	    jp->epoch == ip->leader_epoch)
		return;
	if (jp->partition != NULL)
		journal_lose(jp, ERR_NOT_COORDINATOR);
	partition_unref(jp->partition);
	jp->partition = here ? partition_ref(ip->local) : NULL;
	jp->epoch = ip->leader_epoch;
	if (here)
		journal_load(jp);
}

void
journal_follow(struct journal *j, const struct image *im)
{
	const struct image_topic *t = image_topic(im, kstr(j->topic.name));
	static const struct image_partition away = { .leader = -1 };

	j->exists = t != NULL;
	if (t != NULL && t->n > j->n) {
		j->parts = xreallocarray(j->parts, (size_t)t->n,
		    sizeof(struct journal_part *));
		for (; j->n < t->n; j->n++)
			j->parts[j->n] = part_new(j, j->n);
	}
	for (int32_t i = 0; i < j->n; i++)
		follow(j, i, t != NULL && i < t->n ? &t->partitions[i] :
		    &away);
}
