/*
 * recode.c: batches that cannot go through as they are (mirror.h): with holes
 * that compaction left, stamped by the broker, cut by the range, filtered,
 * given an origin, or compressed in a format of before Kafka 0.11. Records
 * keep their key, value, headers and time; the codec stays the batch's.
 *
 * Small batches, as a slow producer leaves them, are taken apart, so that their
 * records gather in larger ones: with a request for each the copy would take
 * thirty times as long.
 *
 * A record whose header klog-origin names the target was copied from there: it
 * is left out, and so no record goes round in circles between two clusters.
 * Those without the header get the source's id. Confluent Replicator's header
 * (provenance.header.enable, one a hop) counts as well: it has the id of the
 * cluster that the record was copied from, with other things around it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "mirror.h"
#include "record/builder.h"

#define ORIGIN		"klog-origin"
#define PROVENANCE	"__replicator_id"

enum {
	/* What a record may take more than it did, without the origin: wider
	 * deltas of offset and time. */
	RECORD_EXTRA = 24,
	RECORD_LEAST = 7,	/* bytes of the shortest record */
	/* A small batch has no more than that. */
	SMALL_BYTES = 4096,
	SMALL_RECORDS = 64
};

struct recoder {
	struct codecs		*codecs;
	struct grep		*grep;
	char			*origin;	/* NULL: leave headers alone */
	char			*skip;
	struct buf		 raw;		/* records, unpacked */
	struct buf		 out;		/* the new batch */
	struct buf		 scratch;	/* for its codec */
	struct record_header	*headers;
	int32_t			 n_headers;
	uint32_t		*offsets;
	size_t			 n_offsets;
};

struct recoder *
recoder_new(const char *origin, const char *skip, struct grep *grep)
{
	struct recoder *rc = xcalloc(1, sizeof(*rc));

	rc->origin = origin != NULL ? xstrdup(origin) : NULL;
	rc->skip = skip != NULL ? xstrdup(skip) : NULL;
	rc->grep = grep;
	buf_init(&rc->raw, 0);
	buf_init(&rc->out, 0);
	buf_init(&rc->scratch, 0);
	return rc;
}

void
recoder_free(struct recoder *rc)
{
	if (rc == NULL)
		return;
	if (rc->codecs != NULL)
		codecs_free(rc->codecs);
	buf_release(&rc->raw);
	buf_release(&rc->out);
	buf_release(&rc->scratch);
	free(rc->headers);
	free(rc->offsets);
	free(rc->origin);
	free(rc->skip);
	free(rc);
}

static bool
goes_through(const struct recoder *rc, const struct consumer_batch *b)
{
	const struct batch_header *h = &b->header;

	return rc->grep == NULL && rc->origin == NULL &&
	    b->unpacked == CODEC_NONE &&
	    h->count == h->last_offset_delta + 1 &&
	    (h->attributes & BATCH_APPEND_TIME) == 0 &&
	    h->base_offset >= b->from && batch_last_offset(h) < b->to;
}

static bool
header_is(const struct record_header *h, const char *name)
{
	return (size_t)h->name_len == strlen(name) &&
	    memcmp(h->name, name, (size_t)h->name_len) == 0;
}

/* Reads the headers; one more place is left for the origin. */
static int
read_headers(struct recoder *rc, const struct record *r, struct kerr *e)
{
	struct header_iter it;

	if (r->n_headers >= rc->n_headers) {
		rc->n_headers = r->n_headers + 8;
		rc->headers = xreallocarray(rc->headers,
		    (size_t)rc->n_headers, sizeof(*rc->headers));
	}
	header_iter_init(&it, r);
	for (int32_t i = 0; i < r->n_headers; i++)
		if (header_iter_next(&it, &rc->headers[i]) <= 0)
			return kerr_set(e, KE_DATA, "offset %lld: malformed "
			    "headers", (long long)r->offset);
	return 0;
}

/* The record's origin: NULL where it has none. */
static const struct record_header *
origin_of(const struct recoder *rc, const struct record *r)
{
	for (int32_t i = 0; i < r->n_headers; i++)
		if (header_is(&rc->headers[i], ORIGIN))
			return &rc->headers[i];
	return NULL;
}

static bool
is_from(const struct record_header *h, const char *id)
{
	return id != NULL && h->value_len >= 0 &&
	    (size_t)h->value_len == strlen(id) &&
	    memcmp(h->value, id, (size_t)h->value_len) == 0;
}

/* Whether Replicator has taken the record out of that cluster. Ids are 22
 * random characters: they are not there by chance. */
static bool
was_in(const struct recoder *rc, const struct record *r, const char *id)
{
	const struct record_header *h;

	for (int32_t i = 0; id != NULL && i < r->n_headers; i++) {
		h = &rc->headers[i];
		if (header_is(h, PROVENANCE) && h->value_len > 0 &&
		    memmem(h->value, (size_t)h->value_len, id, strlen(id)) !=
		    NULL)
			return true;
	}
	return false;
}

/* Adds a record to the new batch, or leaves it out. */
static int
take(struct recoder *rc, struct builder *out, const struct record *r,
    struct kerr *e)
{
	const struct record_header *from;
	struct record_input in = { r->timestamp, r->key, r->value, r->key_len,
	    r->value_len, NULL, r->n_headers };

