/* test_member_consumer.c: a member by the consumer protocol (KIP-848), hours of
 * it, without a broker. */
#include "member_util.h"

#define INTERVAL	5000

static const struct member_config conf = { .consumer = true,
	.heartbeat_ms = 3000, .backoff_ms = 100, .backoff_max_ms = 1000 };

static void
well(struct member *m, int64_t now, int32_t epoch, bool assigned)
{
	member_answered(m, now, NULL, epoch, INTERVAL, assigned);
}

/* Joins, is assigned partitions, has them, has said so: at time now. */
static void
settle(struct member *m, int64_t now, int32_t epoch)
{
	if (next(m, now) == MEMBER_FIND) {
		member_found(m, now, NULL);
		assert_int_equal(next(m, now), MEMBER_HEARTBEAT);
	}
	assert_int_equal(m->phase, MEMBER_JOINING);
	assert_int_equal(m->say, SAY_ALL);
	well(m, now, epoch, true);
	assert_int_equal(next(m, now), MEMBER_RECONCILE);
	member_has(m, true);
	member_reconciled(m);
	assert_int_equal(next(m, now), MEMBER_HEARTBEAT);
	assert_int_equal(m->say, SAY_OWNED);
	well(m, now, epoch, false);
	assert_true(member_settled(m));
}

static void
joining(void **state)
{
	struct member m;

	member_init(&m, &conf);
	assert_int_equal(next(&m, 0), MEMBER_FIND);
	assert_int_equal(wait_of(&m, 0), -1);
	assert_false(member_may_commit(&m));
	member_found(&m, 10, NULL);
	assert_int_equal(next(&m, 10), MEMBER_HEARTBEAT);
	assert_int_equal(m.phase, MEMBER_JOINING);
	assert_int_equal(m.say, SAY_ALL);
	assert_false(member_may_commit(&m));
	/* one at a time */
	assert_int_equal(wait_of(&m, 20000), -1);
	well(&m, 30, 4, true);
	assert_int_equal(m.generation, 4);
	assert_true(member_may_commit(&m));
	assert_false(member_settled(&m));
	assert_int_equal(next(&m, 30), MEMBER_RECONCILE);
	/* the interval is the broker's */
	assert_int_equal(wait_of(&m, 30), INTERVAL);
}

/* An hour of heartbeats: as often as the broker wants, with nothing to say. */
static void
an_hour(void **state)
{
	struct member m;
	int64_t now = 0, at;
	int beats = 0;

	member_init(&m, &conf);
	settle(&m, 0, 1);
	while (now < 3600000) {
		if (member_next(&m, now, &at) == MEMBER_HEARTBEAT) {
			beats++;
			assert_int_equal(m.say, 0);
			assert_int_equal(wait_of(&m, now + 5), -1);
			well(&m, now + 20, 1, false);
		} else
			now = at;
		assert_true(member_settled(&m) || m.busy);
	}
	assert_in_range(beats, 3600000 / (INTERVAL + 20) - 1,
	    3600000 / INTERVAL);
}

/* However slowly partitions are given back: heartbeats go on, and do not say
 * that they have been; once they are, it is said at once. */
static void
gives_back_at_its_pace(void **state)
{
	struct member m;
	int64_t now = 0;

	member_init(&m, &conf);
	settle(&m, 0, 1);
	now += INTERVAL;
	assert_int_equal(next(&m, now), MEMBER_HEARTBEAT);
	well(&m, now, 1, true);
	assert_int_equal(next(&m, now), MEMBER_RECONCILE);
	for (int i = 0; i < 60; i++) {
		assert_int_equal(wait_of(&m, now), INTERVAL);
		now += INTERVAL;
		assert_int_equal(next(&m, now), MEMBER_HEARTBEAT);
		assert_int_equal(m.say, 0);
		well(&m, now, 1, false);
		assert_false(member_settled(&m));
		assert_true(member_may_commit(&m));
	}
	member_reconciled(&m);
	assert_int_equal(next(&m, now + 7), MEMBER_HEARTBEAT);
	assert_int_equal(m.say, SAY_OWNED);
	/* which raises the epoch */
	well(&m, now + 9, 2, false);
	assert_int_equal(m.generation, 2);
	assert_true(member_settled(&m));
}

