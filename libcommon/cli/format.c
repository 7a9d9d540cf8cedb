/*
 * format.c: see format.h. The text is compiled into a list of operations;
 * literals next to each other are one.
 */
#include "cli/format.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base64.h"
#include "base/xalloc.h"
#include "cli/envelope.h"
#include "cli/envelope_bytes.h"
#include "cli/format_pack.h"
#include "cli/format_parse.h"
#include "cli/spec_time.h"

struct format {
	struct format_op		*op;
	size_t				 n;
	const struct format_opts	*opts;
};

int
format_compile(struct format **out, const char *text,
    const struct format_opts *opts, struct kerr *e)
{
	struct format *f = xcalloc(1, sizeof(*f));
	int rc;

	f->opts = opts;
	if ((rc = format_parse(text, &f->op, &f->n, e)) != 0) {
		format_free(f);
		return rc;
	}
	*out = f;
	return 0;
}

void
format_free(struct format *f)
{
	if (f == NULL)
		return;
	format_ops_free(f->op, f->n);
	free(f);
}

/* Bytes for a terminal: no control sequences, nothing that is not text. */
static void
put_visible(const uint8_t *p, size_t n, struct buf *out)
{
	while (n > 0) {
		size_t len = utf8_length(p, n);
		bool c1 = len == 2 && p[0] == 0xc2 && p[1] < 0xa0;

		if (len == 0 || c1 || *p == 0x7f ||
		    (*p < 0x20 && *p != '\n' && *p != '\t')) {
			buf_printf(out, "\\x%02x", *p);
			len = 1;
		} else
			buf_put(out, p, len);
		p += len;
		n -= len;
	}
}

static void
put_raw(const struct format *f, const uint8_t *p, size_t n, struct buf *out)
{
	if (f->opts->escape)
		put_visible(p, n, out);
	else
		buf_put(out, p, n);
}

static void
put_bytes(const struct format *f, const struct format_op *op,
    const uint8_t *p, int32_t len, struct buf *out)
{
	size_t n = len > 0 ? (size_t)len : 0;

	if (op->length != FORMAT_TEXT)
		format_put_number(op->length, len, out);
	if (op->mod == FORMAT_MOD_JSON)
		envelope_put_bytes(out, p, n, ENVELOPE_AUTO);
	else if (p == NULL)
		buf_puts(out, f->opts->null != NULL ? f->opts->null : "");
	else if (op->mod == FORMAT_MOD_HEX)
		put_hex(out, p, n);
	else if (op->mod == FORMAT_MOD_BASE64)
		base64_encode(out, p, n);
	else if (op->mod == FORMAT_MOD_PACK) {
		if (!format_unpack(op->text, p, n, out))
			put_raw(f, p, n, out);
	} else
		put_raw(f, p, n, out);
}

static void
put_headers(const struct format *f, const struct record *r, struct buf *out)
{
	struct header_iter it;
	struct record_header h;
	bool first = true;

	header_iter_init(&it, r);
	while (header_iter_next(&it, &h) > 0) {
		if (!first)
			buf_putc(out, ',');
		first = false;
		put_raw(f, h.name, (size_t)h.name_len, out);
		buf_putc(out, '=');
		if (h.value_len < 0)
			buf_puts(out, "NULL");
		else
			put_raw(f, h.value, (size_t)h.value_len, out);
	}
}

/* The last header of that name, as clients look one up. */
static void
put_header(const struct format *f, const struct format_op *op,
    const struct record *r, struct buf *out)
{
	struct header_iter it;
	struct record_header h;
	const uint8_t *p = NULL;
	int32_t len = -1;

	header_iter_init(&it, r);
	while (header_iter_next(&it, &h) > 0)
		if ((size_t)h.name_len == op->name_len &&
		    memcmp(h.name, op->name, op->name_len) == 0) {
			p = h.value;
			len = h.value_len;
		}
	put_bytes(f, op, p, len, out);
}

static void
put_date(const struct format *f, const struct format_op *op, int64_t ms,
    struct buf *out)
{
	time_t t = (time_t)(ms / 1000);
	char text[256];
	struct tm tm;

	if (ms < 0)
		return;
	if (op->name == NULL) {
		spec_clock_print(ms, f->opts->utc, out);
		return;
	}
	if (f->opts->utc)
		gmtime_r(&t, &tm);
	else
		localtime_r(&t, &tm);
	buf_put(out, text, strftime(text, sizeof(text), op->name, &tm));
}

/* The number that a token stands for. */
static int64_t
op_number(const struct format_op *op, const struct consumer_batch *b,
    const struct record *r, int64_t counter)
{
	switch (op->token) {
	case 'p':
		return b->partition;
	case 'o':
		return r->offset;
	case 'T':
		return r->timestamp;
	case 'K':
		return r->key_len;
	case 'S':
		return r->value_len;
	case 'H':
		return r->n_headers;
	case 'e':
		return b->header.leader_epoch;
	case 'x':
		return b->header.producer_id;
	case 'y':
		return b->header.producer_epoch;
	case 'i':
		return counter;
	case '[':
		return b->log_start;
	case '|':
		return b->stable;
	default:
		return b->high;
	}
}

static void
put_op(const struct format *f, const struct format_op *op,
    const struct consumer_batch *b, const struct record *r, int64_t counter,
    struct buf *out)
{
	const char *codec;

	switch (op->token) {
	case FORMAT_LITERAL:
		buf_put(out, op->text, op->text_len);
		break;
	case 't':
		put_bytes(f, op, (const uint8_t *)b->topic,
		    (int32_t)strlen(b->topic), out);
		break;
	case 'k':
		put_bytes(f, op, r->key, r->key_len, out);
		break;
	case 's':
		put_bytes(f, op, r->value, r->value_len, out);
		break;
	case 'h':
		if (op->name != NULL)
			put_header(f, op, r, out);
		else
			put_headers(f, r, out);
		break;
	case 'd':
		put_date(f, op, r->timestamp, out);
		break;
	case 'a':
		codec = codec_name(consumer_codec(b));
		buf_puts(out, codec != NULL ? codec : "unknown");
		break;
	default:
		format_put_number(op->length, op_number(op, b, r, counter),
		    out);
		break;
	}
}

void
format_print(const struct format *f, const struct consumer_batch *b,
    const struct record *r, int64_t counter, struct buf *out)
{
	for (size_t i = 0; i < f->n; i++)
		put_op(f, &f->op[i], b, r, counter, out);
}
