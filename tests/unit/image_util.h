/*
 * image_util.h: a metadata image after some records more. For
 * test_broker_*.c.
 */
#ifndef TEST_IMAGE_UTIL_H
#define TEST_IMAGE_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/klog-broker/image_edit.h"
#include "cmd/klog-broker/records.h"

/* Applies and releases them; the base stays the caller's. */
static inline struct image *
image_applied(const struct image *base, struct records *rs)
{
	struct image_edit *ed = image_edit_begin(base);
	struct kerr e = KERR_INIT;

	for (int32_t i = 0; i < rs->n; i++)
		if (image_edit_apply(ed, rs->bytes.p + rs->v[i].off,
		    rs->v[i].len, &e) < 0)
			fail_msg("%s", e.msg);
	records_release(rs);
	return image_edit_finish(ed);
}

/* The same in its place. */
static inline void
image_apply(struct image **im, struct records *rs)
{
	struct image *next = image_applied(*im, rs);

	image_unref(*im);
	*im = next;
}

#endif
