/* envelope.c: records as JSON; see envelope.h. */
#include "cli/envelope.h"

#include <string.h>

#include "base/base64.h"
#include "cli/envelope_bytes.h"
#include "cli/envelope_json.h"
#include "cli/spec_time.h"

#define PUT(out, text)	buf_put(out, text, sizeof(text) - 1)

void
envelope_put_bytes(struct buf *out, const void *p, size_t n,
    enum envelope_form form)
{
	if (p == NULL) {
		PUT(out, "null");
		return;
	}
	if ((form == ENVELOPE_AUTO || form == ENVELOPE_JSON) &&
	    put_json_string(out, p, n))
		return;
	if (form == ENVELOPE_HEX) {
		PUT(out, "{\"hex\":\"");
		put_hex(out, p, n);
	} else {
		PUT(out, "{\"base64\":\"");
		base64_encode(out, p, n);
	}
	PUT(out, "\"}");
}

/*
 * Bytes that are a JSON document, as such. Left alone (false) is what would
 * not come back as the same bytes: a string or null, and an object that looks
 * like our own form of bytes. Line breaks between its words become blanks.
 */
enum nested { NESTED, LEFT_ALONE, NO_JSON };

static enum nested
put_nested(struct buf *out, const uint8_t *p, size_t n)
{
	enum nested other = LEFT_ALONE;
	struct json_text doc, name;
	struct json j;
	size_t start = out->len;

	buf_put(out, p, n);
	if (p == NULL || out->err != 0)
		return LEFT_ALONE;
	json_init(&j, (char *)out->p + start, n);
	if (!json_skip(&j, &doc) || json_peek(&j) != 0 || j.p != j.end) {
		other = NO_JSON;
		goto no;
	}
	if (*doc.p == '"' || *doc.p == 'n')
		goto no;
	if (*doc.p == '{') {
		json_init(&j, doc.p + 1, doc.n - 1);
		if (json_peek(&j) == '"' && json_skip(&j, &name) &&
		    ((name.n == 8 && memcmp(name.p, "\"base64\"", 8) == 0) ||
		    (name.n == 5 && memcmp(name.p, "\"hex\"", 5) == 0)))
			goto no;
	}
	for (size_t i = start; i < out->len; i++)
		if (out->p[i] == '\n' || out->p[i] == '\r')
			out->p[i] = ' ';
	return NESTED;
no:
	out->len = start;
	return other;
}

static void
put_headers(const struct record *r, enum envelope_form form, struct buf *out)
{
	struct header_iter it;
	struct record_header h;
	bool first = true;

	PUT(out, ",\"headers\":[");
	header_iter_init(&it, r);
	while (header_iter_next(&it, &h) > 0) {
		if (!first)
			buf_putc(out, ',');
		first = false;
		envelope_put_bytes(out, h.name, (size_t)h.name_len,
		    ENVELOPE_AUTO);
		buf_putc(out, ',');
		envelope_put_bytes(out, h.value,
		    h.value_len > 0 ? (size_t)h.value_len : 0, form);
	}
	buf_putc(out, ']');
}

/* ,"FIELD":BYTES and what is to be said of their form. */
static void
put_field(struct buf *out, const char *field, const char *what,
    const uint8_t *p, int32_t len, enum envelope_form form)
{
	size_t n = len > 0 ? (size_t)len : 0;
	enum nested nested = LEFT_ALONE;

	buf_puts(out, field);
	if (form == ENVELOPE_JSON)
		nested = put_nested(out, p, n);
	if (nested != NESTED)
		envelope_put_bytes(out, p, n, form);
	if (nested != LEFT_ALONE)
		buf_printf(out, ",\"%s_%s\":\"%s\"", what, nested == NESTED ?
		    "format" : "error", nested == NESTED ? "json" : "no JSON");
}

/* Appends NAME and a number; *p has room. */
static uint8_t *
number(uint8_t *p, const char *name, size_t n, int64_t v)
{
	memcpy(p, name, n);
	return digits_i64(p + n, v);
}

#define NUMBER(p, name, v)	number(p, name, sizeof(name) - 1, v)

static void
put_time(const struct envelope_opts *opts, const struct record *r,
    bool append_time, struct buf *out)
{
	uint8_t *p = buf_reserve(out, 64);

	if (p == NULL)
		return;
	p = append_time ? NUMBER(p, ",\"tstype\":\"logappend\",\"ts\":",
	    r->timestamp) : NUMBER(p, ",\"tstype\":\"create\",\"ts\":",
	    r->timestamp);
	out->len = (size_t)(p - out->p);
	if (opts->iso) {
		PUT(out, ",\"time\":\"");
		spec_clock_print(r->timestamp, true, out);
		buf_putc(out, '"');
	}
}

void
envelope_print(const struct envelope_opts *opts,
    const struct consumer_batch *b, const struct record *r, struct buf *out)
{
	uint8_t *p;

	PUT(out, "{\"topic\":");
	put_json_string(out, b->topic, strlen(b->topic));
	if ((p = buf_reserve(out, 80)) == NULL)
		return;
	p = NUMBER(p, ",\"partition\":", b->partition);
	p = NUMBER(p, ",\"offset\":", r->offset);
	out->len = (size_t)(p - out->p);
	if (r->timestamp >= 0)
		put_time(opts, r, (b->header.attributes & BATCH_APPEND_TIME) != 0,
		    out);
	if ((p = buf_reserve(out, 40)) == NULL)
		return;
	p = NUMBER(p, ",\"broker\":", b->broker);
	out->len = (size_t)(p - out->p);
	if (r->n_headers > 0)
		put_headers(r, opts->headers, out);
	put_field(out, ",\"key\":", "key", r->key, r->key_len, opts->key);
	put_field(out, ",\"payload\":", "value", r->value, r->value_len,
	    opts->value);
	if ((p = buf_reserve(out, 40)) == NULL)
		return;
	p = NUMBER(p, ",\"epoch\":", b->header.leader_epoch);
	*p++ = '}';
	*p++ = '\n';
	out->len = (size_t)(p - out->p);
}
