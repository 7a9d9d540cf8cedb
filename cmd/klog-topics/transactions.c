/*
 * transactions.c: transactions as their coordinators see them; ending those of
 * a transactional id. What is open in partitions: transactions_open.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "client/admin.h"
#include "client/retry.h"
#include "topics.h"
#include "transactions.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_describe_transactions.h"
#include "wire/msg_find_coordinator.h"
#include "wire/msg_init_producer_id.h"
#include "wire/msg_list_transactions.h"

enum { FIND_ONE = 3, KEY_TRANSACTION = 1, TRIES = 50, PAUSE_MS = 20 };

static const char *const actions[] = { "list", "describe", "abort" };

int
topics_transactions_operands(struct topics *t, char **operands, int n,
    struct kerr *e)
{
	int i = 0;

	for (; n > 0 && i < 3 && strcmp(operands[0], actions[i]) != 0; i++)
		;
	if (n == 0 || i == 3)
		return kerr_set(e, KE_USAGE, "transactions what? list, "
		    "describe or abort");
	t->action = i;
	t->props = operands + 1;
	t->nprops = n - 1;
	if (t->nprops > 0 && t->more.n > 0)
		return kerr_set(e, KE_USAGE, "transactions: ids, or topics "
		    "with -t");
	if (i == TXN_DESCRIBE && t->nprops == 0)
		return kerr_set(e, KE_USAGE, "transactions describe: which "
		    "transactional ids?");
	if (i == TXN_ABORT && t->nprops == 0 && t->more.n == 0)
		return kerr_set(e, KE_USAGE, "transactions abort: which "
		    "transactional ids, or topics with -t?");
	return 0;
}

void
txn_all_release(struct txn_all *a)
{
	for (int i = 0; i < a->n; i++) {
		free(a->v[i].id);
		free(a->v[i].state);
	}
	free(a->v);
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(((const struct txn_known *)a)->id,
	    ((const struct txn_known *)b)->id);
}

static char *
dup(struct kstr s)
{
	return xstrndup(s.p, s.len > 0 ? (size_t)s.len : 0);
}

static int
ask_one(struct topics *t, int32_t broker, struct txn_all *a, struct kerr *e)
{
	struct list_transactions_request req;
	const struct list_transactions_response *rsp;
	struct reply *r;

	kmsg_defaults(&list_transactions_request_msg, &req);
	req.duration_filter = -1;
	if (admin_request(t->cluster, broker, API_LIST_TRANSACTIONS, &req,
	    t->wait_ms, &r, e) != 0)
		return e->code;
	rsp = r->msg;
	if (rsp->error_code != 0)
		kerr_kafka(e, rsp->error_code, "broker %d: %s", (int)broker,
		    kerror_name(rsp->error_code));
	for (int i = 0; i < rsp->transaction_states.n && e->code == 0; i++) {
		const struct list_transactions_response_transaction_state *s =
		    &rsp->transaction_states.v[i];

		a->v = xreallocarray(a->v, (size_t)a->n + 1, sizeof(*a->v));
		a->v[a->n++] = (struct txn_known){ dup(s->transactional_id),
		    dup(s->transaction_state), s->producer_id, broker };
	}
	reply_free(r);
	return e->code;
}

int
txn_all_load(struct topics *t, struct txn_all *a, struct kerr *e)
{
	const struct cluster_broker *b;
	int32_t *id;
	int n;

	*a = (struct txn_all){ NULL, 0 };
	if (cluster_connect(t->cluster, e) != 0)
		return e->code;
	n = cluster_brokers(t->cluster, &b);
	id = xcalloc((size_t)n + 1, sizeof(*id));
	for (int i = 0; i < n; i++)
		id[i] = b[i].id;
	for (int i = 0; i < n && e->code == 0; i++)
		ask_one(t, id[i], a, e);
	free(id);
	if (a->n > 0)
		qsort(a->v, (size_t)a->n, sizeof(*a->v), by_id);
	return e->code;
}

static enum exit_class
list_all(struct topics *t)
{
	static const char *const columns[] = { "transactional_id", "state",
	    "producer", "coordinator", NULL };
	struct kerr e = KERR_INIT;
	struct output out;
	struct txn_all a;

	if (txn_all_load(t, &a, &e) != 0) {
		txn_all_release(&a);
		return exit_report(&e, NULL);
	}
	output_open(&out, t->form, stdout, columns);
	for (int i = 0; i < a.n; i++)
		output_row(&out, (struct cell[]){ CELL_STR(a.v[i].id),
		    CELL_STR(a.v[i].state), CELL_N(a.v[i].producer),
		    CELL_N(a.v[i].coordinator) });
	output_close(&out);
	txn_all_release(&a);
	return EXIT_DONE;
}

/* The coordinator of a transactional id; follows one that moves. */
static int
coordinator(struct topics *t, const char *id, int32_t *broker, struct kerr *e)
{
	struct call_options opt = { .max_version = FIND_ONE };
	struct find_coordinator_request req;
	const struct find_coordinator_response *rsp;
	struct reply *r;
	int16_t error = 0;

	if (cluster_connect(t->cluster, e) != 0)
		return e->code;
	kmsg_defaults(&find_coordinator_request_msg, &req);
	req.key = kstr(id);
	req.key_type = KEY_TRANSACTION;
	for (int i = 0; i < TRIES; i++) {
		if (cluster_call(t->cluster, BROKER_ANY, API_FIND_COORDINATOR,
		    &req, &opt, &r, e) != 0)
			return e->code;
		rsp = r->msg;
		error = rsp->error_code;
		*broker = rsp->node_id;
		reply_free(r);
		if (error == 0)
			return 0;
		if (!kerror_retriable(error))
			break;
		loop_run_for(t->loop, PAUSE_MS);
	}
	return kerr_kafka(e, error, "%s", kerror_name(error));
}

