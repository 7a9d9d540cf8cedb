/*
 * handle_delete_records.c: DeleteRecords (key 21): a partition starts later
 * from now on. The answer waits until that is written down, so that no crash
 * brings back what a client was told is gone; the files go with the next round
 * of retention.
 */
#include "api.h"
#include "base/arena.h"
#include "base/log.h"
#include "broker.h"
#include "image.h"
#include "logdir.h"
#include "partition.h"
#include "request.h"
#include "wire/kerror.h"
#include "wire/msg_delete_records.h"

struct deletion {
	struct request			*r;
	struct delete_records_response	 rsp;
	bool				 moved;
};

static int16_t
delete(struct deletion *d, const struct image_topic *topic,
    const struct delete_records_request_partition *in, int64_t *low)
{
	const struct image_partition *ip = NULL;
	bool moved = false;
	int16_t error;

	if (topic != NULL)
		ip = image_partition(topic, in->partition_index);
	if (ip == NULL)
		return ERR_UNKNOWN_TOPIC_OR_PARTITION;
	if (topic->internal)
		return ERR_INVALID_TOPIC_EXCEPTION;
	if (ip->local == NULL)
		return ERR_NOT_LEADER_OR_FOLLOWER;
	error = partition_delete_records(ip->local, in->offset, low, &moved);
	d->moved |= moved;
	return error;
}

static bool
delete_topic(struct deletion *d,
    const struct delete_records_request_topic *in,
    struct delete_records_response_topic *out)
{
	const struct image_topic *topic =
	    image_topic(request_image(d->r), in->name);
	struct delete_records_response_partition *p;

	out->name = in->name;
	out->partitions.n = in->partitions.n;
	out->partitions.v = arena_alloc(&d->r->arena,
	    (size_t)in->partitions.n * sizeof(*p));
	if (out->partitions.v == NULL)
		return false;
	for (int32_t i = 0; i < in->partitions.n; i++) {
		p = &out->partitions.v[i];
		p->partition_index = in->partitions.v[i].partition_index;
		p->low_watermark = -1;
		p->error_code = delete(d, topic, &in->partitions.v[i],
		    &p->low_watermark);
	}
	return true;
}

static bool
delete_all(struct deletion *d)
{
	const struct delete_records_request *req = d->r->msg;
	int32_t n = req->topics.n;

	d->rsp.topics.v = arena_alloc(&d->r->arena,
	    (size_t)n * sizeof(*d->rsp.topics.v));
	if (d->rsp.topics.v == NULL)
		return false;
	/* a topic without partitions is not answered */
	for (int32_t i = 0; i < n; i++)
		if (req->topics.v[i].partitions.n > 0 &&
		    !delete_topic(d, &req->topics.v[i],
		    &d->rsp.topics.v[d->rsp.topics.n++]))
			return false;
	return true;
}

/* What could not be written down may be back after a crash. */
static void
take_back(struct delete_records_response *rsp)
{
	struct delete_records_response_partition *p;

	for (int32_t i = 0; i < rsp->topics.n; i++)
		for (int32_t j = 0; j < rsp->topics.v[i].partitions.n; j++) {
			p = &rsp->topics.v[i].partitions.v[j];
			if (p->error_code == ERR_NONE)
				p->error_code = ERR_KAFKA_STORAGE_ERROR;
			p->low_watermark = -1;
		}
}

/* On a pool thread. */
static void
write_down(void *arg)
{
	struct deletion *d = arg;
	struct logdir *ld = d->r->broker->logdir;
	struct kerr e = KERR_INIT;

	if (logdir_save_starts(ld, &e) < 0) {
		log_line(LOG_ERROR, LOG_BROKER, "log start offsets: %s", e.msg);
		take_back(&d->rsp);
	}
	request_reply(d->r, &d->rsp);
	logdir_job_done(ld);
}

void
handle_delete_records(struct request *r)
{
	struct deletion *d = arena_alloc(&r->arena, sizeof(*d));

	if (d != NULL)
		*d = (struct deletion){ .r = r };
	if (d == NULL || !delete_all(d))
		request_close(r, "more partitions than memory for them");
	else if (d->moved)
		logdir_job(r->broker->logdir, write_down, d);
	else
		request_reply(r, &d->rsp);
}
