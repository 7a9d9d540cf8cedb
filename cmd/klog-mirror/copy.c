/*
 * copy.c: batches from the source into transactions of the target (mirror.h).
 *
 * Batches are taken as they come and added to the partition of the same
 * number; the acknowledgement tells where they lie, which is noted as runs. A
 * transaction ends when it is large or old enough: once everything in it is
 * acknowledged, the positions are added, and it is committed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "mirror.h"
#include "wire/kerror.h"

enum {
	TXN_MS = 2000,			/* a transaction is open for so long */
	TXN_BYTES = 256 * 1024 * 1024,	/* and so large, about */
	TURN_BYTES = 256 * 1024,	/* so much, and the loop has a turn */
	BATCH_BYTES = 1024 * 1024,
	BUFFER_BYTES = 12 * 1024 * 1024
};

static struct pair *
pair_of(struct mirror *m, const char *target)
{
	if (m->reported != NULL && strcmp(m->reported->target, target) == 0)
		return m->reported;
	for (int i = 0; i < m->n_pairs; i++)
		if (strcmp(m->pair[i].target, target) == 0)
			return m->reported = &m->pair[i];
	return NULL;
}

/* Notes where records of a batch went; false where it cannot be known. */
static bool
note_runs(struct part *pt, const struct producer_report *r)
{
	int64_t first = (int64_t)r->first;
	int32_t from = 0, n;

	if (r->offset < 0)
		return false;
	pt->tgt_next = r->offset + r->count;
	if (r->tags == NULL)
		return omap_add(&pt->map, first, r->offset, r->count);
	for (; from < r->count; from += n) {
		for (n = 1; from + n < r->count && r->tags[from + n] ==
		    r->tags[from + n - 1] + 1; n++)
			continue;
		if (!omap_add(&pt->map, first + r->tags[from],
		    r->offset + from, n))
			return false;
	}
	return true;
}

static void
reported(void *arg, const struct producer_report *r)
{
	struct mirror *m = arg;
	struct pair *p = pair_of(m, r->topic);

	if (m->lost.code != 0)
		return;
	if (r->err != NULL) {
		if (r->err->kafka == ERR_MESSAGE_TOO_LARGE && p != NULL)
			p->refused = r->size;
		m->lost = *r->err;
		kerr_wrap(&m->lost, "%s[%d]", r->topic, (int)r->partition);
		return;
	}
	if (strcmp(r->topic, m->state_topic) == 0)
		return;
	if (p == NULL || !note_runs(&p->part[r->partition], r)) {
		kerr_set(&m->lost, KE_UNREACHABLE, "%s[%d]: the broker does "
		    "not say where it wrote", r->topic, (int)r->partition);
		return;
	}
	p->part[r->partition].records += (uint64_t)r->count;
	m->records += (uint64_t)r->count;
}

static int
open_producer(struct mirror *m, struct kerr *e)
{
	struct producer_config cf;
	const struct config *c = m->tgt.common.config;
	int64_t n;

	producer_config_defaults(&cf);
	cf.batch_bytes = BATCH_BYTES;
	cf.buffer_bytes = BUFFER_BYTES;
	cf.transactional_id = m->txn_id;
	cf.resume_id = m->was_id;
	cf.resume_epoch = m->was_epoch;
	config_int(c, "transaction.timeout.ms", &cf.txn_ms);
	config_int(c, "delivery.timeout.ms", &cf.delivery_ms);
	config_int(c, "request.timeout.ms", &cf.request_ms);
	if (config_int(c, "buffer.memory", &n))
		cf.buffer_bytes = (size_t)n;
	cf.report = reported;
	cf.arg = m;
	kerr_clear(&m->lost);
	m->producer = producer_open(m->tgt.c, &cf, e);
	if (m->producer == NULL)
		return e->code;
	return m->txn_id != NULL ? producer_start(m->producer, e) : 0;
}

static bool
lacks_transactions(const struct kerr *e)
{
	return e->code == KE_UNSUPPORTED || (e->code == KE_BROKER &&
	    e->kafka == ERR_UNSUPPORTED_VERSION);
}

