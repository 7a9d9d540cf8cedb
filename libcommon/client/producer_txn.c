/* producer_txn.c: transactions: what is sent to coordinators, what is waited
 * for (producer_impl.h); which request is due is txn.c's to say. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/producer_impl.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_add_offsets_to_txn.h"
#include "wire/msg_add_partitions_to_txn.h"
#include "wire/msg_end_txn.h"
#include "wire/msg_find_coordinator.h"
#include "wire/msg_init_producer_id.h"
#include "wire/msg_txn_offset_commit.h"

enum {				/* versions from which things are different */
	ADD_PARTITIONS_CLIENT = 3,	/* 4 and above are for brokers */
	FIND_ONE = 3,			/* 4 and above ask for many */
	INIT_RENEWS = 3,		/* KIP-360 */
	KEY_GROUP = 0, KEY_TRANSACTION = 1,
	/* for an abort: the coordinator sees to it later, without being told */
	ABORT_MS = 5000
};

void
ptxn_open(struct producer *p)
{
	p->txn = xcalloc(1, sizeof(*p->txn));
	p->txn->id = xstrdup(p->cf.transactional_id);
	txn_init(&p->txn->t, p->cf.delivery_ms);
}

static void
forget_offsets(struct ptxn *x)
{
	for (int i = 0; i < x->n_offsets; i++) {
		free((void *)(uintptr_t)x->offsets[i].topic);
		free((void *)(uintptr_t)x->offsets[i].metadata);
	}
	free(x->offsets);
	free(x->group);
	x->offsets = NULL;
	x->group = NULL;
	x->n_offsets = 0;
}

void
ptxn_close(struct producer *p)
{
	if (p->txn == NULL)
		return;
	if (p->txn->call != NULL)
		cluster_cancel(p->cl, p->txn->call);
	forget_offsets(p->txn);
	free(p->txn->id);
	free(p->txn);
	p->txn = NULL;
}

bool
ptxn_may_send(const struct producer *p, const struct kerr **why)
{
	const struct txn *t = &p->txn->t;

	if (t->phase == TXN_BROKEN || t->phase == TXN_DEAD)
		*why = &t->err;
	return t->phase == TXN_OPEN;
}

void
ptxn_enrol(struct ppart *pp)
{
	if (pp->enrolment != ENROL_NONE ||
	    (pp->q.n == 0 && (pp->open == NULL || pp->open->b.count == 0)))
		return;
	pp->enrolment = ENROL_WAITING;
	txn_add(&pp->topic->p->txn->t, 1);
}

/* Every partition that stands at from now stands at to; how many there are. */
static int
move_all(struct producer *p, enum enrolment from, enum enrolment to)
{
	int n = 0;

	for (struct ptopic *t = p->topics; t != NULL; t = t->next)
		for (int32_t i = 0; i < t->n; i++)
			if (t->part[i].enrolment == from) {
				t->part[i].enrolment = to;
				n++;
			}
	return n;
}

static void
take_coordinator(const struct find_coordinator_response *rsp, int32_t *broker,
    struct kerr *e)
{
	*broker = rsp->node_id;
	if (rsp->error_code != 0)
		kerr_kafka(e, rsp->error_code, "FindCoordinator: %s",
		    kerror_name(rsp->error_code));
}

/* The first error that says more than that another partition has one. */
static void
take_added(const struct add_partitions_to_txn_response *rsp, struct kerr *e)
{
	for (int i = 0; i < rsp->results_by_topic_v3_and_below.n; i++) {
		const struct add_partitions_to_txn_response_topic_result *t =
		    &rsp->results_by_topic_v3_and_below.v[i];

		for (int k = 0; k < t->results_by_partition.n; k++) {
			int error = t->results_by_partition.v[k]
			    .partition_error_code;

			if (error == 0 || (e->code != 0 &&
			    error == ERR_OPERATION_NOT_ATTEMPTED))
				continue;
			kerr_clear(e);
			kerr_kafka(e, error, "AddPartitionsToTxn: %.*s[%d]: %s",
			    (int)t->name.len, t->name.p,
			    (int)t->results_by_partition.v[k].partition_index,
			    kerror_name((int16_t)error));
			if (error != ERR_OPERATION_NOT_ATTEMPTED)
				return;
		}
	}
}