/* Of assignments that come while one is taken over only the last counts. */
static void
one_at_a_time(void **state)
{
	struct member m;

	member_init(&m, &conf);
	settle(&m, 0, 1);
	assert_int_equal(next(&m, 5000), MEMBER_HEARTBEAT);
	well(&m, 5000, 2, true);
	assert_int_equal(next(&m, 5000), MEMBER_RECONCILE);
	assert_int_equal(next(&m, 10000), MEMBER_HEARTBEAT);
	well(&m, 10000, 3, true);
	assert_int_equal(wait_of(&m, 10000), 5000);
	assert_int_equal(next(&m, 15000), MEMBER_HEARTBEAT);
	well(&m, 15000, 3, true);
	member_reconciled(&m);
	assert_int_equal(next(&m, 15001), MEMBER_RECONCILE);
	assert_int_equal(next(&m, 15001), MEMBER_HEARTBEAT);
	assert_int_equal(m.say, SAY_OWNED);
	well(&m, 15002, 3, false);
	member_reconciled(&m);
	assert_int_equal(next(&m, 15003), MEMBER_HEARTBEAT);
	well(&m, 15004, 3, false);
	assert_true(member_settled(&m));
}

/* Without partitions it may only be waiting for others. */
static void
nothing_yet(void **state)
{
	struct member m;
	int64_t now = 0;

	member_init(&m, &conf);
	next(&m, 0);
	member_found(&m, 0, NULL);
	next(&m, 0);
	well(&m, 0, 2, true);
	assert_int_equal(next(&m, 0), MEMBER_RECONCILE);
	member_has(&m, false);
	member_reconciled(&m);
	assert_int_equal(next(&m, 0), MEMBER_HEARTBEAT);
	well(&m, 0, 2, false);
	assert_false(member_settled(&m));
	now += INTERVAL;
	assert_int_equal(next(&m, now), MEMBER_HEARTBEAT);
	well(&m, now, 2, false);
	assert_false(member_settled(&m));
	now += INTERVAL;
	assert_int_equal(next(&m, now), MEMBER_HEARTBEAT);
	well(&m, now, 2, false);
	assert_true(member_settled(&m));
}

/* Joins where nothing is for it, and asks whether that is all. */
static void
look(struct member *m, int64_t now, const struct kerr *e, bool some)
{
	struct member_config looks = conf;

	looks.looks = true;
	member_init(m, &looks);
	next(m, now);
	member_found(m, now, NULL);
	next(m, now);
	well(m, now, 2, true);
	assert_int_equal(next(m, now), MEMBER_RECONCILE);
	member_has(m, false);
	member_reconciled(m);
	assert_int_equal(next(m, now), MEMBER_HEARTBEAT);
	well(m, now, 2, false);
	assert_false(member_settled(m));
	assert_int_equal(next(m, now), MEMBER_LOOK);
	assert_int_equal(wait_of(m, now), -1);
	member_looked(m, e, some);
}

