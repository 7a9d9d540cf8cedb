/* Fetch sessions: creation, epochs, eviction, order (KIP-227). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "cmd/klog-broker/session.h"
#include "wire/kerror.h"

static struct fetch_target
target(const char *topic, int32_t partition, int64_t offset)
{
	return (struct fetch_target){
		.topic = kstr(topic), .partition = partition, .offset = offset,
		.max_bytes = 1000, .current_leader_epoch = -1
	};
}

static struct session *
make(struct sessions *c, const char *topic, int32_t n, int64_t now)
{
	struct session *s = session_create(c, n, false, (uint32_t)now + 7,
	    now);

	if (s == NULL)
		return NULL;
	for (int32_t i = 0; i < n; i++) {
		struct fetch_target t = target(topic, i, 0);

		session_add(c, s, &t);
	}
	return s;
}

/* The epoch moves with every fetch; any other one is refused. */
static void
test_epochs(void **state)
{
	struct sessions *c = sessions_new(10, 100);
	struct session *s = make(c, "t", 1, 0), *again;
	int32_t id = s->id;

	session_give(c, s, 0);
	assert_int_equal(session_take(c, id, 2, 0, false, 0, &again),
	    ERR_INVALID_FETCH_SESSION_EPOCH);
	assert_null(again);
	for (int32_t epoch = 1; epoch < 5; epoch++) {
		assert_int_equal(session_take(c, id, epoch, 0, false, 0,
		    &again), 0);
		assert_ptr_equal(again, s);
		session_give(c, s, 0);
	}
	assert_int_equal(session_take(c, id, 4, 0, false, 0, &again),
	    ERR_INVALID_FETCH_SESSION_EPOCH);
	assert_int_equal(session_take(c, id + 1, 1, 0, false, 0, &again),
	    ERR_FETCH_SESSION_ID_NOT_FOUND);
	assert_int_equal(session_take(c, id, 5, 0, true, 0, &again),
	    ERR_FETCH_SESSION_TOPIC_ID_ERROR);
	sessions_free(c);
}

static void
test_epoch_wraps(void **state)
{
	struct sessions *c = sessions_new(10, 100);
	struct session *s = make(c, "t", 1, 0);

	s->epoch = INT32_MAX;
	session_give(c, s, 0);
	assert_int_equal(session_take(c, s->id, INT32_MAX, 0, false, 0, &s),
	    0);
	assert_int_equal(s->epoch, 1);
	session_give(c, s, 0);
	sessions_free(c);
}

/* Two requests cannot hold one session; a close meanwhile is put off. */
static void
test_held(void **state)
{
	struct sessions *c = sessions_new(10, 100);
	struct session *s = make(c, "t", 1, 0), *again;
	int32_t id = s->id;

	assert_int_equal(session_take(c, id, 1, 0, false, 0, &again),
	    ERR_INVALID_FETCH_SESSION_EPOCH);
	session_close(c, id);
	assert_int_equal(sessions_count(c), 0);
	assert_int_equal(s->n, 1);
	session_give(c, s, 0);
	assert_int_equal(session_take(c, id, 1, 0, false, 0, &again),
	    ERR_FETCH_SESSION_ID_NOT_FOUND);
	sessions_free(c);
}

/* One that loses its last partition ends. */
static void
test_empty_ends(void **state)
{
	struct sessions *c = sessions_new(10, 100);
	struct session *s = make(c, "t", 2, 0);
	struct fetch_target t0 = target("t", 0, 0), t1 = target("t", 1, 0);

	session_forget(c, s, &t0);
	session_forget(c, s, &t0);
	assert_int_equal(s->n, 1);
	session_forget(c, s, &t1);
	session_give(c, s, 0);
	assert_int_equal(sessions_count(c), 0);
	sessions_free(c);
}

/* Only a session that has rested for two minutes makes room. */
static void
test_eviction(void **state)
{
	struct sessions *c = sessions_new(2, 100);
	struct session *a = make(c, "t", 1, 0);
	struct session *b, *again;
	int32_t first = a->id;

	session_give(c, a, 0);
	b = make(c, "u", 1, 1000);
	session_give(c, b, 1000);
	assert_null(make(c, "v", 1, 60000));
	b = make(c, "v", 1, 121000);
	assert_non_null(b);
	session_give(c, b, 121000);
	assert_int_equal(sessions_count(c), 2);
	assert_int_equal(session_take(c, first, 1, 0, false, 121000, &again),
	    ERR_FETCH_SESSION_ID_NOT_FOUND);
	sessions_free(c);
}

/* Partitions are bounded over all sessions, new ones and old. */
static void
test_partition_limit(void **state)
{
	struct sessions *c = sessions_new(10, 5);
	struct session *s = make(c, "t", 3, 0);
	int32_t id = s->id;

	session_give(c, s, 0);
	assert_null(make(c, "u", 3, 0));
	assert_int_equal(session_take(c, id, 1, 3, false, 0, &s),
	    ERR_FETCH_SESSION_ID_NOT_FOUND);
	assert_int_equal(sessions_count(c), 0);
	s = make(c, "u", 5, 0);
	assert_non_null(s);
	session_give(c, s, 0);
	sessions_free(c);
}

/* What was served goes to the end; an update keeps its place. */
static void
test_order(void **state)
{
	struct sessions *c = sessions_new(10, 100);
	struct session *s = make(c, "t", 3, 0);
	struct session_partition *first = TAILQ_FIRST(&s->partitions);
	struct fetch_target t = target("t", 1, 77);

	session_rotate(s, first);
	assert_ptr_equal(TAILQ_LAST(&s->partitions, session_partitions),
	    first);
	session_add(c, s, &t);
	assert_int_equal(s->n, 3);
	assert_int_equal(TAILQ_FIRST(&s->partitions)->target.partition, 1);
	assert_int_equal(TAILQ_FIRST(&s->partitions)->target.offset, 77);
	session_give(c, s, 0);
	sessions_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_epochs),
		cmocka_unit_test(test_epoch_wraps),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_empty_ends),
		cmocka_unit_test(test_eviction),
		cmocka_unit_test(test_partition_limit),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests_name("broker_session", tests, NULL,
	    NULL);
}
