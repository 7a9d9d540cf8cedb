/*
 * transactions_open.c: transactions as the partitions see them. One that is
 * open in a partition, and that no coordinator has open, hangs: its end has
 * been lost, and who reads committed records waits for it for ever. Abort ends
 * such.
 */
#include <string.h>

#include "client/admin.h"
#include "topics.h"
#include "transactions.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_describe_producers.h"
#include "wire/msg_write_txn_markers.h"

/* A transaction that is open in a partition. */
struct open_one {
	struct kstr	 topic;
	int32_t		 partition, leader;
	const struct describe_producers_response_active_producer *p;
	const struct txn_known *known;	/* NULL: it hangs */
};

typedef void visit(struct topics *t, const struct open_one *o,
    struct output *out, enum exit_class *status);

static const struct txn_known *
find_open(const struct txn_all *a, int64_t producer)
{
	for (int i = 0; i < a->n; i++)
		if (a->v[i].producer == producer &&
		    strcmp(a->v[i].state, "Empty") != 0 &&
		    strncmp(a->v[i].state, "Complete", 8) != 0)
			return &a->v[i];
	return NULL;
}

/* What is open in one partition. */
static int
look(struct topics *t, struct kstr topic,
    const struct metadata_response_partition *mp, const struct txn_all *all,
    visit *each, struct output *out, enum exit_class *status, struct kerr *e)
{
	struct describe_producers_request req;
	struct describe_producers_request_topic rt = { .name = topic };
	const struct describe_producers_response *rsp;
	const struct describe_producers_response_partition *p;
	int32_t index = mp->partition_index;
	struct reply *r;

	kmsg_defaults(&describe_producers_request_msg, &req);
	rt.partition_indexes.v = &index;
	rt.partition_indexes.n = 1;
	req.topics.v = &rt;
	req.topics.n = 1;
	if (mp->leader_id < 0)
		return kerr_kafka(e, ERR_LEADER_NOT_AVAILABLE,
		    "LEADER_NOT_AVAILABLE");
	if (admin_request(t->cluster, mp->leader_id, API_DESCRIBE_PRODUCERS,
	    &req, t->wait_ms, &r, e) != 0)
		return e->code;
	rsp = r->msg;
	if (rsp->topics.n != 1 || rsp->topics.v[0].partitions.n != 1) {
		reply_free(r);
		return kerr_set(e, KE_PROTO, "no answer for the partition");
	}
	p = &rsp->topics.v[0].partitions.v[0];
	if (p->error_code != 0)
		kerr_kafka(e, p->error_code, "%s", kerror_name(p->error_code));
	for (int i = 0; i < p->active_producers.n && e->code == 0; i++) {
		struct open_one o = { topic, index, mp->leader_id,
		    &p->active_producers.v[i], NULL };

		if (o.p->current_txn_start_offset < 0)
			continue;
		o.known = find_open(all, o.p->producer_id);
		each(t, &o, out, status);
	}
	reply_free(r);
	return e->code;
}

static void
print_one(struct topics *t, const struct open_one *o, struct output *out,
    enum exit_class *status)
{
	output_row(out, (struct cell[]){ cell_text(o->topic.p, o->topic.len),
	    CELL_N(o->partition), CELL_N(o->p->current_txn_start_offset),
	    CELL_N(o->p->producer_id), CELL_N(o->p->producer_epoch),
	    CELL_N(o->p->last_timestamp), CELL_STR(o->known == NULL ?
	    "hanging" : "open"), o->known != NULL ? CELL_STR(o->known->id) :
	    CELL_NONE });
}

static int
write_abort(struct topics *t, const struct open_one *o, struct kerr *e)
{
	struct write_txn_markers_request req;
	struct write_txn_markers_request_marker m = {
	    .producer_id = o->p->producer_id,
	    .producer_epoch = (int16_t)o->p->producer_epoch,
	    .transaction_result = false,
	    .coordinator_epoch = o->p->coordinator_epoch > 0 ?
	    o->p->coordinator_epoch : 0 };
	struct write_txn_markers_request_topic mt = { .name = o->topic };
	int32_t index = o->partition;
	const struct write_txn_markers_response *rsp;
	struct reply *r;
	int16_t error;

	kmsg_defaults(&write_txn_markers_request_msg, &req);
	mt.partition_indexes.v = &index;
	mt.partition_indexes.n = 1;
	m.topics.v = &mt;
	m.topics.n = 1;
	req.markers.v = &m;
	req.markers.n = 1;
	if (admin_request(t->cluster, o->leader, API_WRITE_TXN_MARKERS, &req,
	    t->wait_ms, &r, e) != 0)
		return e->code;
	rsp = r->msg;
	if (rsp->markers.n != 1 || rsp->markers.v[0].topics.n != 1 ||
	    rsp->markers.v[0].topics.v[0].partitions.n != 1)
		kerr_set(e, KE_PROTO, "no answer for the partition");
	else if ((error = rsp->markers.v[0].topics.v[0].partitions.v[0]
	    .error_code) != 0)
		kerr_kafka(e, error, "%s", kerror_name(error));
	reply_free(r);
	return e->code;
}

/* Only what hangs: the others are somebody's. */
static void
abort_one(struct topics *t, const struct open_one *o, struct output *out,
    enum exit_class *status)
{
	struct kerr e = KERR_INIT;

	if (o->known != NULL)
		return;
	if (!t->dry_run && write_abort(t, o, &e) != 0)
		*status = exit_worse(*status, exit_report(&e, "%.*s[%d]",
		    (int)o->topic.len, o->topic.p, (int)o->partition));
	else
		print_one(t, o, out, status);
}

enum exit_class
transactions_open(struct topics *t, bool abort)
{
	static const char *const columns[] = { "topic", "partition", "start",
	    "producer", "epoch", "last_timestamp", "state",
	    "transactional_id", NULL };
	enum exit_class status = EXIT_DONE;
	struct kerr e = KERR_INIT;
	struct listing l;
	struct output out;
	struct txn_all all;

	if (txn_all_load(t, &all, &e) != 0 ||
	    topics_load(t, &l, &status, &e) != 0) {
		txn_all_release(&all);
		return exit_report(&e, NULL);
	}
	output_open(&out, t->form, stdout, columns);
	for (int i = 0; i < l.n; i++)
		for (int k = 0; k < l.v[i]->partitions.n; k++) {
			kerr_clear(&e);
			if (look(t, l.v[i]->name, &l.v[i]->partitions.v[k],
			    &all, abort ? abort_one : print_one, &out, &status,
			    &e) != 0)
				status = exit_worse(status, exit_report(&e,
				    "%.*s[%d]", (int)l.v[i]->name.len,
				    l.v[i]->name.p, (int)l.v[i]->partitions
				    .v[k].partition_index));
		}
	output_close(&out);
	topics_release(&l);
	txn_all_release(&all);
	return status;
}
