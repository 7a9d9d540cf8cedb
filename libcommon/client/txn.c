/* txn.c: see txn.h. */
#include "client/txn.h"

#include <string.h>

#include "client/retry.h"
#include "wire/kerror.h"

/* A coordinator that finishes the transaction before this one needs a few
 * milliseconds for it; a cluster in trouble is asked less often. */
enum { WAIT_MIN_MS = 2, WAIT_MAX_MS = 500 };

void
txn_init(struct txn *t, int64_t give_up_ms)
{
	*t = (struct txn){ .phase = TXN_STARTING, .give_up_ms = give_up_ms,
	    .refused_at = -1 };
}

static enum txn_request
due(const struct txn *t)
{
	enum txn_request r = TXN_NOTHING;

	switch (t->phase) {
	case TXN_STARTING:
		r = TXN_INIT;
		break;
	case TXN_OPEN:
		if (t->to_add > 0)
			r = TXN_ADD_PARTITIONS;
		else if (t->offsets == OFFSETS_TO_ADD)
			r = TXN_ADD_OFFSETS;
		else if (t->offsets == OFFSETS_TO_COMMIT)
			return t->group_found ? TXN_COMMIT_OFFSETS :
			    TXN_FIND_GROUP;
		break;
	case TXN_COMMITTING:
	case TXN_ABORTING:
		r = TXN_END;
		break;
	case TXN_READY:
	case TXN_BROKEN:
	case TXN_DEAD:
		break;
	}
	return r != TXN_NOTHING && !t->found ? TXN_FIND : r;
}

enum txn_request
txn_next(struct txn *t, int64_t now, int64_t *at)
{
	enum txn_request r = due(t);

	*at = INT64_MAX;
	if (t->asking || r == TXN_NOTHING)
		return TXN_NOTHING;
	if (t->retry_at > now) {
		*at = t->retry_at;
		return TXN_NOTHING;
	}
	t->asking = true;
	return r;
}

static void
close_it(struct txn *t)
{
	t->phase = TXN_READY;
	t->begun = t->renew = false;
	t->to_add = 0;
	t->offsets = OFFSETS_NONE;
	kerr_clear(&t->err);
}

static void
succeeded(struct txn *t, enum txn_request r, int n)
{
	t->failures = 0;
	t->retry_at = 0;
	kerr_clear(&t->trouble);
	switch (r) {
	case TXN_FIND:
		t->found = true;
		break;
	case TXN_FIND_GROUP:
		t->group_found = true;
		break;
	case TXN_INIT:
		t->refused_at = -1;
		close_it(t);
		break;
	case TXN_END:
		if (t->phase == TXN_ABORTING && t->renew)
			t->phase = TXN_STARTING;
		else
			close_it(t);
		break;
	case TXN_ADD_PARTITIONS:
		t->begun = true;
		t->to_add -= n;
		break;
	case TXN_ADD_OFFSETS:
		t->begun = true;
		t->offsets = OFFSETS_TO_COMMIT;
		break;
	case TXN_COMMIT_OFFSETS:
		t->offsets = OFFSETS_NONE;
		break;
	case TXN_NOTHING:
		break;
	}
}

bool
txn_is_fatal(const struct kerr *e)
{
	if (e->code != KE_BROKER)
		return e->code == KE_UNSUPPORTED || e->code == KE_AUTH;
	switch (e->kafka) {
	case ERR_INVALID_PRODUCER_EPOCH:
	case ERR_PRODUCER_FENCED:
	case ERR_INVALID_TXN_STATE:
	case ERR_INVALID_PRODUCER_ID_MAPPING:
	case ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
	case ERR_CLUSTER_AUTHORIZATION_FAILED:
	case ERR_INVALID_TRANSACTION_TIMEOUT:
	case ERR_UNSUPPORTED_VERSION:
	case ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
		return true;
	default:
		return false;
	}
}

/* Errors that pass, beside those that pass for every request. */
static bool
passes(enum txn_request r, const struct kerr *e)
{
	if (e->code != KE_BROKER)
		return false;
	return e->kafka == ERR_CONCURRENT_TRANSACTIONS ||
	    (e->kafka == ERR_UNKNOWN_TOPIC_OR_PARTITION &&
	    (r == TXN_ADD_PARTITIONS || r == TXN_COMMIT_OFFSETS));
}

