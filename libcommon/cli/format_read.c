/*
 * format_read.c: see format_read.h. First the record is cut into the spans of
 * its fields, which may end in the middle of the input and then begins anew
 * with more of it; what was found whole is decoded afterwards.
 */
#include "cli/format_read.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/varint.h"
#include "base/xalloc.h"
#include "cli/envelope_bytes.h"
#include "cli/envelope_json.h"
#include "cli/format_pack.h"
#include "cli/format_parse.h"
#include "cli/spec_time.h"

#define BYTES		"tkshad"	/* tokens that are no numbers */
#define JSON_TAIL	16	/* an escape that is cut short lies in these */

/* What an operation found. */
struct field {
	char	*p;
	size_t	 n;
	int64_t	 number;	/* -1 of bytes: null */
	bool	 sized;		/* bytes: their length was given */
};

struct format_reader {
	struct format_op	*op;
	struct field		*field;		/* of each operation */
	size_t			 n;
	size_t			 max;
	size_t			 tail;		/* of the last text: bytes of it
						 * that may be missing at the
						 * end of the input */
	struct buf		 packed;	/* fields with pack strings */
};

/* Where reading stands. */
struct cursor {
	char	*p, *end;
	bool	 last;
	bool	 more;		/* the input has to go on */
};

static bool
is_bytes(const struct format_op *op)
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

/* Bytes that go on until the text behind them comes. */
static bool
is_open(const struct format_reader *f, size_t i)
{
	const struct format_op *op = &f->op[i];

	return is_bytes(op) && op->token != FORMAT_LITERAL &&
	    op->length == FORMAT_TEXT && op->mod != FORMAT_MOD_JSON &&
	    length_of(f, i) < 0;
}

static bool
is_text_number(const struct format_op *op)
{
	return op->token != FORMAT_LITERAL && !is_bytes(op) &&
	    op->length == FORMAT_TEXT;
}

static int
check(const struct format_reader *f, size_t i, struct kerr *e)
{
	const struct format_op *op = &f->op[i];

	if (op->token == 'd' && op->name != NULL)
		return kerr_set(e, KE_USAGE, "a time as %%d{%s} has it cannot "
		    "be read (%%d and %%T can)", op->name);
	if (op->mod == FORMAT_MOD_PACK && !is_open(f, i))
		return kerr_set(e, KE_USAGE, "'%%%c{%s}' is text and takes no "
		    "length", op->token, op->text);
	if (is_open(f, i) && f->op[i + 1].token != FORMAT_LITERAL)
		return kerr_set(e, KE_USAGE, "where does '%%%c' end? (text "
		    "behind it or a length before it says so)", op->token);
	return 0;
}

/* What ends a record may be missing behind the last one. */
static void
set_tail(struct format_reader *f, const char *delim, size_t n)
{
	const struct format_op *op = &f->op[f->n - 1];

	if (op->token == FORMAT_LITERAL && op->text_len >= n &&
	    memcmp(op->text + op->text_len - n, delim, n) == 0)
		f->tail = n;
}

static void
add_delim(struct format_reader *f, const char *delim, size_t n)
{
	struct format_op *op;

	if (f->n == 0 || (!is_open(f, f->n - 1) &&
	    !is_text_number(&f->op[f->n - 1]) &&
	    f->op[f->n - 1].mod != FORMAT_MOD_JSON))
		return;
	f->op = xreallocarray(f->op, f->n + 1, sizeof(*f->op));
	op = &f->op[f->n++];
	*op = (struct format_op){ .token = FORMAT_LITERAL, .text_len = n,
	    .text = xmalloc(n) };
	memcpy(op->text, delim, n);
}

int
format_reader_new(struct format_reader **out, const char *text,
    const char *delim, size_t delim_len, size_t max, struct kerr *e)
{
	struct format_reader *f = xcalloc(1, sizeof(*f));
	int rc = format_parse(text, &f->op, &f->n, e);

	f->max = max;
	if (rc == 0 && f->n == 0)
		rc = kerr_set(e, KE_USAGE, "an empty format takes nothing");
	if (rc == 0) {
		add_delim(f, delim, delim_len);
		set_tail(f, delim, delim_len);
		f->field = xcalloc(f->n, sizeof(*f->field));
	}
	for (size_t i = 0; rc == 0 && i < f->n; i++)
		rc = check(f, i, e);
	if (rc != 0) {
		format_reader_free(f);
		return rc;
	}
	*out = f;
	return 0;
}

