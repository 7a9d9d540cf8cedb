/*
 * txn_marking.c: markers of transactions on their way: behind the offsets that
 * the group coordinator was given, into every partition, and back to the state
 * machine that asked for them.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "broker.h"
#include "control.h"
#include "coordinator.h"
#include "coordinator_impl.h"
#include "journal.h"
#include "markers.h"
#include "txn.h"
#include "txn_coordinator_impl.h"

#define OFFSETS	"__consumer_offsets"

/* A marker on its way. */
struct marking {
	struct journal_wait wait;
	struct txn_coordinator *tc;
	const struct txn_marker *k;
	struct txn_marks *who;
	int32_t		  next;		/* partition to look at */
	bool		  inside, came;
	struct markers	 *markers;	/* once they are being written */
	LIST_ENTRY(marking) link;
};

static void
free_marking(struct marking *mk)
{
	LIST_REMOVE(mk, link);
	if (mk->markers != NULL)
		markers_free(mk->markers);
	free(mk);
}

static void
marked(struct markers *m)
{
	struct marking *mk = m->arg;
	struct broker *b = m->broker;
	struct txn_marks *who = mk->who;

	for (int32_t i = 0; i < m->n; i++) {
		mk->k->v[i].error = m->part[i].error;
		markers_tell_groups(m, &m->part[i]);
	}
	free_marking(mk);
	txns_marked(txn_coordinator_enter(b), who);
	txn_coordinator_leave(b);
}

static void
start_markers(struct marking *mk)
{
	struct markers *m = markers_new(mk->tc->broker, mk->k->n);

	m->marker = (struct marker){
		.producer_id = mk->k->producer_id,
		.producer_epoch = mk->k->producer_epoch,
		.commit = mk->k->commit,
		.coordinator_epoch = mk->k->coordinator_epoch,
	};
	for (int32_t i = 0; i < m->n; i++)
		markers_find(m, &m->part[i], mk->k->v[i].topic,
		    mk->k->v[i].partition);
	m->done = marked;
	m->arg = mk;
	mk->markers = m;
	markers_write(m);
}

/* Offsets that the group coordinator was given for the transaction come before
 * its marker. */
static void
mark_on(struct marking *mk)
{
	while (mk->next < mk->k->n) {
		const struct txn_mark *m = &mk->k->v[mk->next++];

		if (!kstr_eq(m->topic, kstr(OFFSETS)))
			continue;
		mk->inside = true;
		mk->came = false;
		coordinator_wait(mk->tc->broker, m->partition, &mk->wait);
		mk->inside = false;
		if (!mk->came)
			return;
	}
	start_markers(mk);
}

static void
offsets_came(struct journal_wait *jw, int16_t error)
{
	struct marking *mk = (struct marking *)((char *)jw -
	    offsetof(struct marking, wait));

	mk->came = true;
	if (!mk->inside)
		mark_on(mk);
}

void
txn_marking_start(void *arg, const struct txn_marker *k,
    struct txn_marks *who)
{
	struct marking *mk = xcalloc(1, sizeof(*mk));

	mk->tc = arg;
	mk->k = k;
	mk->who = who;
	mk->wait.done = offsets_came;
	LIST_INSERT_HEAD(&mk->tc->markings, mk, link);
	mark_on(mk);
}

void
txn_marking_end(struct txn_coordinator *tc)
{
	struct marking *mk;

	while ((mk = LIST_FIRST(&tc->markings)) != NULL) {
		txns_marked(NULL, mk->who);
		free_marking(mk);
	}
}
