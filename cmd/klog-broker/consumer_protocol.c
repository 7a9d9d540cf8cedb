/*
 * consumer_protocol.c: sets of partitions as members of the classic protocol
 * tell of them and are told (ConsumerProtocol), by the names of their topics.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "consumer_group.h"
#include "wire/codec.h"
#include "wire/msg_consumer_protocol.h"
#include "wire/versioned.h"

/* Those of a topic that is not there any more are nobody's. */
static void
add_parts(struct groups *gs, struct kstr topic, const int32_t *v, int32_t n,
    struct tpset *out)
{
	struct kuuid id;
	int32_t partitions;

	if (gs->ops->topic(gs->arg, topic, &id, &partitions))
		for (int32_t i = 0; i < n; i++)
			tpset_add(out, &id, v[i]);
}

void
consumer_read_owned(struct groups *gs,
    const struct consumer_protocol_subscription *s, struct tpset *out)
{
	for (int32_t i = 0; i < s->owned_partitions.n; i++)
		add_parts(gs, s->owned_partitions.v[i].topic,
		    s->owned_partitions.v[i].partitions.v,
		    s->owned_partitions.v[i].partitions.n, out);
}

void
consumer_read_assigned(struct groups *gs,
    const struct consumer_protocol_assignment *as, struct tpset *out)
{
	for (int32_t i = 0; i < as->assigned_partitions.n; i++)
		add_parts(gs, as->assigned_partitions.v[i].topic,
		    as->assigned_partitions.v[i].partitions.v,
		    as->assigned_partitions.v[i].partitions.n, out);
}

/* In version 0, which all read. */
void
consumer_put_assignment(struct groups *gs, const struct tpset *s,
    struct buf *out)
{
	struct consumer_protocol_assignment as;
	struct consumer_protocol_assignment_assigned_partition *v, *t;
	int32_t *numbers = xcalloc((size_t)s->n + 1, sizeof(*numbers)), end;

	kmsg_defaults(&consumer_protocol_assignment_msg, &as);
	v = xcalloc((size_t)s->n + 1, sizeof(*v));
	as.assigned_partitions.v = v;
	as.assigned_partitions.n = 0;
	for (int32_t i = 0; i < s->n; i = end) {
		end = tpset_topic(s, i, numbers);
		t = &v[as.assigned_partitions.n];
		if (!gs->ops->topic_name(gs->arg, &s->v[i].topic, &t->topic))
			continue;
		t->partitions.v = numbers + i;
		t->partitions.n = end - i;
		as.assigned_partitions.n++;
	}
	versioned_put(out, &consumer_protocol_assignment_msg, 0, &as);
	free(v);
	free(numbers);
}
