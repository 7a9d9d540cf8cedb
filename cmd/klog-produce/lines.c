/* lines.c: from blocks of input to records (produce.h). */
#include <stdlib.h>
#include <string.h>

#include "produce.h"

/* Copies what was taken to stdout: -T. */
static int
tee(struct job *j, const char *p, size_t n, struct kerr *e)
{
	if (!j->o->tee)
		return 0;
	return report_write(j, p, n, e);
}

bool
lines_is_null(const struct job *j, const void *p, size_t n)
{
	if (n == 0)
		return j->o->empty_is_null;
	return j->o->null != NULL && strlen(j->o->null) == n &&
	    memcmp(j->o->null, p, n) == 0;
}

static void
set_value(const struct job *j, struct record_input *r, const char *p, size_t n)
{
	bool null = lines_is_null(j, p, n);

	r->value = null ? NULL : p;
	r->value_len = null ? -1 : (int32_t)n;
}

static void
set_key(const struct job *j, struct record_input *r, const char *p, size_t n)
{
	bool null = lines_is_null(j, p, n);

	r->key = null ? NULL : p;
	r->key_len = null ? -1 : (int32_t)n;
}

/* --rate: waits until the next record may go; those before it are sent. */
static void
slow_down(struct job *j)
{
	int64_t ms;

	while (!j->hurry && (ms = rate_wait(&j->rate,
	    loop_clock(j->loop))) > 0) {
		producer_push(j->producer);
		loop_run_for(j->loop, ms < 100 ? ms : 100);
	}
}

static size_t
bytes_of(const struct record_input *r)
{
	return (r->key_len > 0 ? (size_t)r->key_len : 0) +
	    (r->value_len > 0 ? (size_t)r->value_len : 0);
}

int
lines_add(struct job *j, int32_t partition, const struct record_input *r,
    struct kerr *e)
{
	struct kerr why = KERR_INIT;
	int rc;

	slow_down(j);
	while ((rc = producer_add(j->producer, j->topic, partition, r, j->tag,
	    &why)) == KE_AGAIN && !j->hurry)
		if (producer_wait_room(j->producer, e) != 0)
			return e->code;
	if (rc == 0) {
		rate_take(&j->rate, 1, bytes_of(r), loop_now(j->loop));
		j->tag++;
		if (--j->left == 0)
			j->stop = true;
		return txn_count(j, e);
	}
	if (rc == KE_AGAIN)
		return 0;	/* a signal: not taken, not counted */
	*e = why;
	return rc;
}

void
lines_start(const struct job *j, struct record_input *r)
{
	*r = (struct record_input){ .timestamp = j->ts, .key = j->key,
	    .key_len = j->key_len, .value_len = -1, .headers = j->headers,
	    .n_headers = j->n_headers };
}

static int
take_line(struct job *j, char *p, size_t n, struct kerr *e)
{
	struct record_input r;
	char *d = NULL;

	lines_start(j, &r);
	if (j->key_delim != NULL)
		d = memmem(p, n, j->key_delim, j->key_delim_len);
	if (d != NULL) {
		set_key(j, &r, p, (size_t)(d - p));
		d += j->key_delim_len;
		n -= (size_t)(d - p);
		p = d;
	}
	set_value(j, &r, p, n);
	if (fields_decode(j, &r, e) != 0)
		return fields_bad(j, e);
	return lines_add(j, j->partition, &r, e);
}

static char *
find_delim(const struct job *j, char *p, size_t n)
{
	if (j->delim_len == 1)
		return memchr(p, j->delim[0], n);
	return memmem(p, n, j->delim, j->delim_len);
}

/* What is decoded is so where it lies, and copied out before. */
static int
take_one(struct job *j, char *p, size_t n, size_t delim, struct kerr *e)
{
	if (tee(j, p, n + delim, e) != 0)
		return e->code;
	return j->o->common.json ? fields_take_json(j, p, n, e) :
	    take_line(j, p, n, e);
}

/* As -f cuts them. */
static ssize_t
take_formatted(struct job *j, char *p, size_t n, bool last, struct kerr *e)
{
	char *at = p, *end = p + n;
	ssize_t k;

	while (at < end && !j->stop) {
		k = format_read(j->format, at, (size_t)(end - at), last, e);
		if (k < 0)
			return k;
		if (k == 0 && (size_t)(end - at) > 2 * j->line_max)
			return kerr_set(e, KE_RANGE, "a record of over %zu "
			    "bytes (message.max.bytes)", j->line_max);
		if (k == 0)
			break;
		if (tee(j, at, (size_t)k, e) != 0 ||
		    fields_take_format(j, e) != 0)
			return e->code;
		at += k;
	}
	return at - p;
}

/* Line by line: whatever is more than a plain value. */
static ssize_t
take_each(struct job *j, char *p, size_t n, bool last, struct kerr *e)
{
	char *at = p, *end = p + n, *d;
	size_t len;
	int rc;

	while (at < end && !j->stop) {
		d = find_delim(j, at, (size_t)(end - at));
		if (d == NULL && (size_t)(end - at) > j->line_max)
			return kerr_set(e, KE_RANGE, "a line of over %zu "
			    "bytes (message.max.bytes)", j->line_max);
		if (d == NULL && !last)
			break;
		len = (size_t)((d != NULL ? d : end) - at);
		rc = take_one(j, at, len, d != NULL ? j->delim_len : 0, e);
		if (rc != 0)
			return rc;
		at += len + (d != NULL ? j->delim_len : 0);
	}
	return at - p;
}

/* Block by block: the hot path. */
static ssize_t
take_block(struct job *j, char *p, size_t n, bool last, struct kerr *e)
{
	size_t at = 0, count, had = n;
	ssize_t k;

	if (last && n > 0 && p[n - 1] != j->delim[0])
		p[n++] = j->delim[0];	/* the reader leaves room for it */
	while (at < n && !j->hurry) {
		k = producer_add_lines(j->producer, j->topic, j->partition,
		    p + at, n - at, j->delim[0], j->ts, j->tag, &count, e);
		if (k < 0)
			return k;
		j->tag += count;
		at += (size_t)k;
		if (at == n || producer_room(j->producer))
			break;
		if (producer_wait_room(j->producer, e) != 0)
			return e->code;
	}
	if (at > had)
		at = had;
	return tee(j, p, at, e) != 0 ? e->code : (ssize_t)at;
}

static bool
is_plain(const struct job *j)
{
	const struct opts *o = j->o;

	return j->delim_len == 1 && !o->common.json && o->key == NULL &&
	    o->key_delim == NULL && !o->empty_is_null && o->null == NULL &&
	    j->n_headers == 0 && j->left == INT64_MAX && o->txn_every == 0 &&
	    o->rate == NULL && o->encode.n == 0;
}

ssize_t
lines_take(struct job *j, char *p, size_t n, bool last, struct kerr *e)
{
	if (j->format != NULL)
		return take_formatted(j, p, n, last, e);
	if (is_plain(j))
		return take_block(j, p, n, last, e);
	return take_each(j, p, n, last, e);
}

int
lines_whole(struct job *j, char *p, size_t n, struct kerr *e)
{
	struct record_input r;

	lines_start(j, &r);
	set_value(j, &r, p, n);
	if (tee(j, p, n, e) != 0)
		return e->code;
	if (fields_decode(j, &r, e) != 0)
		return fields_bad(j, e);
	return lines_add(j, j->partition, &r, e);
}
