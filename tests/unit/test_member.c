/* test_member.c: a member's life, hours of it, without a broker. */
#include "member_util.h"

static const struct member_config eager = { .heartbeat_ms = 3000,
	.backoff_ms = 100, .backoff_max_ms = 1000 };
static const struct member_config cooperative = { .cooperative = true,
	.heartbeat_ms = 3000, .backoff_ms = 100, .backoff_max_ms = 1000 };

/* Joins and is stable, at time now, with partitions. */
static void
settle(struct member *m, int64_t now, int32_t generation)
{
	if (next(m, now) == MEMBER_FIND) {
		member_found(m, now, NULL);
		assert_int_equal(next(m, now), MEMBER_JOIN);
	}
	assert_int_equal(m->phase, MEMBER_JOINING);
	member_joined(m, now, NULL, "id", 2, generation);
	assert_int_equal(next(m, now), MEMBER_SYNC);
	member_synced(m, now, NULL);
	member_has(m, true);
}

static void
joining(void **state)
{
	struct member m;

	member_init(&m, &eager);
	assert_int_equal(next(&m, 0), MEMBER_FIND);
	assert_int_equal(wait_of(&m, 0), -1);
	member_found(&m, 10, NULL);
	assert_int_equal(next(&m, 10), MEMBER_JOIN);
	assert_false(member_may_commit(&m));
	/* the broker wants to know members before it counts them */
	member_joined(&m, 20, broker(ERR_MEMBER_ID_REQUIRED), "abc", 3, -1);
	assert_string_equal(m.id, "abc");
	assert_int_equal(next(&m, 20), MEMBER_JOIN);
	member_joined(&m, 30, NULL, "abc", 3, 1);
	assert_int_equal(next(&m, 30), MEMBER_SYNC);
	assert_false(member_may_commit(&m));
	member_synced(&m, 40, NULL);
	assert_true(member_may_commit(&m));
	assert_int_equal(wait_of(&m, 40), 3000);
	assert_int_equal(next(&m, 3040), MEMBER_HEARTBEAT);
	member_beaten(&m, 3050, NULL);
	assert_int_equal(wait_of(&m, 3050), 2990);
}

/* A coordinator that is there, and cannot load what it looks after. */
static void
never_taken(void **state)
{
	struct member_config cf = eager;
	struct member m;
	int64_t now = 0;

	cf.contact_ms = 3000;
	member_init(&m, &cf);
	for (; now < 10000 && !m.failed; now += 100) {
		m.not_before = 0;
		if (next(&m, now) == MEMBER_FIND)
			member_found(&m, now, NULL);
		else
			member_joined(&m, now,
			    broker(ERR_COORDINATOR_NOT_AVAILABLE), "", 0, -1);
	}
	assert_true(m.failed);
	assert_in_range(now, 3000, 3500);
	/* one that it was a member of is asked for ever */
	member_init(&m, &cf);
	settle(&m, 0, 1);
	for (now = 3000; now < 20000; now += 100) {
		m.beat_at = m.not_before = 0;
		if (next(&m, now) == MEMBER_FIND)
			member_found(&m, now, NULL);
		else
			member_beaten(&m, now, broker(ERR_NOT_COORDINATOR));
	}
	assert_false(m.failed);
}

/* An hour of heartbeats: one every three seconds, none while one is out. */
static void
an_hour(void **state)
{
	struct member m;
	int64_t now = 0, at;
	int beats = 0;

	member_init(&m, &eager);
	settle(&m, 0, 1);
	while (now < 3600000) {
		if (member_next(&m, now, &at) == MEMBER_HEARTBEAT) {
			beats++;
			assert_int_equal(wait_of(&m, now + 5), -1);
			member_beaten(&m, now + 20, NULL);
		} else
			now = at;
	}
	assert_int_equal(beats, 1200 - 1);
}

static void
eager_gives_up_first(void **state)
{
	struct member m;

	member_init(&m, &eager);
	settle(&m, 0, 1);
	assert_int_equal(next(&m, 3000), MEMBER_HEARTBEAT);
	member_beaten(&m, 3001, broker(ERR_REBALANCE_IN_PROGRESS));
	assert_int_equal(next(&m, 3001), MEMBER_GIVE_UP);
	assert_true(member_may_commit(&m));
	/* however long that takes it stays a member */
	assert_int_equal(next(&m, 6000), MEMBER_HEARTBEAT);
	member_beaten(&m, 6001, broker(ERR_REBALANCE_IN_PROGRESS));
	assert_int_equal(next(&m, 9000), MEMBER_HEARTBEAT);
	member_beaten(&m, 9001, NULL);
	member_given_up(&m);
	assert_int_equal(next(&m, 9002), MEMBER_JOIN);
	assert_string_equal(m.id, "id");
	member_joined(&m, 9010, NULL, "id", 2, 2);
	assert_int_equal(m.generation, 2);
}

