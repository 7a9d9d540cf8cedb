/* Offset specs, durations and partition lists; what a point prints as must
 * parse again. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "cli/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ignore(void *arg, int32_t partition)
{
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	struct spec sp = { 0 }, again = { 0 };
	struct kerr e = KERR_INIT;
	struct buf b;

	buf_init(&b, 0);
	(void)spec_duration(text, size);
	if (size < 16)
		(void)spec_partitions(text, ignore, NULL, &e);
	if (spec_parse(&sp, text, 1750000000000, size % 2 == 0, &e) == 0 &&
	    sp.all.from.kind != SPEC_NONE && sp.all.from.n < 1LL << 46) {
		spec_print(&sp.all.from, &b);
		buf_putc(&b, '\0');
		if (spec_parse(&again, (char *)b.p, 0, true, &e) != 0 ||
		    again.all.from.n != sp.all.from.n)
			abort();
	}
	buf_release(&b);
	spec_release(&sp);
	spec_release(&again);
	free(text);
	return 0;
}
