/* A format in the first line, behind it what is taken by it, in two pieces and
 * whole. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/format_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = memchr(data, '\n', size);
	size_t n = line != NULL ? (size_t)(line - data) : size;
	char *text = xstrndup((const char *)data, n), *in;
	struct envelope env = { .headers = NULL };
	struct format_reader *f;
	struct kerr e = KERR_INIT;
	ssize_t k;

	data += line != NULL ? n + 1 : n;
	size -= line != NULL ? n + 1 : n;
	if (format_reader_new(&f, text, "\n", 1, 1000, &e) == 0) {
		in = xmalloc(size + 1);
		memcpy(in, data, size);
		k = format_read(f, in, size / 2, false, &e);
		if (k == 0)
			k = format_read(f, in, size, true, &e);
		if (k > 0)
			format_take(f, &env, &e);
		free(in);
		format_reader_free(f);
	}
	envelope_release(&env);
	free(text);
	return 0;
}