static void
looks_whether_that_is_all(void **state)
{
	struct member m;
	int64_t now = 0;

	look(&m, 0, NULL, false);
	assert_true(member_settled(&m));
	assert_int_equal(wait_of(&m, 0), INTERVAL);
	/* others come and go */
	assert_int_equal(next(&m, INTERVAL), MEMBER_HEARTBEAT);
	well(&m, INTERVAL, 3, false);
	assert_false(member_settled(&m));
	assert_int_equal(next(&m, INTERVAL), MEMBER_LOOK);
	member_looked(&m, NULL, true);
	assert_false(member_settled(&m));

	/* however long others take to give it back */
	look(&m, 0, NULL, true);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(wait_of(&m, now), INTERVAL);
		now += INTERVAL;
		assert_int_equal(next(&m, now), MEMBER_HEARTBEAT);
		well(&m, now, 2, false);
		assert_false(member_settled(&m));
		assert_int_equal(next(&m, now), MEMBER_LOOK);
		member_looked(&m, NULL, true);
		assert_false(member_settled(&m));
	}
	now += INTERVAL;
	assert_int_equal(next(&m, now), MEMBER_HEARTBEAT);
	well(&m, now, 2, true);
	assert_int_equal(next(&m, now), MEMBER_RECONCILE);
	member_has(&m, true);
	member_reconciled(&m);
	assert_int_equal(next(&m, now), MEMBER_HEARTBEAT);
	well(&m, now, 2, false);
	assert_true(member_settled(&m));
	assert_int_equal(wait_of(&m, now), INTERVAL);

	/* it may not know: as one that does not ask */
	look(&m, 0, broker(ERR_GROUP_AUTHORIZATION_FAILED), false);
	for (int i = 1; i < 3; i++) {
		assert_false(member_settled(&m));
		assert_int_equal(next(&m, i * INTERVAL), MEMBER_HEARTBEAT);
		well(&m, i * INTERVAL, 2, false);
	}
	assert_true(member_settled(&m));
	assert_false(m.failed);

	/* the answer comes when it is no member any more */
	look(&m, 0, NULL, true);
	assert_int_equal(next(&m, INTERVAL), MEMBER_HEARTBEAT);
	well(&m, INTERVAL, 2, false);
	assert_int_equal(next(&m, INTERVAL), MEMBER_LOOK);
	member_committed(&m, INTERVAL, 2, broker(ERR_UNKNOWN_MEMBER_ID));
	member_looked(&m, NULL, false);
	assert_false(member_settled(&m));
	assert_int_equal(next(&m, INTERVAL), MEMBER_HEARTBEAT);
	assert_int_equal(m.phase, MEMBER_JOINING);
	well(&m, INTERVAL, 4, false);
	assert_false(member_settled(&m));
}

static void
topics_change(void **state)
{
	struct member m;

	member_init(&m, &conf);
	settle(&m, 0, 1);
	member_rejoin(&m);
	assert_false(member_settled(&m));
	assert_int_equal(next(&m, 10), MEMBER_HEARTBEAT);
	assert_int_equal(m.say, SAY_TOPICS);
	assert_false(member_settled(&m));
	/* again, before the answer */
	member_rejoin(&m);
	assert_int_equal(wait_of(&m, 11), -1);
	well(&m, 12, 2, false);
	assert_false(member_settled(&m));
	assert_int_equal(next(&m, 12), MEMBER_HEARTBEAT);
	assert_int_equal(m.say, SAY_TOPICS);
	well(&m, 13, 3, false);
	assert_true(member_settled(&m));
}

/* Fenced: all is lost before it joins again, under the same name. */
static void
is_fenced(void **state)
{
	static const int why[] = { ERR_FENCED_MEMBER_EPOCH,
		ERR_UNKNOWN_MEMBER_ID, ERR_GROUP_ID_NOT_FOUND };
	struct member m;

	for (size_t i = 0; i < sizeof(why) / sizeof(why[0]); i++) {
		member_init(&m, &conf);
		strcpy(m.id, "me");
		settle(&m, 0, 7);
		assert_int_equal(next(&m, 5000), MEMBER_HEARTBEAT);
		member_answered(&m, 5001, broker(why[i]), -1, 0, false);
		assert_false(member_may_commit(&m));
		assert_int_equal(next(&m, 5001), MEMBER_GIVE_UP);
		assert_true(m.lost);
		assert_int_equal(wait_of(&m, 60000), -1);
		member_given_up(&m);
		assert_string_equal(m.id, "me");
		settle(&m, 60001, 9);
		assert_true(member_may_commit(&m));
	}
}

