/*
 * handle_offsets.c: ListOffsets (key 2): the ends of a partition, and the
 * place of a time in it; OffsetForLeaderEpoch (key 23): where an epoch ended,
 * by which a client finds out that the log was cut under it (KIP-320).
 */
#include "api.h"
#include "base/arena.h"
#include "image.h"
#include "partition.h"
#include "request.h"
#include "wire/kerror.h"
#include "wire/msg_list_offsets.h"
#include "wire/msg_offset_for_leader_epoch.h"

/* Special times came one a version (KIP-734, KIP-405, KIP-1005). */
static bool
known(int64_t timestamp, int16_t version)
{
	switch (timestamp) {
	case OFFSETS_MAX_TIMESTAMP:
		return version >= 7;
	case OFFSETS_EARLIEST_LOCAL:
		return version >= 8;
	case OFFSETS_LATEST_TIERED:
		return version >= 9;
	default:
		return timestamp >= OFFSETS_EARLIEST;
	}
}

/* The partition where it is ours, else NULL and why not. */
static struct partition *
find_local(const struct image_topic *topic, int32_t index, int16_t *error)
{
	const struct image_partition *ip = topic != NULL ?
	    image_partition(topic, index) : NULL;

	if (ip == NULL)
		*error = ERR_UNKNOWN_TOPIC_OR_PARTITION;
	else if (ip->local == NULL)
		*error = ERR_NOT_LEADER_OR_FOLLOWER;
	return ip != NULL ? ip->local : NULL;
}

static void
find(const struct request *r, const struct image_topic *topic,
    const struct list_offsets_request_partition *in,
    struct list_offsets_response_partition *out)
{
	const struct list_offsets_request *req = r->msg;
	struct partition_when when = { -1, -1, -1 };
	struct partition *p = find_local(topic, in->partition_index,
	    &out->error_code);

	if (p != NULL && !known(in->timestamp, r->version))
		out->error_code = ERR_UNSUPPORTED_VERSION;
	else if (p != NULL)
		out->error_code = partition_find(p, in->current_leader_epoch,
		    in->timestamp, req->isolation_level == 1, &when);
	out->partition_index = in->partition_index;
	out->timestamp = when.timestamp;
	out->offset = when.offset;
	out->leader_epoch = when.leader_epoch;
}

static bool
find_all(struct request *r, struct list_offsets_response *rsp)
{
	const struct list_offsets_request *req = r->msg;
	const struct image *image = request_image(r);
	int32_t n = req->topics.n;

	rsp->topics.v = arena_alloc(&r->arena,
	    (size_t)n * sizeof(*rsp->topics.v));
	if (rsp->topics.v == NULL)
		return false;
	rsp->topics.n = n;
	for (int32_t i = 0; i < n; i++) {
		const struct list_offsets_request_topic *in = &req->topics.v[i];
		struct list_offsets_response_topic *out = &rsp->topics.v[i];
		const struct image_topic *topic = image_topic(image, in->name);

		out->name = in->name;
		out->partitions.n = in->partitions.n;
		out->partitions.v = arena_alloc(&r->arena,
		    (size_t)in->partitions.n * sizeof(*out->partitions.v));
		if (out->partitions.v == NULL)
			return false;
		for (int32_t j = 0; j < in->partitions.n; j++)
			find(r, topic, &in->partitions.v[j],
			    &out->partitions.v[j]);
	}
	return true;
}

void
handle_list_offsets(struct request *r)
{
	struct list_offsets_response rsp = { 0 };

	if (find_all(r, &rsp))
		request_reply(r, &rsp);
	else
		request_close(r, "more partitions than memory for them");
}

static void
find_epoch(const struct image_topic *topic,
    const struct offset_for_leader_epoch_request_partition *in,
    struct offset_for_leader_epoch_response_partition *out)
{
	struct partition *p = find_local(topic, in->partition,
	    &out->error_code);

	out->partition = in->partition;
	out->leader_epoch = -1;
	out->end_offset = -1;
	if (p != NULL)
		out->error_code = partition_epoch_end(p,
		    in->current_leader_epoch, in->leader_epoch,
		    &out->leader_epoch, &out->end_offset);
}

static bool
find_epochs(struct request *r, struct offset_for_leader_epoch_response *rsp)
{
	const struct offset_for_leader_epoch_request *req = r->msg;
	const struct image *image = request_image(r);
	int32_t n = req->topics.n;

	rsp->topics.v = arena_alloc(&r->arena,
	    (size_t)n * sizeof(*rsp->topics.v));
	if (rsp->topics.v == NULL)
		return false;
	rsp->topics.n = n;
	for (int32_t i = 0; i < n; i++) {
		const struct offset_for_leader_epoch_request_topic *in =
		    &req->topics.v[i];
		struct offset_for_leader_epoch_response_topic *out =
		    &rsp->topics.v[i];
		const struct image_topic *topic =
		    image_topic(image, in->topic);

		out->topic = in->topic;
		out->partitions.n = in->partitions.n;
		out->partitions.v = arena_alloc(&r->arena,
		    (size_t)in->partitions.n * sizeof(*out->partitions.v));
		if (out->partitions.v == NULL)
			return false;
		for (int32_t j = 0; j < in->partitions.n; j++)
			find_epoch(topic, &in->partitions.v[j],
			    &out->partitions.v[j]);
	}
	return true;
}

void
handle_offset_for_leader_epoch(struct request *r)
{
	struct offset_for_leader_epoch_response rsp = { 0 };

	if (find_epochs(r, &rsp))
		request_reply(r, &rsp);
	else
		request_close(r, "more partitions than memory for them");
}
