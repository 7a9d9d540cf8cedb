/* test_client_txn.c: the requests of a transaction, and what errors make of
 * them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/txn.h"
#include "wire/kerror.h"

static const struct kerr ok = KERR_INIT;

/* A machine and its clock. */
struct run {
	struct txn	t;
	int64_t		now;
};

static void
expect(struct run *r, enum txn_request want)
{
	int64_t at;

	assert_int_equal(txn_next(&r->t, r->now, &at), want);
}

static void
answer(struct run *r, enum txn_request what, int n, const struct kerr *e)
{
	expect(r, what);
	expect(r, TXN_NOTHING);		/* one at a time */
	txn_answered(&r->t, what, n, e, r->now);
}

static void
refuse(struct run *r, enum txn_request what, int kafka)
{
	struct kerr e = KERR_INIT;

	kerr_kafka(&e, kafka, "%s", kerror_name((int16_t)kafka));
	answer(r, what, 0, &e);
}

/* Lets the back-off pass. */
static void
wait(struct run *r)
{
	int64_t at;

	assert_int_equal(txn_next(&r->t, r->now, &at), TXN_NOTHING);
	assert_true(at > r->now && at < r->now + 1000);
	r->now = at;
}

static void
start(struct run *r)
{
	*r = (struct run){ .now = 1000 };
	txn_init(&r->t, 30000);
	answer(r, TXN_FIND, 0, &ok);
	answer(r, TXN_INIT, 0, &ok);
	assert_int_equal(r->t.phase, TXN_READY);
	expect(r, TXN_NOTHING);
}

static void
open_one(struct run *r)
{
	start(r);
	txn_begin(&r->t);
	expect(r, TXN_NOTHING);
	txn_add(&r->t, 3);
	answer(r, TXN_ADD_PARTITIONS, 3, &ok);
	assert_true(txn_settled(&r->t));
}

static void
commits(void **state)
{
	struct run r;

	open_one(&r);
	txn_add(&r.t, 2);
	assert_false(txn_settled(&r.t));
	answer(&r, TXN_ADD_PARTITIONS, 2, &ok);
	txn_commit(&r.t);
	answer(&r, TXN_END, 0, &ok);
	assert_int_equal(r.t.phase, TXN_READY);
	/* the coordinator is kept for the next one */
	txn_begin(&r.t);
	txn_add(&r.t, 1);
	expect(&r, TXN_ADD_PARTITIONS);
}

static void
added_meanwhile(void **state)
{
	struct run r;

	start(&r);
	txn_begin(&r.t);
	txn_add(&r.t, 1);
	expect(&r, TXN_ADD_PARTITIONS);
	txn_add(&r.t, 4);
	txn_answered(&r.t, TXN_ADD_PARTITIONS, 1, &ok, r.now);
	assert_int_equal(r.t.to_add, 4);
	expect(&r, TXN_ADD_PARTITIONS);
}

static void
empty_needs_no_coordinator(void **state)
{
	struct run r;

	start(&r);
	txn_begin(&r.t);
	txn_commit(&r.t);
	assert_int_equal(r.t.phase, TXN_READY);
	txn_begin(&r.t);
	txn_abort(&r.t, false);
	assert_int_equal(r.t.phase, TXN_READY);
	expect(&r, TXN_NOTHING);
}

static void
aborts(void **state)
{
	struct run r;

	open_one(&r);
	txn_abort(&r.t, false);
	assert_int_equal(r.t.phase, TXN_ABORTING);
	answer(&r, TXN_END, 0, &ok);
	assert_int_equal(r.t.phase, TXN_READY);
	/* batches were dropped: a new epoch */
	txn_begin(&r.t);
	txn_add(&r.t, 1);
	answer(&r, TXN_ADD_PARTITIONS, 1, &ok);
	txn_abort(&r.t, true);
	answer(&r, TXN_END, 0, &ok);
	refuse(&r, TXN_INIT, ERR_CONCURRENT_TRANSACTIONS);
	wait(&r);
	answer(&r, TXN_INIT, 0, &ok);
	assert_int_equal(r.t.phase, TXN_READY);
	assert_false(r.t.renew);
}