/* In the midst of giving back: a commit of that would not be its own. */
static void
fenced_while_giving_back(void **state)
{
	struct member m;

	member_init(&m, &conf);
	settle(&m, 0, 1);
	next(&m, 5000);
	well(&m, 5000, 1, true);
	assert_int_equal(next(&m, 5000), MEMBER_RECONCILE);
	member_has(&m, false);	/* all of it goes */
	assert_int_equal(next(&m, 10000), MEMBER_HEARTBEAT);
	member_answered(&m, 10000, broker(ERR_FENCED_MEMBER_EPOCH), -1, 0,
	    false);
	assert_false(member_may_commit(&m));
	assert_int_equal(next(&m, 10000), MEMBER_GIVE_UP);
	member_reconciled(&m);
	assert_int_equal(wait_of(&m, 10001), -1);
	member_given_up(&m);
	assert_int_equal(next(&m, 10002), MEMBER_HEARTBEAT);
	assert_int_equal(m.phase, MEMBER_JOINING);
	assert_int_equal(m.say, SAY_ALL);
	assert_false(member_may_commit(&m));
}

/* A commit tells it first; the heartbeat that was under way says nothing new. */
static void
commit_tells(void **state)
{
	struct member m;

	member_init(&m, &conf);
	settle(&m, 0, 1);
	/* of an epoch before */
	member_committed(&m, 90, 0, broker(ERR_UNKNOWN_MEMBER_ID));
	assert_true(member_may_commit(&m));
	/* the epoch has just gone on: a heartbeat tells which it is */
	member_committed(&m, 100, 1, broker(ERR_STALE_MEMBER_EPOCH));
	assert_true(member_may_commit(&m));
	assert_int_equal(next(&m, 100), MEMBER_HEARTBEAT);
	member_committed(&m, 101, 1, broker(ERR_UNKNOWN_MEMBER_ID));
	assert_int_equal(next(&m, 101), MEMBER_GIVE_UP);
	well(&m, 102, 3, true);
	assert_false(member_may_commit(&m));
	member_given_up(&m);
	assert_int_equal(next(&m, 103), MEMBER_HEARTBEAT);
	assert_int_equal(m.phase, MEMBER_JOINING);
}

/* An answer that is lost: nobody knows what has arrived, all is said again. */
static void
answer_lost(void **state)
{
	struct member m;
	int64_t now;

	member_init(&m, &conf);
	settle(&m, 0, 1);
	assert_int_equal(next(&m, 5000), MEMBER_HEARTBEAT);
	member_answered(&m, 5001, gone(), -1, 0, false);
	assert_true(member_may_commit(&m));
	now = 5001 + wait_of(&m, 5001);
	assert_in_range(now, 5001 + 80, 5001 + 100);
	assert_int_equal(next(&m, now), MEMBER_FIND);
	member_found(&m, now, broker(ERR_COORDINATOR_NOT_AVAILABLE));
	now += wait_of(&m, now);
	assert_int_equal(next(&m, now), MEMBER_FIND);
	member_found(&m, now, NULL);
	assert_int_equal(next(&m, now), MEMBER_HEARTBEAT);
	assert_int_equal(m.say, SAY_ALL);
	assert_int_equal(m.phase, MEMBER_STABLE);
	/* the same once more is nothing to say again */
	well(&m, now, 1, true);
	assert_int_equal(next(&m, now), MEMBER_RECONCILE);
	/* a coordinator that loads is only waited for */
	member_reconciled(&m);
	assert_int_equal(next(&m, now), MEMBER_HEARTBEAT);
	member_answered(&m, now, broker(ERR_COORDINATOR_LOAD_IN_PROGRESS), -1,
	    0, false);
	now += wait_of(&m, now);
	assert_int_equal(next(&m, now), MEMBER_HEARTBEAT);
	assert_int_equal(m.say, SAY_ALL);
}

