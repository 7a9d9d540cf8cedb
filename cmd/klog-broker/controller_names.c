/* controller_names.c: names of topics that will do, and names given twice. */
#include <stdlib.h>
#include <string.h>

#include "controller_impl.h"
#include "wire/kerror.h"

#define NAME_LONGEST		249

static bool
name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

int16_t
controller_check_name(struct kstr name, struct arena *a, const char **why)
{
	int32_t i = 0;

	if (name.len <= 0)
		*why = "Topic name is invalid: the empty string is not allowed";
	else if (kstr_eq(name, kstr(".")))
		*why = "Topic name is invalid: '.' is not allowed";
	else if (kstr_eq(name, kstr("..")))
		*why = "Topic name is invalid: '..' is not allowed";
	else if (name.len > NAME_LONGEST)
		*why = answer_text(a, "Topic name is invalid: the length "
		    "of '%.*s' is longer than the max allowed length %d",
		    name.len, name.p, NAME_LONGEST);
	else {
		while (i < name.len && name_char(name.p[i]))
			i++;
		if (i == name.len)
			return ERR_NONE;
		*why = answer_text(a, "Topic name is invalid: '%.*s' "
		    "contains one or more characters other than ASCII "
		    "alphanumerics, '.', '_' and '-'", name.len, name.p);
	}
	return ERR_INVALID_TOPIC_EXCEPTION;
}

/* Equal names stay in their order. */
static int
compare_names(const void *a, const void *b)
{
	const struct kstr *x = *(const struct kstr *const *)a;
	const struct kstr *y = *(const struct kstr *const *)b;
	int c = kstr_cmp(*x, *y);

	return c != 0 ? c : (x > y) - (x < y);
}

uint8_t *
controller_find_twice(const struct kstr *first, size_t stride, int32_t n,
    struct arena *a)
{
	size_t count = n > 0 ? (size_t)n : 0;
	const struct kstr **v = arena_alloc(a, count * sizeof(struct kstr *));
	uint8_t *twice = arena_alloc(a, count);

	for (size_t i = 0; i < count; i++)
		v[i] = (const struct kstr *)((const char *)first + i * stride);
	qsort(v, count, sizeof(struct kstr *), compare_names);
	for (size_t i = 1; i < count; i++) {
		if (!kstr_eq(*v[i], *v[i - 1]))
			continue;
		twice[(size_t)((const char *)v[i - 1] -
		    (const char *)first) / stride] |= NAME_AGAIN;
		twice[(size_t)((const char *)v[i] -
		    (const char *)first) / stride] |= NAME_BEFORE;
	}
	return twice;
}
