/* answer_text.c: see answer_text.h. */
#include <stdint.h>
#include <stdio.h>

#include "answer_text.h"

size_t
answer_text_cut(const char *s, size_t n)
{
	for (size_t k = n; k > 0 && k + 4 > n; k--)
		if (((uint8_t)s[k] & 0xc0) != 0x80)
			return k;
	return n;
}

const char *
answer_vtext(struct arena *a, const char *fmt, va_list ap)
{
	char s[ANSWER_TEXT_MAX + 2];	/* one more tells where to cut */
	int n = vsnprintf(s, sizeof(s), fmt, ap);

	if (n < 0)
		return "";
	return arena_strndup(a, s, n <= ANSWER_TEXT_MAX ? (size_t)n :
	    answer_text_cut(s, ANSWER_TEXT_MAX));
}

const char *
answer_text(struct arena *a, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = answer_vtext(a, fmt, ap);
	va_end(ap);
	return text;
}
