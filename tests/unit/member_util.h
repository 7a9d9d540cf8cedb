/*
 * member_util.h: what happens to a group's member and what it wants next. For
 * test_member*.c.
 */
#ifndef TEST_MEMBER_UTIL_H
#define TEST_MEMBER_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "client/member.h"
#include "wire/kerror.h"

/* An error that the coordinator answers. */
static inline const struct kerr *
broker(int error)
{
	static struct kerr e;

	kerr_kafka(&e, error, "%s", kerror_name((int16_t)error));
	return &e;
}

static inline const struct kerr *
gone(void)
{
	static struct kerr e;

	kerr_set(&e, KE_EOF, "connection closed");
	return &e;
}

static inline enum member_do
next(struct member *m, int64_t now)
{
	int64_t at;

	return member_next(m, now, &at);
}

/* How long it waits, -1: for an answer, or for good. */
static inline int64_t
wait_of(struct member *m, int64_t now)
{
	int64_t at;

	assert_int_equal(member_next(m, now, &at), MEMBER_WAIT);
	return at == INT64_MAX ? -1 : at - now;
}

#endif
