/* The group coordinator: members that join, stay away, come back and go. */
#include "group_bench.h"

static void
test_alone(void **state)
{
	struct bench b;
	const char *id;

	bench_begin(&b);
	id = bench_enter(&b, 0, (struct asks){ 0 });
	assert_memory_equal(id, "cli-", 4);
	assert_int_equal(strlen(id), 4 + 36);
	assert_state(&b, "PreparingRebalance");
	bench_pass(&b, 2999);
	assert_false(b.told[0].answered);
	bench_pass(&b, 1);
	assert_true(b.told[0].answered);
	assert_int_equal(b.told[0].error, 0);
	assert_int_equal(b.told[0].generation, 1);
	assert_string_equal(b.told[0].leader, id);
	assert_string_equal(b.told[0].protocol, "range");
	assert_int_equal(b.told[0].n_members, 1);
	assert_state(&b, "CompletingRebalance");
	assert_int_equal(bench_commit(&b, "g", id, 1, "t", 0, 1),
	    ERR_REBALANCE_IN_PROGRESS);
	assert_int_equal(b.n, 0);
	bench_sync(&b, 1, id, 1, (const char *const[]){ id, NULL });
	assert_int_equal(b.told[1].error, 0);
	assert_int_equal(strncmp(b.told[1].assignment, id, 40), 0);
	assert_int_equal(b.n, 1);
	assert_state(&b, "Stable");
	for (int i = 0; i < 1000; i++) {
		bench_pass(&b, 9 * SECOND);
		assert_int_equal(bench_beat(&b, id, NULL, 1), 0);
	}
	assert_int_equal(bench_beat(&b, id, NULL, 2), ERR_ILLEGAL_GENERATION);
	assert_int_equal(bench_beat(&b, "x", NULL, 1), ERR_UNKNOWN_MEMBER_ID);
	assert_int_equal(bench_leave(&b, id, NULL), 0);
	assert_state(&b, "Empty");
	assert_int_equal(bench_leave(&b, id, NULL), ERR_UNKNOWN_MEMBER_ID);
	assert_int_equal(b.n, 2);
	bench_end(&b);
}

/* Two in the second generation, the first one leads. */
static void
two(struct bench *b, const char *id[2])
{
	for (int i = 0; i < 2; i++)
		id[i] = bench_enter(b, i, (struct asks){ 0 });
	bench_pass(b, 6 * SECOND);
	assert_true(b->told[0].answered && b->told[1].answered);
	assert_int_equal(b->told[0].n_members, 2);
	assert_int_equal(b->told[1].n_members, 0);
	bench_sync(b, 1, id[1], 1, NULL);
	assert_false(b->told[1].answered);
	bench_sync(b, 0, id[0], 1, (const char *const[]){ id[0], id[1], NULL });
	assert_int_equal(strncmp(b->told[0].assignment, id[0], 40), 0);
	assert_int_equal(strncmp(b->told[1].assignment, id[1], 40), 0);
}

static void
test_session(void **state)
{
	struct bench b;
	const char *id[2];

	bench_begin(&b);
	two(&b, id);
	bench_pass(&b, 5 * SECOND);
	assert_int_equal(bench_beat(&b, id[0], NULL, 1), 0);
	bench_pass(&b, 5 * SECOND);	/* the second is silent for 10 s */
	assert_state(&b, "PreparingRebalance");
	assert_int_equal(bench_beat(&b, id[0], NULL, 1),
	    ERR_REBALANCE_IN_PROGRESS);
	assert_int_equal(bench_beat(&b, id[1], NULL, 1),
	    ERR_UNKNOWN_MEMBER_ID);
	bench_join(&b, 0, (struct asks){ .member = id[0] });
	assert_true(b.told[0].answered);
	assert_int_equal(b.told[0].generation, 2);
	assert_int_equal(b.told[0].n_members, 1);
	bench_sync(&b, 0, id[0], 2, (const char *const[]){ id[0], NULL });
	bench_pass(&b, 11 * SECOND);
	assert_state(&b, "Empty");
	bench_end(&b);
}

