/* record_data.h: golden batches of tests/data/record for the record tests,
 * which run from the top of the tree. */
#ifndef KLOG_TESTS_RECORD_DATA_H
#define KLOG_TESTS_RECORD_DATA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "record/batch.h"
#include "record/iter.h"

/* The bytes of a .hex file; the caller releases b. */
static inline void
golden_load(struct buf *b, const char *name)
{
	char path[256];
	unsigned int byte;
	FILE *f;

	snprintf(path, sizeof(path), "tests/data/record/%s.hex", name);
	f = fopen(path, "r");
	if (f == NULL)
		fail_msg("%s: cannot open", path);
	buf_init(b, 0);
	while (fscanf(f, "%2x", &byte) == 1)
		buf_put_i8(b, (int8_t)byte);
	fclose(f);
	assert_true(b->len > 0);
}

/* A field's bytes against text; NULL stands for null. */
static inline void
assert_field(const uint8_t *p, int32_t len, const char *want)
{
	if (want == NULL) {
		assert_int_equal(len, -1);
		assert_null(p);
		return;
	}
	assert_int_equal(len, (int)strlen(want));
	assert_memory_equal(p, want, strlen(want));
}

#endif