int
copy_open(struct mirror *m, struct kerr *e)
{
	if (open_producer(m, e) == 0)
		return 0;
	if (m->txn_id == NULL || !lacks_transactions(e))
		return e->code;
	if (!m->o->common.quiet)
		warn_line("the target has no transactions: a run that is cut "
		    "off leaves records that the next one copies again");
	producer_close(m->producer);
	free(m->txn_id);
	m->txn_id = NULL;
	kerr_clear(e);
	return open_producer(m, e);
}

void
copy_close(struct mirror *m)
{
	consumer_free(m->consumer);
	m->consumer = NULL;
	free(m->by_slot);
	m->by_slot = NULL;
	if (m->producer != NULL)
		producer_identity(m->producer, &m->was_id, &m->was_epoch);
	producer_close(m->producer);
	m->producer = NULL;
	m->state = NULL;
	for (int i = 0; i < m->n_pairs; i++)
		m->pair[i].topic = NULL;
	recoder_free(m->recoder);
	m->recoder = NULL;
}

static int64_t
position(const struct mirror *m, const struct part *pt)
{
	int64_t at;

	if (pt->slot < 0)
		return pt->plan.to;
	at = consumer_position(m->consumer, pt->slot);
	return at < pt->plan.to ? at : pt->plan.to;
}

/* A part of this pass that has come further, or is to be noted anyway. */
static bool
is_dirty(const struct mirror *m, const struct part *pt)
{
	return pt->note || (pt->slot >= 0 && position(m, pt) != pt->src_next);
}

typedef int each_part(struct mirror *m, struct part *pt, struct kerr *e);

static int
each(struct mirror *m, each_part *f, struct kerr *e)
{
	for (int i = 0; i < m->n_pairs; i++)
		for (int32_t k = 0; k < m->pair[i].n; k++)
			if (f(m, &m->pair[i].part[k], e) != 0)
				return e->code;
	return 0;
}

static int
write_position(struct mirror *m, struct part *pt, struct kerr *e)
{
	if (!is_dirty(m, pt))
		return 0;
	pt->src_put = position(m, pt);
	if (pt->slot >= 0 && pt->src_put != pt->src_next)
		pt->epoch_now = consumer_epoch(m->consumer, pt->slot);
	return store_put(m, pt, pt->src_put, e);
}

static int
take_over(struct mirror *m, struct part *pt, struct kerr *e)
{
	if (pt->src_put < 0)
		return 0;
	pt->src_next = pt->src_put;
	pt->src_put = -1;
	pt->old_id = pt->pair->id;
	pt->epoch = pt->epoch_now;
	pt->known = true;
	pt->other_cluster = pt->note = false;
	return 0;
}

static void
begin(struct mirror *m)
{
	if (m->txn_id != NULL)
		producer_begin(m->producer);
	m->in_txn = 0;
	m->txn_began = loop_clock(m->loop);
}

/* Waits until all that was added is acknowledged. */
static int
flush(struct mirror *m, struct kerr *e)
{
	if (producer_flush(m->producer, NULL, e) != 0)
		return e->code;
	if (m->lost.code != 0)
		*e = m->lost;
	return e->code;
}

/* Everything taken so far, with its positions; where there are no transactions,
 * before its positions. */
static int
commit(struct mirror *m, struct kerr *e)
{
	int rc;

	if (flush(m, e) != 0 || each(m, write_position, e) != 0)
		return e->code;
	if (m->txn_id == NULL)
		rc = flush(m, e);
	else if ((rc = told_put(m, e)) == 0)
		rc = producer_commit(m->producer, e);
	if (rc != 0)
		return rc;
	m->records_kept = m->records;
	m->bytes_kept = m->bytes;
	return each(m, take_over, e);
}

int
copy_note(struct mirror *m, copy_puts *put, struct kerr *e)
{
	int rc;

	if (m->state == NULL && store_open(m, e) != 0)
		return e->code;
	begin(m);
	rc = put(m, e);
	if (rc == 0 && m->txn_id == NULL)
		return flush(m, e);
	if (rc == 0)
		rc = producer_commit(m->producer, e);
	if (rc == 0)
		return producer_shown(m->producer, e);
	if (m->txn_id != NULL)
		producer_abort(m->producer, NULL);
	return rc;
}

