/*
 * test_broker_txn.c: the transaction coordinator as a plain function of
 * requests, finished writes and time. Records and markers are done when the
 * test says so; a restart replays the records that were.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cmd/klog-broker/txn.h"
#include "wire/codec.h"
#include "wire/java_hash.h"
#include "wire/kerror.h"

enum { LOG_MAX = 4000, HOMES = 3 };

struct logged {
	int32_t	 home;
	uint8_t	*key, *value;
	size_t	 key_len, value_len;
};

struct world {
	struct txns	*ts;
	struct logged	 log[LOG_MAX];
	int		 n_log;
	struct txn	*waits[LOG_MAX];	/* whose record is not durable */
	int		 n_waits;
	const struct txn_marker *marker[8];	/* to be written */
	struct txn_marks *marks[8];
	int		 n_marks;
	int64_t		 mono, wall, next_id;
	bool		 late_ids;		/* ids come when asked for */
	struct txn_call	*wants_id;
};

static struct world w;

static void
put(void *arg, int32_t home, const void *key, size_t key_len,
    const void *value, size_t value_len, struct txn *t)
{
	struct logged *l = &w.log[w.n_log++];

	assert_true(w.n_log < LOG_MAX);
	l->home = home;
	l->key = xmalloc(key_len + 1);
	memcpy(l->key, key, key_len);
	l->key_len = key_len;
	l->value = NULL;
	l->value_len = value_len;
	if (value != NULL) {
		l->value = xmalloc(value_len + 1);
		memcpy(l->value, value, value_len);
	}
	if (t != NULL)
		w.waits[w.n_waits++] = t;
}

static void
mark(void *arg, const struct txn_marker *k, struct txn_marks *m)
{
	assert_true(w.n_marks < 8);
	w.marker[w.n_marks] = k;
	w.marks[w.n_marks++] = m;
}

static void
need_id(void *arg, struct txn_call *c)
{
	if (w.late_ids)
		w.wants_id = c;
	else
		txns_new_id(w.ts, c, w.next_id++);
}

static void
tell_time(void)
{
	txns_time(w.ts, w.mono, w.wall);
}

static void
machine(void)
{
	static const struct txns_config c = { .max_timeout_ms = 60000,
	    .expire_ms = 604800000, .abort_interval_ms = 10000,
	    .expire_interval_ms = 3600000 };
	static const struct txns_ops ops = { put, mark, need_id, NULL };

	w.ts = txns_new(&c, HOMES, &ops);
	tell_time();
}

static int
setup(void **state)
{
	memset(&w, 0, sizeof(w));
	w.wall = 1700000000000;
	w.next_id = 100;
	machine();
	for (int32_t i = 0; i < HOMES; i++)
		txns_loaded(w.ts, i, 7);
	return 0;
}

static void
forget_marks(void)
{
	while (w.n_marks > 0)
		txns_marked(NULL, w.marks[--w.n_marks]);
}

static void
cut_log(int n)
{
	for (; w.n_log > n; w.n_log--) {
		free(w.log[w.n_log - 1].key);
		free(w.log[w.n_log - 1].value);
	}
}

static int
teardown(void **state)
{
	txns_free(w.ts);
	forget_marks();
	cut_log(0);
	return 0;
}

/* The oldest record that is not durable becomes so, or is lost. */
static bool
write_one(int16_t error)
{
	struct txn *t = w.waits[0];

	if (w.n_waits == 0)
		return false;
	memmove(w.waits, w.waits + 1, (size_t)--w.n_waits * sizeof(t));
	txns_written(w.ts, t, error);
	return true;
}

/* The oldest marker is written; every partition gets that error. */
static bool
mark_one(int16_t error)
{
	struct txn_marks *m = w.marks[0];

	if (w.n_marks == 0)
		return false;
	for (int32_t i = 0; i < w.marker[0]->n; i++)
		w.marker[0]->v[i].error = error;
	w.n_marks--;
	memmove(w.marks, w.marks + 1, (size_t)w.n_marks * sizeof(m));
	memmove(w.marker, w.marker + 1,
	    (size_t)w.n_marks * sizeof(w.marker[0]));
	txns_marked(w.ts, m);
	return true;
}

