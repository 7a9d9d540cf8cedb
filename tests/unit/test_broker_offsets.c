/* Committed offsets: who may commit, how long they last, transactions. */
#include <malloc.h>

#include "group_bench.h"

static void
test_who_may(void **state)
{
	static const struct {
		const char	*group, *member;
		int32_t		 generation;
		int16_t		 error;
	} t[] = {
		{ "simple", "", -1, 0 },
		{ "simple", "", -1, 0 },
		{ "new", "", 3, ERR_ILLEGAL_GENERATION },
		{ "simple", "x", 3, ERR_UNKNOWN_MEMBER_ID },
		{ "g", "", -1, ERR_UNKNOWN_MEMBER_ID },
		{ "g", "x", 1, ERR_UNKNOWN_MEMBER_ID },
	};
	struct bench b;
	const char *id;

	bench_begin(&b);
	id = bench_enter(&b, 0, (struct asks){ 0 });
	bench_pass(&b, 3 * SECOND);
	bench_sync(&b, 0, id, 1, (const char *const[]){ id, NULL });
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(bench_commit(&b, t[i].group, t[i].member,
		    t[i].generation, "t", 0, 5), t[i].error);
	assert_int_equal(bench_commit(&b, "g", id, 1, "t", 0, 5), 0);
	assert_int_equal(bench_commit(&b, "g", id, 2, "t", 0, 5),
	    ERR_ILLEGAL_GENERATION);
	assert_int_equal(bench_offset(&b, "g", "t", 0, false), 5);
	assert_int_equal(bench_offset(&b, "g", "t", 1, false), -1);
	assert_int_equal(bench_offset(&b, "nobody", "t", 1, false), -1);
	bench_end(&b);
}

/* A week from when the group was empty; of a group that nobody ever joined,
 * from the commit (KIP-211). */
static void
test_expiry(void **state)
{
	struct bench b;
	const char *id;
	char text[32];

	bench_begin(&b);
	id = bench_enter(&b, 0, (struct asks){ 0 });
	bench_pass(&b, 3 * SECOND);
	bench_sync(&b, 0, id, 1, (const char *const[]){ id, NULL });
	bench_commit(&b, "g", id, 1, "t", 0, 5);
	bench_commit(&b, "g", id, 1, "unread", 0, 5);
	bench_commit(&b, "simple", "", -1, "t", 0, 5);
	for (int i = 0; i < 8 * 24 * 720; i++) {
		bench_pass(&b, 5 * SECOND);
		assert_int_equal(bench_beat(&b, id, NULL, 1), 0);
	}
	/* what is subscribed to stays for as long as it is */
	assert_int_equal(bench_offset(&b, "g", "t", 0, false), 5);
	assert_int_equal(bench_offset(&b, "g", "unread", 0, false), -1);
	bench_state(&b, "simple", text);
	assert_string_equal(text, "Dead");
	bench_leave(&b, id, NULL);
	bench_pass(&b, 7 * DAY - SECOND);
	assert_int_equal(bench_offset(&b, "g", "t", 0, false), 5);
	bench_pass(&b, 11 * MINUTE);
	assert_int_equal(bench_offset(&b, "g", "t", 0, false), -1);
	bench_state(&b, "g", text);
	assert_string_equal(text, "Dead");
	/* tombstones: of the offset, then of the group */
	assert_null(b.log[b.n - 2].r.value);
	assert_null(b.log[b.n - 1].r.value);
	bench_end(&b);
}

