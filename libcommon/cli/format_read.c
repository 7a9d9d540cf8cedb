/* format_read.c: see format_read.h. A record is cut into the spans of its
 * fields (format_cut.c); what was found whole is decoded here. */
#include "cli/format_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/xalloc.h"
#include "cli/envelope_bytes.h"
#include "cli/format_cut.h"
#include "cli/format_pack.h"
#include "cli/spec_time.h"

static bool
is_text_number(const struct format_op *op)
{
	return op->token != FORMAT_LITERAL && !format_is_bytes(op) &&
	    op->length == FORMAT_TEXT;
}

static int
check(const struct format_reader *f, size_t i, struct kerr *e)
{
	const struct format_op *op = &f->op[i];

	if (op->token == 'd' && op->name != NULL)
		return kerr_set(e, KE_USAGE, "a time as %%d{%s} has it cannot "
		    "be read (%%d and %%T can)", op->name);
	if (op->mod == FORMAT_MOD_PACK && !format_is_open(f, i))
		return kerr_set(e, KE_USAGE, "'%%%c{%s}' is text and takes no "
		    "length", op->token, op->text);
	if (format_is_open(f, i) && f->op[i + 1].token != FORMAT_LITERAL)
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

	if (f->n == 0 || (!format_is_open(f, f->n - 1) &&
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