/* There is nothing that could be aborted. */
static bool
is_undone(const struct txn *t, enum txn_request r, const struct kerr *e)
{
	return r == TXN_END && t->phase == TXN_ABORTING &&
	    e->code == KE_BROKER && e->kafka == ERR_INVALID_TXN_STATE;
}

static void
lose_coordinator(struct txn *t, enum txn_request r)
{
	if (r == TXN_FIND_GROUP || r == TXN_COMMIT_OFFSETS)
		t->group_found = false;
	else
		t->found = false;
}

static void
die(struct txn *t, const struct kerr *e)
{
	t->phase = TXN_DEAD;
	t->err = *e;
}

static void
try_again(struct txn *t, const struct kerr *e, int64_t now)
{
	if (t->failures++ == 0)
		t->since = now;
	t->trouble = *e;
	t->retry_at = now + retry_backoff(t->failures, WAIT_MIN_MS,
	    WAIT_MAX_MS, 0);
	if (now - t->since < t->give_up_ms)
		return;
	/* nobody answers: what became of it is not known here */
	if (t->phase == TXN_OPEN)
		txn_break(t, e);
	else
		die(t, e);
}

static bool
is_hopeless(struct txn *t, enum txn_request r, const struct kerr *e,
    int64_t now)
{
	if (r != TXN_INIT || t->contact_ms <= 0 || e->code != KE_BROKER ||
	    (e->kafka != ERR_COORDINATOR_NOT_AVAILABLE &&
	    e->kafka != ERR_NOT_COORDINATOR))
		return false;
	if (t->refused_at < 0)
		t->refused_at = now;
	return now - t->refused_at >= t->contact_ms;
}

void
txn_answered(struct txn *t, enum txn_request r, int n, const struct kerr *e,
    int64_t now)
{
	t->asking = false;
	/* the answer may have been lost alone */
	if (e->code != 0 && e->code != KE_BROKER &&
	    (r == TXN_ADD_PARTITIONS || r == TXN_ADD_OFFSETS))
		t->begun = true;
	if (e->code == 0 || is_undone(t, r, e)) {
		succeeded(t, r, n);
		return;
	}
	if (txn_is_fatal(e) || is_hopeless(t, r, e, now)) {
		die(t, e);
		return;
	}
	if (!passes(r, e))
		switch (retry_policy(e, t->failures + 1, true)) {
		case RETRY_REFRESH:
		case RETRY_COORDINATOR:
			lose_coordinator(t, r);
			break;
		case RETRY_AGAIN:
			break;
		default:
			if (t->phase == TXN_OPEN)
				txn_break(t, e);
			else
				die(t, e);
			return;
		}
	try_again(t, e, now);
}

void
txn_begin(struct txn *t)
{
	if (t->phase == TXN_READY)
		t->phase = TXN_OPEN;
}

void
txn_add(struct txn *t, int partitions)
{
	t->to_add += partitions;
}

void
txn_add_offsets(struct txn *t)
{
	t->offsets = OFFSETS_TO_ADD;
}

bool
txn_settled(const struct txn *t)
{
	return t->to_add == 0 && t->offsets == OFFSETS_NONE;
}

void
txn_commit(struct txn *t)
{
	if (t->phase != TXN_OPEN)
		return;
	if (t->begun)
		t->phase = TXN_COMMITTING;
	else
		close_it(t);
}

void
txn_abort(struct txn *t, bool renew)
{
	if (t->phase != TXN_OPEN && t->phase != TXN_BROKEN)
		return;
	t->renew = t->renew || renew || t->phase == TXN_BROKEN;
	t->failures = 0;
	t->retry_at = 0;
	if (t->begun)
		t->phase = TXN_ABORTING;
	else if (t->renew)
		t->phase = TXN_STARTING;
	else
		close_it(t);
}

void
txn_break(struct txn *t, const struct kerr *e)
{
	if (txn_is_fatal(e))
		die(t, e);
	else if (t->phase == TXN_OPEN) {
		t->phase = TXN_BROKEN;
		t->err = *e;
	}
}