static void
cooperative_keeps(void **state)
{
	struct member m;

	member_init(&m, &cooperative);
	settle(&m, 0, 1);
	assert_int_equal(next(&m, 3000), MEMBER_HEARTBEAT);
	member_beaten(&m, 3001, broker(ERR_REBALANCE_IN_PROGRESS));
	assert_int_equal(next(&m, 3001), MEMBER_JOIN);
	assert_true(m.has);
	assert_true(member_may_commit(&m));
	member_joined(&m, 3010, NULL, "id", 2, 2);
	assert_int_equal(next(&m, 3010), MEMBER_SYNC);
	member_synced(&m, 3020, NULL);
	/* something was taken away: once more */
	member_rejoin(&m);
	assert_int_equal(next(&m, 3021), MEMBER_JOIN);
}

/* The session is over: what it had is lost, also where it would be kept. */
static void
losing(void **state)
{
	static const struct { int error; const char *id; } rows[] = {
		{ ERR_UNKNOWN_MEMBER_ID, "" },
		{ ERR_ILLEGAL_GENERATION, "id" },
	};
	struct member m;

	for (int way = 0; way < 4; way++) {
		member_init(&m, way & 1 ? &cooperative : &eager);
		settle(&m, 0, 1);
		if (way & 2) {
			member_committed(&m, 3001, 1,
			    broker(rows[way & 1].error));
		} else {
			assert_int_equal(next(&m, 3000), MEMBER_HEARTBEAT);
			member_beaten(&m, 3001, broker(rows[way & 1].error));
		}
		assert_false(member_may_commit(&m));
		assert_int_equal(next(&m, 3001), MEMBER_GIVE_UP);
		assert_true(m.lost);
		assert_string_equal(m.id, rows[way & 1].id);
		member_given_up(&m);
		assert_false(m.lost);
		assert_int_equal(next(&m, 3001), MEMBER_JOIN);
	}
}

/* The coordinator goes: another is looked for, nothing is given up. */
static void
coordinator_moves(void **state)
{
	struct member m;

	member_init(&m, &eager);
	settle(&m, 0, 1);
	assert_int_equal(next(&m, 3000), MEMBER_HEARTBEAT);
	member_beaten(&m, 3001, gone());
	assert_true(wait_of(&m, 3001) > 0);
	assert_int_equal(next(&m, 3101), MEMBER_FIND);
	member_found(&m, 3102, broker(ERR_COORDINATOR_NOT_AVAILABLE));
	assert_int_equal(next(&m, 3400), MEMBER_FIND);
	member_found(&m, 3401, gone());
	assert_int_equal(next(&m, 5000), MEMBER_FIND);
	member_found(&m, 5001, NULL);
	assert_int_equal(m.phase, MEMBER_STABLE);
	assert_int_equal(next(&m, 6000), MEMBER_HEARTBEAT);
	member_beaten(&m, 6001, broker(ERR_NOT_COORDINATOR));
	assert_int_equal(next(&m, 8000), MEMBER_FIND);
	member_found(&m, 8001, NULL);
	assert_int_equal(next(&m, 9000), MEMBER_HEARTBEAT);
	member_beaten(&m, 9001, NULL);
	assert_int_equal(m.generation, 1);
}

static void
loading(void **state)
{
	struct member m;

	member_init(&m, &eager);
	assert_int_equal(next(&m, 0), MEMBER_FIND);
	member_found(&m, 0, NULL);
	assert_int_equal(next(&m, 0), MEMBER_JOIN);
	member_joined(&m, 1, broker(ERR_COORDINATOR_LOAD_IN_PROGRESS), NULL, 0,
	    -1);
	assert_true(wait_of(&m, 1) >= 80);
	assert_int_equal(next(&m, 101), MEMBER_JOIN);
}

