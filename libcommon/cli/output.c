/*
 * output.c: one struct of functions for each of table, TSV and JSON.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/utf8.h"
#include "cli/output.h"

#define OUTPUT_COLUMNS	64

static bool bold_heading;

struct output_ops {
	void	(*row)(struct output *, const struct cell *);
	void	(*close)(struct output *);
};

enum output_kind
output_choose(bool json, FILE *f)
{
	if (json)
		return OUTPUT_JSON;
	return isatty(fileno(f)) ? OUTPUT_TABLE : OUTPUT_TSV;
}

void
output_color(bool on)
{
	bold_heading = on;
}

struct cell
cell_text(const char *p, int64_t len)
{
	if (p == NULL)
		return CELL_NONE;
	return (struct cell){ CELL_TEXT, p,
	    len >= 0 ? len : (int64_t)strlen(p), NULL };
}

/* Text for TSV and tables: what would break a row is escaped. */
static void
put_escaped(struct buf *b, const char *s, int64_t len)
{
	int64_t i;
	unsigned char c;

	for (i = 0; i < len; i++) {
		c = (unsigned char)s[i];
		if (c == '\t')
			buf_puts(b, "\\t");
		else if (c == '\n')
			buf_puts(b, "\\n");
		else if (c == '\r')
			buf_puts(b, "\\r");
		else if (c == '\\')
			buf_puts(b, "\\\\");
		else if (c < ' ' || c == 0x7f)
			buf_printf(b, "\\x%02x", c);
		else
			buf_putc(b, c);
	}
}

static void
put_plain(struct buf *b, const struct cell *c)
{
	int64_t i;

	switch (c->kind) {
	case CELL_NULL:
		break;
	case CELL_TEXT:
		put_escaped(b, c->p, c->n);
		break;
	case CELL_INT:
		buf_printf(b, "%" PRId64, c->n);
		break;
	case CELL_REAL:
		buf_printf(b, "%s%" PRId64 ".%03d", c->n < 0 ? "-" : "",
		    c->n < 0 ? -(c->n / 1000) : c->n / 1000,
		    (int)(c->n < 0 ? -(c->n % 1000) : c->n % 1000));
		break;
	case CELL_BOOL:
		buf_puts(b, c->n ? "true" : "false");
		break;
	case CELL_INTS:
		for (i = 0; i < c->n; i++)
			buf_printf(b, "%s%" PRId32, i > 0 ? "," : "", c->v[i]);
		break;
	}
}

static void
write_line(struct output *o)
{
	fwrite(o->line.p, 1, o->line.len, o->f);
	buf_clear(&o->line);
}

static void
tsv_row(struct output *o, const struct cell *c)
{
	int i;

	for (i = 0; i < o->n; i++) {
		if (i > 0)
			buf_putc(&o->line, '\t');
		put_plain(&o->line, &c[i]);
	}
	buf_putc(&o->line, '\n');
	write_line(o);
}

static void
tsv_close(struct output *o)
{
}

void
output_json_text(struct buf *b, const char *s, size_t len)
{
	size_t i;
	unsigned char c;

	if (!utf8_valid(s, len)) {
		buf_puts(b, "{\"base64\":\"");
		base64_encode(b, s, len);
		buf_puts(b, "\"}");
		return;
	}
	buf_putc(b, '"');
	for (i = 0; i < len; i++) {
		c = (unsigned char)s[i];
		if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else if (c == '\n')
			buf_puts(b, "\\n");
		else if (c == '\t')
			buf_puts(b, "\\t");
		else if (c == '\r')
			buf_puts(b, "\\r");
		else if (c < ' ')
			buf_printf(b, "\\u%04x", c);
		else
			buf_putc(b, c);
	}
	buf_putc(b, '"');
}

