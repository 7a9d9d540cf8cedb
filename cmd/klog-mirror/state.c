/* state.c: see state.h. */
#include "state.h"

#include <string.h>

#include "wire/codec.h"
#include "wire/versioned.h"

enum { VALUE_VERSION = 0 };

/* The key's kind is its version to the engine. */
#define T struct state_key
static const struct kfield state_key_fields[] = {
	FIELD(topic, STR, 0, STATE_MAP, NOTNULL, 0),
	FIELD(target, STR, 0, STATE_MAP, NOTNULL, 0),
	FIELD(partition, I32, 0, STATE_MAP, NOTNULL, 0),
	FIELD(base, I64, STATE_MAP, STATE_MAP, NOTNULL, 0),
	FIELD_END
};
#undef T

/* The key of STATE_MADE. */
struct state_topics {
	struct kstr	topic, target;
};

#define T struct state_topics
static const struct kfield state_topics_fields[] = {
	FIELD(topic, STR, 0, LATEST, NOTNULL, 0),
	FIELD(target, STR, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct state_position
static const struct kfield state_position_fields[] = {
	FIELD(cluster, STR, 0, LATEST, NULL_FROM(0), DNULL),
	FIELD(topic_id, UUID, 0, LATEST, NOTNULL, 0),
	FIELD(src_next, I64, 0, LATEST, NOTNULL, 0),
	FIELD(leader_epoch, I32, 0, LATEST, NOTNULL, -1),
	FIELD(tgt_next, I64, 0, LATEST, NOTNULL, -1),
	FIELD(runs, BYTES, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct state_map
static const struct kfield state_map_fields[] = {
	FIELD(runs, BYTES, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct state_run
static const struct kfield state_run_fields[] = {
	FIELD(id, UUID, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct state_made
static const struct kfield state_made_fields[] = {
	FIELD(cluster, STR, 0, LATEST, NULL_FROM(0), DNULL),
	FIELD_END
};
#undef T

static const
MESSAGE(state_key, "MirrorKey", -1, STATE_POSITION, STATE_RUN, 0);
static const
MESSAGE(state_topics, "MirrorKey", -1, STATE_MADE, STATE_MADE, 0);
static const
MESSAGE(state_position, "MirrorPosition", -1, 0, VALUE_VERSION, 0);
static const
MESSAGE(state_map, "MirrorMap", -1, 0, VALUE_VERSION, 0);
static const
MESSAGE(state_run, "MirrorRun", -1, 0, VALUE_VERSION, 0);
static const
MESSAGE(state_made, "MirrorMade", -1, 0, VALUE_VERSION, 0);

/* No string or array of ours is too long for its length field. */
void
state_put_key(struct buf *out, enum state_kind kind,
    const struct state_key *k)
{
	const struct state_topics t = { k->topic, k->target };

	if (kind == STATE_MADE)
		versioned_put(out, &state_topics_msg, STATE_MADE, &t);
	else
		versioned_put(out, &state_key_msg, (int16_t)kind, k);
}

void
state_put_position(struct buf *out, const struct state_position *p)
{
	versioned_put(out, &state_position_msg, VALUE_VERSION, p);
}

void
state_put_map(struct buf *out, const struct state_map *m)
{
	versioned_put(out, &state_map_msg, VALUE_VERSION, m);
}

void
state_put_run(struct buf *out, const struct state_run *r)
{
	versioned_put(out, &state_run_msg, VALUE_VERSION, r);
}

void
state_put_made(struct buf *out, const struct state_made *m)
{
	versioned_put(out, &state_made_msg, VALUE_VERSION, m);
}

void
state_put_runs(struct buf *out, const struct run *v, size_t n)
{
	int64_t src = 0, tgt = 0;

	for (size_t i = 0; i < n; i++) {
		buf_put_uvarint(out, (uint64_t)(v[i].src - src));
		buf_put_uvarint(out, (uint64_t)(v[i].tgt - tgt));
		buf_put_uvarint(out, (uint64_t)v[i].count);
		src = v[i].src + v[i].count;
		tgt = v[i].tgt + v[i].count;
	}
}

static int
get(const void *p, size_t n, const struct kmessage *m, int16_t *version,
    void *out, struct kerr *e)
{
	struct arena none;
	struct rd r;
	int rc;

	rd_init(&r, p, n);
	*version = rd_i16(&r);
	if (r.err != 0 || *version < 0)
		return kerr_set(e, KE_DATA, "%s: no version", m->name);
	if (*version > m->max)
		return kerr_set(e, KE_UNSUPPORTED, "%s: version %d is of a "
		    "newer klog-mirror", m->name, *version);
	arena_init(&none, 0);	/* there are no arrays */
	rc = kmsg_decode(m, *version, &r, &none, out, e);
	arena_release(&none);
	if (rc != 0)
		kerr_wrap(e, "%s", m->name);
	return rc;
}

int
state_get_key(const void *p, size_t n, enum state_kind *kind,
    struct state_key *k, struct kerr *e)
{
	static const uint8_t made[] = { 0, STATE_MADE };
	struct state_topics t = { KSTR_NULL, KSTR_NULL };
	int16_t version;
	int rc;

	if (n >= sizeof(made) && memcmp(p, made, sizeof(made)) == 0) {
		rc = get(p, n, &state_topics_msg, &version, &t, e);
		*k = (struct state_key){ t.topic, t.target, 0, 0 };
	} else
		rc = get(p, n, &state_key_msg, &version, k, e);
	if (rc != 0)
		return rc;
	*kind = (enum state_kind)version;
	if (*kind == STATE_RUN)
		return 0;
	if (k->partition < 0 || k->topic.len <= 0 || k->target.len <= 0)
		return kerr_set(e, KE_DATA, "MirrorKey: names no topic");
	return 0;
}

int
state_get_position(const void *p, size_t n, struct state_position *v,
    struct kerr *e)
{
	int16_t version;
	int rc = get(p, n, &state_position_msg, &version, v, e);

	if (rc != 0)
		return rc;
	if (v->src_next < 0 || v->tgt_next < -1)
		return kerr_set(e, KE_DATA, "MirrorPosition: a negative "
		    "offset");
	return 0;
}

int
state_get_map(const void *p, size_t n, struct state_map *v, struct kerr *e)
{
	int16_t version;

	return get(p, n, &state_map_msg, &version, v, e);
}

int
state_get_run(const void *p, size_t n, struct state_run *v, struct kerr *e)
{
	int16_t version;

	return get(p, n, &state_run_msg, &version, v, e);
}

int
state_get_made(const void *p, size_t n, struct state_made *v, struct kerr *e)
{
	int16_t version;

	return get(p, n, &state_made_msg, &version, v, e);
}

int
state_get_runs(struct kbytes b, struct omap *m, struct kerr *e)
{
	uint64_t src = 0, tgt = 0, count, skip;
	struct rd r;

	rd_init(&r, b.p, b.len > 0 ? (size_t)b.len : 0);
	while (rd_left(&r) > 0) {
		skip = rd_uvarint(&r);
		src += skip;
		tgt += rd_uvarint(&r);
		count = rd_uvarint(&r);
		if (r.err != 0 || src > INT64_MAX || tgt > INT64_MAX ||
		    count > INT64_MAX || skip > INT64_MAX ||
		    !omap_add(m, (int64_t)src, (int64_t)tgt, (int64_t)count))
			return kerr_set(e, KE_DATA, "runs that do not ascend");
		src += count;
		tgt += count;
	}
	return 0;
}