static char *
partitions_text(
    const struct describe_transactions_response_transaction_state *s)
{
	struct buf b;
	size_t n;

	buf_init(&b, 0);
	for (int i = 0; i < s->topics.n; i++)
		for (int k = 0; k < s->topics.v[i].partitions.n; k++)
			buf_printf(&b, "%s%.*s[%d]", b.len > 0 ? "," : "",
			    (int)s->topics.v[i].topic.len,
			    s->topics.v[i].topic.p,
			    (int)s->topics.v[i].partitions.v[k]);
	buf_putc(&b, '\0');
	return (char *)buf_detach(&b, &n);
}

static int
describe_one(struct topics *t, const char *id, struct output *out,
    struct kerr *e)
{
	struct describe_transactions_request req;
	const struct describe_transactions_response *rsp;
	const struct describe_transactions_response_transaction_state *s;
	struct kstr name = kstr(id);
	struct reply *r;
	int32_t broker;
	char *parts;

	if (coordinator(t, id, &broker, e) != 0)
		return e->code;
	kmsg_defaults(&describe_transactions_request_msg, &req);
	req.transactional_ids.v = &name;
	req.transactional_ids.n = 1;
	if (admin_request(t->cluster, broker, API_DESCRIBE_TRANSACTIONS, &req,
	    t->wait_ms, &r, e) != 0)
		return e->code;
	rsp = r->msg;
	if (rsp->transaction_states.n != 1)
		kerr_set(e, KE_PROTO, "no answer for the id");
	else if (rsp->transaction_states.v[0].error_code != 0)
		kerr_kafka(e, rsp->transaction_states.v[0].error_code, "%s",
		    kerror_name(rsp->transaction_states.v[0].error_code));
	if (e->code == 0) {
		s = &rsp->transaction_states.v[0];
		parts = partitions_text(s);
		output_row(out, (struct cell[]){ CELL_STR(id),
		    cell_text(s->transaction_state.p,
		    s->transaction_state.len), CELL_N(s->producer_id),
		    CELL_N(s->producer_epoch), CELL_N(broker),
		    CELL_N(s->transaction_timeout_ms),
		    s->transaction_start_time_ms >= 0 ?
		    CELL_N(s->transaction_start_time_ms) : CELL_NONE,
		    CELL_STR(parts) });
		free(parts);
	}
	reply_free(r);
	return e->code;
}

