/* consumer_show.c: ConsumerGroupDescribe. */
#include "answer_text.h"
#include "consumer_group.h"
#include "wire/codec.h"
#include "wire/kerror.h"

static struct kstr
keep(struct arena *a, struct kstr s)
{
	if (s.len < 0)
		return s;
	return (struct kstr){ arena_strndup(a, s.p, (size_t)s.len), s.len };
}

static void
show_set(struct groups *gs, const struct tpset *s, struct arena *a,
    struct consumer_group_describe_response_assignment *out)
{
	struct consumer_group_describe_response_topic_partitions *t;
	int32_t *numbers = arena_alloc(a, (size_t)s->n * sizeof(*numbers));
	int32_t end;

	out->topic_partitions.v = arena_alloc(a, (size_t)s->n * sizeof(*t));
	out->topic_partitions.n = 0;
	for (int32_t i = 0; i < s->n; i = end) {
		end = tpset_topic(s, i, numbers);
		t = &out->topic_partitions.v[out->topic_partitions.n];
		if (!gs->ops->topic_name(gs->arg, &s->v[i].topic,
		    &t->topic_name))
			continue;
		t->topic_name = keep(a, t->topic_name);
		t->topic_id = s->v[i].topic;
		t->partitions.v = numbers + i;
		t->partitions.n = end - i;
		out->topic_partitions.n++;
	}
}

static void
show_member(const struct cmember *m, struct arena *a,
    struct consumer_group_describe_response_member *out)
{
	KDEFAULTS(consumer_group_describe_response_member, out);
	out->member_id = keep(a, m->id);
	out->instance_id = keep(a, m->instance);
	out->rack_id = keep(a, m->rack);
	out->member_epoch = m->epoch;
	out->client_id = keep(a, m->client_id);
	out->client_host = keep(a, m->host);
	out->subscribed_topic_names.n = m->n_names;
	out->subscribed_topic_names.v = arena_alloc(a, (size_t)m->n_names *
	    sizeof(struct kstr));
	for (int32_t i = 0; i < m->n_names; i++)
		out->subscribed_topic_names.v[i] = keep(a, m->names[i]);
	out->subscribed_topic_regex = m->regex.len >= 0 ? keep(a, m->regex) :
	    kstr("");
	show_set(m->group->of, &m->assigned, a, &out->assignment);
	show_set(m->group->of, &m->target, a, &out->target_assignment);
	out->member_type = cmember_is_classic(m) ? 0 : 1;
}

void
groups_consumer_describe(struct groups *gs, struct kstr id, struct arena *a,
    struct consumer_group_describe_response_group *out)
{
	struct group *g = group_find(gs, id);
	struct cmember *m, *next;

	KDEFAULTS(consumer_group_describe_response_group, out);
	out->group_id = id;
	out->group_state = out->assignor_name = kstr("");
	out->members.n = 0;
	if (g == NULL || g->consumer == NULL) {
		out->error_code = ERR_GROUP_ID_NOT_FOUND;
		out->error_message = kstr(answer_text(a, g == NULL ?
		    "Group %.*s not found." :
		    "Group %.*s is not a consumer group.", id.len, id.p));
		return;
	}
	out->group_state = kstr(group_state_name(g->state));
	out->group_epoch = g->consumer->epoch;
	out->assignment_epoch = g->consumer->assignment_epoch;
	out->assignor_name = consumer_assignor(g);
	out->members.v = arena_alloc(a, (size_t)consumer_size(g) *
	    sizeof(*out->members.v));
	HASH_ITER(hh, g->consumer->members, m, next)
		show_member(m, a, &out->members.v[out->members.n++]);
}
