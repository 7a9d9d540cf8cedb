/* producer_id.c: the producer's id (producer_impl.h). */
#include "client/producer_impl.h"
#include "client/retry.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_init_producer_id.h"

int64_t
producer_backoff(const struct producer *p, int attempt)
{
	const struct cluster_config *cf = cluster_conf(p->cl);

	return retry_backoff(attempt, cf->backoff_ms, cf->backoff_max_ms,
	    (uint32_t)(p->stats.retries * 2654435761u) >> 7);
}

void
producer_take_id(struct producer *p, int64_t id, int16_t epoch)
{
	p->id = id;
	p->epoch = epoch;
	p->id_state = ID_KNOWN;
	for (struct ptopic *t = p->topics; t != NULL; t = t->next)
		for (int32_t i = 0; i < t->n; i++)
			pqueue_restart(&t->part[i].q, epoch);
}

bool
producer_identity(const struct producer *p, int64_t *id, int16_t *epoch)
{
	if (p->id_state != ID_KNOWN)
		return false;
	*id = p->id;
	*epoch = p->epoch;
	return true;
}

static void
id_came(void *arg, struct reply *r)
{
	struct producer *p = arg;
	const struct init_producer_id_response *rsp = r->msg;
	struct kerr e = r->err;

	p->id_call = NULL;
	p->id_state = ID_NONE;
	if (e.code == 0 && rsp->error_code != 0)
		kerr_kafka(&e, rsp->error_code, "InitProducerId: %s",
		    kerror_name(rsp->error_code));
	if (e.code == 0)
		producer_take_id(p, rsp->producer_id, rsp->producer_epoch);
	else if (retry_policy(&e, ++p->id_failures, true) == RETRY_FAIL) {
		p->id_state = ID_FAILED;
		p->id_err = e;
	} else {
		p->trouble = e;
		p->id_retry_at = loop_now(p->loop) + producer_backoff(p,
		    p->id_failures);
	}
	reply_free(r);
	producer_kick(p);
}

void
producer_ask_id(struct producer *p)
{
	struct init_producer_id_request req;

	if (p->id_state != ID_NONE || p->id_retry_at > loop_now(p->loop))
		return;
	kmsg_defaults(&init_producer_id_request_msg, &req);
	req.transactional_id = KSTR_NULL;	/* its default is "", not null */
	req.transaction_timeout_ms = 60000;
	p->id_state = ID_ASKING;
	p->id_call = cluster_send(p->cl, BROKER_ANY, API_INIT_PRODUCER_ID,
	    &req, NULL, id_came, p);
}
