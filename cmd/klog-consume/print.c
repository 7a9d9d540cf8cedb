/*
 * print.c: records as text. What is printed gathers in one buffer, and a
 * write(2) takes about a megabyte of it; main.c flushes before every wait.
 * Values with a delimiter behind them, the common case, have a loop of their
 * own: walk the batch, copy the value, nothing else.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "cli/decode.h"
#include "cli/format_parse.h"
#include "cli/stdout.h"
#include "consume.h"
#include "wire/internal.h"

#define OUT_SIZE	(1u << 20)
#define PIPE_SIZE	(256 << 10)

struct printer {
	struct buf		 out;
	int64_t			 written;
	bool			 failed;	/* stdout takes no more */
	struct out		*sink;		/* in a group: who writes */
	bool			 json;
	struct envelope_opts	 envelope;
	struct format		*format;	/* NULL: values alone */
	struct format_opts	 format_opts;
	struct decode		 decode;	/* -s */
	bool			 strict;	/* what is not in its form ends it */
	struct buf		 text[2];	/* Kafka's own records decoded */
	uint8_t			*delim;		/* behind values */
	size_t			 delim_len;
};

static int
envelope_form(const char *s, enum envelope_form *form, struct kerr *e)
{
	if (s == NULL)		/* as --bytes has it */
		return 0;
	if (strcmp(s, "json") == 0)
		*form = ENVELOPE_JSON;
	else if (strcmp(s, "hex") == 0)
		*form = ENVELOPE_HEX;
	else if (strcmp(s, "base64") == 0)
		*form = ENVELOPE_BASE64;
	else
		return kerr_set(e, KE_USAGE,
		    "-s: pack strings do not go with -J");
	return 0;
}

/* The bytes of a delimiter as the user typed it; what is no escape stands for
 * itself, as in klog-produce. */
static void
unescape(const char *s, struct buf *out)
{
	while (*s != '\0') {
		const char *behind = s + 1;
		char c = *s;

		if (c == '\\' && s[1] != '\0' &&
		    format_escape(&behind, &c, NULL) != 0) {
			c = s[1];
			behind = s + 2;
		}
		buf_putc(out, c);
		s = behind;
	}
}

/* Appends a delimiter to a format's text, safe from being taken for one. */
static void
put_literal(const char *s, struct buf *text)
{
	struct buf b;

	buf_init(&b, 0);
	unescape(s, &b);
	for (size_t i = 0; i < b.len; i++)
		buf_printf(text, "\\x%02x", b.p[i]);
	buf_release(&b);
}

static void
put_token(char token, const char *form, struct buf *text)
{
	buf_printf(text, "%%%c", token);
	if (form != NULL && strcmp(form, "json") != 0)
		buf_printf(text, "{%s}", form);
}

/* -K, -O, -D, -0 and -s as a format. */
static int
compile_lines(struct printer *p, const struct opts *o,
    const struct decode *d, struct kerr *e)
{
	const char *between = o->key_delim != NULL ? o->key_delim : "\\t";
	struct buf text;
	int rc;

	buf_init(&text, 0);
	if (o->with_offset) {
		buf_puts(&text, "%o");
		put_literal(between, &text);
	}
	if (o->key_delim != NULL) {
		put_token('k', d->key, &text);
		put_literal(between, &text);
	}
	put_token('s', d->value, &text);
	put_literal(o->nul ? "\\0" : o->delim != NULL ? o->delim : "\\n",
	    &text);
	buf_putc(&text, '\0');
	rc = format_compile(&p->format, (char *)text.p, &p->format_opts, e);
	buf_release(&text);
	return rc;
}

static void
set_delim(struct printer *p, const struct opts *o)
{
	struct buf b;

	buf_init(&b, 0);
	buf_reserve(&b, 1);
	unescape(o->nul ? "\\0" : o->delim != NULL ? o->delim : "\\n", &b);
	p->delim = buf_detach(&b, &p->delim_len);
}

