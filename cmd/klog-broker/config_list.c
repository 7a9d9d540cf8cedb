/* config_list.c: see config_list.h. */
#include "config_list.h"

#include <string.h>

static struct kstr
word_at(struct kstr words, int32_t i)
{
	struct kstr word = { words.p + i, 0 };

	while (i + word.len < words.len && word.p[word.len] != ',')
		word.len++;
	return word;
}

/* Where word stands among words; -1: it does not. */
static int32_t
find_word(struct kstr words, struct kstr word)
{
	struct kstr at;

	for (int32_t i = 0; i < words.len; i += at.len + 1) {
		at = word_at(words, i);
		if (kstr_eq(at, word))
			return i;
	}
	return -1;
}

/* A copy of the list in p, which has room for n bytes. */
static struct kstr
copy(struct arena *a, struct kstr list, size_t n, char **p)
{
	*p = arena_alloc(a, n + 1);
	if (*p == NULL || list.len <= 0)
		return (struct kstr){ *p, *p != NULL ? 0 : -1 };
	memcpy(*p, list.p, (size_t)list.len);
	return (struct kstr){ *p, list.len };
}

struct kstr
config_list_append(struct arena *a, struct kstr list, struct kstr words)
{
	struct kstr word;
	char *p;

	list = copy(a, list, (size_t)list.len + (size_t)words.len + 1, &p);
	for (int32_t i = 0; p != NULL && i < words.len; i += word.len + 1) {
		word = word_at(words, i);
		if (find_word(list, word) >= 0)
			continue;
		if (list.len > 0)
			p[list.len++] = ',';
		memcpy(p + list.len, word.p, (size_t)word.len);
		list.len += word.len;
	}
	return list;
}

struct kstr
config_list_subtract(struct arena *a, struct kstr list, struct kstr words)
{
	struct kstr word;
	int32_t at, end;
	char *p;

	list = copy(a, list, (size_t)list.len, &p);
	for (int32_t i = 0; p != NULL && i < words.len; i += word.len + 1) {
		word = word_at(words, i);
		if ((at = find_word(list, word)) < 0)
			continue;
		end = at + word.len;
		if (end < list.len)
			end++;		/* the comma behind it */
		else if (at > 0)
			at--;		/* or the one before */
		memmove(p + at, p + end, (size_t)(list.len - end));
		list.len -= end - at;
	}
	return list;
}