static void
offsets(void **state)
{
	struct run r;

	start(&r);
	txn_begin(&r.t);
	txn_add_offsets(&r.t);
	answer(&r, TXN_ADD_OFFSETS, 0, &ok);
	answer(&r, TXN_FIND_GROUP, 0, &ok);
	assert_false(txn_settled(&r.t));
	refuse(&r, TXN_COMMIT_OFFSETS, ERR_NOT_COORDINATOR);
	wait(&r);
	answer(&r, TXN_FIND_GROUP, 0, &ok);
	answer(&r, TXN_COMMIT_OFFSETS, 0, &ok);
	assert_true(txn_settled(&r.t));
	assert_true(r.t.found);
	txn_commit(&r.t);
	answer(&r, TXN_END, 0, &ok);
}

static void
a_group_that_has_moved_on(void **state)
{
	struct run r;

	start(&r);
	txn_begin(&r.t);
	txn_add_offsets(&r.t);
	answer(&r, TXN_ADD_OFFSETS, 0, &ok);
	answer(&r, TXN_FIND_GROUP, 0, &ok);
	refuse(&r, TXN_COMMIT_OFFSETS, ERR_ILLEGAL_GENERATION);
	assert_int_equal(r.t.phase, TXN_BROKEN);
	txn_abort(&r.t, false);
	answer(&r, TXN_END, 0, &ok);
	answer(&r, TXN_INIT, 0, &ok);
	assert_int_equal(r.t.phase, TXN_READY);
}

/* The one before is being finished: soon again, and at the same coordinator. */
static void
waits_for_the_one_before(void **state)
{
	struct run r;
	int64_t began;

	start(&r);
	txn_begin(&r.t);
	txn_add(&r.t, 1);
	began = r.now;
	for (int i = 0; i < 4; i++) {
		refuse(&r, TXN_ADD_PARTITIONS, ERR_CONCURRENT_TRANSACTIONS);
		wait(&r);
	}
	assert_true(r.now - began < 50);
	answer(&r, TXN_ADD_PARTITIONS, 1, &ok);
	assert_int_equal(r.t.failures, 0);
}

static void
follows_the_coordinator(void **state)
{
	static const int moved[] = { ERR_NOT_COORDINATOR,
	    ERR_COORDINATOR_NOT_AVAILABLE };
	struct kerr lost = KERR_INIT;
	struct run r;

	kerr_set(&lost, KE_EOF, "gone");
	for (int i = 0; i < 2; i++) {
		open_one(&r);
		txn_commit(&r.t);
		refuse(&r, TXN_END, moved[i]);
		wait(&r);
		answer(&r, TXN_FIND, 0, &ok);
		answer(&r, TXN_END, 0, &lost);
		wait(&r);
		answer(&r, TXN_FIND, 0, &ok);
		refuse(&r, TXN_END, ERR_COORDINATOR_LOAD_IN_PROGRESS);
		wait(&r);
		answer(&r, TXN_END, 0, &ok);
		assert_int_equal(r.t.phase, TXN_READY);
	}
}

static void
fenced(void **state)
{
	static const int codes[] = { ERR_PRODUCER_FENCED,
	    ERR_INVALID_PRODUCER_EPOCH, ERR_INVALID_TXN_STATE };
	struct run r;

	for (int i = 0; i < 3; i++) {
		open_one(&r);
		txn_commit(&r.t);
		refuse(&r, TXN_END, codes[i]);
		assert_int_equal(r.t.phase, TXN_DEAD);
		assert_int_equal(r.t.err.kafka, codes[i]);
		txn_abort(&r.t, true);
		txn_begin(&r.t);
		expect(&r, TXN_NOTHING);
	}
}

