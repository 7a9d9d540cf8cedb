/* producer_txn.c: transactions: what is sent to coordinators (producer_impl.h);
 * which request is due is txn.c's to say. */
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
	KEY_GROUP = 0, KEY_TRANSACTION = 1
};

void
ptxn_open(struct producer *p)
{
	p->txn = xcalloc(1, sizeof(*p->txn));
	p->txn->id = xstrdup(p->cf.transactional_id);
	txn_init(&p->txn->t, p->cf.delivery_ms);
	if (p->cf.resume_id >= 0)
		producer_take_id(p, p->cf.resume_id, p->cf.resume_epoch);
}

void
ptxn_forget_offsets(struct ptxn *x)
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
	ptxn_forget_offsets(p->txn);
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

int
ptxn_move_all(struct producer *p, enum enrolment from, enum enrolment to)
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
		n = ptxn_move_all(p, ENROL_ASKED, e.code == 0 ? ENROLLED :
		    ENROL_WAITING);
	if (e.code == 0 && x->asked == TXN_COMMIT_OFFSETS)
		ptxn_forget_offsets(x);
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

		if (i == 0 || strcmp(o[-1].topic, o->topic) != 0) {
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