static void
json_row(struct output *o, const struct cell *c)
{
	int i;

	for (i = 0; i < o->n; i++) {
		buf_printf(&o->line, "%c\"%s\":", i > 0 ? ',' : '{',
		    o->columns[i]);
		if (c[i].kind == CELL_NULL)
			buf_puts(&o->line, "null");
		else if (c[i].kind == CELL_TEXT)
			output_json_text(&o->line, c[i].p, (size_t)c[i].n);
		else if (c[i].kind == CELL_INTS)
			buf_putc(&o->line, '[');
		if (c[i].kind != CELL_TEXT)
			put_plain(&o->line, &c[i]);
		if (c[i].kind == CELL_INTS)
			buf_putc(&o->line, ']');
	}
	buf_puts(&o->line, "}\n");
	write_line(o);
}

static void
table_row(struct output *o, const struct cell *c)
{
	int i;

	for (i = 0; i < o->n; i++) {
		if (c[i].kind != CELL_INT && c[i].kind != CELL_REAL &&
		    c[i].kind != CELL_NULL)
			o->numeric &= ~(UINT64_C(1) << i);
		if (c[i].kind == CELL_NULL)
			buf_putc(&o->held, '-');
		else
			put_plain(&o->held, &c[i]);
		buf_putc(&o->held, '\0');
	}
}

/* Columns on the screen: a code point each, good enough for names. */
static int
width(const char *s)
{
	int n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void
table_cell(struct output *o, int i, const char *s, int wide)
{
	int pad = wide - width(s);

	if ((o->numeric >> i & 1) != 0)
		fprintf(o->f, "%*s%s%s", pad, "", s, i + 1 < o->n ? "  " : "");
	else if (i + 1 < o->n)
		fprintf(o->f, "%s%*s  ", s, pad, "");
	else
		fputs(s, o->f);
}

static const char *
heading(const char *column, char *out, size_t size)
{
	size_t i;

	for (i = 0; column[i] != '\0' && i + 1 < size; i++)
		out[i] = column[i] >= 'a' && column[i] <= 'z' ?
		    (char)(column[i] - 32) : column[i] == '_' ? '-' : column[i];
	out[i] = '\0';
	return out;
}

static void
table_close(struct output *o)
{
	const char *s, *end;
	int wide[OUTPUT_COLUMNS], i, w;
	char title[64];

	if (o->rows == 0 || o->held.err != 0)
		return;
	s = (const char *)o->held.p;
	end = s + o->held.len;
	for (i = 0; i < o->n; i++)
		wide[i] = width(o->columns[i]);
	for (i = 0; s < end; s += strlen(s) + 1, i = (i + 1) % o->n) {
		w = width(s);
		wide[i] = w > wide[i] ? w : wide[i];
	}
	fputs(bold_heading ? "\033[1m" : "", o->f);
	for (i = 0; i < o->n; i++)
		table_cell(o, i, heading(o->columns[i], title, sizeof(title)),
		    wide[i]);
	fputs(bold_heading ? "\033[0m" : "", o->f);
	s = (const char *)o->held.p;
	for (i = 0; s < end; s += strlen(s) + 1, i = (i + 1) % o->n) {
		if (i == 0)
			fputc('\n', o->f);
		table_cell(o, i, s, wide[i]);
	}
	fputc('\n', o->f);
}

void
output_open(struct output *o, enum output_kind kind, FILE *f,
    const char *const *columns)
{
	static const struct output_ops ops[] = {
		[OUTPUT_TABLE] = { table_row, table_close },
		[OUTPUT_TSV] = { tsv_row, tsv_close },
		[OUTPUT_JSON] = { json_row, tsv_close },
	};

	memset(o, 0, sizeof(*o));
	o->ops = &ops[kind];
	o->f = f;
	o->columns = columns;
	while (columns[o->n] != NULL && o->n < OUTPUT_COLUMNS)
		o->n++;
	o->numeric = UINT64_MAX;
	buf_init(&o->line, 0);
	buf_init(&o->held, 0);
}

void
output_row(struct output *o, const struct cell *cells)
{
	o->rows++;
	o->ops->row(o, cells);
}

void
output_close(struct output *o)
{
	o->ops->close(o);
	buf_release(&o->line);
	buf_release(&o->held);
}
