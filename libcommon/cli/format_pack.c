/* format_pack.c: see format_pack.h. */
#include "cli/format_pack.h"

#include <ctype.h>
#include <string.h>

#include "cli/envelope_bytes.h"

bool
format_pack_valid(const char *pack, size_t n)
{
	bool letter = false;

	for (size_t i = 0; i < n; i++) {
		if (pack[i] == '\0' || strchr("<>bBhHiIqQcs$ ", pack[i]) == NULL)
			return false;
		letter |= isalpha((unsigned char)pack[i]) != 0;
	}
	return letter;
}

static size_t
int_size(char c)
{
	switch (tolower((unsigned char)c)) {
	case 'b':
		return 1;
	case 'h':
		return 2;
	case 'i':
		return 4;
	case 'q':
		return 8;
	default:
		return 0;
	}
}

static void
put_int(char c, const uint8_t *p, size_t n, bool big, struct buf *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[big ? i : n - 1 - i];
	if (islower((unsigned char)c)) {
		int shift = (int)(64 - 8 * n);

		put_i64(out, (int64_t)(v << shift) >> shift);
	} else
		buf_printf(out, "%llu", (unsigned long long)v);
}

bool
format_unpack(const char *pack, const void *bytes, size_t n, struct buf *out)
{
	const uint8_t *p = bytes, *end = p + n;
	size_t start = out->len, size;
	bool big = true, after_int = false;

	for (; *pack != '\0'; pack++) {
		if (*pack == '<' || *pack == '>')
			big = *pack == '>';
		else if (*pack == ' ') {
			buf_putc(out, ' ');
			after_int = false;
		} else if (*pack == '$') {
			if (p != end)
				goto no;
		} else if (*pack == 's') {
			buf_put(out, p, (size_t)(end - p));
			p = end;
		} else {
			size = *pack == 'c' ? 1 : int_size(*pack);
			if ((size_t)(end - p) < size)
				goto no;
			if (*pack == 'c')
				buf_putc(out, *p);
			else {
				if (after_int)
					buf_putc(out, ' ');
				put_int(*pack, p, size, big, out);
			}
			after_int = *pack != 'c';
			p += size;
		}
	}
	return true;
no:
	out->len = start;
	return false;
}

/* The number at *s, moving on; false where there is none that fits. */
static bool
take_int(char c, const char **s, const char *end, size_t size, uint64_t *v)
{
	bool minus = *s < end && **s == '-', is_signed = islower((unsigned char)c);
	uint64_t most = UINT64_MAX >> (64 - 8 * size);

	if (is_signed)
		most = most / 2 + minus;
	*s += minus;
	if (*s == end || !isdigit((unsigned char)**s) || (minus && !is_signed))
		return false;
	for (*v = 0; *s < end && isdigit((unsigned char)**s); (*s)++) {
		unsigned int digit = (unsigned int)(**s - '0');

		if (*v > most / 10 || *v * 10 > most - digit)
			return false;
		*v = *v * 10 + digit;
	}
	if (minus)
		*v = -*v;
	return true;
}

static bool
take_blank(const char **s, const char *end)
{
	return *s < end && *(*s)++ == ' ';
}

bool
format_pack(const char *pack, const char *text, size_t n, struct buf *out)
{
	const char *s = text, *end = text + n;
	size_t start = out->len, size;
	bool big = true, after_int = false, ok = true;
	uint64_t v;

	for (; ok && *pack != '\0'; pack++) {
		if (*pack == '<' || *pack == '>') {
			big = *pack == '>';
		} else if (*pack == ' ') {
			ok = take_blank(&s, end);
			after_int = false;
		} else if (*pack == 's') {
			buf_put(out, s, (size_t)(end - s));
			s = end;
		} else if (*pack == 'c') {
			if ((ok = s < end))
				buf_putc(out, *s++);
			after_int = false;
		} else if ((size = int_size(*pack)) > 0) {
			ok = (!after_int || take_blank(&s, end)) &&
			    take_int(*pack, &s, end, size, &v);
			for (size_t i = 0; ok && i < size; i++)
				buf_putc(out, (char)(v >>
				    8 * (big ? size - 1 - i : i)));
			after_int = true;
		}
	}
	if (!ok || s != end)
		out->len = start;
	return ok && s == end;
}
