/* controller_place.c: which brokers hold a partition. */
#include "controller_impl.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_meta.h"

int16_t
controller_check_brokers(const struct image *im, const int32_t *ids,
    int32_t n, int32_t expected, struct arena *a, const char **why)
{
	const struct image_broker *const *b;
	int32_t known, j;

	b = image_brokers(im, &known);
	if (n == 0) {
		*why = "The manual partition assignment includes an empty "
		    "replica list.";
		return ERR_INVALID_REPLICA_ASSIGNMENT;
	}
	for (int32_t i = 0; i < n; i++) {
		for (j = 0; j < known && b[j]->id != ids[i]; j++)
			;
		if (j == known) {
			*why = answer_text(a, "The manual partition "
			    "assignment includes broker %d, but no such broker "
			    "is registered.", ids[i]);
			return ERR_INVALID_REPLICA_ASSIGNMENT;
		}
		for (j = 0; j < i; j++) {
			if (ids[j] != ids[i])
				continue;
			*why = answer_text(a, "The manual partition "
			    "assignment includes the broker %d more than once.",
			    ids[i]);
			return ERR_INVALID_REPLICA_ASSIGNMENT;
		}
	}
	if (expected > 0 && n != expected) {
		*why = answer_text(a, "The manual partition assignment "
		    "includes a partition with %d replica(s), but this is not "
		    "consistent with previous partitions, which have %d "
		    "replica(s).", n, expected);
		return ERR_INVALID_REPLICA_ASSIGNMENT;
	}
	return ERR_NONE;
}

int16_t
controller_check_replicas(const struct image *im, int32_t partitions,
    int32_t replicas, struct arena *a, const char **why)
{
	int32_t brokers;

	image_brokers(im, &brokers);
	if (replicas <= brokers)
		return ERR_NONE;
	*why = answer_text(a, "Unable to replicate the partition %d "
	    "time(s): The target replication factor of %d cannot be reached "
	    "because only %d broker(s) are registered.", replicas, replicas,
	    brokers);
	return ERR_INVALID_REPLICATION_FACTOR;
}

void
controller_put_partition(const struct controller *c, const struct kuuid *id,
    int32_t index, const int32_t *replicas, int32_t n, struct arena *a,
    struct records *rs)
{
	struct kuuid *dirs = arena_alloc(a, (size_t)n * sizeof(*dirs));
	struct partition_record p;

	for (int32_t i = 0; i < n; i++)
		if (replicas[i] == c->node_id)
			dirs[i] = c->directory_id;
	kmsg_defaults(&partition_record_msg, &p);
	p.partition_id = index;
	p.topic_id = *id;
	p.replicas.v = p.isr.v = (int32_t *)(uintptr_t)replicas;
	p.replicas.n = p.isr.n = n;
	p.leader = replicas[0];
	p.leader_epoch = 0;
	p.partition_epoch = 0;
	p.directories.v = dirs;
	p.directories.n = n;
	records_put(rs, &partition_record_msg, 1, &p);
}


const int32_t *
controller_spread(const struct image *im, int32_t index, int32_t n,
    struct arena *a)
{
	const struct image_broker *const *b;
	int32_t *v = arena_alloc(a, (size_t)n * sizeof(*v)), known;

	b = image_brokers(im, &known);
	for (int32_t i = 0; i < n; i++)
		v[i] = b[(index + i) % known]->id;
	return v;
}