void
format_reader_free(struct format_reader *f)
{
	if (f == NULL)
		return;
	if (f->field != NULL)
		format_ops_free(f->op, f->n);
	buf_release(&f->packed);
	free(f->field);
	free(f);
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
	if (!is_bytes(op))
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

/* Taking. */

static int
take_bytes(struct format_reader *f, size_t i, const void **out, int32_t *len,
    struct kerr *e)
{
	const struct format_op *op = &f->op[i];
	struct field *d = &f->field[i];
	ssize_t n = (ssize_t)d->n;

	*out = d->p;
	*len = -1;
	if (d->number < 0) {
		*out = NULL;
		return 0;
	}
	if (op->mod == FORMAT_MOD_JSON)
		return envelope_get_bytes(d->p, d->n, out, len, e);
	if (op->mod == FORMAT_MOD_HEX)
		n = get_hex((uint8_t *)d->p, d->p, d->n);
	else if (op->mod == FORMAT_MOD_BASE64)
		n = base64_decode(d->p, d->n, (uint8_t *)d->p);
	else if (op->mod == FORMAT_MOD_PACK) {
		size_t at = f->packed.len;

		n = format_pack(op->text, d->p, d->n, &f->packed) ?
		    (ssize_t)(f->packed.len - at) : -1;
		*out = f->packed.p + at;
	}
	if (n < 0)
		return kerr_set(e, KE_DATA, "'%%%c' is not in the form that "
		    "the format has for it", op->token);
	*len = (int32_t)n;
	return 0;
}

/* NAME=VALUE,.. as %h prints them; NULL is null. */
static int
take_headers(const struct field *d, struct envelope *env, struct kerr *e)
{
	char *p = d->p, *end = p + d->n, *comma, *eq;

	for (; p < end; p = comma + 1) {
		struct record_header h = { .value_len = -1 };

		comma = memchr(p, ',', (size_t)(end - p));
		if (comma == NULL)
			comma = end;
		eq = memchr(p, '=', (size_t)(comma - p));
		if (eq == NULL)
			return kerr_set(e, KE_DATA, "'%%h' is no NAME=VALUE,..");
		h.name = (uint8_t *)p;
		h.name_len = (int32_t)(eq - p);
		if (comma - eq != 5 || memcmp(eq, "=NULL", 5) != 0) {
			h.value = (uint8_t *)eq + 1;
			h.value_len = (int32_t)(comma - eq - 1);
		}
		envelope_add_header(env, &h);
	}
	return 0;
}

static int
take_header(struct format_reader *f, size_t i, struct envelope *env,
    struct kerr *e)
{
	const struct format_op *op = &f->op[i];
	struct record_header h = { .name = (const uint8_t *)op->name,
	    .name_len = (int32_t)op->name_len };
	const void *value;
	int rc;

	if (op->name == NULL)
		return take_headers(&f->field[i], env, e);
	if ((rc = take_bytes(f, i, &value, &h.value_len, e)) != 0)
		return rc;
	h.value = value;
	envelope_add_header(env, &h);
	return 0;
}

static int
take_date(const struct field *d, struct envelope *env, struct kerr *e)
{
	const struct spec_clock clock = { .utc = false };

	env->has_time = true;
	if (d->n < 10 || !spec_clock_parse(d->p, d->n, &clock,
	    &env->record.timestamp))
		return kerr_set(e, KE_DATA, "'%%d' is no RFC 3339 time");
	return 0;
}

static int
take(struct format_reader *f, size_t i, struct envelope *env, struct kerr *e)
{
	struct record_input *r = &env->record;
	struct field *d = &f->field[i];

	switch (f->op[i].token) {
	case 'k':
		return take_bytes(f, i, &r->key, &r->key_len, e);
	case 's':
		env->has_value = true;
		return take_bytes(f, i, &r->value, &r->value_len, e);
	case 'h':
		return take_header(f, i, env, e);
	case 'd':
		return take_date(d, env, e);
	case 'T':
		env->has_time = d->number >= 0;
		r->timestamp = d->number;
		return 0;
	case 'p':
		if (d->number > INT32_MAX)
			return kerr_set(e, KE_DATA, "'%%p' is %lld",
			    (long long)d->number);
		env->partition = (int32_t)d->number;
		return 0;
	default:
		return 0;
	}
}

int
format_take(struct format_reader *f, struct envelope *env, struct kerr *e)
{
	size_t packed = 0;
	int rc = 0;

	envelope_clear(env);
	/* a digit gives eight bytes at most; what is handed out stays put */
	for (size_t i = 0; i < f->n; i++)
		if (f->op[i].mod == FORMAT_MOD_PACK)
			packed += 8 * f->field[i].n;
	buf_clear(&f->packed);
	buf_reserve(&f->packed, packed);
	for (size_t i = 0; rc == 0 && i < f->n; i++)
		rc = take(f, i, env, e);
	env->record.headers = env->headers;
	return rc;
}