/* A join or sync that goes wrong is begun again, by joining. */
static void
trying_again(void **state)
{
	struct member m;

	member_init(&m, &eager);
	settle(&m, 0, 1);
	member_rejoin(&m);
	assert_int_equal(next(&m, 1), MEMBER_GIVE_UP);
	member_given_up(&m);
	assert_int_equal(next(&m, 1), MEMBER_JOIN);
	member_joined(&m, 2, gone(), NULL, 0, -1);
	assert_int_equal(next(&m, 1002), MEMBER_FIND);
	member_found(&m, 1003, NULL);
	assert_int_equal(next(&m, 1003), MEMBER_JOIN);
	member_joined(&m, 1004, NULL, "id", 2, 5);
	assert_int_equal(next(&m, 1004), MEMBER_SYNC);
	member_synced(&m, 1005, broker(ERR_REBALANCE_IN_PROGRESS));
	assert_int_equal(next(&m, 1005), MEMBER_JOIN);
	member_joined(&m, 1006, broker(ERR_UNKNOWN_MEMBER_ID), NULL, 0, -1);
	assert_string_equal(m.id, "");
	assert_int_equal(next(&m, 3000), MEMBER_JOIN);
}

static void
failing(void **state)
{
	static const int errors[] = { ERR_FENCED_INSTANCE_ID,
		ERR_GROUP_AUTHORIZATION_FAILED, ERR_INCONSISTENT_GROUP_PROTOCOL,
		ERR_INVALID_SESSION_TIMEOUT, ERR_INVALID_GROUP_ID,
		ERR_GROUP_MAX_SIZE_REACHED, ERR_TOPIC_AUTHORIZATION_FAILED };
	struct member m;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		member_init(&m, &eager);
		assert_int_equal(next(&m, 0), MEMBER_FIND);
		member_found(&m, 0, NULL);
		assert_int_equal(next(&m, 0), MEMBER_JOIN);
		member_joined(&m, 1, broker(errors[i]), NULL, 0, -1);
		assert_int_equal(next(&m, 1), MEMBER_FAILED);
		assert_int_equal(m.err.kafka, errors[i]);
	}
}

static void
leaving(void **state)
{
	struct member_config fixed = eager;
	struct member m;

	member_init(&m, &eager);
	settle(&m, 0, 1);
	member_leave(&m);
	assert_int_equal(next(&m, 1), MEMBER_LEAVE);
	member_left(&m);
	assert_int_equal(m.phase, MEMBER_GONE);
	assert_int_equal(wait_of(&m, 2), -1);
	/* nobody to tell */
	member_init(&m, &eager);
	member_leave(&m);
	assert_int_equal(wait_of(&m, 1), -1);
	assert_int_equal(m.phase, MEMBER_GONE);
	/* a static member comes back before its session is over */
	fixed.fixed = true;
	member_init(&m, &fixed);
	settle(&m, 0, 1);
	member_leave(&m);
	assert_int_equal(wait_of(&m, 1), -1);
	assert_int_equal(m.phase, MEMBER_GONE);
}

/* The answer to a commit of an older generation says nothing of this one. */
static void
late_commit(void **state)
{
	static const int errors[] = { ERR_ILLEGAL_GENERATION,
		ERR_UNKNOWN_MEMBER_ID, ERR_REBALANCE_IN_PROGRESS };
	struct member m;

	member_init(&m, &cooperative);
	settle(&m, 0, 1);
	member_rejoin(&m);
	assert_int_equal(next(&m, 1), MEMBER_JOIN);
	member_committed(&m, 2, 1, broker(ERR_ILLEGAL_GENERATION));
	assert_false(m.lost);
	member_joined(&m, 3, NULL, "id", 2, 2);
	assert_int_equal(m.phase, MEMBER_SYNCING);
	assert_int_equal(next(&m, 3), MEMBER_SYNC);
	member_synced(&m, 4, NULL);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		member_committed(&m, 5, 1, broker(errors[i]));
		assert_false(m.lost);
		assert_true(member_may_commit(&m));
		assert_int_equal(wait_of(&m, 5), 2999);
	}
	member_committed(&m, 6, 2, broker(ERR_ILLEGAL_GENERATION));
	assert_true(m.lost);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joining),
		cmocka_unit_test(never_taken),
		cmocka_unit_test(an_hour),
		cmocka_unit_test(eager_gives_up_first),
		cmocka_unit_test(cooperative_keeps),
		cmocka_unit_test(losing),
		cmocka_unit_test(coordinator_moves),
		cmocka_unit_test(loading),
		cmocka_unit_test(trying_again),
		cmocka_unit_test(failing),
		cmocka_unit_test(leaving),
		cmocka_unit_test(late_commit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
