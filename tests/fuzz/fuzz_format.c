/* Format strings, printing a record made of the same bytes. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "cli/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct consumer_batch batch = { .topic = "t" };
	char *text = xstrndup((const char *)data, size);
	struct record r = { .offset = 1, .timestamp = 1750000000000,
		.key = data, .key_len = (int32_t)size, .value = data,
		.value_len = (int32_t)size, .n_headers = 3, .headers = data,
		.end = data + size };
	struct format_opts opts = { .utc = true };
	struct format *f;
	struct buf b;

	buf_init(&b, 1 << 20);
	if (format_compile(&f, text, &opts, NULL) == 0) {
		format_print(f, &batch, &r, 0, &b);
		format_free(f);
	}
	buf_release(&b);
	free(text);
	return 0;
}
