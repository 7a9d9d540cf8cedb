/* text.c: see text.h. */
#include "store/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *
text_word(struct text *t, size_t *n)
{
	const char *w;

	while (t->p < t->end && (*t->p == ' ' || *t->p == '\n' ||
	    *t->p == '\r' || *t->p == '\t'))
		t->p++;
	for (w = t->p; t->p < t->end && *t->p != ' ' && *t->p != '\n' &&
	    *t->p != '\r' && *t->p != '\t'; t->p++)
		;
	*n = (size_t)(t->p - w);
	return *n > 0 ? w : NULL;
}

int
text_i64(struct text *t, int64_t min, int64_t max, int64_t *v)
{
	char tmp[24], *end;
	const char *w;
	long long x;
	size_t n;

	w = text_word(t, &n);
	if (w == NULL || n >= sizeof(tmp))
		return -1;
	memcpy(tmp, w, n);
	tmp[n] = '\0';
	errno = 0;
	x = strtoll(tmp, &end, 10);
	if (errno != 0 || *end != '\0' || x < min || x > max)
		return -1;
	*v = x;
	return 0;
}
