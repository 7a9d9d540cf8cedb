/*
 * format_cut.c: where the fields of a record lie in the input (format_cut.h).
 * The input may end in the middle of a record, which is then looked at anew
 * with more of it.
 */
#include "cli/format_cut.h"

#include <ctype.h>
#include <string.h>

#include "base/varint.h"
#include "cli/envelope_bytes.h"
#include "cli/envelope_json.h"
#include "cli/format_read.h"

#define BYTES		"tkshad"	/* tokens that are no numbers */
#define JSON_TAIL	16	/* an escape that is cut short lies in these */

/* Where reading stands. */
struct cursor {
	char	*p, *end;
	bool	 last;
	bool	 more;		/* the input has to go on */
};

bool
format_is_bytes(const struct format_op *op)
{
	return strchr(BYTES, op->token) != NULL;
}

/* The operation before i that says how long the bytes of i are, or -1. */
static ssize_t
length_of(const struct format_reader *f, size_t i)
{
	char want = f->op[i].token == 'k' ? 'K' : f->op[i].token == 's' ? 'S' :
	    '?';

	while (i-- > 0)
		if (f->op[i].token == want)
			return (ssize_t)i;
	return -1;
}

bool
format_is_open(const struct format_reader *f, size_t i)
{
	const struct format_op *op = &f->op[i];

	return format_is_bytes(op) && op->token != FORMAT_LITERAL &&
	    op->length == FORMAT_TEXT && op->mod != FORMAT_MOD_JSON &&
	    length_of(f, i) < 0;
}

/* Cutting. Each returns 0, also where c->more says that it is not all there,
 * or KE_DATA. */

static int
cut_literal(const struct format_reader *f, struct cursor *c, size_t i,
    struct kerr *e)
{
	const struct format_op *op = &f->op[i];
	size_t left = (size_t)(c->end - c->p);
	size_t n = op->text_len < left ? op->text_len : left;

	if (memcmp(c->p, op->text, n) != 0)
		return kerr_set(e, KE_DATA, "the text of the format is not "
		    "there");
	if (n < op->text_len && !(c->last && i + 1 == f->n &&
	    n == op->text_len - f->tail))
		c->more = true;
	c->p += n;
	return 0;
}

/* Digits go on where the input ends and is not known to be at its end. */
static int
cut_text_number(struct cursor *c, int64_t *v, struct kerr *e)
{
	char *p = c->p;
	bool minus = p < c->end && *p == '-';
	uint64_t u = 0;

	for (p += minus; p < c->end && isdigit((unsigned char)*p); p++) {
		if (u > INT64_MAX / 10 - 1)
			return kerr_set(e, KE_DATA, "a number is too large");
		u = u * 10 + (uint64_t)(*p - '0');
	}
	if (p == c->end && !c->last) {
		c->more = true;
		return 0;
	}
	if (p == c->p + minus)
		return kerr_set(e, KE_DATA, "a number is due");
	*v = minus ? -(int64_t)u : (int64_t)u;
	c->p = p;
	return 0;
}

static size_t
number_size(enum format_number form)
{
	return form <= FORMAT_BIG64 ? (size_t)1 << (form - FORMAT_BIG8) :
	    form <= FORMAT_LITTLE64 ? (size_t)1 << (form - FORMAT_LITTLE8) :
	    (size_t)2 << (form - FORMAT_HEX8);
}

/* All ones are -1: null, where it is a length. */
static int64_t
as_signed(uint64_t u, size_t bytes)
{
	return u == UINT64_MAX >> (64 - 8 * bytes) ? -1 : (int64_t)u;
}

static int
cut_uvarint(struct cursor *c, int64_t *v, struct kerr *e)
{
	const uint8_t *p = (const uint8_t *)c->p, *end = (uint8_t *)c->end;
	uint64_t u;
	size_t n = uvarint64_get(p, end, &u);

	if (n == 0) {
		if (end - p >= 10)
			return kerr_set(e, KE_DATA, "no varint");
		c->more = true;
		return 0;
	}
	*v = (int64_t)u;
	c->p += n;
	return 0;
}

static int
cut_number(struct cursor *c, enum format_number form, int64_t *v,
    struct kerr *e)
{
	size_t n;
	uint8_t bytes[8];
	const uint8_t *p = (const uint8_t *)c->p;
	uint64_t u = 0;

