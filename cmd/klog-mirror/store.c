/*
 * store.c: what is remembered: the compacted topic __klog_mirror.LINK of the
 * target, read before anything is copied, written in the transactions that
 * copy (mirror.h, state.h).
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/admin.h"
#include "mirror.h"
#include "record/iter.h"
#include "wire/kerror.h"

/* So many runs travel with the position; then they get a record of their own.
 * About 500 bytes. */
#define TAIL_MAX	64

/* What has been read of a part, in the order of writing. */
struct reading {
	struct part	*pt;
	struct buf	 tail;		/* runs of the last position */
	struct sealed {
		int64_t		 base;
		uint8_t		*runs;	/* NULL unless wanted */
		int32_t		 len;
	}		*map;
	size_t		 n_maps;
};

struct reader {
	struct mirror	*m;
	struct reading	*v;		/* of all parts that were met */
	size_t		 n;
};

int
store_open(struct mirror *m, struct kerr *e)
{
	static const char *const configs[] = {
		"cleanup.policy", "compact", "segment.bytes", "16777216",
		"min.cleanable.dirty.ratio", "0.1", NULL
	};
	const char *name = m->state_topic;
	const int64_t wait_ms = cluster_conf(m->tgt.c)->request_ms;

	m->state = producer_topic(m->producer, name, wait_ms, e);
	if (m->state == NULL && e->kafka == ERR_UNKNOWN_TOPIC_OR_PARTITION) {
		kerr_clear(e);
		if (prepare_create(&m->tgt, name, 1, configs, e) != 0)
			return kerr_wrap(e, "%s", name);
		m->state = producer_topic(m->producer, name, wait_ms, e);
	}
	return m->state == NULL ? kerr_wrap(e, "%s", name) : 0;
}

static struct reading *
reading_of(struct reader *rd, struct part *pt)
{
	struct reading *r;

	if (pt->reading > 0)
		return &rd->v[pt->reading - 1];
	rd->v = xreallocarray(rd->v, rd->n + 1, sizeof(*rd->v));
	r = &rd->v[rd->n++];
	*r = (struct reading){ .pt = pt };
	pt->reading = rd->n;
	buf_init(&r->tail, 0);
	return r;
}

static void
forget_map(struct reading *r, int64_t base)
{
	for (size_t i = 0; i < r->n_maps; i++)
		if (r->map[i].base == base) {
			free(r->map[i].runs);
			memmove(&r->map[i], &r->map[i + 1],
			    (--r->n_maps - i) * sizeof(r->map[0]));
			return;
		}
}

static int
take_map(struct reader *rd, struct reading *r, const struct state_key *k,
    const struct record *rec, struct kerr *e)
{
	struct state_map v;
	struct sealed *s;

	forget_map(r, k->base);
	if (rec->value == NULL)
		return 0;
	if (state_get_map(rec->value, (size_t)rec->value_len, &v, e) != 0)
		return e->code;
	r->map = xreallocarray(r->map, r->n_maps + 1, sizeof(*r->map));
	s = &r->map[r->n_maps++];
	*s = (struct sealed){ .base = k->base, .len = v.runs.len };
	if (rd->m->want_maps) {
		s->runs = xmalloc((size_t)v.runs.len + 1);
		memcpy(s->runs, v.runs.p, (size_t)v.runs.len);
	}
	return 0;
}

static int
take_position(struct reader *rd, struct reading *r, const struct record *rec,
    struct kerr *e)
{
	const char *id = cluster_id(rd->m->src.c);
	struct part *pt = r->pt;
	struct state_position v;

	buf_clear(&r->tail);
	pt->known = false;
	if (rec->value == NULL)
		return 0;
	if (state_get_position(rec->value, (size_t)rec->value_len, &v, e) != 0)
		return e->code;
	pt->known = true;
	pt->other_cluster = id != NULL && v.cluster.len >= 0 &&
	    !kstr_eq(v.cluster, kstr(id));
	pt->old_id = v.topic_id;
	pt->src_next = v.src_next;
	pt->epoch = v.leader_epoch;
	pt->tgt_next = v.tgt_next;
	buf_put(&r->tail, v.runs.p, (size_t)v.runs.len);
	return 0;
}

static int
take_record(struct reader *rd, const struct record *rec, struct kerr *e)
{
	enum state_kind kind;
	struct state_key k;
	struct part *pt;
	int rc;

	if (rec->key == NULL)
		return kerr_set(e, KE_DATA, "a record without a key");
	rc = state_get_key(rec->key, (size_t)rec->key_len, &kind, &k, e);
	if (rc == KE_UNSUPPORTED) {	/* a kind that came later */
		kerr_clear(e);
		return 0;
	}
	if (rc != 0)
		return rc;
	pt = mirror_part(rd->m, k.topic, k.target, k.partition);
	if (pt == NULL)		/* of topics that are not meant this time */
		return 0;
	if (kind == STATE_MAP)
		return take_map(rd, reading_of(rd, pt), &k, rec, e);
	return take_position(rd, reading_of(rd, pt), rec, e);
}