/* A whole batch; one that is as it came is sent from where it lies. */
static int
add(struct mirror *m, struct part *pt, const struct consumer_batch *b,
    const struct recoded *r, struct kerr *e)
{
	struct khold *hold = r->p == b->p ? consumer_hold(b) : NULL;
	int rc;

	while ((rc = producer_add_batch(m->producer, pt->pair->topic,
	    pt->index, r->p, r->n, hold, r->first, r->offsets, e)) ==
	    KE_AGAIN) {
		kerr_clear(e);
		if ((rc = producer_wait_room(m->producer, e)) != 0)
			break;
	}
	if (rc != 0 && hold != NULL)
		hold->drop(hold);
	return rc;
}

/* A record of a small batch, for whichever batch the partition has open. */
struct lone {
	struct mirror		*m;
	struct part		*pt;
	const struct recoded	*of;
};

static int
add_lone(void *arg, int32_t i, const struct record_input *in, struct kerr *e)
{
	struct lone *l = arg;
	struct producer *p = l->m->producer;
	uint64_t at = l->of->first + (l->of->offsets != NULL ?
	    l->of->offsets[i] : (uint32_t)i);
	int rc;

	while ((rc = producer_add(p, l->pt->pair->topic, l->pt->index, in, at,
	    e)) == KE_AGAIN) {
		kerr_clear(e);
		if (producer_wait_room(p, e) != 0)
			return e->code;
	}
	return rc;
}

static int
take_batch(struct mirror *m, const struct consumer_batch *b, struct kerr *e)
{
	struct part *pt = m->by_slot[b->slot];
	struct recoded r;
	struct lone lone = { m, pt, &r };
	int rc;

	if (recode(m->recoder, b, &r, e) != 0)
		return kerr_wrap(e, "%s[%d]", b->topic, (int)b->partition);
	if (r.p == NULL)
		return 0;
	m->in_txn += r.n;
	m->bytes += r.n;
	rate_take(&m->rate, (uint64_t)b->header.count, r.n,
	    loop_now(m->loop));
	producer_codec(m->producer, pt->pair->topic, pt->index,
	    consumer_codec(b));
	rc = recode_small(m->recoder, &r, add_lone, &lone, e);
	return rc > 0 ? add(m, pt, b, &r, e) : rc;
}

static bool
is_due(const struct mirror *m)
{
	return m->in_txn >= TXN_BYTES ||
	    loop_clock(m->loop) - m->txn_began >= TXN_MS;
}

/* Lets the loop run until the limit allows more; false where the transaction
 * is to end first. */
static bool
may_take(struct mirror *m)
{
	int64_t ms;

	while (!m->stop && !is_due(m)) {
		ms = rate_wait(&m->rate, loop_clock(m->loop));
		if (ms <= 0)
			return true;
		loop_run_for(m->loop, ms < 100 ? ms : 100);
	}
	return false;
}

/* Takes what is there. Meanwhile what was taken leaves, and the target has
 * something to do. */
static int
take_all(struct mirror *m, struct kerr *e)
{
	const struct consumer_batch *b;
	uint64_t turn = m->in_txn;
	int rc = 0;

	while (rc == 0 && may_take(m) &&
	    (b = consumer_take(m->consumer)) != NULL) {
		rc = take_batch(m, b, e);
		consumer_release(m->consumer, b);
		if (m->in_txn - turn >= TURN_BYTES) {
			turn = m->in_txn;
			loop_once(m->loop, 0);
		}
		if (rc == 0 && m->lost.code != 0) {
			*e = m->lost;
			rc = e->code;
		}
	}
	return rc;
}

/* The topic is gone, or another one. */
static bool
says_changed(const struct kerr *e)
{
	return e->code == KE_NOTFOUND || (e->code == KE_BROKER &&
	    (e->kafka == ERR_UNKNOWN_TOPIC_OR_PARTITION ||
	    e->kafka == ERR_UNKNOWN_TOPIC_ID));
}

