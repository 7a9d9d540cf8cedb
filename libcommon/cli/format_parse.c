/* format_parse.c: see format_parse.h. */
#include "cli/format_parse.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/envelope_bytes.h"
#include "cli/format_pack.h"

static const char *const number_names[] = {
	"", "big8", "big16", "big32", "big64", "little8", "little16",
	"little32", "little64", "hex8", "hex16", "hex32", "hex64", "uvarint"
};

#define NNUMBERS	(sizeof(number_names) / sizeof(number_names[0]))

/* Where parsing stands. */
struct parser {
	const char		*s;
	struct format_op	*op;
	size_t			 n;
};

void
format_ops_free(struct format_op *op, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(op[i].text);
		free(op[i].name);
	}
	free(op);
}

int
format_escape(const char **s, char *out, struct kerr *e)
{
	uint8_t byte;
	char c = *(*s)++;

	switch (c) {
	case 'n':
		*out = '\n';
		return 0;
	case 't':
		*out = '\t';
		return 0;
	case 'r':
		*out = '\r';
		return 0;
	case '0':
		*out = '\0';
		return 0;
	case '\\':
		*out = '\\';
		return 0;
	case 'x':
		if (get_hex(&byte, *s, strnlen(*s, 2) == 2 ? 2 : 1) != 1)
			return kerr_set(e, KE_USAGE, "two hexadecimal digits "
			    "are due after '\\x'");
		*out = (char)byte;
		*s += 2;
		return 0;
	case '\0':
		return kerr_set(e, KE_USAGE, "a lone '\\' at the end");
	default:
		return kerr_set(e, KE_USAGE, "unknown escape '\\%c'", c);
	}
}

static struct format_op *
op_add(struct parser *p, char token)
{
	struct format_op *op;

	p->op = xreallocarray(p->op, p->n + 1, sizeof(*p->op));
	op = &p->op[p->n++];
	memset(op, 0, sizeof(*op));
	op->token = token;
	return op;
}

static void
literal(struct parser *p, char c)
{
	struct format_op *op = p->n > 0 ? &p->op[p->n - 1] : NULL;

	if (op == NULL || op->token != FORMAT_LITERAL)
		op = op_add(p, FORMAT_LITERAL);
	op->text = xrealloc(op->text, op->text_len + 1);
	op->text[op->text_len++] = c;
}

/* The enum of a number's form, or FORMAT_TEXT where it is none. */
static enum format_number
number_form(const char *s, size_t n)
{
	for (size_t i = 1; i < NNUMBERS; i++)
		if (strlen(number_names[i]) == n &&
		    memcmp(number_names[i], s, n) == 0)
			return (enum format_number)i;
	return FORMAT_TEXT;
}

static bool
word_is(const char *s, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(s, word, n) == 0;
}

/* What stands in braces behind bytes. */
static bool
bytes_mod(struct format_op *op, const char *s, size_t n)
{
	if (n > 4 && memcmp(s, "len:", 4) == 0 &&
	    op->length == FORMAT_TEXT) {
		op->length = number_form(s + 4, n - 4);
		return op->length != FORMAT_TEXT;
	}
	if (op->mod != FORMAT_MOD_NONE)
		return false;
	if (word_is(s, n, "hex"))
		op->mod = FORMAT_MOD_HEX;
	else if (word_is(s, n, "base64"))
		op->mod = FORMAT_MOD_BASE64;
	else if (word_is(s, n, "json"))
		op->mod = FORMAT_MOD_JSON;
	else if (format_pack_valid(s, n)) {
		op->mod = FORMAT_MOD_PACK;
		op->text = xstrndup(s, n);
	} else
		return false;
	return true;
}

static bool
number_mod(struct format_op *op, const char *s, size_t n)
{
	if (op->length == FORMAT_TEXT)
		op->length = number_form(s, n);
	else
		return false;
	return op->length != FORMAT_TEXT;
}

/* {..} behind a token; what it does not know is left for a literal. */
static void
modifiers(struct parser *p, struct format_op *op)
{
	bool named = op->token == 'h' || op->token == 'd', known;
	const char *close;

	while (*p->s == '{' && (close = strchr(p->s, '}')) != NULL) {
		const char *s = p->s + 1;
		size_t n = (size_t)(close - s);

		if (named && op->name == NULL && n > 0) {
			op->name = xstrndup(s, n);
			op->name_len = n;
			known = true;
		} else if (strchr("tks", op->token) != NULL ||
		    (op->token == 'h' && op->name != NULL))
			known = bytes_mod(op, s, n);
		else if (op->token == 'd' || op->token == 'a')
			known = false;
		else
			known = number_mod(op, s, n);
		if (!known)
			return;
		p->s = close + 1;
	}
}

static int
token(struct parser *p, struct kerr *e)
{
	struct format_op *op;
	char c = *p->s;

	if (c == '\0')
		return kerr_set(e, KE_USAGE, "format ends in a lone '%%'");
	p->s++;
	if (c == '%') {
		literal(p, '%');
		return 0;
	}
	if (strchr("tpokKsSvVRThHdeaxyi[|]", c) == NULL)
		return kerr_set(e, KE_USAGE, "unknown format token '%%%c'", c);
	op = op_add(p, c == 'v' ? 's' : c == 'V' || c == 'R' ? 'S' : c);
	if (c == 'R')
		op->length = FORMAT_BIG32;
	else
		modifiers(p, op);
	return 0;
}

int
format_parse(const char *text, struct format_op **op, size_t *n,
    struct kerr *e)
{
	struct parser p = { .s = text };
	int rc = 0;

	while (rc == 0 && *p.s != '\0') {
		char c = *p.s++;

		if (c == '%')
			rc = token(&p, e);
		else if (c != '\\')
			literal(&p, c);
		else if ((rc = format_escape(&p.s, &c, e)) == 0)
			literal(&p, c);
	}
	if (rc != 0) {
		format_ops_free(p.op, p.n);
		return rc;
	}
	*op = p.op;
	*n = p.n;
	return 0;
}

static void
put_binary(uint64_t v, int bytes, bool big, struct buf *out)
{
	uint8_t *p = buf_reserve(out, 8);

	if (p == NULL)
		return;
	for (int i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * (big ? bytes - 1 - i : i));
	out->len += (size_t)bytes;
}

void
format_put_number(enum format_number form, int64_t v, struct buf *out)
{
	if (form == FORMAT_TEXT)
		put_i64(out, v);
	else if (form <= FORMAT_BIG64)
		put_binary((uint64_t)v, 1 << (form - FORMAT_BIG8), true, out);
	else if (form <= FORMAT_LITTLE64)
		put_binary((uint64_t)v, 1 << (form - FORMAT_LITTLE8), false,
		    out);
	else if (form <= FORMAT_HEX64) {
		int bytes = 1 << (form - FORMAT_HEX8);
		uint64_t bits = (uint64_t)v << (64 - 8 * bytes) >>
		    (64 - 8 * bytes);

		buf_printf(out, "%0*llx", 2 * bytes, (unsigned long long)bits);
	} else
		buf_put_uvarint(out, (uint64_t)v);
}
