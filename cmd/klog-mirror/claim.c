/*
 * claim.c: which of several runs has the link (mirror.h). The one that begins
 * takes the transactional id, which fences whoever had it. One that follows
 * leaves its mark among what is remembered: when it has lost touch with the
 * target and comes back it must not take the id again, or it would fence a
 * newer one. It looks whose mark is there, and goes on as the producer that it
 * was (KIP-360). A run that is over soon leaves none, so that it writes nothing
 * where there is nothing to do.
 *
 * A target that was away for long has given up the transaction that was open
 * and fenced its producer, though nobody else was there. Then the mark alone
 * tells; whoever has just begun gets the time to write it.
 */
#include <string.h>

#include "base/sys.h"
#include "mirror.h"
#include "wire/kerror.h"
#include "wire/uuid.h"

enum { SETTLE_MS = 2000 };	/* from a newer run's id to its mark */

static int
take_record(void *arg, const struct record *rec, struct kerr *e)
{
	struct state_run *last = arg;
	enum state_kind kind;
	struct state_key k;

	if (rec->key == NULL || rec->value == NULL || state_get_key(rec->key,
	    (size_t)rec->key_len, &kind, &k, NULL) != 0 || kind != STATE_RUN)
		return 0;
	return state_get_run(rec->value, (size_t)rec->value_len, last, e);
}

/* Whose mark is there; where there is none (the topic is gone), nobody came. */
static int
check_mark(struct mirror *m, struct kerr *e)
{
	struct state_run last = { .id = m->run };
	int rc = store_scan(&m->tgt, m->state_topic, take_record, &last, e);

	if (rc == KE_BROKER && e->kafka == ERR_UNKNOWN_TOPIC_OR_PARTITION) {
		kerr_clear(e);
		rc = 0;
	}
	if (rc != 0)
		return rc;
	if (memcmp(&last.id, &m->run, sizeof(last.id)) == 0)
		return 0;
	return kerr_kafka(e, ERR_PRODUCER_FENCED, "%s: %s: a newer run has "
	    "begun meanwhile", m->state_topic,
	    kerror_name(ERR_PRODUCER_FENCED));
}

static bool
is_fenced(const struct kerr *e)
{
	return e->code == KE_BROKER && (e->kafka == ERR_PRODUCER_FENCED ||
	    e->kafka == ERR_INVALID_PRODUCER_EPOCH);
}

static int
come_back(struct mirror *m, struct kerr *e)
{
	if (check_mark(m, e) != 0)
		return e->code;
	if (copy_open(m, e) == 0 || !is_fenced(e))
		return e->code;
	loop_run_for(m->loop, SETTLE_MS);
	kerr_clear(e);
	if (check_mark(m, e) != 0)
		return e->code;
	copy_close(m);
	m->was_id = -1;
	return copy_open(m, e);
}

static int
begin(struct mirror *m, struct kerr *e)
{
	uint8_t bytes[16];

	sys_real()->random(sys_real(), bytes, sizeof(bytes));
	kuuid_make(bytes, &m->run);
	if (copy_open(m, e) != 0)
		return e->code;
	if (m->txn_id == NULL || !m->o->follow)
		return 0;
	if (copy_note(m, store_put_run, e) != 0)
		return e->code;
	m->claimed = true;
	return 0;
}

int
claim_link(struct mirror *m, struct kerr *e)
{
	return m->claimed ? come_back(m, e) : begin(m, e);
}