/* The answer to the join is lost: the same question again. */
static void
join_lost(void **state)
{
	struct member m;
	int64_t now;

	member_init(&m, &conf);
	next(&m, 0);
	member_found(&m, 0, NULL);
	assert_int_equal(next(&m, 0), MEMBER_HEARTBEAT);
	member_answered(&m, 10, gone(), -1, 0, false);
	now = 10 + wait_of(&m, 10);
	assert_int_equal(next(&m, now), MEMBER_FIND);
	member_found(&m, now, NULL);
	assert_int_equal(next(&m, now), MEMBER_HEARTBEAT);
	assert_int_equal(m.phase, MEMBER_JOINING);
	assert_int_equal(m.say, SAY_ALL);
	/* it is fenced time and again: slower each time */
	for (int i = 0, last = 0; i < 4; i++) {
		int64_t ms;

		member_answered(&m, now, broker(ERR_FENCED_MEMBER_EPOCH), -1,
		    0, false);
		ms = wait_of(&m, now);
		assert_true(ms > last);
		last = (int)ms;
		now += ms;
		assert_int_equal(next(&m, now), MEMBER_HEARTBEAT);
		assert_int_equal(m.phase, MEMBER_JOINING);
	}
}

static void
is_refused(void **state)
{
	static const int why[] = { ERR_UNRELEASED_INSTANCE_ID,
		ERR_UNSUPPORTED_ASSIGNOR, ERR_GROUP_AUTHORIZATION_FAILED,
		ERR_GROUP_MAX_SIZE_REACHED, ERR_INVALID_REQUEST,
		ERR_GROUP_ID_NOT_FOUND, ERR_UNSUPPORTED_VERSION };
	struct member m;

	for (size_t i = 0; i < sizeof(why) / sizeof(why[0]); i++) {
		member_init(&m, &conf);
		next(&m, 0);
		member_found(&m, 0, NULL);
		next(&m, 0);
		member_answered(&m, 1, broker(why[i]), -1, 0, false);
		assert_int_equal(next(&m, 1), MEMBER_FAILED);
		assert_int_equal(m.err.kafka, why[i]);
		assert_false(member_may_commit(&m));
	}
}

static void
leaving(void **state)
{
	struct member m;

	member_init(&m, &conf);
	settle(&m, 0, 1);
	next(&m, 5000);		/* its answer does not matter any more */
	member_leave(&m);
	assert_int_equal(next(&m, 5001), MEMBER_LEAVE);
	assert_int_equal(wait_of(&m, 5001), -1);
	member_left(&m);
	assert_int_equal(m.phase, MEMBER_GONE);
	assert_int_equal(wait_of(&m, 90000), -1);

	/* a static one says that it is away for a while; one whose join is
	 * under way may be a member */
	m.cf.fixed = true;
	member_init(&m, &(struct member_config){ .consumer = true,
	    .fixed = true });
	next(&m, 0);
	member_found(&m, 0, NULL);
	next(&m, 0);
	member_leave(&m);
	assert_int_equal(next(&m, 1), MEMBER_LEAVE);

	/* and one that nobody knows just goes */
	member_init(&m, &conf);
	next(&m, 0);
	member_leave(&m);
	assert_int_equal(wait_of(&m, 1), -1);
	assert_int_equal(m.phase, MEMBER_GONE);
}

/* More of an assignment gets a name; not where it is none of ours any more. */
static void
retarget(void **state)
{
	struct member m;

	member_init(&m, &conf);
	settle(&m, 0, 1);
	member_retarget(&m);
	assert_false(member_settled(&m));
	assert_int_equal(next(&m, 1), MEMBER_RECONCILE);
	member_reconciled(&m);
	next(&m, 1);
	member_answered(&m, 2, broker(ERR_FENCED_MEMBER_EPOCH), -1, 0, false);
	member_retarget(&m);
	assert_int_equal(next(&m, 3), MEMBER_GIVE_UP);
	member_given_up(&m);
	assert_int_equal(next(&m, 4), MEMBER_HEARTBEAT);
	well(&m, 5, 2, false);
	assert_int_equal(wait_of(&m, 5), INTERVAL);
}