/* Who does not join again in time is left behind; the leader as well. */
static void
test_rebalance_timeout(void **state)
{
	struct bench b;
	const char *id[3];

	bench_begin(&b);
	two(&b, id);
	id[2] = bench_enter(&b, 2, (struct asks){ 0 });
	bench_join(&b, 1, (struct asks){ .member = id[1] });
	for (int i = 0; i < 11; i++) {
		bench_pass(&b, 5 * SECOND);
		assert_int_equal(bench_beat(&b, id[0], NULL, 1),
		    ERR_REBALANCE_IN_PROGRESS);
		assert_false(b.told[1].answered);
	}
	bench_pass(&b, 5 * SECOND);
	assert_int_equal(b.told[1].generation, 2);
	assert_string_equal(b.told[1].leader, b.told[2].leader);
	assert_string_not_equal(b.told[1].leader, id[0]);
	assert_int_equal(b.told[1].n_members + b.told[2].n_members, 2);
	assert_int_equal(bench_beat(&b, id[0], NULL, 2),
	    ERR_UNKNOWN_MEMBER_ID);
	bench_end(&b);
}

/* A member that got its assignment request out of order, or never sent it. */
static void
test_sync(void **state)
{
	struct bench b;
	const char *id[2];

	bench_begin(&b);
	for (int i = 0; i < 2; i++)
		id[i] = bench_enter(&b, i, (struct asks){ 0 });
	bench_pass(&b, 6 * SECOND);
	bench_sync(&b, 3, id[0], 7, NULL);
	assert_int_equal(b.told[3].error, ERR_ILLEGAL_GENERATION);
	bench_sync(&b, 3, "who", 1, NULL);
	assert_int_equal(b.told[3].error, ERR_UNKNOWN_MEMBER_ID);
	bench_sync(&b, 0, id[0], 1, (const char *const[]){ id[0], NULL });
	assert_int_equal(b.told[0].error, 0);
	bench_sync(&b, 3, id[0], 1, NULL);	/* again: the same answer */
	assert_string_equal(b.told[3].assignment, b.told[0].assignment);
	for (int i = 0; i < 12; i++) {
		bench_pass(&b, 5 * SECOND);
		bench_beat(&b, id[0], NULL, 1);
		bench_beat(&b, id[1], NULL, 1);
	}
	/* the second has not asked within the rebalance timeout */
	assert_state(&b, "PreparingRebalance");
	assert_int_equal(bench_beat(&b, id[1], NULL, 1),
	    ERR_UNKNOWN_MEMBER_ID);
	bench_end(&b);
}

static void
test_joins_refused(void **state)
{
	static const struct {
		struct asks	a;
		int16_t		error;
	} t[] = {
		{ { .session = 5999 }, ERR_INVALID_SESSION_TIMEOUT },
		{ { .session = 30 * MINUTE + 1 },
		    ERR_INVALID_SESSION_TIMEOUT },
		{ { .member = "nobody" }, ERR_UNKNOWN_MEMBER_ID },
		{ { .member = "nobody", .group = "other" },
		    ERR_UNKNOWN_MEMBER_ID },
		{ { .protocols = "sticky" }, ERR_INCONSISTENT_GROUP_PROTOCOL },
		{ { .protocols = "," }, ERR_INCONSISTENT_GROUP_PROTOCOL },
	};
	struct bench b;
	const char *id[2];

	bench_begin(&b);
	two(&b, id);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		bench_join(&b, 5, t[i].a);
		assert_true(b.told[5].answered);
		assert_int_equal(b.told[5].error, t[i].error);
	}
	assert_state(&b, "Stable");
	bench_end(&b);
}

/* The protocol that all have and most prefer. */
static void
test_protocols(void **state)
{
	struct bench b;

	bench_begin(&b);
	bench_enter(&b, 0, (struct asks){ .protocols = "a,b,c" });
	bench_enter(&b, 1, (struct asks){ .protocols = "b,c" });
	bench_enter(&b, 2, (struct asks){ .protocols = "c,b" });
	bench_pass(&b, 6 * SECOND);
	for (int i = 0; i < 3; i++)
		assert_string_equal(b.told[i].protocol, "b");
	bench_end(&b);
}