static void
take_committed(const struct txn_offset_commit_response *rsp, struct kerr *e)
{
	for (int i = 0; i < rsp->topics.n; i++)
		for (int k = 0; k < rsp->topics.v[i].partitions.n; k++) {
			int16_t error = rsp->topics.v[i].partitions.v[k]
			    .error_code;

			if (error == 0)
				continue;
			kerr_kafka(e, error, "TxnOffsetCommit: %s",
			    kerror_name(error));
			return;
		}
}

static void
take_error(const char *api, int16_t error, struct kerr *e)
{
	if (error != 0)
		kerr_kafka(e, error, "%s: %s", api, kerror_name(error));
}

/* What an answer says went wrong. */
static void
look_into(struct producer *p, enum txn_request asked, const void *msg,
    struct kerr *e)
{
	struct ptxn *x = p->txn;
	const struct init_producer_id_response *init = msg;

	switch (asked) {
	case TXN_FIND:
		take_coordinator(msg, &x->coordinator, e);
		break;
	case TXN_FIND_GROUP:
		take_coordinator(msg, &x->group_coordinator, e);
		break;
	case TXN_INIT:
		take_error("InitProducerId", init->error_code, e);
		if (e->code == 0)
			producer_take_id(p, init->producer_id,
			    init->producer_epoch);
		break;
	case TXN_ADD_PARTITIONS:
		take_added(msg, e);
		break;
	case TXN_ADD_OFFSETS:
		take_error("AddOffsetsToTxn",
		    ((const struct add_offsets_to_txn_response *)msg)
		    ->error_code, e);
		break;
	case TXN_COMMIT_OFFSETS:
		take_committed(msg, e);
		break;
	case TXN_END:
		take_error("EndTxn",
		    ((const struct end_txn_response *)msg)->error_code, e);
		break;
	case TXN_NOTHING:
		break;
	}
}

static void
answered(void *arg, struct reply *r)
{
	struct producer *p = arg;
	struct ptxn *x = p->txn;
	struct kerr e = r->err;
	int n = 0;

	x->call = NULL;
	if (e.code == 0)
		look_into(p, x->asked, r->msg, &e);
	else
		kerr_wrap(&e, "%s", kapi_get(r->api)->name);
	if (x->asked == TXN_ADD_PARTITIONS)
		n = move_all(p, ENROL_ASKED, e.code == 0 ? ENROLLED :
		    ENROL_WAITING);
	if (e.code == 0 && x->asked == TXN_COMMIT_OFFSETS)
		forget_offsets(x);
	p->trouble = e;
	txn_answered(&x->t, x->asked, n, &e, loop_now(p->loop));
	reply_free(r);
	producer_kick(p);
}

static void
ask(struct producer *p, int32_t broker, int16_t api, const void *req,
    int16_t max_version)
{
	struct call_options opt = { .max_version = max_version };

	p->txn->call = cluster_send(p->cl, broker, api, req, &opt, answered,
	    p);
}

static void
find(struct producer *p, const char *key, int8_t type)
{
	struct find_coordinator_request req;

	kmsg_defaults(&find_coordinator_request_msg, &req);
	req.key = kstr(key);
	req.key_type = type;
	ask(p, BROKER_ANY, API_FIND_COORDINATOR, &req, FIND_ONE);
}

static void
ask_id(struct producer *p)
{
	struct ptxn *x = p->txn;
	struct init_producer_id_request req;

	kmsg_defaults(&init_producer_id_request_msg, &req);
	req.transactional_id = kstr(x->id);
	req.transaction_timeout_ms = (int32_t)p->cf.txn_ms;
	/* a new epoch of one's own; whoever has taken over stays unharmed */
	if (p->id_state == ID_KNOWN && cluster_version(p->cl, x->coordinator,
	    API_INIT_PRODUCER_ID) >= INIT_RENEWS) {
		req.producer_id = p->id;
		req.producer_epoch = p->epoch;
	}
	ask(p, x->coordinator, API_INIT_PRODUCER_ID, &req, 0);
}

