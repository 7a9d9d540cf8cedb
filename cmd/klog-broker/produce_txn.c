/* produce_txn.c: see produce_txn.h. */
#include "produce_txn.h"

#include "answer_text.h"
#include "base/arena.h"
#include "config.h"
#include "image.h"
#include "partition.h"
#include "record/batch.h"
#include "request.h"
#include "txn_coordinator.h"
#include "wire/kerror.h"

static bool
is_transactional(const struct produce_request_partition *p,
    struct batch_header *h)
{
	return p->records.len > 0 && batch_header_parse(p->records.p,
	    (size_t)p->records.len, h, NULL) == 0 &&
	    batch_is_transactional(h);
}

/* One batch of a transaction. */
static int16_t
take_batch(const struct produce_request *req, const struct batch_header *h,
    struct produce_txn *t)
{
	if (req->transactional_id.len < 0)
		return ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
	if (h->producer_id < 0)
		return ERR_NONE;
	if (t->producer_id >= 0 && (t->producer_id != h->producer_id ||
	    t->epoch != h->producer_epoch))
		return ERR_INVALID_PRODUCER_ID_MAPPING;
	t->producer_id = h->producer_id;
	t->epoch = h->producer_epoch;
	return ERR_NONE;
}

/* Whose transaction it is; how many partitions there are in all. */
static int16_t
find_producer(const struct produce_request *req, struct produce_txn *t,
    size_t *n)
{
	const struct produce_request_topic *topic;
	struct batch_header h;
	int16_t error;

	for (int32_t i = 0; i < req->topic_data.n; i++) {
		topic = &req->topic_data.v[i];
		for (int32_t j = 0; j < topic->partition_data.n; j++, (*n)++)
			if (is_transactional(&topic->partition_data.v[j],
			    &h) && (error = take_batch(req, &h, t)) != 0)
				return error;
	}
	return ERR_NONE;
}

static struct partition *
local(const struct image *im, struct kstr topic, int32_t index)
{
	const struct image_topic *t = image_topic(im, topic);
	const struct image_partition *ip;

	ip = t != NULL && !t->internal ? image_partition(t, index) : NULL;
	return ip != NULL ? ip->local : NULL;
}

/* True where one of them begins its transaction with this. */
static bool
begin(struct request *r, struct produce_txn *t, struct produce_verdict *v)
{
	const struct produce_request *req = r->msg;
	const struct image *im = request_image(r);
	struct batch_header h;
	struct partition *p;
	bool any = false;

	for (int32_t i = 0; i < req->topic_data.n; i++) {
		const struct produce_request_topic *topic =
		    &req->topic_data.v[i];

		for (int32_t j = 0; j < topic->partition_data.n; j++, v++) {
			if (!is_transactional(&topic->partition_data.v[j],
			    &h) || h.producer_id < 0 || (p = local(im, topic->name,
			    topic->partition_data.v[j].index)) == NULL)
				continue;
			v->number = partition_verify(p, h.producer_id,
			    h.producer_epoch, h.base_sequence);
			any |= v->number != 0;
		}
	}
	return any;
}

int16_t
produce_txn_look(struct request *r, struct produce_txn *t, bool *fits)
{
	struct produce_verdict *v;
	int16_t error;
	size_t n = 0;

	*t = (struct produce_txn){ .producer_id = -1 };
	*fits = true;
	if ((error = find_producer(r->msg, t, &n)) != 0 || t->producer_id < 0)
		return error;
	t->verify = image_config(request_image(r))->transaction_verify;
	if (!t->verify)
		return ERR_NONE;
	if ((v = arena_alloc(&r->arena, n * sizeof(*v))) == NULL)
		*fits = false;
	else if (begin(r, t, v))
		t->v = v;
	return ERR_NONE;
}

/* As a producer understands it. What it should try again becomes an error on
 * which old ones do so without asking for metadata. */
static void
translate(struct request *r, struct produce_verdict *v)
{
	switch (v->error) {
	case ERR_PRODUCER_FENCED:
		v->error = ERR_INVALID_PRODUCER_EPOCH;
		break;
	case ERR_TRANSACTION_ABORTABLE:
		if (r->version > 10)
			break;
		v->error = ERR_INVALID_TXN_STATE;
		v->message = "Partition was not added to the transaction";
		break;
	case ERR_CONCURRENT_TRANSACTIONS:
	case ERR_COORDINATOR_LOAD_IN_PROGRESS:
	case ERR_COORDINATOR_NOT_AVAILABLE:
	case ERR_NOT_COORDINATOR:
		v->message = answer_text(&r->arena, "Unable to verify the "
		    "partition has been added to the transaction. Underlying "
		    "error: %s", kerror_name(v->error));
		v->error = ERR_NOT_ENOUGH_REPLICAS;
		break;
	default:
		break;
	}
}

void
produce_txn_ask(struct request *r, struct produce_txn *t)
{
	const struct produce_request *req = r->msg;
	struct txns *ts = txn_coordinator_enter(r->broker);
	struct produce_verdict *v = t->v;

	for (int32_t i = 0; i < req->topic_data.n; i++) {
		const struct produce_request_topic *topic =
		    &req->topic_data.v[i];

		for (int32_t j = 0; j < topic->partition_data.n; j++, v++) {
			if (v->number == 0)
				continue;
			v->error = txns_verify(ts, req->transactional_id,
			    t->producer_id, t->epoch, topic->name,
			    topic->partition_data.v[j].index);
			translate(r, v);
		}
	}
	txn_coordinator_leave(r->broker);
}