static void
settle(void)
{
	while (write_one(0) || mark_one(0))
		;
}

static void
pass(int64_t ms)
{
	int64_t end = w.mono + ms, at;

	while ((at = txns_next(w.ts)) <= end) {
		if (at > w.mono) {
			w.wall += at - w.mono;
			w.mono = at;
		}
		tell_time();
		txns_tick(w.ts);
	}
	w.wall += end - w.mono;
	w.mono = end;
	tell_time();
}

/* As after kill -9: what was put, up to the nth record, is there. */
static void
restart(int n)
{
	struct kerr e = KERR_INIT;

	txns_free(w.ts);
	forget_marks();
	w.n_waits = 0;
	machine();
	for (int i = 0; i < n; i++)
		if (txns_replay(w.ts, w.log[i].home, w.log[i].key,
		    w.log[i].key_len, w.log[i].value, w.log[i].value_len,
		    &e) != 0)
			fail_msg("%s", e.msg);
	cut_log(n);
	for (int32_t i = 0; i < HOMES; i++)
		txns_loaded(w.ts, i, 8);
}

/* Requests. */

static int n_done;

static void
done(struct txn_call *c)
{
	c->request = (void *)c;		/* answered */
	n_done++;
}

static void
start_init(struct txn_call *c, const char *id, int64_t pid, int16_t epoch,
    int32_t timeout)
{
	*c = (struct txn_call){ .op = TXN_INIT, .id = kstr(id),
	    .producer_id = pid, .producer_epoch = epoch,
	    .timeout_ms = timeout, .done = done, .new_id = -1 };
	txns_call(w.ts, c);
}

static int16_t
init_as(const char *id, int64_t pid, int16_t epoch, struct txn_call *c)
{
	start_init(c, id, pid, epoch, 1000);
	settle();
	assert_non_null(c->request);
	return c->error;
}

static struct add_partitions_to_txn_request_add_partitions_to_txn_topic topic;
static int32_t partitions[8];

static void
start_add(struct txn_call *c, const char *id, int64_t pid, int16_t epoch,
    const char *name, int32_t partition)
{
	static int i;
	int32_t *p = &partitions[i++ % 8];

	*p = partition;
	topic.name = kstr(name);
	topic.partitions.v = p;
	topic.partitions.n = 1;
	*c = (struct txn_call){ .op = TXN_ADD, .id = kstr(id),
	    .producer_id = pid, .producer_epoch = epoch, .topics = &topic,
	    .n_topics = 1, .done = done, .new_id = -1 };
	txns_call(w.ts, c);
}

static int16_t
add(const char *id, int64_t pid, int16_t epoch, const char *name,
    int32_t partition)
{
	struct txn_call c;

	start_add(&c, id, pid, epoch, name, partition);
	settle();
	assert_non_null(c.request);
	return c.error;
}

static void
start_end(struct txn_call *c, const char *id, int64_t pid, int16_t epoch,
    bool commit)
{
	*c = (struct txn_call){ .op = TXN_END, .id = kstr(id),
	    .producer_id = pid, .producer_epoch = epoch, .commit = commit,
	    .done = done, .new_id = -1 };
	txns_call(w.ts, c);
}

static int16_t
end(const char *id, int64_t pid, int16_t epoch, bool commit)
{
	struct txn_call c;

	start_end(&c, id, pid, epoch, commit);
	settle();
	assert_non_null(c.request);
	return c.error;
}

static void
expect_state(const char *id, const char *state)
{
	struct describe_transactions_response_transaction_state s;
	struct arena a;

	arena_init(&a, 0);
	txns_describe(w.ts, kstr(id), &a, &s);
	assert_int_equal(s.error_code, 0);
	if (!kstr_eq(s.transaction_state, kstr(state)))
		fail_msg("%s: %.*s, not %s", id, (int)s.transaction_state.len,
		    s.transaction_state.p, state);
	arena_release(&a);
}

