/*
 * peek.c: the records round the committed offset: those that were consumed
 * last, and those that come next.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/consumer.h"
#include "job.h"
#include "record/iter.h"

/* A record, copied. */
struct seen {
	int64_t	 offset, timestamp;
	char	*key, *value;		/* NULL: null */
	int64_t	 key_len, value_len;
};

struct reader {
	struct job	*j;
	struct codecs	*codecs;
	struct buf	 scratch;
	struct seen	*v;
	int		 n;
};

static char *
copy(const uint8_t *p, int32_t len)
{
	char *s;

	if (len < 0)
		return NULL;
	s = xmalloc((size_t)len + 1);
	memcpy(s, p, (size_t)len);
	return s;
}

static void
forget(struct reader *r, int first, int n)
{
	for (int i = first; i < first + n; i++) {
		free(r->v[i].key);
		free(r->v[i].value);
	}
	if (r->n > first + n)
		memmove(&r->v[first], &r->v[first + n],
		    (size_t)(r->n - first - n) * sizeof(r->v[0]));
	r->n -= n;
}

/* Takes records of a batch until there are max. */
static int
take_batch(struct reader *r, const struct consumer_batch *b, int64_t max,
    struct kerr *e)
{
	struct record_iter it;
	struct record rec;
	int rc = record_iter_init(&it, b->p, &b->header, r->codecs,
	    &r->scratch, BATCH_MAX_RAW, e);

	while (rc == 0 && r->n < max && record_iter_next(&it, &rec) > 0) {
		struct seen *s;

		if (rec.offset < b->from || rec.offset >= b->to)
			continue;
		r->v = xreallocarray(r->v, (size_t)r->n + 1, sizeof(r->v[0]));
		s = &r->v[r->n++];
		*s = (struct seen){ rec.offset, rec.timestamp,
		    copy(rec.key, rec.key_len),
		    copy(rec.value, rec.value_len), rec.key_len,
		    rec.value_len };
	}
	return rc;
}

/* The records of [from, to), max of them at most. */
static int
read_range(struct reader *r, const struct where *w, int64_t from, int64_t to,
    int64_t max, struct kerr *e)
{
	struct consumer_config cf = CONSUMER_CONFIG;
	const struct consumer_batch *b;
	struct consumer *c;
	int rc = 0;

	forget(r, 0, r->n);
	if (from >= to || max == 0)
		return 0;
	cf.give_up_ms = r->j->wait_ms;
	c = consumer_new(r->j->cluster, &cf);
	consumer_assign(c, w->topic, w->partition, from, to);
	while (rc >= 0 && !consumer_done(c) && r->n < max) {
		while (rc >= 0 && (b = consumer_take(c)) != NULL) {
			rc = take_batch(r, b, max, e);
			consumer_release(c, b);
		}
		if (rc >= 0 && r->n < max)
			rc = consumer_wait(c, -1, NULL, e);
	}
	consumer_free(c);
	return rc < 0 ? rc : 0;
}

static void
print(struct reader *r, struct output *out, const struct place *l)
{
	for (int i = 0; i < r->n; i++) {
		const struct seen *s = &r->v[i];

		output_row(out, (struct cell[]){ CELL_STR(l->group->name),
		    CELL_STR(l->w.topic), CELL_N(l->w.partition),
		    CELL_N(s->offset), s->offset < l->w.stored ?
		    CELL_STR("done") : i > 0 &&
		    r->v[i - 1].offset >= l->w.stored ? CELL_STR("later") :
		    CELL_STR("next"),
		    s->timestamp >= 0 ? CELL_N(s->timestamp) : CELL_NONE,
		    cell_text(s->key, s->key_len),
		    cell_text(s->value, s->value_len) });
	}
}

/* The last n before the committed offset: holes may lie between, so that it is
 * looked for in growing steps. */
static int
read_before(struct reader *r, const struct where *w, int64_t n,
    struct kerr *e)
{
	int64_t low = w->stored, step = n + 2;
	int rc = 0;

	forget(r, 0, r->n);
	while (rc == 0 && r->n < n && low > w->start && n > 0) {
		low = low - w->start > step ? low - step : w->start;
		step *= 4;
		rc = read_range(r, w, low, w->stored, INT32_MAX, e);
	}
	if (r->n > n)
		forget(r, 0, r->n - (int)n);
	return rc;
}

static int
peek(struct reader *r, struct output *out, const struct place *l,
    struct kerr *e)
{
	const struct where *w = &l->w;
	int rc = read_before(r, w, r->j->o->before, e);

	if (rc == 0) {
		print(r, out, l);
		rc = read_range(r, w, w->stored > w->start ? w->stored :
		    w->start, w->end, r->j->o->after, e);
	}
	if (rc == 0)
		print(r, out, l);
	return rc;
}

static void
peek_all(struct job *j, struct groups *g, enum exit_class *status)
{
	static const char *const columns[] = { "group", "topic", "partition",
	    "offset", "place", "timestamp", "key", "value", NULL };
	struct reader r = { .j = j, .codecs = codecs_new() };
	struct places p = { .n = 0 };
	struct output out;
	int found = 0;

	output_open(&out, j->form, stdout, columns);
	if (places_load(&p, j, g, false, status) == 0)
		places_bounds(&p);
	for (int i = 0; i < p.n; i++) {
		struct place *l = &p.v[i];

		if (l->w.stored < 0)
			continue;
		found++;
		if (l->w.err.code == 0)
			peek(&r, &out, l, &l->w.err);
		place_failed(l, status);
	}
	output_close(&out);
	if (found == 0 && *status == EXIT_DONE) {
		warn_line("no offset is committed that could be looked at");
		*status = EXIT_MISSING;
	}
	forget(&r, 0, r.n);
	free(r.v);
	buf_release(&r.scratch);
	codecs_free(r.codecs);
	places_release(&p);
}

enum exit_class
job_peek(struct job *j)
{
	enum exit_class status = EXIT_DONE;
	struct groups g;

	if (names_load(j, &g, false, &status) == 0) {
		groups_fetch(&g);
		for (int i = 0; i < g.n; i++)
			names_failed(&g.v[i], &status);
		peek_all(j, &g, &status);
	}
	groups_release(&g);
	return status;
}
