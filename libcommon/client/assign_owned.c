/*
 * assign_owned.c: what members say they had, and who is believed: of two that
 * claim a partition the one of the later generation, of the same generation
 * neither (assign_impl.h).
 */
#include "client/assign_impl.h"

/* What sticky carries in its user data: the partitions, and the generation,
 * which the oldest clients leave out. */
static int32_t
read_sticky_data(struct assign *as, struct kbytes data, struct nums *out)
{
	struct rd r;
	int32_t topics;

	rd_init(&r, data.p, data.len > 0 ? (size_t)data.len : 0);
	topics = rd_i32(&r);
	for (int32_t i = 0; i < topics && r.err == 0; i++) {
		int16_t len = rd_i16(&r);
		struct kstr topic = { NULL, len };
		int32_t n;

		topic.p = (const char *)rd_bytes(&r, len > 0 ? (size_t)len : 0);
		n = rd_i32(&r);
		for (int32_t k = 0; k < n && r.err == 0; k++) {
			int32_t p = assign_number(as, topic, rd_i32(&r));

			if (p >= 0 && r.err == 0)
				nums_add(as, out, p);
		}
	}
	if (r.err != 0) {
		out->n = 0;
		return -1;
	}
	return rd_left(&r) >= 4 ? rd_i32(&r) : -1;
}

static int32_t
read_subscription(struct assign *as,
    const struct consumer_protocol_subscription *sub, struct nums *out)
{
	struct rd r;

	for (int32_t i = 0; i < sub->owned_partitions.n; i++) {
		const struct consumer_protocol_subscription_owned_partition *o =
		    &sub->owned_partitions.v[i];

		for (int32_t k = 0; k < o->partitions.n; k++) {
			int32_t p = assign_number(as, o->topic,
			    o->partitions.v[k]);

			if (p >= 0)
				nums_add(as, out, p);
		}
	}
	if (sub->generation_id >= 0 || sub->user_data.len < 4)
		return sub->generation_id;
	rd_init(&r, sub->user_data.p, (size_t)sub->user_data.len);
	return rd_i32(&r);
}

/* As Java compares them; that is not enough where one is named twice. */
static bool
same_topics(const struct assign *as, int32_t first, int32_t m)
{
	const struct assign_member *a = &as->member[first];
	const struct assign_member *b = &as->member[m];
	int32_t k;

	if (a->sub.topics.n != b->sub.topics.n)
		return false;
	for (int32_t t = 0; t < as->n_topics; t++)
		if (subscribes(as, first, t) != subscribes(as, m, t))
			return false;
	for (int32_t i = 0; i < b->sub.topics.n; i++) {
		for (k = 0; k < a->sub.topics.n; k++)
			if (kstr_eq(a->sub.topics.v[k], b->sub.topics.v[i]))
				break;
		if (k == a->sub.topics.n)
			return false;
	}
	return true;
}

/* Member m says that it had p: settles it with who said so before. */
static void
claim(struct assign *as, int32_t *owner, int32_t m, int32_t p)
{
	int32_t other = owner[p], theirs;

	if (other < 0) {
		nums_add(as, &as->owned[m], p);
		owner[p] = m;
		return;
	}
	/* their generation is that of the subscription, in Java, too */
	theirs = as->member[other].sub.generation_id;
	if (as->generation[m] < theirs)
		return;
	nums_del(&as->owned[other], p);
	owner[p] = m;
	if (as->generation[m] == theirs)
		as->doubled[p] = true;
	else
		nums_add(as, &as->owned[m], p);
}

void
assign_owned(struct assign *as, enum assign_kind kind)
{
	size_t n = (size_t)as->n + 1, total = (size_t)as->total + 1;
	int32_t *owner = arena_alloc(as->a, total * sizeof(*owner));

	as->said = arena_alloc(as->a, n * sizeof(*as->said));
	as->owned = arena_alloc(as->a, n * sizeof(*as->owned));
	as->generation = arena_alloc(as->a, n * sizeof(*as->generation));
	as->doubled = arena_alloc(as->a, total);
	as->max_generation = -1;
	as->same = true;
	for (int32_t p = 0; p < as->total; p++)
		owner[p] = -1;
	for (int32_t i = 0; i < as->n; i++) {
		int32_t m = as->order[i];
		struct nums *said = &as->said[m];

		if (!same_topics(as, as->order[0], m))
			as->same = false;
		as->generation[m] = kind == ASSIGN_STICKY ?
		    read_sticky_data(as, as->member[m].sub.user_data, said) :
		    read_subscription(as, &as->member[m].sub, said);
		if (as->generation[m] > as->max_generation)
			as->max_generation = as->generation[m];
		for (int32_t k = 0; k < said->n; k++)
			claim(as, owner, m, said->v[k]);
	}
}