/* Tests. */

static void
test_round(void **state)
{
	struct txn_call c;

	assert_int_equal(init_as("a", -1, -1, &c), 0);
	assert_int_equal(c.producer_id, 100);
	assert_int_equal(c.producer_epoch, 0);
	expect_state("a", "Empty");
	assert_int_equal(end("a", 100, 0, true), ERR_INVALID_TXN_STATE);
	assert_int_equal(add("a", 100, 0, "t", 0), 0);
	expect_state("a", "Ongoing");
	assert_int_equal(txns_verify(w.ts, kstr("a"), 100, 0, kstr("t"), 0), 0);
	assert_int_equal(txns_verify(w.ts, kstr("a"), 100, 0, kstr("t"), 1),
	    ERR_TRANSACTION_ABORTABLE);
	assert_int_equal(txns_verify(w.ts, kstr("a"), 100, 1, kstr("t"), 0),
	    ERR_PRODUCER_FENCED);
	assert_int_equal(txns_verify(w.ts, kstr("a"), 101, 0, kstr("t"), 0),
	    ERR_INVALID_PRODUCER_ID_MAPPING);
	assert_int_equal(end("a", 100, 0, true), 0);
	expect_state("a", "CompleteCommit");
	assert_int_equal(txns_verify(w.ts, kstr("a"), 100, 0, kstr("t"), 0),
	    ERR_TRANSACTION_ABORTABLE);
	/* once more is fine, the other way is not */
	assert_int_equal(end("a", 100, 0, true), 0);
	assert_int_equal(end("a", 100, 0, false), ERR_INVALID_TXN_STATE);
	assert_int_equal(add("a", 100, 0, "t", 0), 0);
	assert_int_equal(end("a", 100, 0, false), 0);
	expect_state("a", "CompleteAbort");
	assert_int_equal(end("a", 100, 0, true), ERR_INVALID_TXN_STATE);
}

/* What is refused, in one line each. */
static void
test_refusals(void **state)
{
	struct txn_call c;

	assert_int_equal(add("a", 100, 0, "t", 0),
	    ERR_INVALID_PRODUCER_ID_MAPPING);
	assert_int_equal(end("a", 100, 0, true),
	    ERR_INVALID_PRODUCER_ID_MAPPING);
	assert_int_equal(init_as("", -1, -1, &c), ERR_INVALID_REQUEST);
	start_init(&c, "a", -1, -1, 0);
	assert_int_equal(c.error, ERR_INVALID_TRANSACTION_TIMEOUT);
	start_init(&c, "a", -1, -1, 60001);
	assert_int_equal(c.error, ERR_INVALID_TRANSACTION_TIMEOUT);
	assert_int_equal(init_as("a", -1, -1, &c), 0);
	assert_int_equal(init_as("a", -1, -1, &c), 0);
	assert_int_equal(c.producer_epoch, 1);
	/* epoch 0 is shut out */
	assert_int_equal(add("a", 100, 0, "t", 0), ERR_PRODUCER_FENCED);
	assert_int_equal(end("a", 100, 0, true), ERR_PRODUCER_FENCED);
	assert_int_equal(add("a", 99, 1, "t", 0),
	    ERR_INVALID_PRODUCER_ID_MAPPING);
	assert_int_equal(end("a", 100, 2, true), ERR_PRODUCER_FENCED);
	txns_unload(w.ts, txns_partition(w.ts, kstr("a")));
	assert_int_equal(end("a", 100, 1, true), ERR_NOT_COORDINATOR);
	assert_int_equal(txns_verify(w.ts, kstr("a"), 100, 1, kstr("t"), 0),
	    ERR_NOT_COORDINATOR);
}

/* KIP-360: a producer that knows its id and epoch gets the next one, also when
 * it asks again; somebody who was replaced does not. */