static void
add_partitions(struct producer *p)
{
	struct ptxn *x = p->txn;
	struct add_partitions_to_txn_request req;
	struct add_partitions_to_txn_request_add_partitions_to_txn_topic *v,
	    *at;
	int topics = 0, n = 0;
	int32_t *parts;

	for (struct ptopic *t = p->topics; t != NULL; t = t->next) {
		topics++;
		n += t->n;
	}
	v = xcalloc((size_t)topics, sizeof(*v));
	parts = xcalloc((size_t)n, sizeof(*parts));
	n = topics = 0;
	for (struct ptopic *t = p->topics; t != NULL; t = t->next) {
		at = &v[topics];
		at->name = kstr(t->name);
		at->partitions.v = &parts[n];
		for (int32_t i = 0; i < t->n; i++) {
			if (t->part[i].enrolment != ENROL_WAITING)
				continue;
			t->part[i].enrolment = ENROL_ASKED;
			parts[n++] = i;
			at->partitions.n++;
		}
		topics += at->partitions.n > 0;
	}
	kmsg_defaults(&add_partitions_to_txn_request_msg, &req);
	req.v3_and_below_transactional_id = kstr(x->id);
	req.v3_and_below_producer_id = p->id;
	req.v3_and_below_producer_epoch = p->epoch;
	req.v3_and_below_topics.v = v;
	req.v3_and_below_topics.n = topics;
	ask(p, x->coordinator, API_ADD_PARTITIONS_TO_TXN, &req,
	    ADD_PARTITIONS_CLIENT);
	free(parts);
	free(v);
}

static void
add_offsets(struct producer *p)
{
	struct add_offsets_to_txn_request req;

	kmsg_defaults(&add_offsets_to_txn_request_msg, &req);
	req.transactional_id = kstr(p->txn->id);
	req.producer_id = p->id;
	req.producer_epoch = p->epoch;
	req.group_id = kstr(p->txn->group);
	ask(p, p->txn->coordinator, API_ADD_OFFSETS_TO_TXN, &req, 0);
}

static int
by_topic(const void *a, const void *b)
{
	return strcmp(((const struct producer_offset *)a)->topic,
	    ((const struct producer_offset *)b)->topic);
}

static void
commit_offsets(struct producer *p)
{
	struct ptxn *x = p->txn;
	struct txn_offset_commit_request req;
	struct txn_offset_commit_request_topic *v, *at = NULL;
	struct txn_offset_commit_request_partition *parts;

	v = xcalloc((size_t)x->n_offsets, sizeof(*v));
	parts = xcalloc((size_t)x->n_offsets, sizeof(*parts));
	kmsg_defaults(&txn_offset_commit_request_msg, &req);
	for (int i = 0; i < x->n_offsets; i++) {
		const struct producer_offset *o = &x->offsets[i];

		if (i == 0 || by_topic(&o[-1], o) != 0) {
			at = &v[req.topics.n++];
			at->name = kstr(o->topic);
			at->partitions.v = &parts[i];
		}
		parts[i] = (struct txn_offset_commit_request_partition){
			o->partition, o->offset, -1, kstr(o->metadata) };
		at->partitions.n++;
	}
	req.transactional_id = kstr(x->id);
	req.group_id = kstr(x->group);
	req.producer_id = p->id;
	req.producer_epoch = p->epoch;
	req.topics.v = v;
	ask(p, x->group_coordinator, API_TXN_OFFSET_COMMIT, &req, 0);
	free(parts);
	free(v);
}

static void
end(struct producer *p)
{
	struct end_txn_request req;

	kmsg_defaults(&end_txn_request_msg, &req);
	req.transactional_id = kstr(p->txn->id);
	req.producer_id = p->id;
	req.producer_epoch = p->epoch;
	req.committed = p->txn->t.phase == TXN_COMMITTING;
	ask(p, p->txn->coordinator, API_END_TXN, &req, 0);
}

void
ptxn_pump(struct producer *p, int64_t now, int64_t *at)
{
	struct ptxn *x = p->txn;
	int64_t t;

	x->asked = x->call != NULL ? x->asked : txn_next(&x->t, now, &t);
	if (x->call != NULL)
		return;
	switch (x->asked) {
	case TXN_NOTHING:
		if (t < *at)
			*at = t;
		break;
	case TXN_FIND:
		find(p, x->id, KEY_TRANSACTION);
		break;
	case TXN_FIND_GROUP:
		find(p, x->group, KEY_GROUP);
		break;
	case TXN_INIT:
		ask_id(p);
		break;
	case TXN_ADD_PARTITIONS:
		add_partitions(p);
		break;
	case TXN_ADD_OFFSETS:
		add_offsets(p);
		break;
	case TXN_COMMIT_OFFSETS:
		commit_offsets(p);
		break;
	case TXN_END:
		end(p);
		break;
	}
}

