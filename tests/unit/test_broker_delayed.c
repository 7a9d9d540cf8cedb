/* Requests that wait: who is woken, when, and how often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "cmd/klog-broker/delayed.h"
#include "cmd/klog-broker/logdir.h"

static uint64_t woken[8];

static void
wake(struct io *io, uint64_t id, uint32_t generation)
{
	woken[id]++;
}

static struct logdir ld = { .wake = wake };

static void
begin(struct delayed *d, uint64_t id, int64_t need)
{
	woken[id] = 0;
	delayed_init(d, &ld, (struct waker){ NULL, id, 0 }, need);
}

/* Acks come in the order of offsets, whatever the order of asking. */
static void
test_acks_in_order(void **state)
{
	struct waitlist l;
	struct delayed d[3];
	struct waiter w[3];
	const int64_t offsets[3] = { 10, 30, 20 };

	waitlist_init(&l);
	for (uint64_t i = 0; i < 3; i++) {
		begin(&d[i], i, 1);
		waitlist_add_ack(&l, &w[i], &d[i], offsets[i]);
	}
	waitlist_advance(&l, 9, 1);
	assert_int_equal(woken[0] + woken[1] + woken[2], 0);
	waitlist_advance(&l, 20, 1);
	assert_int_equal(woken[0], 1);
	assert_int_equal(woken[1], 0);
	assert_int_equal(woken[2], 1);
	assert_false(w[0].listed);
	assert_true(w[0].met);
	assert_true(w[1].listed);
	assert_false(w[1].met);
	waitlist_remove(&l, &w[1]);
	waitlist_remove(&l, &w[1]);
	waitlist_advance(&l, 100, 1);
	assert_int_equal(woken[1], 0);
}

/* A request of two partitions is woken by the second, and only once. */
static void
test_several_partitions(void **state)
{
	struct waitlist a, b;
	struct delayed d;
	struct waiter w[2];

	waitlist_init(&a);
	waitlist_init(&b);
	begin(&d, 0, 3);
	waitlist_add_ack(&a, &w[0], &d, 5);
	waitlist_add_ack(&b, &w[1], &d, 5);
	assert_false(delayed_settled(&d, 1));
	waitlist_advance(&a, 5, 1);
	assert_int_equal(woken[0], 0);
	waitlist_advance(&a, 6, 1);
	assert_int_equal(woken[0], 0);
	waitlist_fire(&b);
	assert_int_equal(woken[0], 1);
	assert_true(w[0].met);
	assert_false(w[1].met);
	waitlist_fire(&b);
	assert_int_equal(woken[0], 1);
}

/* Where all is covered before the request waits, nobody is woken. */
static void
test_settled_at_once(void **state)
{
	struct waitlist l;
	struct delayed d;
	struct waiter w;

	waitlist_init(&l);
	begin(&d, 0, 2);
	waitlist_add_ack(&l, &w, &d, 5);
	waitlist_settle(&l, &w, 4);
	assert_true(w.listed);
	waitlist_settle(&l, &w, 5);
	assert_false(w.listed);
	assert_true(delayed_settled(&d, 1));
	assert_int_equal(woken[0], 0);
}

/* min_bytes counts over several advances; the waiter stays in its list. */
static void
test_bytes(void **state)
{
	struct waitlist l;
	struct delayed d;
	struct waiter w;

	waitlist_init(&l);
	begin(&d, 0, 1000);
	waitlist_add_data(&l, &w, &d, false);
	waitlist_advance(&l, 1, 400);
	waitlist_advance(&l, 2, 599);
	assert_int_equal(woken[0], 0);
	waitlist_advance(&l, 3, 1);
	assert_int_equal(woken[0], 1);
	waitlist_advance(&l, 4, 1000);
	assert_int_equal(woken[0], 1);
	waitlist_remove(&l, &w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_acks_in_order),
		cmocka_unit_test(test_several_partitions),
		cmocka_unit_test(test_settled_at_once),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests_name("broker_delayed", tests, NULL,
	    NULL);
}