static void
test_recovery_of_epoch(void **state)
{
	struct txn_call c;

	assert_int_equal(init_as("a", 500, 3, &c), 0);	/* a new one */
	assert_int_equal(c.producer_id, 100);
	assert_int_equal(c.producer_epoch, 0);
	assert_int_equal(init_as("a", 100, 0, &c), 0);
	assert_int_equal(c.producer_epoch, 1);
	assert_int_equal(init_as("a", 100, 0, &c), 0);	/* a retry */
	assert_int_equal(c.producer_epoch, 1);
	assert_int_equal(init_as("a", 100, 1, &c), 0);
	assert_int_equal(c.producer_epoch, 2);
	assert_int_equal(init_as("a", 100, 0, &c), ERR_PRODUCER_FENCED);
	assert_int_equal(init_as("a", -1, -1, &c), 0);
	assert_int_equal(c.producer_epoch, 3);
	assert_int_equal(init_as("a", 100, 2, &c), ERR_PRODUCER_FENCED);
	assert_int_equal(init_as("a", 101, 3, &c), ERR_PRODUCER_FENCED);
}

/* An open transaction of somebody older is aborted first. */
static void
test_fencing(void **state)
{
	struct txn_call a, b, zombie;

	assert_int_equal(init_as("a", -1, -1, &a), 0);
	assert_int_equal(add("a", 100, 0, "t", 0), 0);
	start_init(&b, "a", -1, -1, 1000);
	assert_null(b.request);
	start_end(&zombie, "a", 100, 0, true);
	assert_null(zombie.request);	/* the id is busy */
	assert_true(write_one(0));
	assert_int_equal(b.error, ERR_CONCURRENT_TRANSACTIONS);
	expect_state("a", "PrepareAbort");
	assert_int_equal(w.marker[0]->producer_epoch, 1);
	assert_false(w.marker[0]->commit);
	assert_int_equal(w.marker[0]->coordinator_epoch, 7);
	start_init(&b, "a", -1, -1, 1000);
	assert_null(b.request);		/* held until the abort is over */
	settle();
	assert_int_equal(zombie.error, ERR_PRODUCER_FENCED);
	assert_int_equal(b.error, 0);
	assert_int_equal(b.producer_epoch, 2);
}

/* Epochs end; then there is a new producer id. */
static void
test_exhaustion(void **state)
{
	struct txn_call c;
	int16_t epoch;

	assert_int_equal(init_as("a", -1, -1, &c), 0);
	do {
		epoch = c.producer_epoch;
		cut_log(0);
		assert_int_equal(init_as("a", -1, -1, &c), 0);
	} while (c.producer_id == 100);
	assert_int_equal(epoch, INT16_MAX - 1);
	assert_int_equal(c.producer_id, 101);
	assert_int_equal(c.producer_epoch, 0);
	/* whoever had the last epoch, and did not hear of the new id */
	w.late_ids = true;
	start_init(&c, "b", -1, -1, 1000);
	assert_null(c.request);
	txns_new_id(w.ts, w.wants_id, -1);
	assert_int_equal(c.error, ERR_KAFKA_STORAGE_ERROR);
}

/* What is held: a moment, and in order. */
static void
test_hold(void **state)
{
	struct txn_call c, e, first, second;

	assert_int_equal(init_as("a", -1, -1, &c), 0);
	assert_int_equal(add("a", 100, 0, "t", 0), 0);
	start_end(&e, "a", 100, 0, true);
	assert_true(write_one(0));
	assert_int_equal(e.error, 0);	/* decided: the client may go on */
	start_add(&first, "a", 100, 0, "t", 1);
	assert_null(first.request);
	pass(999);
	assert_null(first.request);
	start_end(&second, "a", 100, 0, true);
	assert_null(second.request);
	pass(1);
	assert_int_equal(first.error, ERR_CONCURRENT_TRANSACTIONS);
	assert_null(second.request);
	start_add(&first, "a", 100, 0, "t", 1);
	assert_true(mark_one(0));
	assert_int_equal(second.error, 0);	/* it was committed */
	assert_null(first.request);		/* its record */
	settle();
	assert_int_equal(first.error, 0);
	expect_state("a", "Ongoing");
}