static void
test_initial_delay(void **state)
{
	struct bench b;
	int64_t waited = 0;

	bench_begin(&b);
	bench_enter(&b, 0, (struct asks){ .rebalance = 10 * SECOND });
	for (int i = 1; !b.told[0].answered; i++) {
		bench_pass(&b, SECOND);
		waited += SECOND;
		if (!b.told[0].answered)
			bench_enter(&b, i, (struct asks){
			    .rebalance = 10 * SECOND });
	}
	/* as long as somebody comes, but not past the rebalance timeout */
	assert_int_equal(waited, 10 * SECOND);
	bench_end(&b);
}

static void
test_static(void **state)
{
	struct bench b;
	char old[128], new[128];

	bench_begin(&b);
	bench_join(&b, 0, (struct asks){ .instance = "i1" });
	bench_pass(&b, 3 * SECOND);
	snprintf(old, sizeof(old), "%s", b.told[0].member);
	assert_memory_equal(old, "i1-", 3);
	bench_sync(&b, 0, old, 1, (const char *const[]){ old, NULL });
	/* gone without a word, back under a new id: no rebalance */
	bench_join(&b, 1, (struct asks){ .instance = "i1" });
	assert_true(b.told[1].answered);
	assert_int_equal(b.told[1].error, 0);
	assert_int_equal(b.told[1].generation, 1);
	snprintf(new, sizeof(new), "%s", b.told[1].member);
	assert_string_not_equal(new, old);
	assert_string_equal(b.told[1].leader, old);	/* before version 9 */
	assert_state(&b, "Stable");
	assert_int_equal(bench_beat(&b, old, "i1", 1), ERR_FENCED_INSTANCE_ID);
	assert_int_equal(bench_beat(&b, new, "i1", 1), 0);
	assert_int_equal(bench_beat(&b, new, "i2", 1), ERR_UNKNOWN_MEMBER_ID);
	bench_sync(&b, 2, new, 1, NULL);
	assert_int_equal(strncmp(b.told[2].assignment, old, 30), 0);
	/* KIP-814 */
	bench_join(&b, 1, (struct asks){ .version = 9, .instance = "i1" });
	assert_true(b.told[1].skip);
	assert_int_equal(b.told[1].n_members, 1);
	assert_string_equal(b.told[1].leader, b.told[1].member);
	/* with another protocol it is one */
	bench_join(&b, 1, (struct asks){ .instance = "i1",
	    .protocols = "sticky" });
	assert_int_equal(b.told[1].error, ERR_INCONSISTENT_GROUP_PROTOCOL);
	assert_int_equal(bench_leave(&b, "", "i1"), 0);
	assert_state(&b, "Empty");
	bench_end(&b);
}

static void
test_full(void **state)
{
	struct groups_config c = bench_config;
	struct bench b;
	const char *id[2];

	c.max_size = 2;
	bench_begin_with(&b, &c);
	two(&b, id);
	bench_join(&b, 5, (struct asks){ 0 });
	assert_int_equal(b.told[5].error, ERR_GROUP_MAX_SIZE_REACHED);
	bench_join(&b, 0, (struct asks){ .member = id[0] });
	assert_false(b.told[0].answered);
	bench_end(&b);
}

/* An id that was given out and never used holds a rebalance up, for as long
 * as a session lasts. */
/* An id begins with the client's, and must fit into a string all the same. */
static void
test_long_client_id(void **state)
{
	struct bench b;
	char client[INT16_MAX + 1];
	const char *id;

	memset(client, 'c', sizeof(client) - 1);
	client[sizeof(client) - 1] = '\0';
	bench_begin(&b);
	bench_join(&b, 0, (struct asks){ .client = client });
	assert_int_equal(b.told[0].error, ERR_MEMBER_ID_REQUIRED);
	assert_int_equal(b.told[0].member_len, INT16_MAX);
	/* not in the middle of a character: 36 of a UUID, a '-', and 32730 */
	memcpy(client + 32728, "\xe6\x97\xa5", 3);
	bench_join(&b, 0, (struct asks){ .client = client });
	assert_int_equal(b.told[0].member_len, INT16_MAX - 2);
	/* and the group's record holds it */
	id = bench_enter(&b, 1, (struct asks){ 0 });
	bench_join(&b, 2, (struct asks){ .client = client, .version = 3 });
	bench_pass(&b, 9 * SECOND);
	assert_int_equal(b.told[1].n_members, 2);
	bench_sync(&b, 1, id, 1, NULL);
	assert_state(&b, "Stable");
	bench_end(&b);
}

