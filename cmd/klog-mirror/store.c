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
	bool		 known;		/* there is a position: */
	struct state_position pos;	/* but for its texts, and */
	bool		 other_cluster;
	struct buf	 tail;		/* its runs */
	struct sealed {
		int64_t		 base;
		uint8_t		*runs;	/* NULL unless wanted */
		int32_t		 len;
	}		*map;
	size_t		 n_maps;
};

struct reader {
	struct mirror	*m;
	bool		 way_back;	/* of a link from the target to the
					 * source */
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
	const char *id = cluster_id(rd->way_back ? rd->m->tgt.c :
	    rd->m->src.c);

	buf_clear(&r->tail);
	r->known = false;
	if (rec->value == NULL)
		return 0;
	if (state_get_position(rec->value, (size_t)rec->value_len, &r->pos,
	    e) != 0)
		return e->code;
	r->known = true;
	r->other_cluster = id != NULL && r->pos.cluster.len >= 0 &&
	    !kstr_eq(r->pos.cluster, kstr(id));
	buf_put(&r->tail, r->pos.runs.p, (size_t)r->pos.runs.len);
	return 0;
}

static int
take_record(void *arg, const struct record *rec, struct kerr *e)
{
	struct reader *rd = arg;
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
	if (kind == STATE_RUN || kind == STATE_MADE)
		return 0;
	pt = mirror_part(rd->m, rd->way_back ? k.target : k.topic,
	    rd->way_back ? k.topic : k.target, k.partition);
	if (pt == NULL)		/* of topics that are not meant this time */
		return 0;
	if (kind == STATE_MAP)
		return take_map(rd, reading_of(rd, pt), &k, rec, e);
	return take_position(rd, reading_of(rd, pt), rec, e);
}

static int
scan_batch(const struct consumer_batch *b, struct codecs *c,
    struct buf *scratch, store_record *each, void *arg, struct kerr *e)
{
	struct record_iter it;
	struct record rec;
	int rc;

	buf_clear(scratch);
	if (record_iter_init(&it, b->p, &b->header, c, scratch, BATCH_MAX_RAW,
	    e) != 0)
		return e->code;
	while ((rc = record_iter_next(&it, &rec)) > 0)
		if (each(arg, &rec, e) != 0)
			return kerr_wrap(e, "offset %lld",
			    (long long)rec.offset);
	return rc < 0 ? record_iter_bad(&it, e) : 0;
}

/* All that is committed in [from, to). */
static int
scan_range(struct side *s, const char *topic, int64_t from, int64_t to,
    store_record *each, void *arg, struct kerr *e)
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
			rc = scan_batch(b, codecs, &scratch, each, arg, e);
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

int
store_scan(struct side *s, const char *topic, store_record *each, void *arg,
    struct kerr *e)
{
	struct admin_offset start = { .topic = topic, .at = OFFSET_EARLIEST };
	struct admin_offset end = { .topic = topic, .at = OFFSET_LATEST };
	int rc;

	rc = admin_list_offsets(s->c, &start, 1, 0, 0, e);
	if (rc == 0)
		rc = admin_list_offsets(s->c, &end, 1, 1, 0, e);
	if (rc == 0 && start.offset < end.offset)
		rc = scan_range(s, topic, start.offset, end.offset, each, arg,
		    e);
	return rc == 0 ? 0 : kerr_wrap(e, "%s", topic);
}

static int
by_base(const void *a, const void *b)
{
	const struct sealed *x = a, *y = b;

	return x->base < y->base ? -1 : x->base > y->base;
}

static int
join_runs(struct reading *r, struct omap *map, struct kerr *e)
{
	if (r->n_maps > 0)
		qsort(r->map, r->n_maps, sizeof(r->map[0]), by_base);
	for (size_t i = 0; i < r->n_maps; i++)
		if (r->map[i].runs != NULL && state_get_runs((struct kbytes){
		    r->map[i].runs, r->map[i].len }, map, e) != 0)
			return e->code;
	map->n_sealed = map->n;
	return state_get_runs((struct kbytes){ r->tail.p,
	    (int32_t)r->tail.len }, map, e);
}