static int
take_batch(struct reader *rd, const struct consumer_batch *b, struct codecs *c,
    struct buf *scratch, struct kerr *e)
{
	struct record_iter it;
	struct record rec;
	int rc;

	buf_clear(scratch);
	if (record_iter_init(&it, b->p, &b->header, c, scratch, BATCH_MAX_RAW,
	    e) != 0)
		return e->code;
	while ((rc = record_iter_next(&it, &rec)) > 0)
		if (take_record(rd, &rec, e) != 0)
			return kerr_wrap(e, "offset %lld",
			    (long long)rec.offset);
	return rc < 0 ? kerr_set(e, KE_DATA, "a malformed batch at offset %lld",
	    (long long)b->header.base_offset) : 0;
}

/* All that is committed, from the start of the topic to its end. */
static int
read_topic(struct reader *rd, struct side *s, const char *topic, int64_t from,
    int64_t to, struct kerr *e)
{
	struct consumer_config cf = CONSUMER_CONFIG;
	struct consumer *c;
	struct codecs *codecs = codecs_new();
	const struct consumer_batch *b;
	struct buf scratch;
	int rc = 0;

	buf_init(&scratch, 0);
	cf.give_up_ms = cluster_conf(s->c)->request_ms;
	c = consumer_new(s->c, &cf);
	consumer_assign(c, topic, 0, from, to);
	while (rc == 0 && !consumer_done(c)) {
		while (rc == 0 && (b = consumer_take(c)) != NULL) {
			rc = take_batch(rd, b, codecs, &scratch, e);
			consumer_release(c, b);
		}
		if (rc == 0 && consumer_wait(c, -1, NULL, e) < 0)
			rc = e->code;
	}
	consumer_free(c);
	codecs_free(codecs);
	buf_release(&scratch);
	return rc;
}

static int
by_base(const void *a, const void *b)
{
	const struct sealed *x = a, *y = b;

	return x->base < y->base ? -1 : x->base > y->base;
}

/* Puts the pieces of a part together. */
static int
finish(struct reading *r, struct kerr *e)
{
	struct part *pt = r->pt;
	int rc = 0;

	omap_clear(&pt->map);
	if (r->n_maps > 0)
		qsort(r->map, r->n_maps, sizeof(r->map[0]), by_base);
	pt->bases = xreallocarray(pt->bases, r->n_maps + 1, sizeof(int64_t));
	pt->n_bases = r->n_maps;
	for (size_t i = 0; i < r->n_maps; i++) {
		pt->bases[i] = r->map[i].base;
		if (rc == 0 && r->map[i].runs != NULL)
			rc = state_get_runs((struct kbytes){ r->map[i].runs,
			    r->map[i].len }, &pt->map, e);
	}
	pt->map.n_sealed = pt->map.n;
	if (rc == 0)
		rc = state_get_runs((struct kbytes){ r->tail.p,
		    (int32_t)r->tail.len }, &pt->map, e);
	return rc != 0 ? kerr_wrap(e, "%s[%d]", pt->pair->source,
	    (int)pt->index) : 0;
}

static void
release(struct reader *rd)
{
	for (size_t i = 0; i < rd->n; i++) {
		rd->v[i].pt->reading = 0;
		for (size_t k = 0; k < rd->v[i].n_maps; k++)
			free(rd->v[i].map[k].runs);
		free(rd->v[i].map);
		buf_release(&rd->v[i].tail);
	}
	free(rd->v);
}

int
store_load(struct mirror *m, struct kerr *e)
{
	struct admin_offset start = { .topic = m->state_topic,
	    .at = OFFSET_EARLIEST };
	struct admin_offset end = { .topic = m->state_topic,
	    .at = OFFSET_LATEST };
	struct reader rd = { .m = m };
	int rc;

	rc = admin_list_offsets(m->tgt.c, &start, 1, 0, 0, e);
	if (rc == 0)
		rc = admin_list_offsets(m->tgt.c, &end, 1, 1, 0, e);
	if (rc == KE_BROKER && e->kafka == ERR_UNKNOWN_TOPIC_OR_PARTITION) {
		kerr_clear(e);		/* nothing was mirrored yet */
		m->loaded = true;
		return 0;
	}
	if (rc == 0 && start.offset < end.offset)
		rc = read_topic(&rd, &m->tgt, m->state_topic, start.offset,
		    end.offset, e);
	for (size_t i = 0; rc == 0 && i < rd.n; i++)
		rc = finish(&rd.v[i], e);
	release(&rd);
	m->loaded = rc == 0;
	return rc == 0 ? 0 : kerr_wrap(e, "%s", m->state_topic);
}