struct printer *
printer_new(const struct opts *o, struct kerr *e)
{
	struct printer *p = xcalloc(1, sizeof(*p));
	struct decode d = { 0 };
	int rc;

	p->format_opts = (struct format_opts){
		.null = o->null != NULL ? o->null : o->null_word ? "NULL" : NULL,
		.utc = o->utc, .escape = !o->raw && isatty(STDOUT_FILENO) };
	p->json = o->common.json;
	p->envelope.iso = o->iso;
	if (o->bytes >= 0)
		p->envelope.key = p->envelope.value = p->envelope.headers =
		    o->bytes == BYTES_HEX ? ENVELOPE_HEX : ENVELOPE_BASE64;
	rc = decode_parse(&d, &o->decode, e);
	p->decode = d;
	p->strict = o->strict;
	if (rc == 0 && p->json) {
		rc = envelope_form(d.key, &p->envelope.key, e);
		if (rc == 0)
			rc = envelope_form(d.value, &p->envelope.value, e);
	} else if (rc == 0 && o->format != NULL)
		rc = format_compile(&p->format, o->format, &p->format_opts, e);
	else if (rc == 0 && (o->with_offset || o->key_delim != NULL ||
	    o->decode.n > 0 || p->format_opts.escape ||
	    p->format_opts.null != NULL))
		rc = compile_lines(p, o, &d, e);
	if (rc != 0) {
		printer_free(p);
		return NULL;
	}
	set_delim(p, o);
	buf_reserve(&p->out, OUT_SIZE + 4096);
	/* a reader is woken seldom then; but what lies there counts as read in
	 * a group, so that it stays little */
	if (o->group == NULL)
		fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_SIZE);
	return p;
}

void
printer_free(struct printer *p)
{
	if (p == NULL)
		return;
	format_free(p->format);
	buf_release(&p->out);
	buf_release(&p->text[0]);
	buf_release(&p->text[1]);
	free(p->delim);
	free(p);
}

int64_t
printer_bytes(const struct printer *p)
{
	return p->sink != NULL ? out_accepted(p->sink) : p->written;
}

bool
printer_failed(const struct printer *p)
{
	return p->failed;
}

int
printer_flush(struct printer *p, struct kerr *e)
{
	size_t done;
	int rc;

	if (p->sink != NULL) {
		out_push(p->sink, &p->out);
		return 0;
	}
	rc = stdout_write(p->out.p, p->out.len, &stop_signal, &done);
	p->out.len = 0;
	p->written += (int64_t)done;
	p->failed = p->failed || rc != 0;
	return rc != 0 ? kerr_sys(e, "standard output") : 0;
}

/* Records of Kafka's own topics as JSON, as far as their form is known and no
 * -s asks for another: *to is then the record to be shown, and forms are how
 * the envelope takes it. */
static void
decode_internal(struct printer *p, enum internal_topic t,
    const struct record *r, struct record *to, struct envelope_opts *forms)
{
	const struct kbytes key = { r->key, r->key_len };
	const struct kbytes value = { r->value, r->value_len };

	*to = *r;
	buf_clear(&p->text[0]);
	buf_clear(&p->text[1]);
	if (p->decode.key == NULL && internal_print_key(t, key, &p->text[0])) {
		to->key = p->text[0].p;
		to->key_len = (int32_t)p->text[0].len;
		forms->key = ENVELOPE_JSON;
	}
	if (p->decode.value == NULL &&
	    internal_print_value(t, key, value, &p->text[1])) {
		to->value = p->text[1].p;
		to->value_len = (int32_t)p->text[1].len;
		forms->value = ENVELOPE_JSON;
	}
}

void
printer_to(struct printer *p, struct out *sink)
{
	p->sink = sink;
}

void
printer_passed(struct printer *p, int slot, int64_t next)
{
	out_mark(p->sink, p->out.len, slot, next);
}