static void
test_marker_errors(void **state)
{
	static const struct {
		int16_t	error;
		bool	again;
	} t[] = {
		{ ERR_NOT_LEADER_OR_FOLLOWER, true },
		{ ERR_KAFKA_STORAGE_ERROR, true },
		{ ERR_NOT_ENOUGH_REPLICAS, true },
		{ ERR_REQUEST_TIMED_OUT, true },
		{ ERR_UNKNOWN_TOPIC_OR_PARTITION, false },
		{ ERR_INVALID_PRODUCER_EPOCH, false },
		{ ERR_TRANSACTION_COORDINATOR_FENCED, false },
	};
	struct txn_call c;

	assert_int_equal(init_as("a", -1, -1, &c), 0);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(add("a", 100, 0, "t", (int32_t)i), 0);
		start_end(&c, "a", 100, 0, true);
		assert_true(write_one(0));
		assert_true(mark_one(t[i].error));
		assert_int_equal(w.n_marks, 0);
		if (t[i].again) {
			expect_state("a", "PrepareCommit");
			pass(99);
			assert_int_equal(w.n_marks, 0);
			pass(1);
			assert_true(mark_one(0));
		}
		expect_state("a", "CompleteCommit");
	}
}

static void
test_timeout(void **state)
{
	struct txn_call c;

	assert_int_equal(init_as("a", -1, -1, &c), 0);	/* 1000 ms */
	assert_int_equal(add("a", 100, 0, "t", 0), 0);
	pass(9999);
	assert_int_equal(w.n_waits, 0);
	pass(1);
	assert_int_equal(w.n_waits, 1);
	settle();
	expect_state("a", "CompleteAbort");
	assert_int_equal(add("a", 100, 0, "t", 0), ERR_PRODUCER_FENCED);
	assert_int_equal(end("a", 100, 0, true), ERR_PRODUCER_FENCED);
	/* its own name and epoch do not help it */
	assert_int_equal(init_as("a", 100, 0, &c), ERR_PRODUCER_FENCED);
	assert_int_equal(init_as("a", -1, -1, &c), 0);
	assert_int_equal(c.producer_epoch, 2);
}

static void
test_expiry(void **state)
{
	struct txn_call c;
	int32_t home = txns_partition(w.ts, kstr("a"));

	assert_int_equal(init_as("a", -1, -1, &c), 0);
	pass(604800000 - 3600000);
	assert_int_equal(w.n_waits, 0);
	pass(2 * 3600000);
	assert_int_equal(w.n_waits, 1);
	assert_null(w.log[w.n_log - 1].value);
	assert_int_equal(w.log[w.n_log - 1].home, home);
	settle();
	assert_int_equal(add("a", 100, 0, "t", 0),
	    ERR_INVALID_PRODUCER_ID_MAPPING);
	restart(w.n_log);
	assert_int_equal(add("a", 100, 0, "t", 0),
	    ERR_INVALID_PRODUCER_ID_MAPPING);
	assert_int_equal(init_as("a", -1, -1, &c), 0);
	assert_int_equal(c.producer_id, 101);
}

/* A transaction that is open, or on its way out, does not expire. */
static void
test_no_expiry(void **state)
{
	struct txn_call c;

	start_init(&c, "a", -1, -1, 60000);
	settle();
	assert_int_equal(add("a", 100, 0, "t", 0), 0);
	start_end(&c, "a", 100, 0, false);
	assert_true(write_one(0));
	pass(2 * INT64_C(604800000));
	expect_state("a", "PrepareAbort");
	settle();
	expect_state("a", "CompleteAbort");
}

/* Killed after each record in turn: the id is in a state from which it comes
 * to the same end. */