/* Runs the loop until the machine stands still. */
static int
settle(struct producer *p, struct kerr *e)
{
	struct txn *t = &p->txn->t;

	producer_pump(p);
	while (t->phase == TXN_STARTING || t->phase == TXN_COMMITTING ||
	    t->phase == TXN_ABORTING)
		loop_once(p->loop, -1);
	if (t->phase != TXN_DEAD)
		return 0;
	if (e != NULL)
		*e = t->err;
	return t->err.code;
}

/* There are brokers that give ids to producers, and no more than that. */
static bool
lacks_transactions(const struct producer *p)
{
	int32_t broker = p->txn->coordinator;

	return cluster_version(p->cl, broker, API_INIT_PRODUCER_ID) >= 0 &&
	    (cluster_version(p->cl, broker, API_ADD_PARTITIONS_TO_TXN) < 0 ||
	    cluster_version(p->cl, broker, API_END_TXN) < 0);
}

int
producer_start(struct producer *p, struct kerr *e)
{
	int rc;

	if (cluster_connect(p->cl, e) != 0)
		return e->code;
	p->txn->t.give_up_ms = p->cf.request_ms;
	rc = settle(p, e);
	p->txn->t.give_up_ms = p->cf.delivery_ms;
	if (rc == 0 && lacks_transactions(p))
		rc = kerr_set(e, KE_UNSUPPORTED, "the cluster has no "
		    "transactions");
	return rc;
}

void
producer_begin(struct producer *p)
{
	move_all(p, ENROL_WAITING, ENROL_NONE);
	move_all(p, ENROLLED, ENROL_NONE);
	txn_begin(&p->txn->t);
}

/* Waits until all that was to be told to coordinators has been. */
static int
wait_told(struct producer *p, struct kerr *e)
{
	struct txn *t = &p->txn->t;

	producer_pump(p);
	while (t->phase == TXN_OPEN && !txn_settled(t))
		loop_once(p->loop, -1);
	if (t->phase == TXN_OPEN)
		return 0;
	*e = t->err;
	return t->err.code;
}

int
producer_add_offsets(struct producer *p, const char *group,
    const struct producer_offset *v, int n, struct kerr *e)
{
	struct ptxn *x = p->txn;

	if (n == 0)
		return 0;
	if (wait_told(p, e) != 0)
		return e->code;
	x->group = xstrdup(group);
	x->offsets = xcalloc((size_t)n, sizeof(*v));
	x->n_offsets = n;
	x->t.group_found = false;
	for (int i = 0; i < n; i++) {
		x->offsets[i] = v[i];
		x->offsets[i].topic = xstrdup(v[i].topic);
		if (v[i].metadata != NULL)
			x->offsets[i].metadata = xstrdup(v[i].metadata);
	}
	qsort(x->offsets, (size_t)n, sizeof(*x->offsets), by_topic);
	txn_add_offsets(&x->t);
	return wait_told(p, e);
}

int
producer_commit(struct producer *p, struct kerr *e)
{
	if (producer_flush(p, NULL, e) != 0 || wait_told(p, e) != 0)
		return e->code;
	p->txn->unshown |= p->txn->t.begun;
	txn_commit(&p->txn->t);
	return settle(p, e);
}

/* What has not left is dropped; what is under way must have come back before
 * the coordinator is told, or it might be written behind the end. */
static bool
call_back(struct producer *p, int64_t until)
{
	struct kerr e = KERR_INIT;
	bool dropped = p->stats.added != p->stats.acked + p->stats.failed;

	kerr_set(&e, KE_CANCELLED, "aborted");
	if (dropped)
		txn_break(&p->txn->t, &e);
	producer_pump(p);
	while ((!TAILQ_EMPTY(&p->flights) || p->txn->call != NULL) &&
	    loop_clock(p->loop) < until)
		loop_once(p->loop, ABORT_MS);
	producer_abandon(p);
	return dropped;
}

int
producer_abort(struct producer *p, struct kerr *e)
{
	struct ptxn *x = p->txn;
	bool dropped = call_back(p, loop_clock(p->loop) + ABORT_MS);
	int rc;

	if (x->call != NULL)
		return kerr_set(e, KE_TIMEOUT, "the coordinator does not "
		    "answer");
	forget_offsets(x);
	x->t.give_up_ms = ABORT_MS;
	txn_abort(&x->t, dropped);
	rc = settle(p, e);
	x->t.give_up_ms = p->cf.delivery_ms;
	return rc;
}

const struct kerr *
producer_txn_error(const struct producer *p)
{
	return &p->txn->t.err;
}