/* One record; value NULL: a tombstone. */
static int
put(struct mirror *m, const struct buf *key, const struct buf *value,
    struct kerr *e)
{
	struct record_input r = { .timestamp = -1, .key = key->p,
	    .key_len = (int32_t)key->len, .value_len = -1 };
	int rc;

	if (value != NULL) {
		r.value = value->p;
		r.value_len = (int32_t)value->len;
	}
	while ((rc = producer_add(m->producer, m->state, 0, &r, 0, e)) ==
	    KE_AGAIN) {
		kerr_clear(e);
		if (producer_wait_room(m->producer, e) != 0)
			return e->code;
	}
	return rc;
}

static struct state_key
key_of(const struct part *pt, int64_t base)
{
	return (struct state_key){ kstr(pt->pair->source),
	    kstr(pt->pair->target), pt->index, base };
}

static int
put_map(struct mirror *m, struct part *pt, int64_t base, size_t n,
    struct kerr *e)
{
	struct state_key k = key_of(pt, base);
	struct buf key, value, runs;
	struct state_map v;
	int rc;

	buf_init(&key, 0);
	buf_init(&value, 0);
	buf_init(&runs, 0);
	state_put_key(&key, STATE_MAP, &k);
	if (n > 0) {
		state_put_runs(&runs, pt->map.v + pt->map.n_sealed, n);
		v.runs = (struct kbytes){ runs.p, (int32_t)runs.len };
		state_put_map(&value, &v);
	}
	rc = put(m, &key, n > 0 ? &value : NULL, e);
	buf_release(&key);
	buf_release(&value);
	buf_release(&runs);
	return rc;
}

/* Gives records of their own to runs that are too many for the position. */
static int
seal(struct mirror *m, struct part *pt, struct kerr *e)
{
	struct omap *o = &pt->map;
	size_t n;

	if (o->n - o->n_sealed <= TAIL_MAX)
		return 0;
	for (; o->n > o->n_sealed; o->n_sealed += n) {
		n = o->n - o->n_sealed;
		if (n > STATE_RUNS_MAX)
			n = STATE_RUNS_MAX;
		if (put_map(m, pt, o->v[o->n_sealed].src, n, e) != 0)
			return e->code;
		pt->bases = xreallocarray(pt->bases, pt->n_bases + 1,
		    sizeof(int64_t));
		pt->bases[pt->n_bases++] = o->v[o->n_sealed].src;
	}
	if (!m->want_maps)
		omap_drop_sealed(o);
	return 0;
}

/* Maps of records that the source has no more, or that belonged to another
 * topic, go. */
static int
prune(struct mirror *m, struct part *pt, struct kerr *e)
{
	size_t n = 0;

	while (pt->plan.anew ? n < pt->n_bases : n + 1 < pt->n_bases &&
	    pt->bases[n + 1] <= pt->log_start)
		if (put_map(m, pt, pt->bases[n++], 0, e) != 0)
			return e->code;
	if (n > 0) {
		pt->n_bases -= n;
		memmove(pt->bases, pt->bases + n,
		    pt->n_bases * sizeof(int64_t));
	}
	pt->plan.anew = false;
	return 0;
}

int
store_put(struct mirror *m, struct part *pt, int64_t src_next, struct kerr *e)
{
	const char *id = cluster_id(m->src.c);
	struct state_key k = key_of(pt, 0);
	struct state_position v = { .cluster = kstr(id),
	    .topic_id = pt->pair->id, .src_next = src_next,
	    .leader_epoch = pt->epoch_now, .tgt_next = pt->tgt_next };
	struct buf key, value, runs;
	int rc;

	if (prune(m, pt, e) != 0 || seal(m, pt, e) != 0)
		return e->code;
	buf_init(&key, 0);
	buf_init(&value, 0);
	buf_init(&runs, 0);
	state_put_key(&key, STATE_POSITION, &k);
	state_put_runs(&runs, pt->map.v + pt->map.n_sealed,
	    pt->map.n - pt->map.n_sealed);
	v.runs = (struct kbytes){ runs.p, (int32_t)runs.len };
	state_put_position(&value, &v);
	rc = put(m, &key, &value, e);
	buf_release(&key);
	buf_release(&value);
	buf_release(&runs);
	return rc;
}