/* A day of anything: it never gets stuck, never has two requests under way,
 * never takes two assignments over at once, commits in an epoch only. */
static void
anything(void **state)
{
	static const int errors[] = { ERR_FENCED_MEMBER_EPOCH,
		ERR_UNKNOWN_MEMBER_ID, ERR_STALE_MEMBER_EPOCH,
		ERR_NOT_COORDINATOR, ERR_COORDINATOR_LOAD_IN_PROGRESS };
	struct member_config looks = conf;
	struct member m;
	int64_t now = 0, at, silent = 0;
	int32_t epoch = 0;
	int requests = 0, taking = 0, giving = 0, beats = 0, looked = 0;
	enum member_do what, asked = MEMBER_WAIT;

	srandom(848);
	looks.looks = true;
	member_init(&m, &looks);
	while (now < 86400000) {
		what = member_next(&m, now, &at);
		switch (what) {
		case MEMBER_FIND:
		case MEMBER_HEARTBEAT:
		case MEMBER_LOOK:
			assert_int_equal(requests++, 0);
			beats += what == MEMBER_HEARTBEAT;
			asked = what;
			looked += what == MEMBER_LOOK;
			silent = what == MEMBER_LOOK ? silent : now;
			break;
		case MEMBER_RECONCILE:
			assert_int_equal(taking++, 0);
			break;
		case MEMBER_GIVE_UP:
			assert_int_equal(giving++, 0);
			break;
		default:
			assert_int_equal(what, MEMBER_WAIT);
			now += at == INT64_MAX || at - now > 700 ? 700 :
			    at > now ? at - now : 1;
			break;
		}
		assert_true(!member_may_commit(&m) || m.generation > 0);
		if (requests > 0 && random() % 3 == 0) {
			const struct kerr *e = random() % 8 != 0 ? NULL :
			    random() % 2 ? gone() :
			    broker(errors[random() % 5]);

			requests = 0;
			if (asked == MEMBER_FIND)
				member_found(&m, now, random() % 4 ? NULL :
				    gone());
			else if (asked == MEMBER_LOOK)
				member_looked(&m, NULL, random() % 2);
			else
				member_answered(&m, now, e, ++epoch,
				    INTERVAL, random() % 3 == 0);
		}
		if (random() % 50 == 0)
			member_rejoin(&m);
		if (random() % 50 == 0)
			member_committed(&m, now, m.generation,
			    broker(errors[random() % 5]));
		/* the program: in order */
		if (taking > 0 && random() % 4 == 0) {
			taking = 0;
			member_has(&m, random() % 4 != 0);
			member_reconciled(&m);
		} else if (taking == 0 && giving > 0 && random() % 4 == 0) {
			giving = 0;
			member_given_up(&m);
		}
		assert_true(now - silent < 60000);
	}
	assert_true(beats > 86400000 / INTERVAL);
	assert_true(looked > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joining),
		cmocka_unit_test(an_hour),
		cmocka_unit_test(gives_back_at_its_pace),
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(nothing_yet),
		cmocka_unit_test(looks_whether_that_is_all),
		cmocka_unit_test(topics_change),
		cmocka_unit_test(is_fenced),
		cmocka_unit_test(fenced_while_giving_back),
		cmocka_unit_test(commit_tells),
		cmocka_unit_test(answer_lost),
		cmocka_unit_test(join_lost),
		cmocka_unit_test(is_refused),
		cmocka_unit_test(leaving),
		cmocka_unit_test(retarget),
		cmocka_unit_test(anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