static void
test_pending(void **state)
{
	struct bench b;
	const char *id[2];

	bench_begin(&b);
	two(&b, id);
	bench_join(&b, 5, (struct asks){ 0 });
	assert_int_equal(b.told[5].error, ERR_MEMBER_ID_REQUIRED);
	for (int i = 0; i < 2; i++)
		bench_join(&b, i, (struct asks){ .member = id[i],
		    .topic = "other" });
	assert_false(b.told[0].answered);
	bench_pass(&b, 10 * SECOND);
	assert_true(b.told[0].answered && b.told[1].answered);
	assert_int_equal(bench_leave(&b, b.told[5].member, NULL),
	    ERR_UNKNOWN_MEMBER_ID);
	bench_end(&b);
}

static void
test_reload(void **state)
{
	struct bench b, c;
	const char *id[2];
	char text[32];

	bench_begin(&b);
	bench_begin(&c);
	two(&b, id);
	assert_int_equal(bench_commit(&b, "g", id[0], 1, "t", 3, 42), 0);
	assert_int_equal(bench_commit(&b, "simple", "", -1, "t", 1, 7), 0);
	assert_int_equal(bench_commit(&b, "gone", "", -1, "t", 1, 7), 0);
	assert_int_equal(groups_delete(b.gs, kstr("gone")), 0);
	bench_reload(&b, &c);
	assert_state(&c, "Stable");
	bench_state(&c, "gone", text);
	assert_string_equal(text, "Dead");
	assert_int_equal(bench_offset(&c, "g", "t", 3, true), 42);
	assert_int_equal(bench_offset(&c, "simple", "t", 1, true), 7);
	assert_int_equal(bench_beat(&c, id[1], NULL, 1), 0);
	bench_sync(&c, 1, id[1], 1, NULL);
	assert_int_equal(strncmp(c.told[1].assignment, id[1], 40), 0);
	/* sessions began at the load */
	bench_pass(&c, 9 * SECOND);
	assert_state(&c, "Stable");
	bench_pass(&c, SECOND);
	assert_state(&c, "Empty");
	groups_unload(c.gs, groups_partition(c.gs, kstr("g")));
	assert_state(&c, "Dead");
	bench_end(&b);
	bench_end(&c);
}

static void
test_unload(void **state)
{
	struct bench b;

	bench_begin(&b);
	bench_enter(&b, 0, (struct asks){ 0 });
	groups_unload(b.gs, groups_partition(b.gs, kstr("g")));
	assert_int_equal(b.told[0].error, ERR_NOT_COORDINATOR);
	bench_end(&b);
}

static void
test_partition(void **state)
{
	static const struct {
		const char	*name;
		int32_t		 partition;
	} t[] = {
		{ "foobar", 13 }, { "abc", 4 }, { "", 0 },
		{ "polygenelubricants", 0 },	/* the least of all numbers */
		{ "\xc3\xa4", 28 },		/* one unit: 228 */
		{ "\xf0\x9f\x98\x80", 49 },	/* two: d83d de00 */
	};
	struct bench b;

	bench_begin(&b);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(groups_partition(b.gs, kstr(t[i].name)),
		    t[i].partition);
	bench_end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_session),
		cmocka_unit_test(test_rebalance_timeout),
		cmocka_unit_test(test_sync),
		cmocka_unit_test(test_joins_refused),
		cmocka_unit_test(test_protocols),
		cmocka_unit_test(test_initial_delay),
		cmocka_unit_test(test_static),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_long_client_id),
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_unload),
		cmocka_unit_test(test_partition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
