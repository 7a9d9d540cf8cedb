/*
 * member_consumer.c: a member by the consumer protocol (member.h, KIP-848).
 *
 * There is one request, the heartbeat. It says what has changed since the last
 * that was answered, and all of it after a failure, since nobody knows then
 * what has arrived. An answer may bring an assignment; it is taken over at the
 * program's own pace while heartbeats go on, and when that is done the next
 * one says so, at once: others may be waiting for what was given back. One
 * assignment is taken over at a time; of those that come in the meantime only
 * the last counts.
 *
 * No answer says whether a member that is assigned nothing only waits for what
 * others have not given back yet. Where the program wants to know (it would end
 * then), the group's description does, which has each member's target.
 *
 * The coordinator may fence a member (it was silent, or slow to give back):
 * everything it has is lost, and it joins again with epoch 0.
 */
#include <stddef.h>

#include "client/member_impl.h"
#include "wire/kerror.h"

/* Where that cannot be had: each of the others needs a heartbeat to hear of it,
 * then it gives back. */
#define CALM_WITHOUT	3

static enum member_do
leave(struct member *m)
{
	if (m->busy)
		return MEMBER_WAIT;
	if (m->coordinator && m->known)
		return member_request(m, MEMBER_LEAVING, MEMBER_LEAVE);
	m->phase = MEMBER_GONE;
	return MEMBER_WAIT;
}

/* Nothing is under way that an answer would have to tell of first. */
static bool
is_quiet(const struct member *m)
{
	return m->phase == MEMBER_STABLE && !m->rejoin && !m->owned &&
	    !m->all && !m->target && !m->reconciling && m->calm > 0;
}

static enum member_do
beat(struct member *m, int64_t now, int64_t *at)
{
	if (is_quiet(m) && !m->has && m->outlook == OUTLOOK_UNKNOWN)
		return member_request(m, m->phase, MEMBER_LOOK);
	if (!m->all && !m->rejoin && !m->owned && now < m->beat_at) {
		*at = m->beat_at;
		return MEMBER_WAIT;
	}
	m->say = m->all ? SAY_ALL : (m->rejoin ? SAY_TOPICS : 0) |
	    (m->owned ? SAY_OWNED : 0);
	m->all = m->rejoin = m->owned = false;
	if (m->say != 0)
		m->calm = 0;
	m->known = true;
	m->beat_at = now + m->interval_ms;
	return member_request(m, m->phase, MEMBER_HEARTBEAT);
}

enum member_do
member_consumer_next(struct member *m, int64_t now, int64_t *at)
{
	*at = INT64_MAX;
	if (m->failed)
		return MEMBER_FAILED;
	if (m->phase == MEMBER_GONE)
		return MEMBER_WAIT;
	if (m->phase == MEMBER_LEAVING)
		return leave(m);
	/* neither waits for an answer */
	if (m->phase == MEMBER_OUT && m->lost) {
		m->phase = MEMBER_GIVING_UP;
		return MEMBER_GIVE_UP;
	}
	if (m->phase == MEMBER_STABLE && m->target && !m->reconciling) {
		m->target = false;
		m->reconciling = true;
		return MEMBER_RECONCILE;
	}
	if (m->busy || m->phase == MEMBER_GIVING_UP)
		return MEMBER_WAIT;
	if (now < m->not_before) {
		*at = m->not_before;
		return MEMBER_WAIT;
	}
	if (!m->coordinator)
		return member_request(m, m->phase, MEMBER_FIND);
	if (m->phase == MEMBER_OUT) {
		m->phase = MEMBER_JOINING;
		m->all = true;
	}
	return beat(m, now, at);
}

static void
drop_out(struct member *m)
{
	member_drop_out(m, false);
	/* what is being given back has not been yet */
	m->lost = m->has || m->reconciling;
	m->target = false;
}

void
member_consumer_error(struct member *m, int64_t now, const struct kerr *e)
{
	switch (member_error(e)) {
	case ERR_GROUP_ID_NOT_FOUND:
		/* there is one, of the other protocol */
		if (m->phase == MEMBER_JOINING) {
			member_trouble(m, now, e);
			break;
		}
		/* fall through */
	case ERR_FENCED_MEMBER_EPOCH:
	case ERR_UNKNOWN_MEMBER_ID:
		if (m->phase == MEMBER_JOINING)
			member_back_off(m, now);
		drop_out(m);
		break;
	case ERR_STALE_MEMBER_EPOCH:
		/* a commit of an epoch that has just ended: hear the new one */
		m->beat_at = now;
		break;
	default:
		member_trouble(m, now, e);
		break;
	}
}

void
member_answered(struct member *m, int64_t now, const struct kerr *e,
    int32_t epoch, int64_t interval_ms, bool assigned)
{
	m->busy = false;
	if (m->phase != MEMBER_JOINING && m->phase != MEMBER_STABLE)
		return;
	if (e != NULL) {
		m->all = true;
		member_consumer_error(m, now, e);
		return;
	}
	m->taken = true;
	m->failures = 0;
	m->phase = MEMBER_STABLE;
	m->generation = epoch;
	if (interval_ms > 0) {
		m->interval_ms = interval_ms;
		m->beat_at = now + interval_ms;
	}
	if (m->calm < CALM_WITHOUT)
		m->calm++;
	if (m->outlook != OUTLOOK_HIDDEN)
		m->outlook = OUTLOOK_UNKNOWN;
	if (assigned) {
		m->target = true;
		m->calm = 0;
	}
}

void
member_looked(struct member *m, const struct kerr *e, bool some)
{
	m->busy = false;
	m->outlook = e != NULL ? OUTLOOK_HIDDEN : some ? OUTLOOK_SOME :
	    OUTLOOK_NONE;
}

void
member_retarget(struct member *m)
{
	m->target = m->target || m->phase == MEMBER_STABLE;
}

void
member_reconciled(struct member *m)
{
	m->reconciling = false;
	m->owned = true;
}

bool
member_consumer_settled(const struct member *m)
{
	return is_quiet(m) && (m->has || m->outlook == OUTLOOK_NONE ||
	    (m->outlook == OUTLOOK_HIDDEN && m->calm >= CALM_WITHOUT));
}