/* What this link has reached. */
static int
take_over(struct reading *r, struct kerr *e)
{
	struct part *pt = r->pt;

	omap_clear(&pt->map);
	if (join_runs(r, &pt->map, e) != 0)
		return e->code;
	pt->bases = xreallocarray(pt->bases, r->n_maps + 1, sizeof(int64_t));
	pt->n_bases = r->n_maps;
	for (size_t i = 0; i < r->n_maps; i++)
		pt->bases[i] = r->map[i].base;
	pt->known = r->known;
	pt->other_cluster = r->other_cluster;
	pt->old_id = r->pos.topic_id;
	pt->src_next = r->pos.src_next;
	pt->epoch = r->pos.leader_epoch;
	pt->tgt_next = r->pos.tgt_next;
	return 0;
}

/* What a link in the other direction has brought need not go back: the source
 * is read from behind it, and where it came from is where it is. What it has
 * brought since this link began would go back. */
static int
turn_round(struct reading *r, struct kerr *e)
{
	struct part *pt = r->pt;
	struct omap map = { NULL, 0, 0 };
	int rc;

	if (r->other_cluster || r->pos.tgt_next < 0)
		return 0;
	if (pt->known && r->pos.tgt_next <= pt->src_next)
		return 0;
	if (pt->known)
		return kerr_set(e, KE_EXISTS, "records have come from the "
		    "target since this link began, which would go round (a "
		    "--link of another name begins behind them)");
	rc = join_runs(r, &map, e);
	omap_clear(&pt->map);
	for (size_t i = 0; rc == 0 && i < map.n; i++)
		omap_add(&pt->map, map.v[i].tgt, map.v[i].src, map.v[i].count);
	omap_release(&map);
	pt->begin = r->pos.tgt_next;
	pt->tgt_next = r->pos.src_next;
	return rc;
}

static int
finish(struct reader *rd, struct kerr *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < rd->n; i++) {
		struct reading *r = &rd->v[i];

		/* what is in memory is newer */
		if (!r->known || (!rd->way_back && r->pt->known))
			continue;
		rc = rd->way_back ? turn_round(r, e) : take_over(r, e);
		if (rc != 0)
			kerr_wrap(e, "%s[%d]", r->pt->pair->source,
			    (int)r->pt->index);
	}
	return rc;
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
	struct reader rd = { .m = m };
	int rc = store_scan(&m->tgt, m->state_topic, take_record, &rd, e);

	if (rc == KE_BROKER && e->kafka == ERR_UNKNOWN_TOPIC_OR_PARTITION) {
		kerr_clear(e);		/* nothing was mirrored yet */
		rc = 0;
	}
	if (rc == 0)
		rc = finish(&rd, e);
	release(&rd);
	m->loaded = rc == 0;
	return rc;
}

int
store_load_way_back(struct mirror *m, const char *link, struct kerr *e)
{
	struct reader rd = { .m = m, .way_back = true };
	char *topic = xasprintf(STATE_TOPIC "%s", link);
	bool maps = m->want_maps;
	int rc;

	m->want_maps = true;
	rc = store_scan(&m->src, topic, take_record, &rd, e);
	if (rc == 0)
		rc = finish(&rd, e);
	m->want_maps = maps;
	release(&rd);
	free(topic);
	return rc;
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

int
store_put_run(struct mirror *m, struct kerr *e)
{
	static const struct state_key k = { .partition = 0 };
	struct state_run v = { .id = m->run };
	struct buf key, value;
	int rc;

	buf_init(&key, 0);
	buf_init(&value, 0);
	state_put_key(&key, STATE_RUN, &k);
	state_put_run(&value, &v);
	rc = put(m, &key, &value, e);
	buf_release(&key);
	buf_release(&value);
	return rc;
}

int
store_put_made(struct mirror *m, const struct pair *p, struct kerr *e)
{
	const struct state_key k = { .topic = kstr(p->source),
	    .target = kstr(p->target) };
	struct state_made v = { .cluster = kstr(cluster_id(m->src.c)) };
	struct buf key, value;
	int rc;

	buf_init(&key, 0);
	buf_init(&value, 0);
	state_put_key(&key, STATE_MADE, &k);
	state_put_made(&value, &v);
	rc = put(m, &key, &value, e);
	buf_release(&key);
	buf_release(&value);
	return rc;
}
