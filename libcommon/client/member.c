/* member.c: see member.h; the classic protocol. */
#include "client/member.h"

#include <string.h>

#include "client/member_impl.h"
#include "client/retry.h"
#include "wire/kerror.h"

void
member_init(struct member *m, const struct member_config *cf)
{
	memset(m, 0, sizeof(*m));
	m->cf = *cf;
	m->generation = -1;
	m->interval_ms = cf->heartbeat_ms;
	m->refused_at = -1;
	m->outlook = cf->looks ? OUTLOOK_UNKNOWN : OUTLOOK_HIDDEN;
}

static enum member_do
beat(struct member *m, int64_t now, int64_t *at)
{
	if (m->beating || m->generation < 0 || !m->coordinator)
		return MEMBER_WAIT;
	if (now < m->beat_at) {
		*at = m->beat_at;
		return MEMBER_WAIT;
	}
	m->beating = true;
	m->beat_at = now + m->cf.heartbeat_ms;
	return MEMBER_HEARTBEAT;
}

enum member_do
member_request(struct member *m, enum member_phase phase, enum member_do what)
{
	m->busy = true;
	m->phase = phase;
	return what;
}

static enum member_do
leave(struct member *m)
{
	if (m->phase == MEMBER_LEAVING && m->coordinator && m->id[0] != '\0' &&
	    !m->cf.fixed)
		return member_request(m, MEMBER_LEAVING, MEMBER_LEAVE);
	m->phase = MEMBER_GONE;
	return MEMBER_WAIT;
}

enum member_do
member_next(struct member *m, int64_t now, int64_t *at)
{
	if (m->cf.consumer)
		return member_consumer_next(m, now, at);
	*at = INT64_MAX;
	if (m->failed)
		return MEMBER_FAILED;
	if (m->phase == MEMBER_GONE || m->busy)
		return MEMBER_WAIT;
	if (m->phase == MEMBER_LEAVING)
		return leave(m);
	if (m->phase == MEMBER_STABLE && m->rejoin)
		m->phase = MEMBER_OUT;
	/* what has to be given up is, whoever coordinates */
	if (m->phase == MEMBER_OUT && m->has &&
	    (m->lost || !m->cf.cooperative)) {
		m->phase = MEMBER_GIVING_UP;
		return MEMBER_GIVE_UP;
	}
	if (now < m->not_before) {
		*at = m->not_before;
		return MEMBER_WAIT;
	}
	if (!m->coordinator)
		return member_request(m, m->phase, MEMBER_FIND);
	switch (m->phase) {
	case MEMBER_OUT:
		if (m->beating)		/* its answer may say more */
			return MEMBER_WAIT;
		m->rejoin = false;
		return member_request(m, MEMBER_JOINING, MEMBER_JOIN);
	case MEMBER_SYNCING:
		return member_request(m, MEMBER_SYNCING, MEMBER_SYNC);
	case MEMBER_STABLE:
	case MEMBER_GIVING_UP:
		return beat(m, now, at);
	default:
		return MEMBER_WAIT;
	}
}

void
member_back_off(struct member *m, int64_t now)
{
	m->failures++;
	m->not_before = now + retry_backoff(m->failures, m->cf.backoff_ms,
	    m->cf.backoff_max_ms, (uint32_t)now * 2654435761u);
}

static void
fail(struct member *m, const struct kerr *e)
{
	m->failed = true;
	m->err = *e;
}

/* Or not of this generation. */
void
member_drop_out(struct member *m, bool forget)
{
	m->generation = -1;
	if (forget)
		m->id[0] = '\0';
	m->lost = m->has;
	if (m->phase != MEMBER_LEAVING && m->phase != MEMBER_GIVING_UP)
		m->phase = MEMBER_OUT;
}

static bool
passes(const struct kerr *e)
{
	return e->code != KE_BROKER ||
	    retry_policy(e, 1, false) != RETRY_FAIL;
}

int
member_error(const struct kerr *e)
{
	return e->code == KE_BROKER ? e->kafka : 0;
}

/* A coordinator that is there and cannot do its work has failed to load what it
 * looks after; one that is just moving has moved by then. */
static bool
is_hopeless(struct member *m, int64_t now, const struct kerr *e)
{
	int error = member_error(e);

	if (m->taken || m->cf.contact_ms <= 0 || !m->coordinator ||
	    (error != ERR_COORDINATOR_NOT_AVAILABLE &&
	    error != ERR_NOT_COORDINATOR))
		return false;
	if (m->refused_at < 0)
		m->refused_at = now;
	return now - m->refused_at >= m->cf.contact_ms;
}