/* What the source dropped while it was read is a gap like any other. */
static int
reading_failed(struct mirror *m, int slot, struct kerr *e)
{
	struct part *pt;

	m->changed = slot >= 0 && says_changed(e);
	if (slot < 0 || e->code != KE_BROKER ||
	    e->kafka != ERR_OFFSET_OUT_OF_RANGE)
		return e->code;
	pt = m->by_slot[slot];
	pt->plan.verdict = PLAN_GAP;
	kerr_clear(e);
	return kerr_set(e, KE_DATA, "%s[%d]: the source dropped records from "
	    "offset %lld on before they were copied", pt->pair->source,
	    (int)pt->index, (long long)consumer_position(m->consumer, slot));
}

static int
transfer(struct mirror *m, struct kerr *e)
{
	int64_t left;
	int slot;

	begin(m);
	while (!consumer_done(m->consumer) && !m->stop) {
		if (take_all(m, e) != 0)
			return e->code;
		if (is_due(m)) {
			if (commit(m, e) != 0)
				return e->code;
			begin(m);
		}
		left = m->txn_began + TXN_MS - loop_clock(m->loop);
		if (!m->stop && consumer_wait(m->consumer, left > 0 ? left : 0,
		    &slot, e) < 0)
			return reading_failed(m, slot, e);
	}
	if (commit(m, e) != 0)
		return e->code;
	/* who reads the copy after the run finds it whole */
	return m->o->follow || m->txn_id == NULL ? 0 :
	    producer_shown(m->producer, e);
}

/* The producer's handle of the target, with all its partitions. */
static int
find_topic(struct mirror *m, struct pair *p, struct kerr *e)
{
	const int64_t wait_ms = cluster_conf(m->tgt.c)->request_ms;

	if (p->topic == NULL)
		p->topic = producer_topic(m->producer, p->target, wait_ms, e);
	if (p->topic == NULL || (ptopic_partitions(p->topic) < p->n &&
	    producer_topic_renew(p->topic, wait_ms, e) != 0))
		return kerr_wrap(e, "%s", p->target);
	return 0;
}

static int
assign(struct mirror *m, struct part *pt, struct kerr *e)
{
	struct pair *p = pt->pair;

	pt->slot = -1;
	pt->src_put = -1;
	pt->note = pt->plan.verdict == PLAN_NOTE || pt->plan.anew ||
	    !pt->known;
	pt->epoch_now = pt->plan.anew ? -1 : pt->epoch;
	if (pt->plan.anew) {
		omap_clear(&pt->map);
		pt->tgt_next = -1;
	}
	if (pt->plan.verdict != PLAN_COPY)
		return 0;
	if (find_topic(m, p, e) != 0)
		return e->code;
	pt->slot = consumer_assign(m->consumer, p->source, pt->index,
	    pt->plan.from, pt->plan.to);
	m->by_slot = xreallocarray(m->by_slot, (size_t)pt->slot + 1,
	    sizeof(struct part *));
	m->by_slot[pt->slot] = pt;
	return 0;
}

static bool
has_work(const struct mirror *m)
{
	for (int i = 0; i < m->n_pairs; i++)
		for (int32_t k = 0; k < m->pair[i].n; k++) {
			enum verdict v = m->pair[i].part[k].plan.verdict;

			if (v == PLAN_NOTE || v == PLAN_COPY)
				return true;
		}
	return false;
}

int
copy_run(struct mirror *m, struct kerr *e)
{
	struct consumer_config cf = CONSUMER_CONFIG;
	bool two_way = m->o->identity;
	int rc;

	if (!has_work(m))
		return 0;
	cf.give_up_ms = cluster_conf(m->src.c)->request_ms;
	if (m->recoder == NULL)
		m->recoder = recoder_new(two_way ? cluster_id(m->src.c) : NULL,
		    two_way ? cluster_id(m->tgt.c) : NULL, m->grep);
	m->consumer = consumer_new(m->src.c, &cf);
	rc = m->state == NULL ? store_open(m, e) : 0;
	if (rc == 0)
		rc = each(m, assign, e);
	if (rc == 0)
		rc = transfer(m, e);
	if (rc != 0 && m->txn_id != NULL)
		producer_abort(m->producer, NULL);
	consumer_free(m->consumer);
	m->consumer = NULL;
	return rc;
}
