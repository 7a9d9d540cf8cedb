/*
 * assign_protocol.c: what goes through the coordinator as bytes that it does
 * not look into: subscriptions and assignments, in Kafka's ConsumerProtocol.
 */
#include "client/assign.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "wire/codec.h"
#include "wire/versioned.h"

#define SUBSCRIPTION_VERSION	3
#define ASSIGNMENT_VERSION	1

int
assign_read_subscription(struct kbytes bytes, struct arena *a,
    struct consumer_protocol_subscription *sub, struct kerr *e)
{
	return versioned_get_lenient(&consumer_protocol_subscription_msg,
	    bytes, a, sub, e);
}

int
assign_read_assignment(struct kbytes bytes, struct arena *a,
    struct consumer_protocol_assignment *as, struct kerr *e)
{
	/* no bytes at all: the leader gave this member nothing */
	if (bytes.len <= 0) {
		kmsg_defaults(&consumer_protocol_assignment_msg, as);
		return 0;
	}
	return versioned_get_lenient(&consumer_protocol_assignment_msg, bytes,
	    a, as, e);
}

/* sticky: the partitions owned, then the generation. */
static void
put_sticky_data(struct buf *b, const struct consumer_protocol_subscription *sub)
{
	buf_put_i32(b, sub->owned_partitions.n);
	for (int32_t i = 0; i < sub->owned_partitions.n; i++) {
		const struct consumer_protocol_subscription_owned_partition *o =
		    &sub->owned_partitions.v[i];

		buf_put_i16(b, (int16_t)o->topic.len);
		buf_put(b, o->topic.p, (size_t)o->topic.len);
		buf_put_i32(b, o->partitions.n);
		for (int32_t k = 0; k < o->partitions.n; k++)
			buf_put_i32(b, o->partitions.v[k]);
	}
	buf_put_i32(b, sub->generation_id);
}

void
assign_put_subscription(struct buf *out, enum assign_kind kind,
    const struct consumer_protocol_subscription *sub, bool keeps)
{
	struct consumer_protocol_subscription s = *sub;
	struct buf data;

	buf_init(&data, 0);
	if (kind == ASSIGN_STICKY && sub->generation_id >= 0)
		put_sticky_data(&data, sub);
	else if (kind == ASSIGN_COOPERATIVE)
		buf_put_i32(&data, sub->generation_id);
	if (!keeps)
		s.owned_partitions.n = 0;
	s.user_data = data.len > 0 ?
	    (struct kbytes){ data.p, (int32_t)data.len } : KBYTES_NULL;
	if (versioned_put(out, &consumer_protocol_subscription_msg,
	    SUBSCRIPTION_VERSION, &s) != 0)
		out->err = KE_RANGE;
	buf_release(&data);
}

void
assign_put_assignment(struct buf *out, const struct assign_topic *topics,
    const struct assign_list *list)
{
	struct consumer_protocol_assignment as;
	struct consumer_protocol_assignment_assigned_partition *v, *t = NULL;
	int32_t *parts = xcalloc(list->n + 1, sizeof(*parts));
	int32_t max = 0;
	size_t n = 0;

	v = xcalloc(list->n + 1, sizeof(*v));
	kmsg_defaults(&consumer_protocol_assignment_msg, &as);
	for (size_t i = 0; i < list->n; i++)
		max = list->v[i].topic > max ? list->v[i].topic : max;
	for (int32_t topic = 0; list->n > 0 && topic <= max; topic++, t = NULL)
		for (size_t i = 0; i < list->n; i++) {
			if (list->v[i].topic != topic)
				continue;
			if (t == NULL) {
				t = &v[as.assigned_partitions.n++];
				t->topic = topics[topic].name;
				t->partitions.v = &parts[n];
			}
			t->partitions.n++;
			parts[n++] = list->v[i].partition;
		}
	as.assigned_partitions.v = v;
	if (versioned_put(out, &consumer_protocol_assignment_msg,
	    ASSIGNMENT_VERSION, &as) != 0)
		out->err = KE_RANGE;
	free(v);
	free(parts);
}