/* A commit may say how long it counts, in any number. */
static void
test_retention(void **state)
{
	static const int64_t ms[] = { INT64_MIN, -2, DAY, INT64_MAX - 1,
	    INT64_MAX };
	struct bench b;

	bench_begin(&b);
	for (int i = 0; i < 5; i++)
		assert_int_equal(bench_commit_for(&b, "simple", "", -1, "t", i,
		    5, ms[i]), 0);
	bench_pass(&b, 11 * MINUTE);
	for (int i = 0; i < 5; i++)
		assert_int_equal(bench_offset(&b, "simple", "t", i, false),
		    i < 2 ? -1 : 5);
	bench_pass(&b, 30LL * DAY);
	for (int i = 2; i < 5; i++)
		assert_int_equal(bench_offset(&b, "simple", "t", i, false),
		    i < 3 ? -1 : 5);
	bench_end(&b);
}

static int16_t
delete_offset(struct bench *b, const char *group, const char *topic)
{
	struct offset_delete_request_partition p = { 0 };
	struct offset_delete_request_topic t = { kstr(topic), { &p, 1 } };
	struct offset_delete_request req = { kstr(group), { &t, 1 } };
	struct offset_delete_response_partition op = { 0, 0 };
	struct offset_delete_response_topic ot = { kstr(topic), { &op, 1 } };
	struct offset_delete_response rsp = { 0, 0, { &ot, 1 } };

	groups_delete_offsets(b->gs, &req, &rsp);
	return rsp.error_code != 0 ? rsp.error_code : op.error_code;
}

static void
test_deletions(void **state)
{
	struct bench b;
	const char *id;

	bench_begin(&b);
	id = bench_enter(&b, 0, (struct asks){ 0 });
	bench_pass(&b, 3 * SECOND);
	bench_sync(&b, 0, id, 1, (const char *const[]){ id, NULL });
	bench_commit(&b, "g", id, 1, "t", 0, 5);
	bench_commit(&b, "g", id, 1, "u", 0, 6);
	bench_commit(&b, "g", id, 1, "v", 0, 7);
	assert_int_equal(delete_offset(&b, "g", "t"),
	    ERR_GROUP_SUBSCRIBED_TO_TOPIC);
	assert_int_equal(delete_offset(&b, "g", "u"), 0);
	assert_int_equal(delete_offset(&b, "no", "u"),
	    ERR_GROUP_ID_NOT_FOUND);
	assert_int_equal(bench_offset(&b, "g", "u", 0, false), -1);
	groups_topic_deleted(b.gs, kstr("v"));
	assert_int_equal(bench_offset(&b, "g", "v", 0, false), -1);
	assert_int_equal(groups_delete(b.gs, kstr("g")), ERR_NON_EMPTY_GROUP);
	assert_int_equal(groups_delete(b.gs, kstr("h")),
	    ERR_GROUP_ID_NOT_FOUND);
	bench_leave(&b, id, NULL);
	assert_int_equal(groups_delete(b.gs, kstr("g")), 0);
	assert_state(&b, "Dead");
	assert_int_equal(bench_offset(&b, "g", "t", 0, false), -1);
	/* the last offset takes an empty group with it */
	bench_commit(&b, "g", "", -1, "t", 0, 5);
	bench_commit(&b, "g", "", -1, "v", 0, 5);
	assert_int_equal(delete_offset(&b, "g", "t"), 0);
	assert_state(&b, "Empty");
	assert_int_equal(delete_offset(&b, "g", "v"), 0);
	assert_state(&b, "Dead");
	bench_commit(&b, "g", "", -1, "v", 0, 5);
	groups_topic_deleted(b.gs, kstr("v"));
	assert_state(&b, "Dead");
	bench_end(&b);
}

static void
txn_commit(struct bench *b, int64_t producer, int64_t offset)
{
	struct txn_offset_commit_request_partition p;
	struct txn_offset_commit_request_topic t = { kstr("t"), { &p, 1 } };
	struct txn_offset_commit_response_partition op = { 0, 0 };
	struct txn_offset_commit_response_topic ot = { kstr("t"), { &op, 1 } };
	struct txn_offset_commit_request req;
	struct txn_offset_commit_response rsp = { 0, { &ot, 1 } };

	kmsg_defaults(&txn_offset_commit_request_msg, &req);
	KDEFAULTS(txn_offset_commit_request_partition, &p);
	p.committed_offset = offset;
	req.group_id = kstr("g");
	req.member_id = kstr("");
	req.producer_id = producer;
	req.generation_id = -1;
	req.topics.v = &t;
	req.topics.n = 1;
	groups_txn_commit(b->gs, &req, &rsp);
	assert_int_equal(op.error_code, 0);
	assert_int_equal(b->log[b->n - 1].r.producer_id, producer);
}

