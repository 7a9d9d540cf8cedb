/* Lines of JSON; what was read must print to a line that reads the same. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const void *a, int32_t an, const void *b, int32_t bn)
{
	if (an != bn || (an > 0 && memcmp(a, b, (size_t)an) != 0))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct consumer_batch batch = { .topic = "t" };
	struct envelope_opts opts = {
		.value = size % 3 == 0 ? ENVELOPE_JSON : ENVELOPE_AUTO };
	struct envelope a = { 0 }, b = { 0 };
	char *line = xmalloc(size + 1);
	struct record r;
	struct buf out;

	memcpy(line, data, size);
	buf_init(&out, 0);
	if (envelope_parse(&a, line, size, NULL) == 0) {
		r = (struct record){ .key = a.record.key,
			.key_len = a.record.key_len, .value = a.record.value,
			.value_len = a.record.value_len };
		envelope_print(&opts, &batch, &r, &out);
		if (envelope_parse(&b, (char *)out.p, out.len - 1, NULL) != 0)
			abort();
		check(a.record.key, a.record.key_len, b.record.key,
		    b.record.key_len);
		if (opts.value == ENVELOPE_AUTO)
			check(a.record.value, a.record.value_len,
			    b.record.value, b.record.value_len);
	}
	buf_release(&out);
	envelope_release(&a);
	envelope_release(&b);
	free(line);
	return 0;
}
