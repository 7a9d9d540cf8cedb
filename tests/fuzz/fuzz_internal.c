/*
 * fuzz_internal.c: records of Kafka's own topics as JSON. The first byte picks
 * the topic, the second is the length of the key, the rest is the value.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "wire/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was printed is one object of UTF-8 on one line, or nothing. */
static void
check(bool ok, struct buf *b)
{
	if (ok != (b->len > 0) || (ok && (b->p[0] != '{' ||
	    b->p[b->len - 1] != '}' || !utf8_valid((char *)b->p, b->len) ||
	    memchr(b->p, '\n', b->len) != NULL)))
		abort();
	buf_clear(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kbytes key, value;
	struct buf b = { 0 };
	enum internal_topic t;
	bool ok;

	if (size < 2 || data[1] > size - 2)
		return 0;
	t = (enum internal_topic)(data[0] % 4);
	key = (struct kbytes){ data + 2, data[1] };
	value = (struct kbytes){ data + 2 + data[1],
	    (int32_t)(size - 2 - data[1]) };
	ok = internal_print_key(t, key, &b);
	check(ok, &b);
	ok = internal_print_value(t, key, value, &b);
	check(ok, &b);
	buf_release(&b);
	return 0;
}