static void
test_transactions(void **state)
{
	struct bench b;
	int32_t part;

	bench_begin(&b);
	part = groups_partition(b.gs, kstr("g"));
	bench_commit(&b, "g", "", -1, "t", 0, 1);
	txn_commit(&b, 77, 10);
	assert_int_equal(bench_offset(&b, "g", "t", 0, false), 1);
	assert_int_equal(bench_offset(&b, "g", "t", 0, true),
	    -100 - ERR_UNSTABLE_OFFSET_COMMIT);
	groups_txn_end(b.gs, part, 77, false);
	assert_int_equal(bench_offset(&b, "g", "t", 0, true), 1);
	txn_commit(&b, 77, 11);
	groups_txn_end(b.gs, (part + 1) % 50, 77, true);
	groups_txn_end(b.gs, part, 78, true);
	assert_int_equal(bench_offset(&b, "g", "t", 0, false), 1);
	groups_txn_end(b.gs, part, 77, true);
	assert_int_equal(bench_offset(&b, "g", "t", 0, true), 11);
	/* what was committed plainly since then stays */
	txn_commit(&b, 77, 12);
	bench_commit(&b, "g", "", -1, "t", 0, 20);
	groups_txn_end(b.gs, part, 77, true);
	assert_int_equal(bench_offset(&b, "g", "t", 0, true), 20);
	bench_end(&b);
}

/* 1,000 groups of 100 offsets: no more than 200 bytes an offset. */
static void
test_memory(void **state)
{
	struct bench b;
	struct mallinfo2 before;
	char name[32];
	size_t used;

	bench_begin(&b);
	before = mallinfo2();
	for (int g = 0; g < 1000; g++) {
		snprintf(name, sizeof(name), "group-%d", g);
		for (int p = 0; p < 100; p++)
			bench_commit(&b, name, "", -1, "topic", p, g + p);
		for (; b.n > 0; b.n--) {
			free(b.log[b.n - 1].key);
			free(b.log[b.n - 1].value);
		}
	}
	used = mallinfo2().uordblks - before.uordblks;
	print_message("[   INFO   ] %zu bytes an offset\n", used / 100000);
	/* a sanitizer's own allocator is not counted there */
	assert_true(used < 200 * 100000);
	for (int g = 0; g < 1000; g++) {
		snprintf(name, sizeof(name), "group-%d", g);
		assert_int_equal(bench_offset(&b, name, "topic", 99, true),
		    g + 99);
	}
	bench_end(&b);
}

/* What is no record of ours is left out, and said. */
static void
test_bad_records(void **state)
{
	static const struct {
		const char	*key;
		size_t		 n;
	} t[] = {
		{ "", 0 }, { "\0", 1 }, { "\0\1", 2 }, { "\0\1\0\5g", 5 },
		{ "\0\2\0", 3 }, { "\0\x63xx", 4 }, { "\xff\xff", 2 },
		{ "\0\1\0\1g\0\1t\0\0\0\0", 12 },
	};
	struct bench b;
	struct kerr e = KERR_INIT;

	bench_begin(&b);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct group_record r = { .key = t[i].key, .key_len = t[i].n,
		    .value = "\0\3\0", .value_len = 3, .producer_id = -1 };

		assert_true(groups_replay(b.gs, &r, &e) < 0);
	}
	bench_end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_may),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_retention),
		cmocka_unit_test(test_deletions),
		cmocka_unit_test(test_transactions),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_bad_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
