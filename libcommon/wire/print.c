/* print.c: see codec.h. */
#include "base/utf8.h"
#include "wire/codec.h"
#include "wire/engine.h"
#include "wire/uuid.h"

static void print_struct(const struct kfield *rows, int16_t version,
    const void *base, struct buf *out);

static void
print_str(const struct kstr *s, struct buf *out)
{
	bool text = utf8_valid(s->p, (size_t)s->len);

	buf_putc(out, '"');
	for (int32_t i = 0; i < s->len; i++) {
		uint8_t c = (uint8_t)s->p[i];

		if (c >= 0x80 && !text)
			buf_puts(out, "\\ufffd");
		else if (c < 0x20 || c == 0x7f)
			buf_printf(out, "\\u%04x", c);
		else if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else
			buf_putc(out, c);
	}
	buf_putc(out, '"');
}

static void
print_bytes(const struct kbytes *b, struct buf *out)
{
	buf_putc(out, '"');
	for (int32_t i = 0; i < b->len; i++)
		buf_printf(out, "%02x", b->p[i]);
	buf_putc(out, '"');
}

static void
print_number(enum kkind kind, const void *m, struct buf *out)
{
	long long v = 0;

	switch (kind) {
	case K_I8:
		v = *(const int8_t *)m;
		break;
	case K_I16:
		v = *(const int16_t *)m;
		break;
	case K_U16:
		v = *(const uint16_t *)m;
		break;
	case K_I32:
		v = *(const int32_t *)m;
		break;
	default:
		v = *(const int64_t *)m;
		break;
	}
	buf_printf(out, "%lld", v);
}

static void
print_plain(enum kkind kind, const void *m, struct buf *out)
{
	const struct kstr *s = m;
	const struct kbytes *b = m;
	const struct krecords *k = m;
	char uuid[KUUID_TEXT];

	switch (kind) {
	case K_BOOL:
		buf_puts(out, *(const bool *)m ? "true" : "false");
		break;
	case K_F64:
		buf_printf(out, "%.17g", *(const double *)m);
		break;
	case K_UUID:
		buf_printf(out, "\"%s\"", kuuid_format(m, uuid));
		break;
	case K_STR:
		if (s->len < 0)
			buf_puts(out, "null");
		else
			print_str(s, out);
		break;
	case K_BYTES:
		if (b->len < 0)
			buf_puts(out, "null");
		else
			print_bytes(b, out);
		break;
	case K_RECORDS:
		if (k->len < 0)
			buf_puts(out, "null");
		else
			buf_printf(out, "\"%lld bytes\"", (long long)k->len);
		break;
	default:
		print_number(kind, m, out);
		break;
	}
}

static void
print_array(const struct kfield *f, int16_t version, const struct karray *a,
    struct buf *out)
{
	if (a->n < 0) {
		buf_puts(out, "null");
		return;
	}
	buf_putc(out, '[');
	for (int32_t i = 0; i < a->n; i++) {
		if (i > 0)
			buf_putc(out, ',');
		if (f->elem == K_STRUCT)
			print_struct(f->child, version, element(f, a, i), out);
		else
			print_plain((enum kkind)f->elem, element(f, a, i),
			    out);
	}
	buf_putc(out, ']');
}

static void
print_field(const struct kfield *f, int16_t version, const void *m,
    struct buf *out)
{
	const void *opt;

	switch ((enum kkind)f->kind) {
	case K_STRUCT:
		print_struct(f->child, version, m, out);
		break;
	case K_OPTION:
		if ((opt = *(const void *const *)m) == NULL)
			buf_puts(out, "null");
		else
			print_struct(f->child, version, opt, out);
		break;
	case K_ARRAY:
		print_array(f, version, m, out);
		break;
	default:
		print_plain((enum kkind)f->kind, m, out);
		break;
	}
}

static void
print_struct(const struct kfield *rows, int16_t version, const void *base,
    struct buf *out)
{
	const char *sep = "";

	buf_putc(out, '{');
	for (const struct kfield *f = rows; f->kind != K_END; f++) {
		if (!field_in(f, version) || (f->tag1 != 0 &&
		    field_is_default(f, cmember(f, base))))
			continue;
		buf_printf(out, "%s\"%s\":", sep, f->name);
		print_field(f, version, cmember(f, base), out);
		sep = ",";
	}
	buf_putc(out, '}');
}

void
kmsg_print(const struct kmessage *msg, int16_t version, const void *in,
    struct buf *out)
{
	print_struct(msg->fields, version, in, out);
}