static enum exit_class
describe(struct topics *t)
{
	static const char *const columns[] = { "transactional_id", "state",
	    "producer", "epoch", "coordinator", "timeout_ms", "started",
	    "partitions", NULL };
	enum exit_class status = EXIT_DONE;
	struct output out;
	struct kerr e;

	output_open(&out, t->form, stdout, columns);
	for (int i = 0; i < t->nprops; i++) {
		kerr_clear(&e);
		if (describe_one(t, t->props[i], &out, &e) != 0)
			status = exit_worse(status, exit_report(&e, "%s",
			    t->props[i]));
	}
	output_close(&out);
	return status;
}

/* Whether the coordinator knows of such a transaction. */
static int
is_known(struct topics *t, int32_t broker, const char *id, struct kerr *e)
{
	struct describe_transactions_request req;
	const struct describe_transactions_response *rsp;
	struct kstr name = kstr(id);
	struct reply *r;

	kmsg_defaults(&describe_transactions_request_msg, &req);
	req.transactional_ids.v = &name;
	req.transactional_ids.n = 1;
	if (admin_request(t->cluster, broker, API_DESCRIBE_TRANSACTIONS, &req,
	    t->wait_ms, &r, e) != 0)
		return e->code;
	rsp = r->msg;
	if (rsp->transaction_states.n == 1 &&
	    rsp->transaction_states.v[0].error_code != 0)
		kerr_kafka(e, rsp->transaction_states.v[0].error_code, "%s",
		    kerror_name(rsp->transaction_states.v[0].error_code));
	reply_free(r);
	return e->code;
}

/* A new epoch of the id's producer: what is open is aborted, and who has it
 * open is fenced. */
static int
abort_id(struct topics *t, const char *id, struct kerr *e)
{
	struct init_producer_id_request req;
	struct reply *r;
	int32_t broker;
	int16_t error = 0;

	if (coordinator(t, id, &broker, e) != 0 ||
	    is_known(t, broker, id, e) != 0)
		return e->code;
	kmsg_defaults(&init_producer_id_request_msg, &req);
	req.transactional_id = kstr(id);
	req.transaction_timeout_ms = 60000;
	for (int i = 0; i < TRIES; i++) {
		if (admin_request(t->cluster, broker, API_INIT_PRODUCER_ID,
		    &req, t->wait_ms, &r, e) != 0)
			return e->code;
		error = ((const struct init_producer_id_response *)r->msg)
		    ->error_code;
		reply_free(r);
		if (error == 0)
			return 0;
		if (!kerror_retriable(error))
			break;
		loop_run_for(t->loop, PAUSE_MS);
	}
	return kerr_kafka(e, error, "%s", kerror_name(error));
}

static enum exit_class
abort_ids(struct topics *t)
{
	enum exit_class status = EXIT_DONE;
	struct kerr e;

	for (int i = 0; i < t->nprops; i++) {
		kerr_clear(&e);
		if (abort_id(t, t->props[i], &e) != 0)
			status = exit_worse(status, exit_report(&e, "%s",
			    t->props[i]));
	}
	return status;
}

enum exit_class
topics_transactions(struct topics *t)
{
	switch (t->action) {
	case TXN_DESCRIBE:
		return describe(t);
	case TXN_ABORT:
		return t->more.n > 0 || t->regex ?
		    transactions_open(t, true) : abort_ids(t);
	default:
		return t->more.n > 0 || t->regex ?
		    transactions_open(t, false) : list_all(t);
	}
}