void
member_trouble(struct member *m, int64_t now, const struct kerr *e)
{
	if (is_hopeless(m, now, e)) {
		fail(m, e);
		return;
	}
	if (member_error(e) != ERR_COORDINATOR_LOAD_IN_PROGRESS) {
		if (e->code == KE_UNSUPPORTED || e->code == KE_CANCELLED ||
		    e->code == KE_DATA || !passes(e)) {
			fail(m, e);
			return;
		}
		m->coordinator = false;
	}
	member_back_off(m, now);
}

/* What an error means in any request of the group. */
static void
take_error(struct member *m, int64_t now, const struct kerr *e)
{
	if (m->cf.consumer) {
		member_consumer_error(m, now, e);
		return;
	}
	switch (member_error(e)) {
	case ERR_REBALANCE_IN_PROGRESS:
		m->rejoin = true;
		break;
	case ERR_UNKNOWN_MEMBER_ID:
		member_drop_out(m, true);
		break;
	case ERR_ILLEGAL_GENERATION:
		member_drop_out(m, false);
		break;
	default:
		member_trouble(m, now, e);
		break;
	}
}

void
member_found(struct member *m, int64_t now, const struct kerr *e)
{
	m->busy = false;
	if (e == NULL) {
		m->coordinator = true;
		return;
	}
	take_error(m, now, e);
	m->coordinator = false;
}

void
member_given_up(struct member *m)
{
	m->has = m->lost = false;
	if (m->phase == MEMBER_GIVING_UP)
		m->phase = MEMBER_OUT;
}

static void
take_id(struct member *m, const char *id, int32_t len)
{
	if (len < 0 || (size_t)len >= sizeof(m->id))
		len = 0;
	if (len > 0)
		memcpy(m->id, id, (size_t)len);
	m->id[len] = '\0';
}

void
member_joined(struct member *m, int64_t now, const struct kerr *e,
    const char *id, int32_t id_len, int32_t generation)
{
	m->busy = false;
	if (m->phase != MEMBER_JOINING)
		return;
	if (e == NULL) {
		take_id(m, id, id_len);
		m->generation = generation;
		m->failures = 0;
		m->phase = MEMBER_SYNCING;
		return;
	}
	m->phase = MEMBER_OUT;
	if (e->code == KE_BROKER && e->kafka == ERR_MEMBER_ID_REQUIRED) {
		take_id(m, id, id_len);		/* KIP-394 */
		return;
	}
	take_error(m, now, e);
	if (e->code == KE_BROKER && (e->kafka == ERR_REBALANCE_IN_PROGRESS ||
	    e->kafka == ERR_UNKNOWN_MEMBER_ID))
		member_back_off(m, now);
}

void
member_synced(struct member *m, int64_t now, const struct kerr *e)
{
	m->busy = false;
	if (m->phase != MEMBER_SYNCING)
		return;
	m->beat_at = now + m->cf.heartbeat_ms;
	if (e == NULL) {
		m->taken = true;
		m->failures = 0;
		m->phase = MEMBER_STABLE;
		return;
	}
	/* whatever it is, the way on begins with joining */
	m->phase = MEMBER_OUT;
	take_error(m, now, e);
}

void
member_beaten(struct member *m, int64_t now, const struct kerr *e)
{
	m->beating = false;
	if (e == NULL)
		m->failures = 0;
	else
		take_error(m, now, e);
}

void
member_left(struct member *m)
{
	m->busy = false;
	m->phase = MEMBER_GONE;
}

void
member_has(struct member *m, bool has)
{
	m->has = has;
}

void
member_rejoin(struct member *m)
{
	m->rejoin = true;
}

void
member_committed(struct member *m, int64_t now, int32_t generation,
    const struct kerr *e)
{
	/* an answer to what an earlier generation sent says nothing new */
	if (e != NULL && generation >= 0 && generation == m->generation &&
	    (m->phase == MEMBER_STABLE || m->phase == MEMBER_GIVING_UP))
		take_error(m, now, e);
}

bool
member_may_commit(const struct member *m)
{
	return m->generation >= 0 && !m->lost && !m->failed &&
	    m->phase != MEMBER_SYNCING && m->phase != MEMBER_GONE;
}

bool
member_settled(const struct member *m)
{
	if (m->cf.consumer)
		return member_consumer_settled(m);
	return m->phase == MEMBER_STABLE && !m->rejoin;
}

void
member_leave(struct member *m)
{
	m->has = m->lost = false;
	m->busy = false;
	if (m->phase != MEMBER_GONE)
		m->phase = MEMBER_LEAVING;
}