static void
test_restart(void **state)
{
	static const char *const then[] = { NULL, "Empty", "Ongoing",
	    "Ongoing", "PrepareCommit", "CompleteCommit", "Ongoing",
	    "PrepareAbort", "CompleteAbort" };
	struct txn_call c;
	int all;

	assert_int_equal(init_as("a", -1, -1, &c), 0);
	assert_int_equal(add("a", 100, 0, "t", 0), 0);
	assert_int_equal(add("a", 100, 0, "u", 5), 0);
	assert_int_equal(end("a", 100, 0, true), 0);
	assert_int_equal(add("a", 100, 0, "t", 0), 0);
	assert_int_equal(end("a", 100, 0, false), 0);
	all = w.n_log;
	assert_int_equal(all, 8);
	for (int n = all; n > 0; n--) {
		restart(n);
		expect_state("a", then[n]);
		if (n == 4) {
			assert_int_equal(w.n_marks, 1);
			assert_true(w.marker[0]->commit);
			assert_int_equal(w.marker[0]->n, 2);
			assert_int_equal(w.marker[0]->coordinator_epoch, 8);
		} else if (n == 7) {
			assert_int_equal(w.n_marks, 1);
			assert_false(w.marker[0]->commit);
		} else {
			assert_int_equal(w.n_marks, 0);
		}
		if (n == 2 || n == 3 || n == 6) {
			/* nobody came back: time ends it */
			pass(20000);
			settle();
			expect_state("a", "CompleteAbort");
		}
		settle();
		/* the next incarnation is let in */
		assert_int_equal(init_as("a", -1, -1, &c), 0);
		assert_int_equal(add("a", c.producer_id, c.producer_epoch,
		    "t", 0), 0);
		restart(n);
		settle();
	}
}

/* A partition is lost while things are under way. */
static void
test_unload(void **state)
{
	struct txn_call c, e, held;
	int32_t home = txns_partition(w.ts, kstr("a"));

	assert_int_equal(init_as("a", -1, -1, &c), 0);
	assert_int_equal(add("a", 100, 0, "t", 0), 0);
	start_end(&e, "a", 100, 0, true);
	start_add(&held, "a", 100, 0, "t", 1);
	assert_true(write_one(ERR_NOT_COORDINATOR));
	assert_int_equal(e.error, ERR_NOT_COORDINATOR);
	assert_null(held.request);
	txns_unload(w.ts, home);
	assert_int_equal(held.error, ERR_NOT_COORDINATOR);
	/* and while markers are being written */
	restart(2);
	start_end(&e, "a", 100, 0, true);
	assert_true(write_one(0));
	assert_int_equal(w.n_marks, 1);
	txns_unload(w.ts, home);
	assert_true(mark_one(0));
	assert_int_equal(w.n_log, 3);	/* nobody completes it here */
}

static void
test_show(void **state)
{
	struct list_transactions_request req;
	struct list_transactions_response rsp;
	struct describe_transactions_response_transaction_state s;
	struct kstr states[] = { kstr("Ongoing"), kstr("Nonsense") };
	int64_t ids[] = { 101 };
	struct txn_call c;
	struct arena a;

	arena_init(&a, 0);
	assert_int_equal(init_as("a", -1, -1, &c), 0);
	assert_int_equal(init_as("b", -1, -1, &c), 0);
	assert_int_equal(add("b", 101, 0, "t", 3), 0);
	assert_int_equal(add("b", 101, 0, "t", 1), 0);
	kmsg_defaults(&list_transactions_request_msg, &req);
	kmsg_defaults(&list_transactions_response_msg, &rsp);
	req.duration_filter = -1;
	txns_list(w.ts, &req, &a, &rsp);
	assert_int_equal(rsp.transaction_states.n, 2);
	kmsg_defaults(&list_transactions_response_msg, &rsp);
	req.state_filters.v = states;
	req.state_filters.n = 2;
	txns_list(w.ts, &req, &a, &rsp);
	assert_int_equal(rsp.transaction_states.n, 1);
	assert_int_equal(rsp.transaction_states.v[0].producer_id, 101);
	assert_int_equal(rsp.unknown_state_filters.n, 1);
	kmsg_defaults(&list_transactions_response_msg, &rsp);
	req.state_filters.n = 0;
	req.producer_id_filters.v = ids;
	req.producer_id_filters.n = 1;
	txns_list(w.ts, &req, &a, &rsp);
	assert_int_equal(rsp.transaction_states.n, 1);
	kmsg_defaults(&list_transactions_response_msg, &rsp);
	pass(50);
	req.duration_filter = 50;
	txns_list(w.ts, &req, &a, &rsp);
	assert_int_equal(rsp.transaction_states.n, 0);
	kmsg_defaults(&list_transactions_response_msg, &rsp);
	req.duration_filter = 49;
	txns_list(w.ts, &req, &a, &rsp);
	assert_int_equal(rsp.transaction_states.n, 1);
	txns_describe(w.ts, kstr("b"), &a, &s);
	assert_int_equal(s.error_code, 0);
	assert_int_equal(s.producer_id, 101);
	assert_int_equal(s.transaction_timeout_ms, 1000);
	assert_int_equal(s.transaction_start_time_ms, 1700000000000);
	assert_int_equal(s.topics.n, 1);
	assert_int_equal(s.topics.v[0].partitions.n, 2);
	txns_describe(w.ts, kstr("c"), &a, &s);
	assert_int_equal(s.error_code, ERR_TRANSACTIONAL_ID_NOT_FOUND);
	txns_describe(w.ts, kstr(""), &a, &s);
	assert_int_equal(s.error_code, ERR_INVALID_REQUEST);
	arena_release(&a);
}

