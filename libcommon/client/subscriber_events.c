/*
 * subscriber_events.c: what the program is told: partitions that come and go
 * (subscriber_impl.h).
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/subscriber_impl.h"

void
parts_release(struct parts *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].topic);
	free(p->v);
	p->v = NULL;
	p->n = 0;
}

void
parts_add(struct parts *p, const char *topic, size_t len,
    const struct kuuid *id, int32_t partition)
{
	static const struct kuuid none;

	p->v = xreallocarray(p->v, p->n + 1, sizeof(*p->v));
	p->v[p->n++] = (struct subscriber_part){ topic != NULL ?
		xstrndup(topic, len) : NULL, partition,
		id != NULL ? *id : none };
}

static bool
parts_has(const struct parts *p, const struct subscriber_part *part)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].partition == part->partition &&
		    kuuid_eq(&p->v[i].id, &part->id) &&
		    strcmp(p->v[i].topic, part->topic) == 0)
			return true;
	return false;
}

/* Those of a that are not in b. */
static struct parts
parts_minus(const struct parts *a, const struct parts *b)
{
	struct parts out = { NULL, 0 };

	for (size_t i = 0; i < a->n; i++)
		if (!parts_has(b, &a->v[i]))
			parts_add(&out, a->v[i].topic, strlen(a->v[i].topic),
			    &a->v[i].id, a->v[i].partition);
	return out;
}

/* Takes the partitions over. */
static struct news *
news_add(struct subscriber *s, enum subscriber_kind kind, struct parts *p)
{
	struct news *ev = xcalloc(1, sizeof(*ev));

	ev->pub.kind = kind;
	ev->pub.part = p->v;
	ev->pub.n = p->n;
	ev->pub.total = s->owned.n;
	ev->pub.generation = s->m.generation;
	ev->pub.assignor = s->m.cf.consumer ? s->remote :
	    assign_name(s->chosen);
	*p = (struct parts){ NULL, 0 };
	TAILQ_INSERT_TAIL(&s->events, ev, link);
	s->cf.wake(s->cf.arg);
	return ev;
}

void
news_free(struct news *ev)
{
	struct parts p = { ev->pub.part, ev->pub.n };

	parts_release(&p);
	free(ev);
}

const struct subscriber_event *
subscriber_event(struct subscriber *s)
{
	struct news *ev = TAILQ_FIRST(&s->events);

	return ev != NULL ? &ev->pub : NULL;
}

void
subscriber_done(struct subscriber *s)
{
	struct news *ev = TAILQ_FIRST(&s->events);
	struct parts none = { NULL, 0 };

	TAILQ_REMOVE(&s->events, ev, link);
	switch (ev->then) {
	case THEN_NOTHING:
		break;
	case THEN_GIVEN_UP:
		parts_release(&s->told);
		member_given_up(&s->m);
		break;
	case THEN_REJOIN:
		member_rejoin(&s->m);
		break;
	case THEN_RECONCILED:
		parts_release(&s->told);
		s->told = parts_minus(&s->owned, &none);
		member_reconciled(&s->m);
		break;
	}
	news_free(ev);
	subscriber_step(s);
}

void
news_assigned(struct subscriber *s, struct parts *now)
{
	struct parts had = { NULL, 0 }, gone, more;
	bool revoked, first = s->owned_gen < 0;

	if (s->m.has)
		had = s->owned;
	else
		parts_release(&s->owned);
	gone = parts_minus(&had, now);
	more = parts_minus(now, &had);
	if (s->m.has)
		parts_release(&had);
	s->owned = *now;
	s->owned_gen = s->m.generation;
	member_has(&s->m, s->owned.n > 0);
	revoked = gone.n > 0;
	/* consumer: nothing has changed for the program */
	if (s->m.cf.consumer && !first && !revoked && more.n == 0) {
		member_reconciled(&s->m);
		return;
	}
	if (revoked)
		news_add(s, SUBSCRIBER_REVOKED, &gone);
	/* what was given up can be assigned only now: the coordinator is told,
	 * or one more rebalance is due */
	news_add(s, SUBSCRIBER_ASSIGNED, &more)->then = s->m.cf.consumer ?
	    THEN_RECONCILED : revoked ? THEN_REJOIN : THEN_NOTHING;
}

void
news_give_up(struct subscriber *s)
{
	struct parts none = { NULL, 0 }, gone;
	size_t n = s->owned.n;

	/* the list stays: sticky tells what was had */
	gone = parts_minus(&s->owned, &none);
	s->owned.n = 0;
	news_add(s, s->m.lost ? SUBSCRIBER_LOST : SUBSCRIBER_REVOKED,
	    &gone)->then = THEN_GIVEN_UP;
	s->owned.n = n;
}

void
news_failed(struct subscriber *s)
{
	struct parts none = { NULL, 0 };

	if (s->told_failed)
		return;
	s->told_failed = true;
	news_add(s, SUBSCRIBER_FAILED, &none)->pub.err = s->m.err;
}