/* --strict. */
static int
check_forms(struct printer *p, const struct record *r, struct kerr *e)
{
	const struct decode *d = &p->decode;
	const char *what = NULL, *form = NULL;

	if (d->value != NULL && r->value_len >= 0 && !decode_fits(d->value,
	    r->value, (size_t)r->value_len, &p->text[1])) {
		what = "value";
		form = d->value;
	}
	if (d->key != NULL && r->key_len >= 0 && !decode_fits(d->key, r->key,
	    (size_t)r->key_len, &p->text[0])) {
		what = "key";
		form = d->key;
	}
	return what == NULL ? 0 : kerr_set(e, KE_DATA, "offset %lld: the %s is "
	    "not as -s '%s' has it", (long long)r->offset, what, form);
}

int
printer_record(struct printer *p, struct consume *co,
    const struct consumer_batch *b, const struct record *r, struct kerr *e)
{
	enum internal_topic t = internal_topic(b->topic);
	struct envelope_opts forms = p->envelope;
	struct record decoded;

	if (p->strict && check_forms(p, r, e) != 0)
		return e->code;
	if (t != INTERNAL_NONE) {
		decode_internal(p, t, r, &decoded, &forms);
		r = &decoded;
	}
	if (p->json)
		envelope_print(&forms, b, r, &p->out);
	else if (p->format != NULL)
		format_print(p->format, b, r, co->printed, &p->out);
	else {
		buf_put(&p->out, r->value,
		    r->value_len > 0 ? (size_t)r->value_len : 0);
		buf_put(&p->out, p->delim, p->delim_len);
	}
	co->printed++;
	co->left--;
	if (p->sink != NULL)
		out_mark(p->sink, p->out.len, b->slot, r->offset + 1);
	return p->out.len >= OUT_SIZE ? printer_flush(p, e) : 0;
}

/* Values and delimiters of a batch that is wanted as a whole. */
static int
print_values(struct printer *p, struct consume *co, struct record_iter *it,
    int slot, struct kerr *e)
{
	struct record r;
	uint8_t *to;
	size_t n;
	int rc = 0;

	while (co->left > 0 && (rc = record_iter_next(it, &r)) > 0) {
		n = r.value_len > 0 ? (size_t)r.value_len : 0;
		if (p->out.len + n + p->delim_len > OUT_SIZE) {
			if ((rc = printer_flush(p, e)) != 0)
				return rc;
			buf_reserve(&p->out, n + p->delim_len);
		}
		to = p->out.p + p->out.len;
		if (n > 0)
			memcpy(to, r.value, n);
		if (p->delim_len == 1)
			to[n] = p->delim[0];
		else
			memcpy(to + n, p->delim, p->delim_len);
		p->out.len += n + p->delim_len;
		if (p->sink != NULL)
			out_mark(p->sink, p->out.len, slot, r.offset + 1);
		co->printed++;
		co->left--;
	}
	return co->left > 0 ? rc : 0;
}

static int
print_wanted(struct printer *p, struct consume *co,
    const struct consumer_batch *b, struct record_iter *it, struct kerr *e)
{
	struct record r;
	int rc = 0;

	while (co->left > 0 && (rc = record_iter_next(it, &r)) > 0)
		if (record_wanted(co, b, &r) &&
		    (rc = printer_record(p, co, b, &r, e)) != 0)
			return rc;
	return co->left > 0 ? rc : 0;
}

int
printer_batch(struct printer *p, struct consume *co,
    const struct consumer_batch *b, struct kerr *e)
{
	bool whole = b->header.base_offset >= b->from &&
	    batch_last_offset(&b->header) < b->to && co->grep == NULL &&
	    co->plan.part[b->slot].since == INT64_MIN;
	struct record_iter it;
	int rc;

	rc = record_iter_init(&it, b->p, &b->header, co->codecs, &co->scratch,
	    BATCH_MAX_RAW, e);
	if (rc == 0 && whole && !p->json && p->format == NULL &&
	    internal_topic(b->topic) == INTERNAL_NONE)
		rc = print_values(p, co, &it, b->slot, e);
	else if (rc == 0)
		rc = print_wanted(p, co, b, &it, e);
	if (rc == KE_PROTO)
		return record_iter_bad(&it, e);
	return rc;
}