	if (form == FORMAT_TEXT)
		return cut_text_number(c, v, e);
	if (form == FORMAT_UVARINT)
		return cut_uvarint(c, v, e);
	n = number_size(form);
	if ((size_t)(c->end - c->p) < n) {
		c->more = true;
		return 0;
	}
	c->p += n;
	if (form >= FORMAT_HEX8) {
		if (get_hex(bytes, (const char *)p, n) < 0)
			return kerr_set(e, KE_DATA, "no hexadecimal number");
		p = bytes;
		n /= 2;
	}
	for (size_t i = 0; i < n; i++)
		u = u << 8 | p[form >= FORMAT_LITTLE8 &&
		    form <= FORMAT_LITTLE64 ? n - 1 - i : i];
	*v = as_signed(u, n);
	return 0;
}

/* A length is of the bytes themselves, whatever form they stand in. */
static size_t
text_size(const struct format_op *op, size_t n)
{
	return op->mod == FORMAT_MOD_HEX ? 2 * n :
	    op->mod == FORMAT_MOD_BASE64 ? (n + 2) / 3 * 4 : n;
}

static int
cut_sized(struct format_reader *f, struct cursor *c, size_t i, int64_t len,
    struct kerr *e)
{
	struct field *d = &f->field[i];

	if (len < -1 || len > (int64_t)f->max)
		return kerr_set(e, len < -1 ? KE_DATA : KE_RANGE,
		    "'%%%c' of %lld bytes", f->op[i].token, (long long)len);
	d->sized = true;
	d->number = len < 0 ? -1 : 0;
	d->p = c->p;
	d->n = len < 0 ? 0 : text_size(&f->op[i], (size_t)len);
	if ((size_t)(c->end - c->p) < d->n)
		c->more = true;
	else
		c->p += d->n;
	return 0;
}

/* What is wrong with it only because it stops here is not wrong yet. */
static int
cut_json(struct cursor *c, struct field *d, struct kerr *e)
{
	struct json j;
	struct json_text t;

	json_init(&j, c->p, (size_t)(c->end - c->p));
	if (!json_skip(&j, &t) || (j.p == j.end && !c->last)) {
		if (c->last || (size_t)(j.end - j.p) > JSON_TAIL)
			return json_error(&j, e);
		c->more = true;
		return 0;
	}
	d->p = t.p;
	d->n = t.n;
	c->p = j.p;
	return 0;
}

static int
cut_open(struct format_reader *f, struct cursor *c, size_t i)
{
	const struct format_op *behind = &f->op[i + 1];
	struct field *d = &f->field[i];
	size_t left = (size_t)(c->end - c->p), head;
	char *at = memmem(c->p, left, behind->text, behind->text_len);

	if (at == NULL && c->last && i + 2 == f->n && f->tail > 0) {
		head = behind->text_len - f->tail;
		if (left >= head &&
		    memcmp(c->end - head, behind->text, head) == 0)
			at = c->end - head;
	}
	if (at == NULL) {
		c->more = true;
		return 0;
	}
	d->p = c->p;
	d->n = (size_t)(at - c->p);
	c->p = at;
	return 0;
}

static int
cut(struct format_reader *f, struct cursor *c, size_t i, struct kerr *e)
{
	const struct format_op *op = &f->op[i];
	struct field *d = &f->field[i];
	ssize_t length = length_of(f, i);
	int64_t len;
	int rc;

	*d = (struct field){ .number = 0 };
	if (op->token == FORMAT_LITERAL)
		return cut_literal(f, c, i, e);
	if (!format_is_bytes(op))
		return cut_number(c, op->length, &d->number, e);
	if (op->length != FORMAT_TEXT) {
		if ((rc = cut_number(c, op->length, &len, e)) != 0 || c->more)
			return rc;
		if (op->mod != FORMAT_MOD_JSON)
			return cut_sized(f, c, i, len, e);
	}
	if (op->mod == FORMAT_MOD_JSON)
		return cut_json(c, d, e);
	if (length >= 0)
		return cut_sized(f, c, i, f->field[length].number, e);
	return cut_open(f, c, i);
}

ssize_t
format_read(struct format_reader *f, char *p, size_t n, bool last,
    struct kerr *e)
{
	struct cursor c = { .p = p, .end = p + n, .last = last };
	int rc = 0;

	if (n == 0)
		return 0;
	for (size_t i = 0; rc == 0 && !c.more && i < f->n; i++)
		rc = cut(f, &c, i, e);
	if (rc != 0)
		return rc;
	if (c.more && last)
		return kerr_set(e, KE_DATA, "the input ends within a record");
	return c.more ? 0 : c.p - p;
}