/* Bytes that Apache Kafka 3.9.1 wrote for the same states. */
static void
test_golden(void **state)
{
	static const char key[] = "\0\0\0\1a";
	static const char empty[] = "\0\0" "\0\0\0\0\0\0\0\144" "\0\0"
	    "\0\0\003\350" "\0" "\377\377\377\377"
	    "\0\0\001\213\317\345\150\0" "\377\377\377\377\377\377\377\377";
	static const char ongoing[] = "\0\0" "\0\0\0\0\0\0\0\144" "\0\0"
	    "\0\0\003\350" "\1" "\0\0\0\1" "\0\1t" "\0\0\0\1" "\0\0\0\2"
	    "\0\0\001\213\317\345\150\0" "\0\0\001\213\317\345\150\0";
	static const char unknown[] = "\0\11" "\0\0\0\0\0\0\0\144";
	struct kerr e = KERR_INIT;
	struct txn_call c;

	assert_int_equal(init_as("a", -1, -1, &c), 0);
	assert_int_equal(w.log[0].key_len, sizeof(key) - 1);
	assert_memory_equal(w.log[0].key, key, sizeof(key) - 1);
	assert_int_equal(w.log[0].value_len, sizeof(empty) - 1);
	assert_memory_equal(w.log[0].value, empty, sizeof(empty) - 1);
	assert_int_equal(add("a", 100, 0, "t", 2), 0);
	assert_int_equal(w.log[1].value_len, sizeof(ongoing) - 1);
	assert_memory_equal(w.log[1].value, ongoing, sizeof(ongoing) - 1);
	assert_true(txns_replay(w.ts, 0, "\0\7xxxx", 6, empty,
	    sizeof(empty) - 1, &e) < 0);
	assert_true(txns_replay(w.ts, 0, key, sizeof(key) - 1, unknown,
	    sizeof(unknown) - 1, &e) < 0);
	for (size_t n = 0; n < sizeof(ongoing) - 1; n++)
		assert_true(txns_replay(w.ts, 0, key, sizeof(key) - 1,
		    ongoing, n, &e) < 0);
	expect_state("a", "Ongoing");
}

static void
test_hash(void **state)
{
	assert_int_equal(java_hash_partition(kstr("foobar"), 50), 13);
	assert_int_equal(java_hash_partition(kstr("abc"), 50), 4);
	assert_int_equal(java_hash_partition(kstr("polygenelubricants"), 50),
	    0);
}

int
main(void)
{
#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_round), T(test_refusals), T(test_recovery_of_epoch),
		T(test_fencing), T(test_exhaustion), T(test_hold),
		T(test_marker_errors), T(test_timeout), T(test_expiry),
		T(test_no_expiry), T(test_restart), T(test_unload),
		T(test_show), T(test_golden), cmocka_unit_test(test_hash),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
