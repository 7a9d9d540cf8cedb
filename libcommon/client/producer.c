/*
 * producer.c: opening and closing a producer, its topics, and waiting for room
 * or for all to be reported (producer_impl.h).
 */
#include "client/producer.h"

#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "base/xalloc.h"
#include "client/producer_impl.h"

enum { MANY_PARTITIONS = 8, BATCH_MIN = 64 * 1024 };

#define FOREVER_MS	((int64_t)100 * 365 * 24 * 3600 * 1000)

void
producer_config_defaults(struct producer_config *cf)
{
	*cf = (struct producer_config){
		.acks = -1, .idempotent = true, .codec = CODEC_NONE,
		.level = CODEC_LEVEL_DEFAULT,
		.partitioner = PARTITIONER_MURMUR2_RANDOM,
		.batch_bytes = 1024 * 1024,
		.message_max = 100 * 1024 * 1024,
		.buffer_bytes = 12 * 1024 * 1024,
		.linger_ms = 5, .delivery_ms = 120000, .request_ms = 30000,
		.in_flight = 5, .txn_ms = 60000,
		.resume_id = -1, .resume_epoch = -1,
	};
}

struct producer *
producer_open(struct cluster *c, const struct producer_config *cf,
    struct kerr *e)
{
	struct producer *p;

	if (cf->idempotent && (cf->acks != -1 || cf->in_flight > 5)) {
		kerr_set(e, KE_CONFIG, "enable.idempotence needs acks=all and "
		    "at most 5 max.in.flight.requests.per.connection");
		return NULL;
	}
	if (cf->transactional_id != NULL && !cf->idempotent) {
		kerr_set(e, KE_CONFIG, "transactional.id needs "
		    "enable.idempotence");
		return NULL;
	}
	if (cf->delivery_ms > 0 && cf->linger_ms >= cf->delivery_ms) {
		kerr_set(e, KE_CONFIG, "linger.ms has to be less than "
		    "delivery.timeout.ms");
		return NULL;
	}
	p = xcalloc(1, sizeof(*p));
	p->cl = c;
	p->loop = cluster_loop(c);
	p->cf = *cf;
	if (p->cf.delivery_ms == 0)
		p->cf.delivery_ms = FOREVER_MS;
	TAILQ_INIT(&p->busy);
	producer_send_init(p);
	if (cf->transactional_id != NULL)
		ptxn_open(p);
	return p;
}

static void
part_release(struct producer *p, struct ppart *pp)
{
	struct pitem *it;

	if (pp->open != NULL)
		batch_free(p, pp->open);
	pp->open = NULL;
	while ((it = pqueue_idle(&pp->q)) != NULL) {
		pqueue_drop(&pp->q, it);
		batch_free(p, (struct batch *)it);
	}
}

void
producer_close(struct producer *p)
{
	struct ptopic *t;

	if (p == NULL)
		return;
	producer_send_release(p);
	ptxn_close(p);
	while ((t = p->topics) != NULL) {
		p->topics = t->next;
		for (int32_t i = 0; i < t->n; i++)
			part_release(p, &t->part[i]);
		free(t->part);
		free(t->name);
		free(t);
	}
	while (p->n_spare > 0)
		free(p->spare[--p->n_spare]);
	if (p->codecs != NULL)
		codecs_free(p->codecs);
	buf_release(&p->scratch);
	free(p);
}

/* It has n partitions now, none of them with anything on its way. */
static void
topic_grow(struct ptopic *t, int32_t n)
{
	struct producer *p = t->p;

	t->part = xreallocarray(t->part, (size_t)n, sizeof(*t->part));
	for (int32_t i = 0; i < t->n; i++)
		pqueue_moved(&t->part[i].q);
	for (; t->n < n; t->n++) {
		t->part[t->n] = (struct ppart){ .topic = t, .index = t->n,
		    .codec = p->cf.codec };
		pqueue_init(&t->part[t->n].q, p->cf.in_flight,
		    p->cf.idempotent, p->epoch);
	}
	t->share_bytes = p->cf.batch_bytes;
	if (n > MANY_PARTITIONS &&
	    t->share_bytes > p->cf.buffer_bytes / 2 / (size_t)n) {
		t->share_bytes = p->cf.buffer_bytes / 2 / (size_t)n;
		if (t->share_bytes < BATCH_MIN)
			t->share_bytes = BATCH_MIN;
	}
}

static struct ptopic *
topic_new(struct producer *p, const char *name, int32_t n)
{
	struct ptopic *t = xcalloc(1, sizeof(*t));
	const struct sys *sys = sys_real();
	uint64_t seed;

	t->p = p;
	t->name = xstrdup(name);
	t->batch_bytes = p->cf.batch_bytes;
	sys->random(sys, &seed, sizeof(seed));
	partitioner_init(&t->partitioner, p->cf.partitioner, seed);
	topic_grow(t, n);
	t->next = p->topics;
	p->topics = t;
	return t;
}

struct ptopic *
producer_topic(struct producer *p, const char *name, int64_t wait_ms,
    struct kerr *e)
{
	struct ptopic *t;

	for (t = p->topics; t != NULL; t = t->next)
		if (strcmp(t->name, name) == 0)
			return t;
	cluster_want(p->cl, name);
	if (p->cf.idempotent && p->txn == NULL)
		producer_ask_id(p);
	if (cluster_load_topic(p->cl, name, wait_ms, e) != 0)
		return NULL;
	return topic_new(p, name, cluster_topic(p->cl, name)->n);
}

int
producer_topic_renew(struct ptopic *t, int64_t wait_ms, struct kerr *e)
{
	struct cluster *cl = t->p->cl;
	int32_t n;

	if (cluster_load_topic(cl, t->name, wait_ms, e) != 0)
		return e->code;
	n = cluster_topic(cl, t->name)->n;
	for (int32_t i = 0; n > t->n && i < t->n; i++)
		if (t->part[i].busy)
			return kerr_set(e, KE_AGAIN, "records are under way");
	if (n > t->n)
		topic_grow(t, n);
	return 0;
}

int32_t
ptopic_partitions(const struct ptopic *t)
{
	return t->n;
}

bool
producer_room(const struct producer *p)
{
	return !p->full || p->used == 0 ||
	    p->used + p->wanted <= p->cf.buffer_bytes;
}

static bool
anything_leaving(const struct producer *p)
{
	const struct ppart *pp;

	TAILQ_FOREACH(pp, &p->busy, link)
		if (pp->q.n > 0)
			return true;
	return false;
}

int
producer_wait_room(struct producer *p, struct kerr *e)
{
	while (!producer_room(p)) {
		if (!anything_leaving(p))
			producer_push(p);
		loop_once(p->loop, -1);
	}
	p->full = false;
	return 0;
}

void
producer_push(struct producer *p)
{
	struct ppart *pp;

	TAILQ_FOREACH(pp, &p->busy, link)
		pp->pushed = true;
	producer_pump(p);
}

static bool
all_reported(const struct producer *p)
{
	return p->stats.added == p->stats.acked + p->stats.failed;
}

int
producer_flush(struct producer *p, const volatile bool *stop, struct kerr *e)
{
	producer_push(p);
	while (!all_reported(p)) {
		if (stop != NULL && *stop)
			return kerr_set(e, KE_CANCELLED, "interrupted");
		loop_once(p->loop, -1);
	}
	return 0;
}

void
producer_stats(const struct producer *p, struct producer_stats *s)
{
	*s = p->stats;
}

const struct kerr *
producer_trouble(const struct producer *p)
{
	return &p->trouble;
}
