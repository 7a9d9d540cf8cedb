/* test_client_retry.c: what a failure leads to, and how long to wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/retry.h"
#include "wire/kerror.h"

static enum retry_action
broker(int error, bool idempotent)
{
	struct kerr e = KERR_INIT;

	kerr_kafka(&e, error, "x");
	return retry_policy(&e, 1, idempotent);
}

static enum retry_action
local(int code, int attempt)
{
	struct kerr e = KERR_INIT;

	kerr_set(&e, code, "x");
	return retry_policy(&e, attempt, true);
}

static void
what_the_broker_says(void **state)
{
	static const struct { int error; enum retry_action want; } rows[] = {
		{ ERR_NOT_LEADER_OR_FOLLOWER, RETRY_REFRESH },
		{ ERR_UNKNOWN_TOPIC_OR_PARTITION, RETRY_REFRESH },
		{ ERR_LEADER_NOT_AVAILABLE, RETRY_REFRESH },
		{ ERR_FENCED_LEADER_EPOCH, RETRY_REFRESH },
		{ ERR_NOT_CONTROLLER, RETRY_REFRESH },
		{ ERR_KAFKA_STORAGE_ERROR, RETRY_REFRESH },
		{ ERR_NOT_COORDINATOR, RETRY_COORDINATOR },
		{ ERR_COORDINATOR_NOT_AVAILABLE, RETRY_COORDINATOR },
		{ ERR_COORDINATOR_LOAD_IN_PROGRESS, RETRY_AGAIN },
		{ ERR_NOT_ENOUGH_REPLICAS, RETRY_AGAIN },
		{ ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RETRY_AGAIN },
		{ ERR_REQUEST_TIMED_OUT, RETRY_AGAIN },
		{ ERR_CORRUPT_MESSAGE, RETRY_AGAIN },
		{ ERR_MESSAGE_TOO_LARGE, RETRY_SPLIT },
		{ ERR_RECORD_LIST_TOO_LARGE, RETRY_SPLIT },
		{ ERR_DUPLICATE_SEQUENCE_NUMBER, RETRY_DONE },
		{ ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, RETRY_NEW_ID },
		{ ERR_UNKNOWN_PRODUCER_ID, RETRY_NEW_ID },
		{ ERR_INVALID_RECORD, RETRY_FAIL },
		{ ERR_TOPIC_AUTHORIZATION_FAILED, RETRY_FAIL },
		{ ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, RETRY_FAIL },
		{ ERR_UNKNOWN_SERVER_ERROR, RETRY_FAIL },
		{ 12345, RETRY_FAIL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(broker(rows[i].error, true), rows[i].want);
	assert_int_equal(broker(ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, false),
	    RETRY_FAIL);
}

static void
what_happens_here(void **state)
{
	struct kerr none = KERR_INIT;

	assert_int_equal(retry_policy(&none, 1, true), RETRY_DONE);
	assert_int_equal(local(KE_EOF, 50), RETRY_REFRESH);
	assert_int_equal(local(KE_TIMEOUT, 50), RETRY_REFRESH);
	assert_int_equal(local(KE_UNREACHABLE, 50), RETRY_REFRESH);
	assert_int_equal(local(KE_SYS, 50), RETRY_REFRESH);
	assert_int_equal(local(KE_PROTO, 1), RETRY_REFRESH);
	assert_int_equal(local(KE_PROTO, 3), RETRY_FAIL);
	assert_int_equal(local(KE_UNSUPPORTED, 1), RETRY_FAIL);
	assert_int_equal(local(KE_CANCELLED, 1), RETRY_FAIL);
	assert_int_equal(local(KE_AUTH, 1), RETRY_FAIL);
}

static void
back_off_doubles_and_stays_below(void **state)
{
	assert_int_equal(retry_backoff(1, 100, 1000, 0), 100);
	assert_int_equal(retry_backoff(2, 100, 1000, 0), 200);
	assert_int_equal(retry_backoff(4, 100, 1000, 0), 800);
	assert_int_equal(retry_backoff(5, 100, 1000, 0), 1000);
	assert_int_equal(retry_backoff(1 << 30, 100, 1000, 0), 1000);
	assert_int_equal(retry_backoff(9, 0, 0, 7), 0);
	for (uint32_t r = 0; r < 5000; r += 7) {
		int64_t ms = retry_backoff(5, 100, 1000, r);

		assert_in_range(ms, 800, 1000);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_broker_says),
		cmocka_unit_test(what_happens_here),
		cmocka_unit_test(back_off_doubles_and_stays_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