	if (rc->grep != NULL && !grep_match(rc->grep, r))
		return 0;
	if (read_headers(rc, r, e) != 0)
		return e->code;
	in.headers = rc->headers;
	if (rc->origin != NULL) {
		from = origin_of(rc, r);
		if ((from != NULL && is_from(from, rc->skip)) ||
		    was_in(rc, r, rc->skip))
			return 0;
		if (from == NULL)
			rc->headers[in.n_headers++] = (struct record_header){
			    (const uint8_t *)ORIGIN,
			    (const uint8_t *)rc->origin, strlen(ORIGIN),
			    (int32_t)strlen(rc->origin) };
	}
	if (builder_add(out, &in) != 0)
		return kerr_set(e, KE_RANGE, "offset %lld: the batch grows "
		    "beyond what was reckoned with", (long long)r->offset);
	return 1;
}

/* Memory follows the records that are there, not what the header says. */
static void
start_batch(struct recoder *rc, struct builder *out,
    const struct consumer_batch *b, const struct record_iter *it)
{
	size_t most = (size_t)(it->end - it->p) / RECORD_LEAST;
	size_t n = (size_t)b->header.count;
	size_t extra = RECORD_EXTRA + (rc->origin != NULL ?
	    sizeof(ORIGIN) + strlen(rc->origin) + 8 : 0);
	size_t cap;

	if (n > most)
		n = most;
	cap = BATCH_HEADER + (size_t)(it->end - it->p) + n * extra;
	buf_clear(&rc->out);
	builder_init(out, buf_reserve(&rc->out, cap), cap);
	if (n > rc->n_offsets) {
		rc->n_offsets = n;
		rc->offsets = xreallocarray(rc->offsets, n,
		    sizeof(*rc->offsets));
	}
}

static int
finish_batch(struct recoder *rc, struct builder *b, enum codec codec,
    struct recoded *out, struct kerr *e)
{
	struct builder_opts o = BUILDER_OPTS;
	ssize_t n;

	if (b->count == 0)
		return 0;
	o.codec = codec;
	buf_clear(&rc->scratch);
	n = builder_finish(b, &o, rc->codecs, &rc->scratch, e);
	if (n < 0)
		return (int)n;
	out->p = b->mem;
	out->n = (size_t)n;
	out->offsets = rc->offsets;
	return 0;
}

/* Starts reading a small batch; false where it is to stay whole. A record
 * without a time would be given the present one. */
static bool
open_small(struct recoder *rc, const struct recoded *r,
    struct record_iter *it)
{
	struct batch_header h;
	struct record_iter ahead;
	struct record rec;
	int rv;

	if (r->n > SMALL_BYTES || batch_parse(r->p, r->n, &h, NULL) != 0 ||
	    h.count > SMALL_RECORDS)
		return false;
	if (rc->codecs == NULL)
		rc->codecs = codecs_new();
	if (record_iter_init(it, r->p, &h, rc->codecs, &rc->raw,
	    BATCH_MAX_RAW, NULL) != 0)
		return false;
	ahead = *it;
	while ((rv = record_iter_next(&ahead, &rec)) > 0)
		if (rec.timestamp < 0)
			return false;
	return rv == 0;
}

int
recode_small(struct recoder *rc, const struct recoded *r,
    recode_record *each, void *arg, struct kerr *e)
{
	struct record_iter it;
	struct record rec;

	if (!open_small(rc, r, &it))
		return 1;
	for (int32_t i = 0; record_iter_next(&it, &rec) > 0; i++) {
		struct record_input in = { rec.timestamp, rec.key, rec.value,
		    rec.key_len, rec.value_len, NULL, rec.n_headers };

		if (read_headers(rc, &rec, e) != 0)
			return e->code;
		in.headers = rc->headers;
		if (each(arg, i, &in, e) != 0)
			return e->code;
	}
	return 0;
}

int
recode(struct recoder *rc, const struct consumer_batch *b,
    struct recoded *out, struct kerr *e)
{
	struct record_iter it;
	struct builder made;
	struct record r;
	int rv;

	*out = (struct recoded){ .p = b->p, .n = batch_size(&b->header),
	    .first = (uint64_t)b->header.base_offset };
	if (goes_through(rc, b))
		return 0;
	out->p = NULL;
	if (rc->codecs == NULL)
		rc->codecs = codecs_new();
	buf_clear(&rc->raw);
	if (record_iter_init(&it, b->p, &b->header, rc->codecs, &rc->raw,
	    BATCH_MAX_RAW, e) != 0)
		return e->code;
	start_batch(rc, &made, b, &it);
	while ((rv = record_iter_next(&it, &r)) > 0) {
		if (r.offset < b->from || r.offset >= b->to)
			continue;
		rv = take(rc, &made, &r, e);
		if (rv < 0)
			return rv;
		if (rv == 0)
			continue;
		if (made.count == 1)
			out->first = (uint64_t)r.offset;
		rc->offsets[made.count - 1] = (uint32_t)((uint64_t)r.offset -
		    out->first);
	}
	if (rv < 0)
		return record_iter_bad(&it, e);
	return finish_batch(rc, &made, consumer_codec(b), out, e);
}