static void
a_lost_batch(void **state)
{
	struct kerr e = KERR_INIT;
	struct run r;

	open_one(&r);
	kerr_set(&e, KE_TIMEOUT, "not acknowledged");
	txn_break(&r.t, &e);
	assert_int_equal(r.t.phase, TXN_BROKEN);
	txn_commit(&r.t);
	assert_int_equal(r.t.phase, TXN_BROKEN);
	txn_abort(&r.t, false);
	answer(&r, TXN_END, 0, &ok);
	answer(&r, TXN_INIT, 0, &ok);
	assert_int_equal(r.t.phase, TXN_READY);
	assert_int_equal(r.t.err.code, 0);
	/* what says that the producer is fenced is for good */
	txn_begin(&r.t);
	kerr_clear(&e);
	kerr_kafka(&e, ERR_INVALID_PRODUCER_EPOCH, "fenced");
	txn_break(&r.t, &e);
	assert_int_equal(r.t.phase, TXN_DEAD);
}

static void
not_allowed(void **state)
{
	struct run r;

	start(&r);
	txn_begin(&r.t);
	txn_add(&r.t, 1);
	refuse(&r, TXN_ADD_PARTITIONS, ERR_TOPIC_AUTHORIZATION_FAILED);
	assert_int_equal(r.t.phase, TXN_BROKEN);
	/* the coordinator has nothing to abort */
	txn_abort(&r.t, false);
	answer(&r, TXN_INIT, 0, &ok);
	assert_int_equal(r.t.phase, TXN_READY);
	r = (struct run){ .now = 1 };
	txn_init(&r.t, 30000);
	answer(&r, TXN_FIND, 0, &ok);
	refuse(&r, TXN_INIT, ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
	assert_int_equal(r.t.phase, TXN_DEAD);
}

/* The answer to the first partition was lost: there may be one to abort. */
static void
perhaps_begun(void **state)
{
	struct kerr lost = KERR_INIT, e = KERR_INIT;
	struct run r;

	kerr_set(&lost, KE_EOF, "gone");
	kerr_set(&e, KE_CANCELLED, "aborted");
	start(&r);
	txn_begin(&r.t);
	txn_add(&r.t, 1);
	answer(&r, TXN_ADD_PARTITIONS, 0, &lost);
	txn_break(&r.t, &e);
	txn_abort(&r.t, true);
	answer(&r, TXN_FIND, 0, &ok);
	refuse(&r, TXN_END, ERR_INVALID_TXN_STATE);
	answer(&r, TXN_INIT, 0, &ok);
	assert_int_equal(r.t.phase, TXN_READY);
}

static void
gives_up(void **state)
{
	struct run r = { .now = 1 };
	int n = 0;

	txn_init(&r.t, 30000);
	while (r.t.phase != TXN_DEAD) {
		refuse(&r, TXN_FIND, ERR_COORDINATOR_NOT_AVAILABLE);
		if (r.t.phase != TXN_DEAD)
			wait(&r);
		n++;
	}
	assert_in_range(r.now, 30000, 31000);
	assert_in_range(n, 50, 200);
	assert_int_equal(r.t.err.kafka, ERR_COORDINATOR_NOT_AVAILABLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commits),
		cmocka_unit_test(added_meanwhile),
		cmocka_unit_test(empty_needs_no_coordinator),
		cmocka_unit_test(aborts),
		cmocka_unit_test(offsets),
		cmocka_unit_test(a_group_that_has_moved_on),
		cmocka_unit_test(waits_for_the_one_before),
		cmocka_unit_test(follows_the_coordinator),
		cmocka_unit_test(fenced),
		cmocka_unit_test(a_lost_batch),
		cmocka_unit_test(not_allowed),
		cmocka_unit_test(perhaps_begun),
		cmocka_unit_test(gives_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
