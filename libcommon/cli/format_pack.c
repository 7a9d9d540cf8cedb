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
